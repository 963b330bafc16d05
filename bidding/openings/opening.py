"""One opening of one code: which, why, and by which two persons. It never holds the person."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from auction.kernel.ids import BidderCode, CourtId, ListingId, PersonId
from auction.store.base import Base
from auction.store.columns import Instant


class IdentityOpening(Base):
    """Asked for by one supervisor; opened when another approved. Code and reason never change."""

    __tablename__ = "identity_opening"
    __table_args__ = (
        CheckConstraint("reason <> ''", name="has_reason"),
        CheckConstraint("(opened_by IS NULL) = (opened_at IS NULL)", name="opened_whole"),
        CheckConstraint("opened_by <> proposed_by", name="two_persons"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    listing_id: Mapped[ListingId] = mapped_column(ForeignKey("listings.id"), index=True)
    court_id: Mapped[CourtId] = mapped_column(Text)
    code: Mapped[BidderCode] = mapped_column(Text)
    reason: Mapped[str]
    proposed_by: Mapped[PersonId]
    proposed_at: Mapped[datetime] = mapped_column(Instant)
    opened_by: Mapped[PersonId | None]
    opened_at: Mapped[datetime | None] = mapped_column(Instant)
    told_at: Mapped[datetime | None] = mapped_column(Instant)
    """When, after the close, the person was told of it."""

    @property
    def stream(self) -> str:
        """The journal's chain of this opening: the sealer looks for its entry."""
        return f"opening:{self.id}"
