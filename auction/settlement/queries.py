"""The settlement desk: sales as court, buyer and parties see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.cases.case import Case
from auction.kernel.money import Money
from auction.kernel.refusal import Refusal
from auction.law.taxes import Bearer, TaxKind
from auction.ledger.virtual import account_holder
from auction.lots.lot import Lot
from auction.notices.notice import Notice, NoticeState
from auction.notices.wording import TITLES
from auction.people.organisation import Court
from auction.people.person import Person
from auction.settlement.buyers import Buyer, buyers_of, percent
from auction.settlement.sale import BalanceReceipt, Sale, SaleState, TaxLine


@dataclass(frozen=True, slots=True)
class SaleView:
    """One sale with the names that its desk needs."""

    id: UUID
    listing_id: UUID
    lot_id: UUID
    case_id: UUID
    court_id: str
    payee: str
    """The holder of the account that the balance is paid to."""
    lot_title: str
    case_number: str
    buyer_id: UUID
    buyers: tuple[Buyer, ...]
    """The registered buyer first, and who buys jointly with him."""
    code: str
    state: SaleState
    hammer_price: Money
    deposit: Money
    received: Money
    balance: Money
    virtual_account: str
    closed_at: datetime
    balance_due_at: datetime
    last_notice_until: datetime | None
    paid_at: datetime | None
    ruling_due_at: datetime | None
    qualification_evidence: str
    ruling_number: str
    ruled_at: datetime | None
    ruling_notice_id: UUID | None
    title_passed_at: datetime | None
    handover_due_at: datetime | None
    tax_vouchers: str
    certificate_number: str
    registered_at: datetime | None
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True)
class ResultView:
    """What everybody may know of a sale: the buyers' real identity, numbers masked (网拍22)."""

    buyers: tuple[Buyer, ...]
    code: str
    hammer_price: Money
    closed_at: datetime
    state: SaleState
    confirmation_code: str
    """Opens the confirmation's proof on the verification page."""


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """One payment of the balance."""

    received_at: datetime
    amount: Money
    payer_name: str


@dataclass(frozen=True, slots=True)
class TaxLineView:
    """One tax as assessed."""

    kind: TaxKind
    bearer: Bearer
    base: Money
    rate_percent: str
    amount: Money
    basis: str


@dataclass(frozen=True, slots=True)
class PaperView:
    """One paper of a sale and how far its service has come."""

    id: UUID
    title: str
    addressee_name: str
    code: str
    state: NoticeState
    issued_at: datetime
    served_at: datetime | None
    acknowledged_at: datetime | None


async def sale(session: AsyncSession, sale_id: UUID) -> SaleView:
    """One sale, or refuse with `not_found`."""
    row = (await session.execute(_sales().where(Sale.id == sale_id))).one_or_none()
    if row is None:
        raise Refusal("not_found", what="sale", id=str(sale_id))
    return _view(row)


async def sales_of_court(session: AsyncSession, court_id: str) -> Sequence[SaleView]:
    """Every sale of a court, newest first."""
    rows = await session.execute(
        _sales().where(Sale.court_id == court_id).order_by(Sale.closed_at.desc())
    )
    return [_view(row) for row in rows]


async def sales_of_buyer(session: AsyncSession, person_id: UUID) -> Sequence[SaleView]:
    """What somebody has bought, newest first."""
    rows = await session.execute(
        _sales().where(Sale.buyer_id == person_id).order_by(Sale.closed_at.desc())
    )
    return [_view(row) for row in rows]


async def sale_of_listing(session: AsyncSession, listing_id: UUID) -> SaleView | None:
    """The sale that a listing led to, if it did."""
    row = (await session.execute(_sales().where(Sale.listing_id == listing_id))).one_or_none()
    return _view(row) if row else None


async def sale_of_lot(session: AsyncSession, lot_id: UUID) -> SaleView:
    """The newest sale of a lot, or refuse with `not_found`."""
    wanted = _sales().where(Sale.lot_id == lot_id).order_by(Sale.closed_at.desc()).limit(1)
    row = (await session.execute(wanted)).one_or_none()
    if row is None:
        raise Refusal("not_found", what="sale", id=str(lot_id))
    return _view(row)


