"""Who takes part beside the registered bidder: his agent, and who buys jointly with him.

The court confirms each before bidding starts (网拍14(2)). Whom it names need not have an account:
name and number lie sealed, and an account of the same checked number is known again by its index.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from auction.kernel.ids import PersonId, RegistrationId
from auction.settlement.buyers import percent
from auction.store.base import Base
from auction.store.columns import Instant, state_column, states_check
from auction.store.personal.subject_key import Sealed, SealedText


class ParticipantKind(StrEnum):
    AGENT = "agent"
    """Bids for the registered bidder, who becomes the buyer."""
    JOINT = "joint"
    """Buys together with him."""


class ParticipantState(StrEnum):
    CLAIMED = "claimed"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Participant(Sealed, Base):
    """One person named by one registration."""

    __tablename__ = "participant"
    __table_args__ = (
        states_check("kind", ParticipantKind),
        states_check("state", ParticipantState),
        CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name="decided_whole"),
        CheckConstraint("share_ppm BETWEEN 1 AND 999999", name="share_is_a_part"),
        CheckConstraint("kind = 'joint' OR share_ppm IS NULL", name="share_of_a_buyer"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    registration_id: Mapped[RegistrationId] = mapped_column(
        ForeignKey("registration.id"), index=True
    )
    kind: Mapped[ParticipantKind] = state_column(ParticipantKind)
    state: Mapped[ParticipantState] = state_column(ParticipantState)
    name_sealed: Mapped[bytes]
    name = SealedText()
    identity_number_sealed: Mapped[bytes]
    identity_number = SealedText()
    identity_index: Mapped[bytes]
    """By which an account of the same number is known again."""
    share_ppm: Mapped[int | None]
    """A joint buyer's share in millionths; where nobody has one, all buyers hold alike."""
    claimed_at: Mapped[datetime] = mapped_column(Instant)
    decided_by: Mapped[PersonId | None]
    decided_at: Mapped[datetime | None] = mapped_column(Instant)

    @property
    def share(self) -> str:
        """His share as `40%`; empty when none was agreed."""
        return f"{percent(self.share_ppm)}%" if self.share_ppm is not None else ""
