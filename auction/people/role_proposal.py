"""A role proposed by one administrator and granted by another."""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from auction.kernel.actor import Role
from auction.store.base import Base
from auction.store.columns import Instant, state_column, states_check

PROPOSAL_LIFE = timedelta(hours=24)


class ProposalState(StrEnum):
    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"


class RoleProposal(Base):
    """It lives for a day and is decided once, by somebody else, who is not its subject."""

    __tablename__ = "role_proposal"
    __table_args__ = (
        states_check("role", Role),
        states_check("state", ProposalState),
        CheckConstraint("decided_by <> proposed_by", name="two_persons"),
        CheckConstraint(
            "person_id <> proposed_by AND person_id <> decided_by", name="not_for_oneself"
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    role: Mapped[Role] = state_column(Role)
    court_id: Mapped[str | None] = mapped_column(ForeignKey("court.id"))
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"))
    state: Mapped[ProposalState] = state_column(ProposalState)
    proposed_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    proposed_at: Mapped[datetime] = mapped_column(Instant)
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
