"""Payment orders to the bank: ordered, taken to the bank, confirmed by its statement or failed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from auction.kernel.ids import AccountId, CourtId, TransferId
from auction.kernel.money import Money
from auction.kernel.refusal import Refusal
from auction.kernel.transitions import after
from auction.ledger import policy
from auction.ledger.book import court_account, post_all, resolution, void_hold
from auction.ledger.chart import AccountKind
from auction.ledger.statement import BankLine, Direction, post_line
from auction.ledger.transfer import Posting, Transfer, TransferKind
from auction.store.base import Base
from auction.store.columns import Instant, MoneyFen, state_column, states_check
from auction.store.full_views import Viewed, note_view
from auction.store.personal.subject_key import Sealed, SealedText
from auction.store.unit import Unit


class OrderKind(StrEnum):
    """What is paid out."""

    DEPOSIT_REFUND = "deposit_refund"
    """退保证金, to the account that paid it (网拍23)."""
    DISBURSEMENT = "disbursement"
    """案款发放 by an approved plan (法发〔2017〕6号11-13)."""
    LINE_REFUND = "line_refund"
    """Money that nothing takes goes back where it came from."""


class OrderState(StrEnum):
    ORDERED = "ordered"
    SENT = "sent"
    CONFIRMED = "confirmed"
    FAILED = "failed"


class OrderTrigger(StrEnum):
    SEND = "send"
    CONFIRM = "confirm"
    FAIL = "fail"


ORDER_LIFE = {
    (OrderState.ORDERED, OrderTrigger.SEND): OrderState.SENT,
    (OrderState.ORDERED, OrderTrigger.CONFIRM): OrderState.CONFIRMED,
    (OrderState.SENT, OrderTrigger.CONFIRM): OrderState.CONFIRMED,
    (OrderState.ORDERED, OrderTrigger.FAIL): OrderState.FAILED,
    (OrderState.SENT, OrderTrigger.FAIL): OrderState.FAILED,
}

PREFIX = {
    OrderKind.DEPOSIT_REFUND: "TB",
    OrderKind.DISBURSEMENT: "FK",
    OrderKind.LINE_REFUND: "TH",
}
ORDER_NUMBER = r"(?:TB|FK|TH)\d{8}[0-9A-F]{10}"
"""How an order's number looks inside the remark of a statement line."""

TRANSIT = {
    OrderKind.DEPOSIT_REFUND: AccountKind.REFUNDS_IN_TRANSIT,
    OrderKind.DISBURSEMENT: AccountKind.DISBURSEMENTS_IN_TRANSIT,
    OrderKind.LINE_REFUND: AccountKind.REFUNDS_IN_TRANSIT,
}


