"""Plans and payouts as court, finance and parties see them; where every fen went."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.cases.case import Case, Party
from auction.distribution import service
from auction.distribution.plan import (
    OPEN_OBJECTIONS,
    Disbursement,
    DisbursementState,
    ObjectionState,
    Plan,
    PlanLine,
    PlanObjection,
    PlanState,
)
from auction.distribution.service import RANK_NAMES
from auction.kernel.money import ZERO, Money, total
from auction.kernel.refusal import Refusal
from auction.lots.lot import Lot
from auction.people.person import Person
from auction.settlement.sale import BalanceReceipt, Sale


@dataclass(frozen=True, slots=True)
class PlanView:
    """One plan, and until when it may be objected to."""

    id: UUID
    sale_id: UUID
    case_id: UUID
    court_id: str
    number: str
    state: PlanState
    lot_title: str
    case_number: str
    proceeds: Money
    note: str
    drafted_by: UUID
    drafter: str
    drafted_at: datetime
    served_at: datetime | None
    objections_until: datetime | None
    """None before service, and while somebody was not served yet."""
    approved_by: UUID | None
    approver: str
    approved_at: datetime | None


@dataclass(frozen=True, slots=True)
class LineView:
    """One line with what became of its money."""

    id: UUID
    position: int
    rank_name: str
    title: str
    party_id: UUID | None
    payee_name: str
    payee_account: str
    asked: Money
    paid: Money
    basis: str
    is_disputed: bool
    order_number: str
    order_state: DisbursementState | None
    confirmed_at: datetime | None

    @property
    def is_payable(self) -> bool:
        """Whether a payment may be ordered now, once the plan is approved."""
        return self.paid > ZERO and not self.is_disputed and self.order_state is None

    @property
    def is_confirmed(self) -> bool:
        """Whether the bank has paid it out: until then the court still holds it."""
        return self.order_state is DisbursementState.CONFIRMED


@dataclass(frozen=True, slots=True)
class ObjectionView:
    """One objection."""

    id: UUID
    line_position: int | None
    party_id: UUID
    party_name: str
    raised_by: UUID
    reason: str
    state: ObjectionState
    raised_at: datetime
    opposed_at: datetime | None
    resolution: str

    @property
    def is_open(self) -> bool:
        """Whether it still holds something up."""
        return self.state in OPEN_OBJECTIONS


@dataclass(frozen=True, slots=True)
class Route:
    """The whole way of a sale's money: what came in, what it was owed to, what the bank paid."""

    came_in: tuple[tuple[str, datetime, Money], ...]
    """What it was (`deposit`, `balance`), when, how much."""
    lines: tuple[LineView, ...]

    @property
    def received(self) -> Money:
        """All that came in."""
        return total([amount for _, _, amount in self.came_in])

    @property
    def paid_out(self) -> Money:
        """What the bank has confirmed."""
        return total([line.paid for line in self.lines if line.is_confirmed])

    @property
    def held(self) -> Money:
        """What the court still holds."""
        return self.received - self.paid_out


async def plan(session: AsyncSession, plan_id: UUID) -> PlanView:
    """One plan, or refuse with `not_found`."""
    row = (await session.execute(_plans().where(Plan.id == plan_id))).one_or_none()
    if row is None:
        raise Refusal("not_found", what="plan", id=str(plan_id))
    return await _plan_view(session, row)


async def plans_of_court(session: AsyncSession, court_id: str) -> Sequence[PlanView]:
    """Every plan of a court, newest first."""
    rows = await session.execute(
        _plans().where(Plan.court_id == court_id).order_by(Plan.drafted_at.desc())
    )
    return [await _plan_view(session, row) for row in rows.all()]


async def plans_of_case(session: AsyncSession, case_id: UUID) -> Sequence[PlanView]:
    """Every plan of a case, newest first."""
    rows = await session.execute(
        _plans().where(Plan.case_id == case_id).order_by(Plan.drafted_at.desc())
    )
    return [await _plan_view(session, row) for row in rows.all()]


async def plan_of_line(session: AsyncSession, line_id: UUID) -> UUID:
    """The plan that a line belongs to, or refuse with `not_found`."""
    found = await session.scalar(select(PlanLine.plan_id).where(PlanLine.id == line_id))
    if found is None:
        raise Refusal("not_found", what="plan_line", id=str(line_id))
    return found


async def plan_of_sale(session: AsyncSession, sale_id: UUID) -> PlanView | None:
    """The live plan of a sale, if one was drawn up."""
    wanted = _plans().where(Plan.sale_id == sale_id, Plan.state != PlanState.WITHDRAWN)
    row = (await session.execute(wanted)).one_or_none()
    return await _plan_view(session, row) if row else None


