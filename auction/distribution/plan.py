"""分配方案: a plan, its lines, the objections to it, and the payments it leads to."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from auction.distribution.waterfall import Rank
from auction.kernel import transitions
from auction.kernel.money import Money
from auction.store.base import Base
from auction.store.columns import Instant, MoneyFen, state_column, states_check
from auction.store.personal.subject_key import Sealed, SealedText


class PlanState(StrEnum):
    """Where a plan stands."""

    DRAFTED = "drafted"
    SERVED = "served"
    """On creditors and debtor: fifteen days to object (民诉解释509)."""
    WITHDRAWN = "withdrawn"
    """Taken back to be drawn up anew, because an objection was right."""
    APPROVED = "approved"
    """By a second person; every fen now belongs to its payee in the ledger."""
    PAID = "paid"
    """Every line is confirmed by the bank."""


class PlanTrigger(StrEnum):
    """What moves a plan on."""

    SERVE = "serve"
    WITHDRAW = "withdraw"
    APPROVE = "approve"
    PAY_LAST_LINE = "pay_last_line"


_S, _T = PlanState, PlanTrigger
LIFE: Mapping[tuple[PlanState, PlanTrigger], PlanState] = MappingProxyType(
    {
        (_S.DRAFTED, _T.SERVE): _S.SERVED,  # 民诉解释509
        (_S.DRAFTED, _T.WITHDRAW): _S.WITHDRAWN,
        (_S.SERVED, _T.WITHDRAW): _S.WITHDRAWN,  # 民诉解释510: amended after an objection
        (_S.SERVED, _T.APPROVE): _S.APPROVED,  # 法发〔2017〕6号13
        (_S.APPROVED, _T.PAY_LAST_LINE): _S.PAID,
    }
)


class DisbursementState(StrEnum):
    """Where a payment order stands."""

    ORDERED = "ordered"
    CONFIRMED = "confirmed"
    FAILED = "failed"


class DisbursementTrigger(StrEnum):
    """What moves a payment on."""

    CONFIRM = "confirm"
    FAIL = "fail"


DISBURSEMENT_LIFE: Mapping[tuple[DisbursementState, DisbursementTrigger], DisbursementState] = (
    MappingProxyType(
        {
            (DisbursementState.ORDERED, DisbursementTrigger.CONFIRM): DisbursementState.CONFIRMED,
            (DisbursementState.ORDERED, DisbursementTrigger.FAIL): DisbursementState.FAILED,
        }
    )
)


class PayeeKind(StrEnum):
    """Whom a line pays."""

    COURT = "court"
    """执行费."""
    COST_BEARER = "cost_bearer"
    """Whoever advanced costs of the enforcement."""
    TAX_BUREAU = "tax_bureau"
    CREDITOR = "creditor"
    DEBTOR = "debtor"


class ObjectionState(StrEnum):
    """What became of an objection."""

    RAISED = "raised"
    WITHDRAWN = "withdrawn"
    UPHELD = "upheld"
    """The plan is to be amended."""
    OPPOSED = "opposed"
    """Somebody objects to the objection: its maker must sue (民诉解释510)."""
    DISMISSED = "dismissed"
    """No suit in time, or the suit lost: the line stands as drawn up."""


OPEN_OBJECTIONS = frozenset({ObjectionState.RAISED, ObjectionState.OPPOSED})
"""While one is open, the line it disputes is withheld (提存, 民诉解释510)."""


class ObjectionTrigger(StrEnum):
    """What moves an objection on."""

    WITHDRAW = "withdraw"
    OPPOSE = "oppose"
    UPHOLD = "uphold"
    DISMISS = "dismiss"


_O, _OT = ObjectionState, ObjectionTrigger
OBJECTION_LIFE: Mapping[tuple[ObjectionState, ObjectionTrigger], ObjectionState] = MappingProxyType(
    {
        (_O.RAISED, _OT.WITHDRAW): _O.WITHDRAWN,
        (_O.OPPOSED, _OT.WITHDRAW): _O.WITHDRAWN,
        (_O.RAISED, _OT.OPPOSE): _O.OPPOSED,  # 民诉解释510(2)
        (_O.RAISED, _OT.UPHOLD): _O.UPHELD,  # 民诉解释510(1): nobody was against it
        (_O.OPPOSED, _OT.UPHOLD): _O.UPHELD,  # the suit was won
        (_O.OPPOSED, _OT.DISMISS): _O.DISMISSED,  # 民诉解释510(2): no suit, or lost
    }
)


class Plan(Base):
    """How the proceeds of one sale are divided."""

    __tablename__ = "plan"
    __table_args__ = (
        states_check("state", PlanState),
        CheckConstraint("approved_by <> drafted_by", name="two_persons"),
        CheckConstraint("(approved_at IS NULL) = (approved_by IS NULL)", name="approval_whole"),
        Index(
            "uq_plan_live", "sale_id", unique=True, postgresql_where=text("state <> 'withdrawn'")
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sale_id: Mapped[UUID] = mapped_column(ForeignKey("sale.id"))
    case_id: Mapped[UUID] = mapped_column(index=True)
    court_id: Mapped[str]
    number: Mapped[str] = mapped_column(unique=True)
    """As the paper names it: the case number and which plan of the case it is."""
    state: Mapped[PlanState] = state_column(PlanState)
    proceeds: Mapped[Money] = mapped_column(MoneyFen)
    note: Mapped[str]
    """Why the plan is as it is: choices of the court within the law."""
    drafted_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    drafted_at: Mapped[datetime] = mapped_column(Instant)
    served_at: Mapped[datetime | None] = mapped_column(Instant)
    objections_until: Mapped[datetime | None] = mapped_column(Instant)
    approved_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    approved_at: Mapped[datetime | None] = mapped_column(Instant)

    def advance(self, trigger: PlanTrigger) -> None:
        """Move on by the table, or refuse with `state.not_allowed`."""
        self.state = transitions.after(LIFE, self.state, trigger)


class PlanLine(Sealed, Base):
    """One demand, what it gets and why there. Never changed: a plan is amended by a new one."""

    __tablename__ = "plan_line"
    __table_args__ = (
        states_check("rank", Rank),
        states_check("payee_kind", PayeeKind),
        UniqueConstraint("plan_id", "position"),
        CheckConstraint("paid BETWEEN 0 AND asked", name="paid_within_asked"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("plan.id"))
    position: Mapped[int]
    rank: Mapped[Rank] = state_column(Rank)
    payee_kind: Mapped[PayeeKind] = state_column(PayeeKind)
    claim_id: Mapped[UUID | None]
    party_id: Mapped[UUID | None]
    title: Mapped[str]
    """What is paid, in the court's words: 执行费, 增值税, 抵押债权."""
    payee_name_sealed: Mapped[bytes]
    payee_name = SealedText()
    payee_account_sealed: Mapped[bytes]
    payee_account = SealedText()
    asked: Mapped[Money] = mapped_column(MoneyFen)
    paid: Mapped[Money] = mapped_column(MoneyFen)
    basis: Mapped[str]


