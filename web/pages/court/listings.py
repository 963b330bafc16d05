"""One listing at the court: derived terms, the panel's votes, the eleven and the seven, publish."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.cases import queries as cases
from auction.kernel.clock import BEIJING
from auction.kernel.ids import ListingId, LotId
from auction.kernel.money import Money
from auction.law.rulebook import BY_NAME
from auction.law.warnings import CONDITION_KEYS, CONDITIONS, WARNING_KEYS
from auction.listings import commands, policy, queries
from auction.listings.commands import NewListing, Opinion
from auction.listings.items import ITEMS
from auction.listings.listing import Listing
from auction.listings.queries import DraftView
from auction.listings.suggested import Known, suggested
from auction.listings.terms import Terms
from auction.lots import queries as lots
from auction.people.approvals.action import Action
from auction.people.approvals.queries import open_request
from auction.people.queries import court, person
from web.forms import read_form
from web.i18n import n_
from web.pages.court.dossier import report_of
from web.pages.court.estimates import estimated, sentences
from web.pages.court.own import own
from web.pages.stopping import resume, suspend, withdraw
from web.views import render, see_other
from web.wiring import database_of, path_id, reading, unit

TO_FINISH = timedelta(minutes=10)
"""What is left of a draft takes people about so long: the panel, the items, the notices."""


class DraftListing(msgspec.Struct, frozen=True):
    id: UUID


class ListingTerms(msgspec.Struct, frozen=True):
    starting_price: Money
    increment: Money
    deposit: Money
    opens_at: datetime
    closes_at: datetime
    balance_days: Annotated[int, msgspec.Meta(ge=1, le=100_000)]
    delay_ground: Annotated[str, msgspec.Meta(max_length=500)] = ""


class CastVote(msgspec.Struct, frozen=True):
    terms_digest: str
    answer: Annotated[str, msgspec.Meta(pattern="^(approve|reject)$")]
    opinion: Annotated[str, msgspec.Meta(max_length=1000)] = ""


class Notify(msgspec.Struct, frozen=True):
    unreachable_because: Annotated[str, msgspec.Meta(max_length=200)] = ""


async def draft(request: Request) -> Response:
    """Draft the next offer of a lot with what the rulebook proposes."""
    lot_id = LotId(path_id(request))
    form = await read_form(request, DraftListing)
    async with unit(request) as work:
        new = NewListing(id=ListingId(form.id))
        listing = await commands.draft_listing(work, lot_id, new=new)
    return see_other(f"/court/listings/{listing.id}", said=n_("已按规则推算拍卖条件"))


async def listing_page(request: Request) -> Response:
    """Everything about one listing."""
    listing_id = ListingId(path_id(request))
    now = database_of(request).clock.now()
    async with reading(request) as session:
        view = await queries.draft(session, listing_id, now=now)
        actor = own(request, view.listing.court_id)
        words = await _suggested(session, view)
        resumption = await open_request(session, Action.LISTING_RESUME, listing_id, now)
        asked = (await session.get_one(Listing, listing_id)).conditions
        members = [await person(session, cast.person_id) for cast in view.votes]
    rules = BY_NAME[view.listing.rulebook]
    deemed = rules.rule("auction.deemed_notified_after_pub")
    opens_at, closes_at = _dates_to_offer(view)
    return render(
        request,
        "court/listing.html",
        view=view,
        listing=view.listing,
        votes=list(zip(members, view.votes, strict=True)),
        voters_min=rules.integer("auction.panel_members_min"),
        panel_basis=rules.basis("auction.panel_members_min"),
        balance_unit=rules.rule("settle.balance_due").span,
        deemed_after=f"{deemed.value} {deemed.span}",
        notify_basis=rules.basis("auction.notify_parties_before_pub"),
        words=words,
        conditions=CONDITIONS,
        asked=asked,
        opens_at=_local(opens_at),
        closes_at=_local(closes_at),
        is_officer=bool(actor.roles & policy.DRAFT.roles),
        is_panel=bool(actor.roles & policy.VOTE.roles),
        resumption=resumption,
        has_voted=any(cast.person_id == actor.person_id for cast in view.votes),
    )


def _dates_to_offer(view: DraftView) -> tuple[datetime, datetime]:
    """The chosen dates for the form; once they are past what is lawful, later ones."""
    listing, least = view.listing, view.limits.opens_at_min
    if listing.opens_at >= least:
        return listing.opens_at, listing.closes_at
    opens_at = least + TO_FINISH
    return opens_at, opens_at + (listing.closes_at - listing.opens_at)


async def change_terms(request: Request) -> Response:
    """Change the figures."""
    listing_id = ListingId(path_id(request))
    form = await read_form(request, ListingTerms)
    terms = Terms(
        starting_price=form.starting_price,
        increment=form.increment,
        deposit=form.deposit,
        opens_at=form.opens_at,
        closes_at=form.closes_at,
        balance_days=form.balance_days,
    )
    async with unit(request) as work:
        await commands.change_terms(work, listing_id, terms=terms, delay_ground=form.delay_ground)
    return see_other(f"/court/listings/{listing_id}", said=n_("已更改拍卖条件，需合议庭评议"))


async def vote(request: Request) -> Response:
    """One member of the panel votes."""
    listing_id = ListingId(path_id(request))
    form = await read_form(request, CastVote)
    opinion = Opinion(
        terms_digest=form.terms_digest,
        is_approval=form.answer == "approve",
        words=form.opinion,
    )
    async with unit(request) as work:
        await commands.vote(work, listing_id, opinion=opinion)
    return see_other(f"/court/listings/{listing_id}#panel", said=n_("已记录评议意见"))


async def complete(request: Request) -> Response:
    """Save the items and the warnings."""
    listing_id = ListingId(path_id(request))
    posted = await request.form()
    texts = {item.key: str(posted.get(f"item_{item.key}") or "")[:8000] for item in ITEMS}
    shown = {key for key in WARNING_KEYS if posted.get(f"warning_{key}")}
    asked = {key for key in CONDITION_KEYS if posted.get(key)}
    async with reading(request) as session:
        lot_id = (await queries.listing(session, listing_id)).lot_id
        report = await report_of(session, lot_id)
    files = {"valuation_report": report.pdf_digest} if report else {}
    async with unit(request) as work:
        await commands.complete_items(
            work, listing_id, texts=texts, shown=shown, files=files, conditions=asked
        )
    return see_other(f"/court/listings/{listing_id}#items", said=n_("已保存公示事项"))


async def notify(request: Request) -> Response:
    """Notify the parties."""
    listing_id = ListingId(path_id(request))
    form = await read_form(request, Notify)
    async with unit(request) as work:
        await commands.notify_parties(
            work, listing_id, unreachable_because=form.unreachable_because
        )
    return see_other(f"/court/listings/{listing_id}#parties", said=n_("已发出拍卖通知书"))


async def publish(request: Request) -> Response:
    """Publish, or say what is missing."""
    listing_id = ListingId(path_id(request))
    async with unit(request) as work:
        await commands.publish_listing(work, listing_id)
    return see_other(f"/court/listings/{listing_id}", said=n_("已发布"))


async def _suggested(session: AsyncSession, view: DraftView) -> dict[str, str]:
    """What stands under each item, or what the platform would say there."""
    listing = view.listing
    case = await cases.case(session, listing.case_id)
    lot = await lots.lot(session, listing.lot_id)
    asset = await lots.asset(session, lot.asset_id)
    taxes = estimated(
        asset.kind,
        listing.starting_price,
        sold_on=listing.closes_at.astimezone(BEIJING).date(),
        is_enterprise=case.debtor_is_enterprise,
    )
    known = Known(
        court_name=(await court(session, listing.court_id)).name,
        case_number=case.number,
        enforcement_basis=case.enforcement_basis,
        listing=listing,
        lot=lot,
        asset=asset,
        notifications=view.notifications,
        tax_lines=sentences(taxes),
    )
    words = dict(suggested(BY_NAME[listing.rulebook], known))
    return words | {item.item.key: item.text for item in view.items if item.text}


def _local(moment: datetime) -> str:
    """The value of a datetime-local input: Beijing time, whole seconds."""
    return moment.astimezone(BEIJING).strftime("%Y-%m-%dT%H:%M:%S")


ROUTES: list[BaseRoute] = [
    Route("/court/lots/{id}/listings", draft, methods=["POST"]),
    Route("/court/listings/{id}", listing_page),
    Route("/court/listings/{id}/terms", change_terms, methods=["POST"]),
    Route("/court/listings/{id}/vote", vote, methods=["POST"]),
    Route("/court/listings/{id}/items", complete, methods=["POST"]),
    Route("/court/listings/{id}/notify", notify, methods=["POST"]),
    Route("/court/listings/{id}/publish", publish, methods=["POST"]),
    Route("/court/listings/{id}/suspend", suspend, methods=["POST"]),
    Route("/court/listings/{id}/resume", resume, methods=["POST"]),
    Route("/court/listings/{id}/withdraw", withdraw, methods=["POST"]),
]