async def paid_out_lots(session: AsyncSession, court_id: str) -> frozenset[UUID]:
    """The lots whose whole proceeds the bank has paid out: nothing is left to do for them."""
    rows = await session.scalars(
        select(Sale.lot_id)
        .join(Plan, Plan.sale_id == Sale.id)
        .where(Plan.court_id == court_id, Plan.state == PlanState.PAID)
    )
    return frozenset(rows)


async def lines(session: AsyncSession, plan_id: UUID) -> Sequence[LineView]:
    """The lines of a plan in the order of payment."""
    live = Disbursement.state != DisbursementState.FAILED
    rows = await session.execute(
        select(PlanLine, Disbursement)
        .outerjoin(Disbursement, (Disbursement.line_id == PlanLine.id) & live)
        .where(PlanLine.plan_id == plan_id)
        .order_by(PlanLine.position)
    )
    disputed = {
        objection.line_position for objection in await objections(session, plan_id)
        if objection.is_open
    }  # fmt: skip
    return [_line_view(line, order, line.position in disputed) for line, order in rows]


async def objections(session: AsyncSession, plan_id: UUID) -> Sequence[ObjectionView]:
    """Every objection to a plan, in the order they came."""
    rows = await session.execute(
        select(PlanObjection, Party, PlanLine.position)
        .join(Party, Party.id == PlanObjection.party_id)
        .outerjoin(PlanLine, PlanLine.id == PlanObjection.line_id)
        .where(PlanObjection.plan_id == plan_id)
        .order_by(PlanObjection.raised_at, PlanObjection.id)
    )
    return [
        ObjectionView(
            row.id,
            position,
            row.party_id,
            party.name,
            row.raised_by,
            row.reason,
            row.state,
            row.raised_at,
            row.opposed_at,
            row.resolution,
        )
        for row, party, position in rows
    ]


async def statement(session: AsyncSession, plan_id: UUID, person_id: UUID) -> Sequence[LineView]:
    """What one person gets by a plan, and how far each payment has come."""
    found = await session.get_one(Plan, plan_id)
    own = {
        party.id
        for party in await service.concerned_parties(session, found.case_id)
        if party.person_id == person_id
    }
    return [line for line in await lines(session, plan_id) if line.party_id in own]


async def is_concerned(session: AsyncSession, case_id: UUID, person_id: UUID) -> bool:
    """Whether somebody is a creditor or the debtor of a case."""
    parties = await service.concerned_parties(session, case_id)
    return any(party.person_id == person_id for party in parties)


async def route(session: AsyncSession, sale_id: UUID) -> Route:
    """Where every fen of a sale came from and went to."""
    sold = await session.get_one(Sale, sale_id)
    receipts = await session.scalars(
        select(BalanceReceipt)
        .where(BalanceReceipt.sale_id == sale_id)
        .order_by(BalanceReceipt.received_at, BalanceReceipt.id)
    )
    came_in = [("deposit", sold.closed_at, sold.deposit)]
    came_in += [("balance", receipt.received_at, receipt.amount) for receipt in receipts]
    live = await plan_of_sale(session, sale_id)
    went = await lines(session, live.id) if live else []
    return Route(tuple(came_in), tuple(went))


def _plans() -> Select[Plan, str, str, Person]:
    return (
        select(Plan, Lot.title, Case.number, Person)
        .join(Sale, Sale.id == Plan.sale_id)
        .join(Lot, Lot.id == Sale.lot_id)
        .join(Case, Case.id == Plan.case_id)
        .join(Person, Person.id == Plan.drafted_by)
    )


async def _plan_view(session: AsyncSession, found: Row[Plan, str, str, Person]) -> PlanView:
    row, lot_title, case_number, drafter = found
    approver = await session.get(Person, row.approved_by) if row.approved_by else None
    until = await service.deadline(session, row) if row.served_at else None
    return PlanView(
        id=row.id,
        sale_id=row.sale_id,
        case_id=row.case_id,
        court_id=row.court_id,
        number=row.number,
        state=row.state,
        lot_title=lot_title,
        case_number=case_number,
        proceeds=row.proceeds,
        note=row.note,
        drafted_by=row.drafted_by,
        drafter=drafter.name,
        drafted_at=row.drafted_at,
        served_at=row.served_at,
        objections_until=until,
        approved_by=row.approved_by,
        approver=approver.name if approver else "",
        approved_at=row.approved_at,
    )


def _line_view(row: PlanLine, order: Disbursement | None, is_disputed: bool) -> LineView:
    return LineView(
        id=row.id,
        position=row.position,
        rank_name=RANK_NAMES[row.rank],
        title=row.title,
        party_id=row.party_id,
        payee_name=row.payee_name,
        payee_account=row.payee_account,
        asked=row.asked,
        paid=row.paid,
        basis=row.basis,
        is_disputed=is_disputed,
        order_number=order.order_number if order else "",
        order_state=order.state if order else None,
        confirmed_at=order.confirmed_at if order else None,
    )
