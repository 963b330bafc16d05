"""A sale: from the hammer to the key in the buyer's hand, as one literal table of states."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from auction.kernel import transitions
from auction.kernel.ids import BidderCode, ListingId, PersonId, RegistrationId, SessionId
from auction.kernel.money import Money
from auction.law.taxes import Bearer, TaxKind
from auction.store.base import Base
from auction.store.columns import Instant, MoneyFen, state_column, states_check
from auction.store.personal.subject_key import Sealed, SealedText


class SaleState(StrEnum):
    """Where a sale stands."""

    CONFIRMED = "confirmed"
    """成交确认书 made (网拍22)."""
    AWAITING_BALANCE = "awaiting_balance"
    OVERDUE = "overdue"
    LAST_NOTICE = "last_notice"
    """限期缴款通知 sent: the last chance before 悔拍."""
    DEFAULTED = "defaulted"
    """悔拍: the deposit is forfeited (网拍24)."""
    PAID = "paid"
    QUALIFIED = "qualified"
    """The buyer's qualification was proven again, from registration to now (竞买资格3)."""
    DISQUALIFIED = "disqualified"
    """No ruling may be given; the sale is to be undone (网拍31(4))."""
    RULED = "ruled"
    TITLE_PASSED = "title_passed"
    """The ruling was served on the buyer (网拍22)."""
    ASSISTANCE_ASKED = "assistance_asked"
    """协助执行通知书 and the letter to the tax bureau are out."""
    TAXES_ASSESSED = "taxes_assessed"
    TAXES_PAID = "taxes_paid"
    REGISTERED = "registered"
    DELIVERED = "delivered"


class SaleTrigger(StrEnum):
    """What moves a sale on."""

    APPLY_DEPOSIT = "apply_deposit"
    PAY_IN_FULL = "pay_in_full"
    MISS_TERM = "miss_term"
    SEND_LAST_NOTICE = "send_last_notice"
    DECLARE_DEFAULT = "declare_default"
    PASS_CHECK = "pass_check"  # noqa: S105
    FAIL_CHECK = "fail_check"
    RULE = "rule"
    SERVE_RULING = "serve_ruling"
    ASK_ASSISTANCE = "ask_assistance"
    ASSESS_TAXES = "assess_taxes"
    SHOW_TAXES_PAID = "show_taxes_paid"
    REGISTER = "register"
    DELIVER = "deliver"


_S, _T = SaleState, SaleTrigger
LIFE: Mapping[tuple[SaleState, SaleTrigger], SaleState] = MappingProxyType(
    {
        (_S.CONFIRMED, _T.APPLY_DEPOSIT): _S.AWAITING_BALANCE,  # 网拍23: counts towards the price
        (_S.AWAITING_BALANCE, _T.PAY_IN_FULL): _S.PAID,  # 网拍25
        (_S.AWAITING_BALANCE, _T.MISS_TERM): _S.OVERDUE,  # 网拍25
        (_S.OVERDUE, _T.PAY_IN_FULL): _S.PAID,  # late, but before 悔拍 was declared
        (_S.OVERDUE, _T.SEND_LAST_NOTICE): _S.LAST_NOTICE,
        (_S.LAST_NOTICE, _T.PAY_IN_FULL): _S.PAID,
        (_S.LAST_NOTICE, _T.DECLARE_DEFAULT): _S.DEFAULTED,  # 网拍24
        (_S.PAID, _T.PASS_CHECK): _S.QUALIFIED,  # 竞买资格3
        (_S.PAID, _T.FAIL_CHECK): _S.DISQUALIFIED,  # 竞买资格4, 网拍31(4)
        (_S.QUALIFIED, _T.RULE): _S.RULED,  # 拍变20
        (_S.RULED, _T.SERVE_RULING): _S.TITLE_PASSED,  # 网拍22, 民诉解释491
        (_S.TITLE_PASSED, _T.ASK_ASSISTANCE): _S.ASSISTANCE_ASKED,  # 民诉法262, 网拍30
        (_S.ASSISTANCE_ASKED, _T.ASSESS_TAXES): _S.TAXES_ASSESSED,  # 网拍30
        (_S.TAXES_ASSESSED, _T.SHOW_TAXES_PAID): _S.TAXES_PAID,  # 契税法11: 先税后证
        (_S.TAXES_PAID, _T.REGISTER): _S.REGISTERED,  # 不动产登记暂行条例14
        (_S.REGISTERED, _T.DELIVER): _S.DELIVERED,  # 拍变27
    }
)

PAYABLE = frozenset({SaleState.AWAITING_BALANCE, SaleState.OVERDUE, SaleState.LAST_NOTICE})
"""States in which the balance may still arrive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JointBuyerDraft:
    """One joint buyer, as his papers have him."""

    name: str
    identity_number: str
    identity_index: bytes
    """By which an account of the same number is known again."""
    person_id: PersonId | None
    """His account, if he has one by then."""
    share_ppm: int | None
    """His share of the thing in millionths; nobody has one where all hold alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hammer:
    """What the closed session says: who won what at which price. The buyer by id and code."""

    listing_id: ListingId
    session_id: SessionId
    code: BidderCode
    registration_id: RegistrationId
    buyer_id: PersonId
    hammer_price: Money
    closed_at: datetime
    joint: tuple[JointBuyerDraft, ...] = ()
    """Who buys together with him, as the court confirmed them before bidding (网拍14(2))."""


