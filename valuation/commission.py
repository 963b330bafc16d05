"""Commission 评估委托: one drawn agency in its turn, until its report stands."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from auction.kernel.ids import (
    AssignmentId,
    CaseId,
    CourtId,
    DrawId,
    LotId,
    OrganisationId,
    PersonId,
)
from auction.kernel.transitions import after
from auction.store.base import Base
from auction.store.columns import Instant, state_column, states_check


class CommissionState(StrEnum):
    OFFERED = "offered"
    """The agency must say whether it takes it or has to recuse itself."""
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REPORTED = "reported"
    """A report lies before the officer."""
    CORRECTING = "correcting"
    """Returned with what is to be put right (参考价20)."""
    SERVED = "served"
    """The parties have the report; their time to object runs (参考价21 to 23)."""
    SETTLED = "settled"
    REPLACED = "replaced"
    """Late without asking: the next agency is commissioned (参考价19)."""


class CommissionTrigger(StrEnum):
    ACCEPT = "accept"
    DECLINE = "decline"
    REPORT = "report"
    RETURN = "return"
    SERVE = "serve"
    SETTLE = "settle"
    REPLACE = "replace"


LIFE: dict[tuple[CommissionState, CommissionTrigger], CommissionState] = {
    (CommissionState.OFFERED, CommissionTrigger.ACCEPT): CommissionState.ACCEPTED,  # 参考价17
    (CommissionState.OFFERED, CommissionTrigger.DECLINE): CommissionState.DECLINED,  # 资产评估法20
    (CommissionState.ACCEPTED, CommissionTrigger.REPORT): CommissionState.REPORTED,  # 参考价19
    (CommissionState.REPORTED, CommissionTrigger.RETURN): CommissionState.CORRECTING,  # 参考价20
    (CommissionState.CORRECTING, CommissionTrigger.REPORT): CommissionState.REPORTED,
    (CommissionState.REPORTED, CommissionTrigger.SERVE): CommissionState.SERVED,  # 参考价21
    (CommissionState.SERVED, CommissionTrigger.RETURN): CommissionState.CORRECTING,  # 参考价22
    (CommissionState.SERVED, CommissionTrigger.SETTLE): CommissionState.SETTLED,  # 参考价26
    (CommissionState.OFFERED, CommissionTrigger.REPLACE): CommissionState.REPLACED,
    (CommissionState.ACCEPTED, CommissionTrigger.REPLACE): CommissionState.REPLACED,  # 参考价19
    (CommissionState.CORRECTING, CommissionTrigger.REPLACE): CommissionState.REPLACED,
}


class Commission(Base):
    """One agency's turn in one draw."""

    __tablename__ = "commissions"
    __table_args__ = (
        states_check("state", CommissionState),
        UniqueConstraint("draw_id", "rank"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    assignment_id: Mapped[AssignmentId] = mapped_column(ForeignKey("assignments.id"), index=True)
    draw_id: Mapped[DrawId] = mapped_column(ForeignKey("draws.id"))
    case_id: Mapped[CaseId]
    lot_id: Mapped[LotId]
    court_id: Mapped[CourtId]
    rank: Mapped[int]
    """1 to 3: its place in the draw's result (参考价16)."""
    organisation_id: Mapped[OrganisationId] = mapped_column(index=True)
    credit_code: Mapped[str]
    agency_name: Mapped[str]
    state: Mapped[CommissionState] = state_column(CommissionState)
    offered_at: Mapped[datetime] = mapped_column(Instant)
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    answered_by: Mapped[PersonId | None]
    decline_ground: Mapped[str | None]
    report_due_at: Mapped[datetime] = mapped_column(Instant)
    served_at: Mapped[datetime | None] = mapped_column(Instant)
    objections_close_at: Mapped[datetime | None] = mapped_column(Instant)

    def advance(self, trigger: CommissionTrigger) -> None:
        """Move on in LIFE, or refuse with `state.not_allowed`."""
        self.state = after(LIFE, self.state, trigger)
