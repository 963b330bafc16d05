"""The officer's desk: next acts with their deadlines, the case register, one case."""

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.cases import commands, policy, queries
from auction.cases.case import PartyRole
from auction.cases.claims import ClaimKind
from auction.cases.commands import NewCase, NewClaim, NewParty
from auction.cases.payouts import PayoutAccount
from auction.distribution import corrections
from auction.distribution.queries import paid_out_lots
from auction.kernel.actor import Permission
from auction.kernel.ids import CaseId, ClaimId, PartyId
from auction.kernel.money import ZERO, Money
from auction.kernel.refusal import Refusal
from auction.listings.queries import listings_of_court
from auction.listings.stays import stay_with_offers
from auction.lots.asset import AssetKind
from auction.lots.policy import IMPORT
from auction.lots.queries import assets_of_case, count_draft_lots, lots_of_case, lots_of_court
from auction.people.queries import PersonView, person_named
from bidding.hall.standstill import obey_listing
from web.forms import FormErrors, read_form
from web.i18n import n_
from web.pages.court.own import court_of, fresh_id, own
from web.pages.court.tasks import awaiting_panel, tasks
from web.views import render, see_other
from web.wiring import actor_of, path_id, reading, unit

Line = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class OpenCase(msgspec.Struct, frozen=True):
    id: UUID
    number: Line
    enforcement_basis: Line
    debtor_is_enterprise: bool = False


class AddParty(msgspec.Struct, frozen=True):
    id: UUID
    role: PartyRole
    username: str = ""
    """The party's account here, to which notices go."""
    name: str = ""
    contact: str = ""


class RegisterClaim(msgspec.Struct, frozen=True):
    id: UUID
    party: UUID
    claim_kind: ClaimKind
    title_document: Line
    principal: Money
    interest: Money = ZERO
    advanced_costs: Money = ZERO
    since: date | None = None
    pay_by: date | None = None
    seizure_order: Annotated[int, msgspec.Meta(ge=1, le=999)] | None = None


class NameAccount(msgspec.Struct, frozen=True):
    payout_name: Line
    payout_bank: Line
    payout_account: Line
    reason: Annotated[str, msgspec.Meta(max_length=200)] = ""


class Correction(msgspec.Struct, frozen=True):
    reason: Line


class Ground(msgspec.Struct, frozen=True):
    ground: Line


async def desk(request: Request) -> Response:
    """What is to be done next, and until when."""
    court_id = court_of(request)
    async with reading(request) as session:
        lots = await lots_of_court(session, court_id)
        listings = await listings_of_court(session, court_id)
        cases = await queries.cases_of_court(session, court_id)
        drafts = await count_draft_lots(session)
        paid_out = await paid_out_lots(session, court_id)
    return render(
        request,
        "court/desk.html",
        tasks=tasks(lots, listings, paid_out),
        awaiting=awaiting_panel(listings),
        cases=cases[:10],
        drafts=drafts,
        can_open=_may(request, policy.OPEN),
        can_import=_may(request, IMPORT),
    )


async def cases_page(request: Request) -> Response:
    """The register, and the form that opens a case."""
    court_id = court_of(request)
    async with reading(request) as session:
        cases = await queries.cases_of_court(session, court_id)
    return render(
        request,
        "court/cases.html",
        cases=cases,
        can_open=_may(request, policy.OPEN),
        fresh_id=fresh_id(request),
    )


def _may(request: Request, permission: Permission) -> bool:
    """Whether the one who looks may do it: what he may not is not offered."""
    return bool(actor_of(request).roles & permission.roles)


async def open_case(request: Request) -> Response:
    """Open a case."""
    form = await read_form(request, OpenCase)
    new = NewCase(
        id=CaseId(form.id),
        number=form.number,
        enforcement_basis=form.enforcement_basis,
        debtor_is_enterprise=form.debtor_is_enterprise,
    )
    async with unit(request) as work:
        case = await commands.open_case(work, new=new)
    return see_other(f"/court/cases/{case.id}", said=n_("已立案"))


async def case_page(request: Request) -> Response:
    """One case: parties, claims, assets, lots."""
    case_id = CaseId(path_id(request))
    async with reading(request) as session:
        case = await queries.case(session, case_id)
        actor = own(request, case.court_id)
        parties = await queries.parties(session, case_id)
        claims = await queries.claims(session, case_id)
        assets = await assets_of_case(session, case_id)
        lots = await lots_of_case(session, case_id)
    return render(
        request,
        "court/case.html",
        case=case,
        parties=parties,
        claims=claims,
        assets=assets,
        lots={lot.asset_id: lot for lot in lots},
        is_officer=bool(actor.roles & policy.OPEN.roles),
        roles=list(PartyRole),
        claim_kinds=list(ClaimKind),
        asset_kinds=list(AssetKind),
        new_party=fresh_id(request),
        new_claim=fresh_id(request),
        new_asset=fresh_id(request),
    )