class PlanObjection(Sealed, Base):
    """A creditor or the debtor disagrees with a plan, or with one line of it."""

    __tablename__ = "plan_objection"
    __table_args__ = (states_check("state", ObjectionState),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("plan.id"), index=True)
    line_id: Mapped[UUID | None] = mapped_column(ForeignKey("plan_line.id"))
    """The line disputed; none: the whole plan."""
    party_id: Mapped[UUID]
    raised_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    reason_sealed: Mapped[bytes]
    reason = SealedText()
    state: Mapped[ObjectionState] = state_column(ObjectionState)
    raised_at: Mapped[datetime] = mapped_column(Instant)
    opposed_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    opposed_at: Mapped[datetime | None] = mapped_column(Instant)
    resolution: Mapped[str]
    resolved_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    resolved_at: Mapped[datetime | None] = mapped_column(Instant)

    def advance(self, trigger: ObjectionTrigger) -> None:
        """Move on by the table, or refuse with `state.not_allowed`."""
        self.state = transitions.after(OBJECTION_LIFE, self.state, trigger)


class Disbursement(Sealed, Base):
    """案款发放: one payment order to the bank for one line."""

    __tablename__ = "disbursement"
    __table_args__ = (
        states_check("state", DisbursementState),
        UniqueConstraint("order_number"),
        CheckConstraint("amount > 0", name="amount_positive"),
        Index(
            "uq_disbursement_live",
            "line_id",
            unique=True,
            postgresql_where=text("state <> 'failed'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("plan.id"), index=True)
    line_id: Mapped[UUID] = mapped_column(ForeignKey("plan_line.id"))
    court_id: Mapped[str]
    order_number: Mapped[str]
    """The ledger's payment order; the bank's remark carries it."""
    amount: Mapped[Money] = mapped_column(MoneyFen)
    payee_name_sealed: Mapped[bytes]
    payee_name = SealedText()
    payee_account_sealed: Mapped[bytes]
    payee_account = SealedText()
    state: Mapped[DisbursementState] = state_column(DisbursementState)
    ordered_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    ordered_at: Mapped[datetime] = mapped_column(Instant)
    confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    statement_line_id: Mapped[UUID | None]

    def advance(self, trigger: DisbursementTrigger) -> None:
        """Move on by the table, or refuse with `state.not_allowed`."""
        self.state = transitions.after(DISBURSEMENT_LIFE, self.state, trigger)
