"""The bidding session 竞价程序 of one listing: price, leader, end, home; and who its homes are."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Interval, text
from sqlalchemy.orm import Mapped, mapped_column

from auction.kernel.ids import BidderCode, CourtId, ListingId, LotId, SessionId
from auction.kernel.money import Money
from auction.kernel.transitions import after
from auction.store.base import Base
from auction.store.columns import Instant, MoneyFen, state_column, states_check
from bidding.engine import Bid, Extension, Hall, Ladder, Rules, lowest_next
from bidding.hall.board import ENDED, SESSION_LIFE, Board, SessionState, SessionTrigger


@dataclass(frozen=True, slots=True)
class SessionTerms:
    """What a session takes from a published listing and from the rulebook."""

    listing_id: ListingId
    lot_id: LotId
    court_id: CourtId
    opens_at: datetime
    closes_at: datetime
    rules: Rules


class Session(Base):
    """One contest over one listing. Its rules are fixed when it is made."""

    __tablename__ = "sessions"
    __table_args__ = (
        states_check("state", SessionState),
        states_check("ladder", Ladder),
        states_check("extension", Extension),
        CheckConstraint("(leading_code IS NULL) = (leading_amount IS NULL)", name="leader_whole"),
        CheckConstraint("state <> 'sold' OR leading_code IS NOT NULL", name="sold_to_somebody"),
        CheckConstraint("starting_price > 0 AND increment > 0", name="amounts"),
        Index("ix_sessions_scheduled", "opens_at", postgresql_where=text("state = 'scheduled'")),
        Index("ix_sessions_due", "closes_at", postgresql_where=text("state = 'open'")),
    )

    id: Mapped[SessionId] = mapped_column(primary_key=True)
    listing_id: Mapped[ListingId] = mapped_column(ForeignKey("listings.id"), unique=True)
    lot_id: Mapped[LotId]
    court_id: Mapped[CourtId]
    state: Mapped[SessionState] = state_column(SessionState)

    ladder: Mapped[Ladder] = state_column(Ladder)
    extension: Mapped[Extension] = state_column(Extension)
    starting_price: Mapped[Money] = mapped_column(MoneyFen)
    increment: Mapped[Money] = mapped_column(MoneyFen)
    extend_trigger: Mapped[timedelta] = mapped_column(Interval)
    extend_by: Mapped[timedelta] = mapped_column(Interval)
    window_after_first_bid: Mapped[timedelta | None] = mapped_column(Interval)

    opens_at: Mapped[datetime] = mapped_column(Instant)
    scheduled_close_at: Mapped[datetime] = mapped_column(Instant)
    """As announced."""
    closes_at: Mapped[datetime] = mapped_column(Instant)
    """As extensions and pauses have moved it."""
    live_since: Mapped[datetime] = mapped_column(Instant)
    paused_at: Mapped[datetime | None] = mapped_column(Instant)
    pause_ground: Mapped[str]
    """Why it stands still, as published; empty while it runs."""
    closed_at: Mapped[datetime | None] = mapped_column(Instant)

    leading_code: Mapped[BidderCode | None]
    leading_amount: Mapped[Money | None] = mapped_column(MoneyFen)
    leading_rank: Mapped[int | None]
    leading_entered_at: Mapped[datetime | None] = mapped_column(Instant)
    extensions: Mapped[int]
    seq: Mapped[int]
    """Number of the last bid entry; they count from 1 without a gap."""
    version: Mapped[int]
    """Grows with every change, so that an old picture is never taken for a new one."""

    epoch: Mapped[int]
    """How many homes it has had; only the last may commit bids."""
    home_id: Mapped[UUID | None] = mapped_column(ForeignKey("homes.id"))

    @property
    def stream(self) -> str:
        """The journal's chain of this session."""
        return f"session:{self.id}"

    @property
    def rules(self) -> Rules:
        """The rules as the engine takes them."""
        return Rules(
            self.ladder,
            self.extension,
            self.starting_price,
            self.increment,
            self.extend_trigger,
            self.extend_by,
            self.window_after_first_bid,
        )

    @property
    def leading(self) -> Bid | None:
        """The bid standing."""
        if (
            self.leading_code is None
            or self.leading_amount is None
            or self.leading_entered_at is None
        ):
            return None
        return Bid(
            self.leading_code, self.leading_amount, self.leading_entered_at, self.leading_rank
        )

    @property
    def hall(self) -> Hall:
        """The session as the engine sees it."""
        return Hall(
            self.live_since,
            self.closes_at,
            self.leading,
            self.extensions,
            self.paused_at,
            self.state in ENDED,
        )

    @property
    def board(self) -> Board:
        """What everybody may see of it now."""
        return Board(
            session_id=self.id,
            listing_id=self.listing_id,
            state=self.state,
            version=self.version,
            seq=self.seq,
            price=self.leading_amount,
            leading_code=self.leading_code,
            leading_rank=self.leading_rank,
            lowest_next=lowest_next(self.hall, self.rules),
            starting_price=self.starting_price,
            increment=self.increment,
            opens_at=self.opens_at,
            scheduled_close_at=self.scheduled_close_at,
            closes_at=self.closes_at,
            extend_by=self.extend_by,
            extensions=self.extensions,
            paused_at=self.paused_at,
            pause_ground=self.pause_ground,
            epoch=self.epoch,
            home_id=self.home_id,
            closed_at=self.closed_at,
        )

    def take(self, hall: Hall) -> None:
        """Hold what the engine decided."""
        self.live_since = hall.live_since
        self.closes_at = hall.closes_at
        self.extensions = hall.extensions
        self.paused_at = hall.paused_at
        if hall.leading is not None:
            self.leading_code = hall.leading.code
            self.leading_amount = hall.leading.amount
            self.leading_rank = hall.leading.priority_rank
            self.leading_entered_at = hall.leading.entered_at

    def advance(self, trigger: SessionTrigger) -> None:
        """Follow the table, or refuse; every step is a new picture."""
        self.state = after(SESSION_LIFE, self.state, trigger)
        self.version += 1


class Home(Base):
    """A live process that holds sessions; one heartbeat for all of them."""

    __tablename__ = "homes"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    origin: Mapped[str]
    """Where bidders find it: the address of its sockets."""
    started_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)
