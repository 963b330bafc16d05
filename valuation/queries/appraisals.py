"""Commissions and reports, as the agency, the officer and the parties may see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.cases.case import Case, Party
from auction.kernel.ids import CaseId, CourtId, LotId, OrganisationId, PersonId
from auction.kernel.money import Money
from auction.kernel.refusal import Refusal
from auction.lots.asset import Asset
from auction.lots.lot import Lot
from valuation.assignment import Assignment
from valuation.commission import Commission, CommissionState
from valuation.report import (
    AppraisalMethod,
    Check,
    ObjectionGround,
    ObjectionState,
    Report,
    ReportObjection,
    Signer,
)


@dataclass(frozen=True, slots=True)
class ObjectionView:
    id: UUID
    ground: ObjectionGround
    reasons: str
    state: ObjectionState
    raised_at: datetime
    answer: str


@dataclass(frozen=True, slots=True)
class ReportView:
    """One edition of a report, with its check and its objections."""

    id: UUID
    commission_id: UUID
    edition: int
    number: str
    based_on: date
    methods: tuple[AppraisalMethod, ...]
    value: Money
    valid_until_on: date
    signers: tuple[Signer, ...]
    pdf_digest: str
    filed_at: datetime
    checked_at: datetime | None
    faults: tuple[Check, ...]
    remark: str
    objections: tuple[ObjectionView, ...]


@dataclass(frozen=True, slots=True)
class CommissionView:
    """One agency's turn, with what it was asked to appraise."""

    id: UUID
    lot_id: LotId
    case_id: CaseId
    court_id: CourtId
    draw_id: UUID
    rank: int
    organisation_id: OrganisationId
    agency_name: str
    state: CommissionState
    case_number: str
    lot_title: str
    description: str
    location: str
    registry_number: str
    offered_at: datetime
    report_due_at: datetime
    decline_ground: str
    served_at: datetime | None
    objections_close_at: datetime | None
    reports: tuple[ReportView, ...]
    """Newest first."""


async def commissions_of_agency(
    session: AsyncSession, organisation_id: OrganisationId
) -> Sequence[CommissionView]:
    """The agency's inbox, newest first."""
    rows = await session.scalars(
        select(Commission)
        .where(Commission.organisation_id == organisation_id)
        .order_by(Commission.offered_at.desc())
    )
    return [await _view(session, row) for row in rows]


async def commissions_of_lot(session: AsyncSession, lot_id: LotId) -> Sequence[CommissionView]:
    """Every agency that was asked about a lot, in the order they were."""
    rows = await session.scalars(
        select(Commission)
        .where(Commission.lot_id == lot_id)
        .order_by(Commission.offered_at, Commission.rank)
    )
    return [await _view(session, row) for row in rows]


async def commission(session: AsyncSession, commission_id: UUID) -> CommissionView:
    """One commission, or refuse with `not_found`."""
    found = await session.get(Commission, commission_id)
    if found is None:
        raise Refusal("not_found", what="commissions", id=str(commission_id))
    return await _view(session, found)


async def commission_of_report(session: AsyncSession, report_id: UUID) -> CommissionView:
    """The commission that a report answers, or refuse with `not_found`."""
    found = await session.get(Report, report_id)
    if found is None:
        raise Refusal("not_found", what="reports", id=str(report_id))
    return await commission(session, found.commission_id)


async def served_on(session: AsyncSession, person_id: PersonId) -> Sequence[CommissionView]:
    """Commissions whose report was served in a case of this person."""
    cases = select(Party.case_id).where(Party.person_id == person_id, Party.ended_at.is_(None))
    rows = await session.scalars(
        select(Commission)
        .where(Commission.case_id.in_(cases), Commission.served_at.is_not(None))
        .order_by(Commission.served_at.desc())
    )
    return [await _view(session, row) for row in rows]


async def may_read(session: AsyncSession, seen: CommissionView, person_id: PersonId | None) -> bool:
    """Whether a person is a party of the case and the report was served."""
    if person_id is None or seen.served_at is None:
        return False
    found = await session.scalar(
        select(Party.id)
        .where(
            Party.case_id == seen.case_id,
            Party.person_id == person_id,
            Party.ended_at.is_(None),
        )
        .limit(1)
    )
    return found is not None


async def assignment_of_lot(session: AsyncSession, lot_id: LotId) -> Assignment | None:
    """The latest assignment of a lot."""
    found: Assignment | None = await session.scalar(
        select(Assignment)
        .where(Assignment.lot_id == lot_id)
        .order_by(Assignment.opened_at.desc())
        .limit(1)
    )
    return found


async def _view(session: AsyncSession, row: Commission) -> CommissionView:
    lot = await session.get_one(Lot, row.lot_id)
    asset = await session.get_one(Asset, lot.asset_id)
    case = await session.get_one(Case, row.case_id)
    return CommissionView(
        id=row.id,
        lot_id=row.lot_id,
        case_id=row.case_id,
        court_id=row.court_id,
        draw_id=row.draw_id,
        rank=row.rank,
        organisation_id=row.organisation_id,
        agency_name=row.agency_name,
        state=row.state,
        case_number=case.number,
        lot_title=lot.title,
        description=asset.description,
        location=asset.location,
        registry_number=asset.registry_number,
        offered_at=row.offered_at,
        report_due_at=row.report_due_at,
        decline_ground=row.decline_ground or "",
        served_at=row.served_at,
        objections_close_at=row.objections_close_at,
        reports=await _reports(session, row.id),
    )


async def _reports(session: AsyncSession, commission_id: UUID) -> tuple[ReportView, ...]:
    rows = await session.scalars(
        select(Report).where(Report.commission_id == commission_id).order_by(Report.edition.desc())
    )
    return tuple([await _report_view(session, row) for row in rows])


async def _report_view(session: AsyncSession, row: Report) -> ReportView:
    objections = await session.scalars(
        select(ReportObjection)
        .where(ReportObjection.report_id == row.id)
        .order_by(ReportObjection.raised_at)
    )
    return ReportView(
        id=row.id,
        commission_id=row.commission_id,
        edition=row.edition,
        number=row.number,
        based_on=row.based_on,
        methods=tuple(AppraisalMethod(code) for code in row.methods.split()),
        value=row.value,
        valid_until_on=row.valid_until_on,
        signers=tuple(row.read_signers()),
        pdf_digest=row.pdf_digest,
        filed_at=row.filed_at,
        checked_at=row.checked_at,
        faults=tuple(Check(code) for code in (row.faults or "").split()),
        remark=row.remark or "",
        objections=tuple(
            ObjectionView(
                one.id, one.ground, one.reasons, one.state, one.raised_at, one.answer or ""
            )
            for one in objections
        ),
    )
