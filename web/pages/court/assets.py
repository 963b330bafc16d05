"""The asset: its seizure, its investigation form, its pictures, and the lot made of it."""

from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.kernel.ids import AssetId, CaseId, LotId
from auction.law.periods import last_day_of
from auction.listings.queries import listings_of_lot
from auction.lots import commands, photographs, policy, queries
from auction.lots.asset import (
    SUBJECTS,
    AssetKind,
    InvestigationStatus,
)
from auction.lots.commands import Finding, NewAsset, NewLot, NewSeizure
from auction.lots.lot import WITHDRAWABLE
from auction.people.queries import person
from web.forms import FormErrors, read_form
from web.i18n import n_
from web.pages.court.own import fresh_id, own
from web.pages.court.tasks import SOLD
from web.views import render, see_other
from web.wiring import database_of, path_id, reading, unit

Line = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Text = Annotated[str, msgspec.Meta(max_length=4000)]
Found = Annotated[str, msgspec.Meta(max_length=2000)]


class SeizeAsset(msgspec.Struct, frozen=True):
    id: UUID
    kind: AssetKind
    title: Line
    ruling_number: Line
    seized_on: date
    expires_on: date
    description: Text = ""
    location: str = ""
    registry_number: str = ""
    area_m2: Annotated[str, msgspec.Meta(pattern=r"^\d{1,9}(\.\d{1,2})?$")] = ""
    owner_name: str = ""


class RenewSeizure(msgspec.Struct, frozen=True):
    ruling_number: Line
    seized_on: date
    expires_on: date


class Investigation(msgspec.Struct, frozen=True):
    """The form of 参考价3: a status and a finding for each subject."""

    ownership_status: InvestigationStatus
    encumbrances_status: InvestigationStatus
    occupancy_status: InvestigationStatus
    arrears_status: InvestigationStatus
    defects_status: InvestigationStatus
    ownership: Found = ""
    encumbrances: Found = ""
    occupancy: Found = ""
    arrears: Found = ""
    defects: Found = ""

    def findings(self) -> list[Finding]:
        """One finding a subject."""
        told = msgspec.structs.asdict(self)
        return [
            Finding(
                subject=subject,
                status=told[f"{subject.value}_status"],
                finding=told[subject.value],
            )
            for subject in SUBJECTS
        ]


class MakeLot(msgspec.Struct, frozen=True):
    id: UUID
    title: Line
    draft_number: str = ""
    """Number of an imported draft that this lot adopts."""


class Withdraw(msgspec.Struct, frozen=True):
    ground: Line


async def seize(request: Request) -> Response:
    """Record a seizure."""
    case_id = CaseId(path_id(request))
    form = await read_form(request, SeizeAsset)
    new = NewAsset(
        id=AssetId(form.id),
        kind=form.kind,
        title=form.title,
        description=form.description,
        location=form.location,
        registry_number=form.registry_number,
        area_m2=Decimal(form.area_m2) if form.area_m2 else None,
        owner_name=form.owner_name,
    )
    seizure = NewSeizure(
        ruling_number=form.ruling_number, seized_on=form.seized_on, expires_on=form.expires_on
    )
    async with unit(request) as work:
        asset = await commands.seize_asset(work, case_id, new=new, seizure=seizure)
    return see_other(f"/court/assets/{asset.id}", said=n_("已登记查封"))


async def asset_page(request: Request) -> Response:
    """One asset."""
    asset_id = AssetId(path_id(request))
    async with reading(request) as session:
        asset = await queries.asset(session, asset_id)
        actor = own(request, asset.court_id)
        lot = await queries.lot_of_asset(session, asset_id)
        openings = await photographs.openings(session, asset_id)
        openers = {one.opened_by: await person(session, one.opened_by) for one in openings}
        drafts = await queries.draft_lots(session, most=20)
    rules = await database_of(request).rulebook()
    rule = rules.rule(asset.kind.seizure_rule)
    return render(
        request,
        "court/asset.html",
        asset=asset,
        lot=lot,
        drafts=drafts,
        openings=[(one, openers[one.opened_by].name) for one in openings],
        statuses=list(InvestigationStatus),
        longest=last_day_of(asset.seizure.seized_on, rule) if asset.seizure else None,
        seizure_basis=rule.basis,
        is_officer=bool(actor.roles & policy.SEIZE.roles),
        fresh_id=fresh_id(request),
    )


async def renew(request: Request) -> Response:
    """Renew a seizure."""
    asset_id = AssetId(path_id(request))
    form = await read_form(request, RenewSeizure)
    seizure = NewSeizure(
        ruling_number=form.ruling_number, seized_on=form.seized_on, expires_on=form.expires_on
    )
    async with unit(request) as work:
        await commands.renew_seizure(work, asset_id, seizure=seizure)
    return see_other(f"/court/assets/{asset_id}", said=n_("已续行查封"))


async def investigate(request: Request) -> Response:
    """Fill in the investigation form."""
    asset_id = AssetId(path_id(request))
    form = await read_form(request, Investigation)
    async with unit(request) as work:
        await commands.complete_investigation(work, asset_id, findings=form.findings())
    return see_other(f"/court/assets/{asset_id}", said=n_("已保存调查表"))


async def make_lot(request: Request) -> Response:
    """Make the lot of an asset, adopting an imported draft if one is named."""
    asset_id = AssetId(path_id(request))
    form = await read_form(request, MakeLot)
    async with unit(request) as work:
        drafts = (
            await queries.draft_lots(work.session, number=form.draft_number)
            if form.draft_number
            else []
        )
        if form.draft_number and not drafts:
            raise FormErrors({"draft_number": "form.not_offered"})
        new = NewLot(id=LotId(form.id), title=form.title, draft_id=drafts[0].id if drafts else None)
        lot = await commands.make_lot(work, asset_id, new=new)
    return see_other(f"/court/lots/{lot.id}", said=n_("已形成标的物"))


async def lot_page(request: Request) -> Response:
    """One lot: where it stands, its price, its rounds."""
    lot_id = LotId(path_id(request))
    async with reading(request) as session:
        lot = await queries.lot(session, lot_id)
        actor = own(request, lot.court_id)
        asset = await queries.asset(session, lot.asset_id)
        listings = await listings_of_lot(session, lot_id)
    return render(
        request,
        "court/lot.html",
        lot=lot,
        asset=asset,
        listings=listings,
        sold=SOLD,
        is_officer=bool(actor.roles & policy.MAKE.roles),
        can_withdraw=lot.state in WITHDRAWABLE,
        fresh_id=fresh_id(request),
    )


async def withdraw(request: Request) -> Response:
    """Take a lot back before it is sold."""
    lot_id = LotId(path_id(request))
    form = await read_form(request, Withdraw)
    async with unit(request) as work:
        await commands.withdraw_lot(work, lot_id, ground=form.ground)
    return see_other(f"/court/lots/{lot_id}", said=n_("已撤回"))


ROUTES: list[BaseRoute] = [
    Route("/court/cases/{id}/assets", seize, methods=["POST"]),
    Route("/court/assets/{id}", asset_page),
    Route("/court/assets/{id}/seizure", renew, methods=["POST"]),
    Route("/court/assets/{id}/investigation", investigate, methods=["POST"]),
    Route("/court/assets/{id}/lot", make_lot, methods=["POST"]),
    Route("/court/lots/{id}", lot_page),
    Route("/court/lots/{id}/withdraw", withdraw, methods=["POST"]),
]
