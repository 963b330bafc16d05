"""Assignment 定价任务: one lot on its way to a reference price, one method at a time."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from auction.kernel.ids import AssignmentId, CaseId, CourtId, LotId, PersonId
from auction.kernel.money import Money
from auction.kernel.transitions import after
from auction.store.base import Base
from auction.store.columns import Instant, MoneyFen, state_column, states_check


class AssignmentState(StrEnum):
    """Where the fixing of a price stands."""

    NEGOTIATING = "negotiating"
    """当事人议价 comes first (参考价4)."""
    CHOOSING = "choosing"
    """No price was agreed; the next method is chosen (参考价5, 7, 14)."""
    APPRAISING = "appraising"
    """委托评估 is under way."""
    FIXED = "fixed"
    WITHDRAWN = "withdrawn"


class AssignmentTrigger(StrEnum):
    AGREE = "agree"
    DISAGREE = "disagree"
    APPRAISE = "appraise"
    SETTLE = "settle"
    WITHDRAW = "withdraw"


LIFE: dict[tuple[AssignmentState, AssignmentTrigger], AssignmentState] = {
    (AssignmentState.NEGOTIATING, AssignmentTrigger.AGREE): AssignmentState.FIXED,  # 参考价4
    (AssignmentState.NEGOTIATING, AssignmentTrigger.DISAGREE): AssignmentState.CHOOSING,
    (AssignmentState.CHOOSING, AssignmentTrigger.APPRAISE): AssignmentState.APPRAISING,  # 参考价14
    (AssignmentState.APPRAISING, AssignmentTrigger.SETTLE): AssignmentState.FIXED,  # 参考价26
    (AssignmentState.NEGOTIATING, AssignmentTrigger.WITHDRAW): AssignmentState.WITHDRAWN,
    (AssignmentState.CHOOSING, AssignmentTrigger.WITHDRAW): AssignmentState.WITHDRAWN,
    (AssignmentState.APPRAISING, AssignmentTrigger.WITHDRAW): AssignmentState.WITHDRAWN,  # 参考价29
}


class Assignment(Base):
    """The fixing of one lot's reference price."""

    __tablename__ = "assignments"
    __table_args__ = (
        states_check("state", AssignmentState),
        # One at a time; an expired price is fixed anew by another one (参考价27).
        Index(
            "uq_assignments_live",
            "lot_id",
            unique=True,
            postgresql_where=text("state NOT IN ('withdrawn', 'fixed')"),
        ),
    )

    id: Mapped[AssignmentId] = mapped_column(primary_key=True)
    case_id: Mapped[CaseId] = mapped_column(index=True)
    lot_id: Mapped[LotId]
    court_id: Mapped[CourtId]
    state: Mapped[AssignmentState] = state_column(AssignmentState)
    opened_at: Mapped[datetime] = mapped_column(Instant)
    opened_by: Mapped[PersonId]
    applicant_price: Mapped[Money | None] = mapped_column(MoneyFen)
    """What the applicant offered in the negotiation; none when he named no price."""
    respondent_price: Mapped[Money | None] = mapped_column(MoneyFen)
    negotiated_at: Mapped[datetime | None] = mapped_column(Instant)
    negotiated_on: Mapped[date | None]
    negotiation_note: Mapped[str] = mapped_column(server_default="")
    """What proves the negotiation 议价笔录."""
    field: Mapped[str | None] = mapped_column(Text)
    """The roster's specialty that the appraisal is commissioned in."""
    region: Mapped[str | None] = mapped_column(Text)
    appraisal_ground: Mapped[str | None] = mapped_column(Text)
    reference_price: Mapped[Money | None] = mapped_column(MoneyFen)
    fixed_at: Mapped[datetime | None] = mapped_column(Instant)

    def advance(self, trigger: AssignmentTrigger) -> None:
        """Move on in LIFE, or refuse with `state.not_allowed`."""
        self.state = after(LIFE, self.state, trigger)
