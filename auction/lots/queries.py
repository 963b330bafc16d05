"""Assets, lots and draft lots as pages need them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.kernel.ids import AssetId, CaseId, CourtId, LotId
from auction.kernel.money import Money
from auction.kernel.refusal import Refusal
from auction.lots.asset import (
    SUBJECTS,
    Asset,
    AssetKind,
    InvestigationItem,
    InvestigationStatus,
    InvestigationSubject,
    Photograph,
    Seizure,
)
from auction.lots.draft_lot import DraftLot, DraftLotState
from auction.lots.lot import Lot, LotState
from auction.lots.reference_price import ReferencePrice


@dataclass(frozen=True, slots=True)
class LotView:
    id: LotId
    case_id: CaseId
    asset_id: AssetId
    court_id: CourtId
    title: str
    state: LotState
    held_ground: str
    rulebook: str
    reference_price: ReferencePrice | None


@dataclass(frozen=True, slots=True)
class SeizureView:
    ruling_number: str
    seized_on: date
    expires_on: date


@dataclass(frozen=True, slots=True)
class FindingView:
    """One line of the investigation form; `status` is None where nobody has filled it in."""

    subject: InvestigationSubject
    status: InvestigationStatus | None
    finding: str
    looked_at: datetime | None


@dataclass(frozen=True, slots=True)
class PhotographView:
    id: UUID
    digest: str
    caption: str


@dataclass(frozen=True, slots=True)
class AssetView:
    id: AssetId
    case_id: CaseId
    court_id: CourtId
    kind: AssetKind
    is_movable: bool
    title: str
    description: str
    location: str
    registry_number: str
    area_m2: Decimal | None
    owner_name: str
    seizure: SeizureView | None
    findings: tuple[FindingView, ...]
    photographs: tuple[PhotographView, ...]


@dataclass(frozen=True, slots=True)
class DraftLotView:
    id: UUID
    source_number: str
    round: int
    city: str
    year: int
    appraisal: Money | None
    starting_price: Money
    increment: Money | None


async def lot(session: AsyncSession, lot_id: LotId) -> LotView:
    """One lot, or refuse with `not_found`."""
    found = await session.get(Lot, lot_id)
    if found is None:
        raise Refusal("not_found", what="lots", id=str(lot_id))
    return _lot_view(found)


async def lot_of_asset(session: AsyncSession, asset_id: AssetId) -> LotView | None:
    """The lot made of an asset, if any."""
    found = await session.scalar(select(Lot).where(Lot.asset_id == asset_id))
    return _lot_view(found) if found else None


async def lots_of_case(session: AsyncSession, case_id: CaseId) -> Sequence[LotView]:
    """Every lot of a case, in the order they were made."""
    rows = await session.scalars(select(Lot).where(Lot.case_id == case_id).order_by(Lot.made_at))
    return [_lot_view(row) for row in rows]


async def lots_of_court(session: AsyncSession, court_id: CourtId) -> Sequence[LotView]:
    """Every lot of a court, newest first."""
    rows = await session.scalars(
        select(Lot).where(Lot.court_id == court_id).order_by(Lot.made_at.desc())
    )
    return [_lot_view(row) for row in rows]


async def asset(session: AsyncSession, asset_id: AssetId) -> AssetView:
    """One asset with its seizure, its investigation form and its pictures."""
    found = await session.get(Asset, asset_id)
    if found is None:
        raise Refusal("not_found", what="assets", id=str(asset_id))
    return AssetView(
        id=found.id,
        case_id=found.case_id,
        court_id=found.court_id,
        kind=found.kind,
        is_movable=found.is_movable,
        title=found.title,
        description=found.description,
        location=found.location,
        registry_number=found.registry_number,
        area_m2=found.area_m2,
        owner_name=found.owner_name,
        seizure=await seizure_in_force(session, asset_id),
        findings=await _findings(session, asset_id),
        photographs=await _photographs(session, asset_id),
    )


async def assets_of_case(session: AsyncSession, case_id: CaseId) -> Sequence[AssetView]:
    """Every asset of a case, in the order of seizure."""
    ids = await session.scalars(
        select(Asset.id).where(Asset.case_id == case_id).order_by(Asset.seized_at, Asset.id)
    )
    return [await asset(session, asset_id) for asset_id in ids.all()]


async def seizure_in_force(session: AsyncSession, asset_id: AssetId) -> SeizureView | None:
    """The seizure that runs longest; whether it still runs is for the caller to judge."""
    row = await session.scalar(
        select(Seizure)
        .where(Seizure.asset_id == asset_id)
        .order_by(Seizure.expires_on.desc())
        .limit(1)
    )
    return SeizureView(row.ruling_number, row.seized_on, row.expires_on) if row else None


async def draft_lots(
    session: AsyncSession, *, number: str = "", most: int = 50
) -> Sequence[DraftLotView]:
    """Imported drafts that nobody has adopted yet, those of a number if given."""
    wanted = select(DraftLot).where(DraftLot.state == DraftLotState.DRAFT)
    if number:
        wanted = wanted.where(DraftLot.source_number == number)
    rows = await session.scalars(
        wanted.order_by(DraftLot.imported_at.desc(), DraftLot.source_number).limit(most)
    )
    return [_draft_view(row) for row in rows]


async def draft_lot(session: AsyncSession, draft_id: UUID) -> DraftLotView:
    """One draft, or refuse with `not_found`."""
    found = await session.get(DraftLot, draft_id)
    if found is None:
        raise Refusal("not_found", what="draft_lots", id=str(draft_id))
    return _draft_view(found)


async def count_draft_lots(session: AsyncSession) -> int:
    """How many drafts wait for adoption."""
    found = await session.scalar(
        select(func.count()).select_from(DraftLot).where(DraftLot.state == DraftLotState.DRAFT)
    )
    return found or 0


async def _findings(session: AsyncSession, asset_id: AssetId) -> tuple[FindingView, ...]:
    rows = await session.scalars(
        select(InvestigationItem).where(InvestigationItem.asset_id == asset_id)
    )
    by_subject = {row.subject: row for row in rows}
    return tuple(_finding_view(subject, by_subject.get(subject)) for subject in SUBJECTS)


def _finding_view(subject: InvestigationSubject, row: InvestigationItem | None) -> FindingView:
    if row is None:
        return FindingView(subject, None, "", None)
    return FindingView(subject, row.status, row.finding, row.looked_at)


async def _photographs(session: AsyncSession, asset_id: AssetId) -> tuple[PhotographView, ...]:
    rows = await session.scalars(
        select(Photograph).where(Photograph.asset_id == asset_id).order_by(Photograph.position)
    )
    return tuple(PhotographView(row.id, row.digest, row.caption) for row in rows)


def _lot_view(row: Lot) -> LotView:
    return LotView(
        id=row.id,
        case_id=row.case_id,
        asset_id=row.asset_id,
        court_id=row.court_id,
        title=row.title,
        state=row.state,
        held_ground=row.held_ground,
        rulebook=row.rulebook,
        reference_price=row.reference_price,
    )


def _draft_view(row: DraftLot) -> DraftLotView:
    return DraftLotView(
        id=row.id,
        source_number=row.source_number,
        round=row.round,
        city=row.city,
        year=row.year,
        appraisal=row.appraisal,
        starting_price=row.starting_price,
        increment=row.increment,
    )