class PaymentOrder(Sealed, Base):
    """One payment that the bank is to make. The money is held from the day of the order."""

    __tablename__ = "payment_orders"
    __table_args__ = (
        states_check("kind", OrderKind),
        states_check("state", OrderState),
        CheckConstraint("amount > 0", name="some_fen"),
        UniqueConstraint("order_number"),
        UniqueConstraint("hold_id"),
        Index(None, "court_id", "state"),
        Index(None, "owner_ref"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_number: Mapped[str]
    court_id: Mapped[str]
    kind: Mapped[OrderKind] = state_column(OrderKind)
    owner_ref: Mapped[str]
    """`deposit:<id>`, `disbursement:<id>`, `line:<id>`."""
    hold_id: Mapped[UUID] = mapped_column(ForeignKey("transfers.id"))
    payee_name_sealed: Mapped[bytes]
    payee_name = SealedText()
    payee_account_sealed: Mapped[bytes]
    payee_account = SealedText()
    amount: Mapped[Money] = mapped_column(MoneyFen)
    state: Mapped[OrderState] = state_column(OrderState)
    ordered_at: Mapped[datetime] = mapped_column(Instant)
    ordered_by: Mapped[UUID | None]
    """Who ordered it; nobody when the platform did, as it does with deposits."""
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)

    def take(self, trigger: OrderTrigger) -> None:
        """Move on, or refuse."""
        self.state = after(ORDER_LIFE, self.state, trigger)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """What is to be ordered."""

    kind: OrderKind
    owner_ref: str
    court_id: CourtId
    source: AccountId
    """The account whose money is paid out."""
    payee_name: str
    payee_account: str
    amount: Money
    due_at: datetime | None = None


async def order_payment(work: Unit, payment: Payment) -> PaymentOrder:
    """Hold the money and write the order; the caller has required and decided.

    Settled against the bank by `confirm_payment`, given back by `fail_payment`.
    """
    return (await order_payments(work, [payment]))[0]


async def order_payments(work: Unit, payments: Sequence[Payment]) -> list[PaymentOrder]:
    """Order many payments at once, as `order_payment` does each."""
    wanted = {(payment.kind, payment.court_id) for payment in payments}
    transit = {
        (kind, court_id): await court_account(work, TRANSIT[kind], court_id)
        for kind, court_id in sorted(wanted)
    }
    orders = [await _new_order(work, payment) for payment in payments]
    await post_all(
        work,
        [
            _holding(order, payment, transit[payment.kind, payment.court_id])
            for order, payment in zip(orders, payments, strict=True)
        ],
    )
    for order in orders:
        work.add(order)
    return orders


def _holding(order: PaymentOrder, payment: Payment, transit: AccountId) -> Posting:
    held = TransferId(order.hold_id)
    return Posting(
        key=f"order:{order.id}",
        event=f"{payment.kind}.ordered",
        court_id=payment.court_id,
        subject_ref=payment.owner_ref,
        transfers=(
            Transfer(payment.source, transit, payment.amount, TransferKind.PENDING, id=held),
        ),
    )


async def _new_order(work: Unit, payment: Payment) -> PaymentOrder:
    order_id = work.new_id()
    return PaymentOrder(
        id=order_id,
        subject_key=await work.holder_key(payment.payee_account, order_id),
        order_number=_number(payment.kind, work.now, order_id),
        court_id=payment.court_id,
        kind=payment.kind,
        owner_ref=payment.owner_ref,
        hold_id=work.new_id(),
        payee_name=payment.payee_name,
        payee_account=payment.payee_account,
        amount=payment.amount,
        state=OrderState.ORDERED,
        ordered_at=work.now,
        ordered_by=work.actor.person_id,
        due_at=payment.due_at,
        sent_at=None,
        ended_at=None,
    )


async def confirm_payment(work: Unit, *, order_number: str, line: BankLine) -> PaymentOrder:
    """Settle an order by the outgoing statement line that paid it.

    Refuses with `order.line_differs` when the line pays another amount or account.
    """
    order = await lock_order(work, order_number)
    _check_line(order, line)
    order.take(OrderTrigger.CONFIRM)
    order.ended_at = work.now
    settling = await resolution(work.session, TransferId(order.hold_id), TransferKind.SETTLE)
    await post_line(
        work,
        line,
        Posting(
            key=f"order.paid:{order.id}",
            event=f"{order.kind}.paid",
            court_id=CourtId(order.court_id),
            subject_ref=order.owner_ref,
            transfers=(settling, Transfer(settling.credit, line.money, order.amount)),
        ),
    )
    return order


async def fail_payment(work: Unit, *, order_number: str) -> PaymentOrder:
    """The bank could not pay: give the held money back to its account."""
    order = await lock_order(work, order_number)
    order.take(OrderTrigger.FAIL)
    order.ended_at = work.now
    await void_hold(
        work,
        TransferId(order.hold_id),
        event=f"{order.kind}.failed",
        subject_ref=order.owner_ref,
    )
    return order


async def view_order(work: Unit, order_number: str, *, reason: str) -> PaymentOrder:
    """Look at whom an order pays, and on which account, in full; noted with the reason."""
    order = await lock_order(work, order_number)
    work.require(policy.VIEW_PAYMENT, order.court_id)
    await note_view(work, Viewed.ORDER, order.id, reason=reason)
    return order


async def lock_order(work: Unit, order_number: str) -> PaymentOrder:
    """Return an order by its number, locked, or refuse with `not_found`."""
    found = await find_order(work.session, order_number)
    if found is None:
        raise Refusal("not_found", what="payment_orders", id=order_number)
    return await work.lock(PaymentOrder, found.id)


async def find_order(session: AsyncSession, order_number: str) -> PaymentOrder | None:
    """Return an order by its number."""
    return await session.scalar(
        select(PaymentOrder).where(PaymentOrder.order_number == order_number)
    )


def _check_line(order: PaymentOrder, line: BankLine) -> None:
    same = (
        line.direction is Direction.OUT
        and line.amount == order.amount
        and line.court_id == order.court_id
        and line.counterparty_account == order.payee_account
    )
    if not same:
        raise Refusal("order.line_differs", order=order.order_number, amount=line.amount)


def _number(kind: OrderKind, now: datetime, order_id: UUID) -> str:
    return f"{PREFIX[kind]}{now:%Y%m%d}{order_id.hex[-10:].upper()}"
