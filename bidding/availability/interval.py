"""How each live origin answered, as the worker's probes found: one row a transition."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from auction.store.base import Base
from auction.store.columns import Instant, state_column, states_check
from bidding.availability.service import Interval, Service


class ServiceInterval(Base):
    """One state of one origin; only its end moves, while probes find the same."""

    __tablename__ = "service_interval"
    __table_args__ = (
        states_check("state", Service),
        CheckConstraint("from_at <= until_at", name="forward"),
        Index(None, "origin", "until_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    origin: Mapped[str]
    """The address that was probed: where bidders' sockets go."""
    state: Mapped[Service] = state_column(Service)
    from_at: Mapped[datetime] = mapped_column(Instant)
    until_at: Mapped[datetime] = mapped_column(Instant)

    @property
    def interval(self) -> Interval:
        """The same as a value."""
        return Interval(self.state, self.from_at, self.until_at)