async def add_party(request: Request) -> Response:
    """Add a party; one with an account is named as the account is."""
    case_id = CaseId(path_id(request))
    form = await read_form(request, AddParty)
    async with unit(request) as work:
        person = await _account_holder(work.session, form.username)
        new = NewParty(
            id=PartyId(form.id),
            role=form.role,
            name=person.name if person else form.name,
            contact=form.contact,
            person_id=person.id if person else None,
        )
        await commands.add_party(work, case_id, new=new)
    return see_other(f"/court/cases/{case_id}#parties", said=n_("已添加当事人"))


async def register_claim(request: Request) -> Response:
    """Register a claim."""
    case_id = CaseId(path_id(request))
    form = await read_form(request, RegisterClaim)
    new = NewClaim(
        id=ClaimId(form.id),
        party_id=PartyId(form.party),
        kind=form.claim_kind,
        title_document=form.title_document,
        principal=form.principal,
        interest=form.interest,
        advanced_costs=form.advanced_costs,
        since=form.since,
        seizure_order=form.seizure_order,
        pay_by=form.pay_by,
    )
    async with unit(request) as work:
        await commands.register_claim(work, case_id, new=new)
    return see_other(f"/court/cases/{case_id}#claims", said=n_("已登记债权"))


async def name_account(request: Request) -> Response:
    """Note where a party is paid."""
    party_id = PartyId(path_id(request))
    form = await read_form(request, NameAccount)
    account = PayoutAccount(
        name=form.payout_name,
        bank=form.payout_bank,
        account=form.payout_account,
        reason=form.reason,
    )
    async with unit(request) as work:
        party = await corrections.name_payout_account(work, party_id, account=account)
    return see_other(f"/court/cases/{party.case_id}#parties", said=n_("已登记收款账户"))


async def withdraw_party(request: Request) -> Response:
    """Take back a party that was added by mistake."""
    form = await read_form(request, Correction)
    async with unit(request) as work:
        party_id = PartyId(path_id(request))
        party = await corrections.withdraw_party(work, party_id, reason=form.reason)
    return see_other(f"/court/cases/{party.case_id}#parties", said=n_("已撤下当事人"))


async def withdraw_claim(request: Request) -> Response:
    """Take back a claim that was registered by mistake."""
    form = await read_form(request, Correction)
    async with unit(request) as work:
        claim_id = ClaimId(path_id(request))
        claim = await corrections.withdraw_claim(work, claim_id, reason=form.reason)
    return see_other(f"/court/cases/{claim.case_id}#claims", said=n_("已撤下债权"))


async def _account_holder(session: AsyncSession, username: str) -> PersonView | None:
    """Whose account it is; an unknown name is a wrong field, not a missing page."""
    if not username:
        return None
    try:
        return await person_named(session, username)
    except Refusal as refused:
        raise FormErrors({"username": "case.no_such_account"}) from refused


async def stay(request: Request) -> Response:
    """Let enforcement rest."""
    case_id = CaseId(path_id(request))
    form = await read_form(request, Ground)
    async with unit(request) as work:
        for listing_id in await stay_with_offers(work, case_id, ground=form.ground):
            await obey_listing(work, listing_id=listing_id)
    return see_other(f"/court/cases/{case_id}", said=n_("已暂缓执行"))


async def resume(request: Request) -> Response:
    """Go on with enforcement."""
    case_id = CaseId(path_id(request))
    async with unit(request) as work:
        await commands.resume_case(work, case_id)
    return see_other(f"/court/cases/{case_id}", said=n_("已恢复执行"))


ROUTES: list[BaseRoute] = [
    Route("/court", desk),
    Route("/court/cases", cases_page),
    Route("/court/cases", open_case, methods=["POST"]),
    Route("/court/cases/{id}", case_page),
    Route("/court/cases/{id}/parties", add_party, methods=["POST"]),
    Route("/court/cases/{id}/claims", register_claim, methods=["POST"]),
    Route("/court/cases/{id}/stay", stay, methods=["POST"]),
    Route("/court/cases/{id}/resume", resume, methods=["POST"]),
    Route("/court/parties/{id}/account", name_account, methods=["POST"]),
    Route("/court/parties/{id}/withdraw", withdraw_party, methods=["POST"]),
    Route("/court/claims/{id}/withdraw", withdraw_claim, methods=["POST"]),
]