async def published_result(session: AsyncSession, listing_id: UUID) -> ResultView | None:
    """The published result of a listing, if it was sold."""
    found = await sale_of_listing(session, listing_id)
    if found is None:
        return None
    code = await session.scalar(
        select(Notice.code)
        .join(Sale, Sale.confirmation_notice_id == Notice.id)
        .where(Sale.id == found.id)
    )
    return ResultView(
        found.buyers,
        found.code,
        found.hammer_price,
        found.closed_at,
        found.state,
        code or "",
    )


async def receipts(session: AsyncSession, sale_id: UUID) -> Sequence[ReceiptView]:
    """Every payment of the balance, in order."""
    rows = await session.scalars(
        select(BalanceReceipt)
        .where(BalanceReceipt.sale_id == sale_id)
        .order_by(BalanceReceipt.received_at, BalanceReceipt.id)
    )
    return [ReceiptView(row.received_at, row.amount, row.payer_name) for row in rows]


async def tax_lines(session: AsyncSession, sale_id: UUID) -> Sequence[TaxLineView]:
    """What the bureau assessed."""
    rows = await session.scalars(
        select(TaxLine).where(TaxLine.sale_id == sale_id).order_by(TaxLine.kind, TaxLine.bearer)
    )
    return [
        TaxLineView(row.kind, row.bearer, row.base, percent(row.rate_ppm), row.amount, row.basis)
        for row in rows
    ]


async def papers_of_sale(session: AsyncSession, sale_id: UUID) -> Sequence[PaperView]:
    """Confirmation, ruling, assistance and tax letter, in the order they were issued."""
    found = await session.get_one(Sale, sale_id)
    ids = (
        found.confirmation_notice_id,
        found.ruling_notice_id,
        found.registry_notice_id,
        found.tax_notice_id,
    )
    rows = await session.scalars(
        select(Notice)
        .where(Notice.id.in_([notice_id for notice_id in ids if notice_id is not None]))
        .order_by(Notice.issued_at, Notice.id)
    )
    return [
        PaperView(
            row.id,
            TITLES[row.kind],
            row.addressee_name,
            row.code,
            row.state,
            row.issued_at,
            row.served_at,
            row.acknowledged_at,
        )
        for row in rows
    ]


async def overdue(session: AsyncSession, now: datetime) -> Sequence[UUID]:
    """Sales whose announced term has passed without the whole balance."""
    rows = await session.scalars(
        select(Sale.id).where(Sale.state == SaleState.AWAITING_BALANCE, Sale.balance_due_at <= now)
    )
    return rows.all()


async def signed_for(session: AsyncSession) -> Sequence[UUID]:
    """Sales whose buyer signed for the ruling, though title is not yet noted as passed."""
    rows = await session.scalars(
        select(Sale.id)
        .join(Notice, Notice.id == Sale.ruling_notice_id)
        .where(Sale.state == SaleState.RULED, Notice.state == NoticeState.ACKNOWLEDGED)
    )
    return rows.all()


def _sales() -> Select[Sale, str, str, Person, str]:
    return (
        select(Sale, Lot.title, Case.number, Person, Court.name)
        .join(Lot, Lot.id == Sale.lot_id)
        .join(Case, Case.id == Sale.case_id)
        .join(Person, Person.id == Sale.buyer_id)
        .join(Court, Court.id == Sale.court_id)
    )


def _view(found: Row[Sale, str, str, Person, str]) -> SaleView:
    row, lot_title, case_number, buyer, court_name = found
    return SaleView(
        id=row.id,
        listing_id=row.listing_id,
        lot_id=row.lot_id,
        case_id=row.case_id,
        court_id=row.court_id,
        payee=account_holder(court_name),
        lot_title=lot_title,
        case_number=case_number,
        buyer_id=row.buyer_id,
        buyers=buyers_of(buyer, row.joint_buyers),
        code=row.code,
        state=row.state,
        hammer_price=row.hammer_price,
        deposit=row.deposit,
        received=row.received,
        balance=row.balance,
        virtual_account=row.virtual_account,
        closed_at=row.closed_at,
        balance_due_at=row.balance_due_at,
        last_notice_until=row.last_notice_until,
        paid_at=row.paid_at,
        ruling_due_at=row.ruling_due_at,
        qualification_evidence=row.qualification_evidence,
        ruling_number=row.ruling_number,
        ruled_at=row.ruled_at,
        ruling_notice_id=row.ruling_notice_id,
        title_passed_at=row.title_passed_at,
        handover_due_at=row.handover_due_at,
        tax_vouchers=row.tax_vouchers,
        certificate_number=row.certificate_number,
        registered_at=row.registered_at,
        delivered_at=row.delivered_at,
    )