class Sale(Base):
    """成交: one lot, one buyer, one price."""

    __tablename__ = "sale"
    __table_args__ = (
        states_check("state", SaleState),
        UniqueConstraint("listing_id"),
        UniqueConstraint("virtual_account"),
        CheckConstraint("hammer_price > 0", name="price_positive"),
        CheckConstraint("received <= hammer_price", name="received_within_price"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listings.id"))
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), index=True)
    court_id: Mapped[str]
    session_id: Mapped[UUID]
    registration_id: Mapped[UUID]
    buyer_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    code: Mapped[str]
    hammer_price: Mapped[Money] = mapped_column(MoneyFen)
    deposit: Mapped[Money] = mapped_column(MoneyFen)
    """The buyer's deposit as applied to the price."""
    received: Mapped[Money] = mapped_column(MoneyFen)
    """Deposit and all payments of the balance so far; never more than the price."""
    state: Mapped[SaleState] = state_column(SaleState)
    virtual_account: Mapped[str]
    """Where the balance is paid to: this sale and no other (法发〔2017〕6号5)."""
    closed_at: Mapped[datetime] = mapped_column(Instant)
    balance_due_at: Mapped[datetime] = mapped_column(Instant)
    last_notice_until: Mapped[datetime | None] = mapped_column(Instant)
    paid_at: Mapped[datetime | None] = mapped_column(Instant)
    ruling_due_at: Mapped[datetime | None] = mapped_column(Instant)
    qualification_evidence: Mapped[str]
    ruling_number: Mapped[str]
    ruled_at: Mapped[datetime | None] = mapped_column(Instant)
    title_passed_at: Mapped[datetime | None] = mapped_column(Instant)
    handover_due_at: Mapped[datetime | None] = mapped_column(Instant)
    tax_vouchers: Mapped[str]
    certificate_number: Mapped[str]
    registered_at: Mapped[datetime | None] = mapped_column(Instant)
    delivered_at: Mapped[datetime | None] = mapped_column(Instant)
    confirmation_notice_id: Mapped[UUID]
    ruling_notice_id: Mapped[UUID | None]
    registry_notice_id: Mapped[UUID | None]
    tax_notice_id: Mapped[UUID | None]

    joint_buyers: Mapped[list["JointBuyer"]] = relationship(
        lazy="selectin", order_by="JointBuyer.place"
    )
    """Who buys together with the registered buyer; empty when he buys alone."""

    @property
    def balance(self) -> Money:
        """What the buyer still has to pay."""
        return self.hammer_price - self.received

    def advance(self, trigger: SaleTrigger) -> None:
        """Move on by the table, or refuse with `state.not_allowed`."""
        self.state = transitions.after(LIFE, self.state, trigger)


class JointBuyer(Sealed, Base):
    """联合竞买人: who buys together with the registered buyer. Rows are only ever added."""

    __tablename__ = "joint_buyer"
    __table_args__ = (
        CheckConstraint("place >= 1", name="place_counts"),
        CheckConstraint("share_ppm BETWEEN 1 AND 999999", name="share_is_a_part"),
        UniqueConstraint("sale_id", "place"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sale_id: Mapped[UUID] = mapped_column(ForeignKey("sale.id"))
    place: Mapped[int]
    """His place among the joint buyers, 1 first."""
    name_sealed: Mapped[bytes]
    name = SealedText()
    identity_number_sealed: Mapped[bytes]
    identity_number = SealedText()
    identity_index: Mapped[bytes] = mapped_column(index=True)
    person_id: Mapped[UUID | None] = mapped_column(index=True)
    share_ppm: Mapped[int | None]


class BalanceReceipt(Sealed, Base):
    """One payment of the balance, and who made it from where. Rows are only ever added."""

    __tablename__ = "balance_receipt"
    __table_args__ = (CheckConstraint("amount > 0", name="some_fen"), UniqueConstraint("line_id"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sale_id: Mapped[UUID] = mapped_column(ForeignKey("sale.id"), index=True)
    line_id: Mapped[UUID]
    """The statement line that brought it."""
    amount: Mapped[Money] = mapped_column(MoneyFen)
    payer_name_sealed: Mapped[bytes]
    payer_name = SealedText()
    payer_account_sealed: Mapped[bytes]
    payer_account = SealedText()
    received_at: Mapped[datetime] = mapped_column(Instant)


class TaxLine(Base):
    """One tax of a sale as the bureau assessed it, and who bears it by law (网拍30)."""

    __tablename__ = "tax_line"
    __table_args__ = (
        states_check("kind", TaxKind),
        states_check("bearer", Bearer),
        UniqueConstraint("sale_id", "kind", "bearer"),
        CheckConstraint("rate_ppm BETWEEN 0 AND 1000000", name="rate_is_a_share"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sale_id: Mapped[UUID] = mapped_column(ForeignKey("sale.id"))
    kind: Mapped[TaxKind] = state_column(TaxKind)
    base: Mapped[Money] = mapped_column(MoneyFen)
    rate_ppm: Mapped[int]
    """The rate in millionths: 1 % is 10000."""
    amount: Mapped[Money] = mapped_column(MoneyFen)
    bearer: Mapped[Bearer] = state_column(Bearer)
    basis: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(Instant)
