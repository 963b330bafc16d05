"""What the database holds of one session, and the commands that change it, in memory.

Each command is what its namesake in bidding/ does under the row lock: the decisions are the
product's own pure functions. Every fact is written down in the order it was committed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from auction.kernel.ids import BidderCode, ListingId, SessionId
from auction.kernel.transitions import after
from bidding import engine
from bidding.engine import PassedIn, Rules, Sold, StillOpen
from bidding.hall.batch import BidKey, PlacedBid, Settled, settle, undecided
from bidding.hall.board import ENDED, SESSION_LIFE, Board, SessionState, SessionTrigger

HOME_LOST_AFTER = timedelta(seconds=4)


class EpochOld(Exception):
    """Another process is the home now."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that became true: a bid's verdict, a standstill, a going on, an end."""

    kind: str
    at: datetime
    closes_at: datetime
    """The end in force once it was true."""
    epoch: int
    settled: Settled | None = None


@dataclass
class Store:
    """One session as PostgreSQL would hold it."""

    rules: Rules
    opens_at: datetime
    scheduled_close_at: datetime
    ranks: dict[BidderCode, int | None]
    state: SessionState = SessionState.SCHEDULED
    version: int = 1
    epoch: int = 0
    home_id: UUID | None = None
    facts: list[Fact] = field(default_factory=list)
    entries: list[Settled] = field(default_factory=list)
    decided: dict[BidKey, int] = field(default_factory=dict)
    """The seq of every bid that has a verdict."""
    strange: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.hall = engine.open_hall(
            self.rules, opens_at=self.opens_at, scheduled_close=self.scheduled_close_at
        )
        self.first_close = self.hall.closes_at

    @property
    def board(self) -> Board:
        leading = self.hall.leading
        return Board(
            session_id=SessionId(UUID(int=1)), listing_id=ListingId(UUID(int=2)),
            state=self.state, version=self.version, seq=len(self.entries),
            price=leading.amount if leading else None,
            leading_code=leading.code if leading else None,
            leading_rank=leading.priority_rank if leading else None,
            lowest_next=engine.lowest_next(self.hall, self.rules),
            starting_price=self.rules.starting_price, increment=self.rules.increment,
            opens_at=self.opens_at, scheduled_close_at=self.scheduled_close_at,
            closes_at=self.hall.closes_at, extend_by=self.rules.extend_by,
            extensions=self.hall.extensions, paused_at=self.hall.paused_at, pause_ground="",
            epoch=self.epoch, home_id=self.home_id,
        )  # fmt: skip

    def become_home(self, home_id: UUID, now: datetime, seen_at: datetime | None) -> Board | None:
        """The session's picture under a new epoch; None while the home before lives.

        `seen_at` is the last heartbeat of that home.
        """
        if seen_at is not None and now - seen_at < HOME_LOST_AFTER:
            return None
        self.home_id = home_id
        self.epoch += 1
        self.version += 1
        if seen_at is not None and self.state is SessionState.OPEN:
            self._stand_still(SessionTrigger.PAUSE, seen_at)
        return self.board

    def place(self, bids: Sequence[PlacedBid], epoch: int, now: datetime) -> Board:
        self._require(epoch)
        self._open_when_due(now)
        settled = settle(self.hall, undecided(bids, self.decided), self.rules, self.ranks)
        for one in settled:
            self.entries.append(one)
            self.decided[one.placed.key] = len(self.entries)
            self.hall = one.hall
            self._note("bid", now, one)
        self.version += bool(settled)
        return self.board

    def open(self, epoch: int, now: datetime) -> Board:
        self._require(epoch)
        self._open_when_due(now)
        return self.board

    def resume(self, epoch: int, now: datetime) -> Board:
        self._require(epoch)
        if self.state is SessionState.PAUSED:
            self.go_on(now)
        return self.board

    def close(self, epoch: int, now: datetime) -> Board:
        self._require(epoch)
        ended = engine.close(self.hall, now)
        if isinstance(ended, StillOpen):
            return self.board
        if self.state is SessionState.OPEN:
            self._end(ended, now)
        elif self.state is not SessionState.SCHEDULED:
            self.strange.append(f"the engine would end a session that is {self.state.value}")
        return self.board

    def pause(self, epoch: int, now: datetime) -> Board:
        self._require(epoch)
        if self.state is SessionState.OPEN:
            self._stand_still(SessionTrigger.PAUSE, now)
        return self.board

    def suspend(self, now: datetime) -> None:
        """By the court, from any process."""
        if self.state in {SessionState.SCHEDULED, SessionState.OPEN, SessionState.PAUSED}:
            self._stand_still(SessionTrigger.SUSPEND, now)

    def go_on(self, now: datetime) -> None:
        """End a standstill: the platform its own, two persons of the court theirs."""
        self.hall = engine.resume(self.hall, now, self.rules)
        self._advance(SessionTrigger.RESUME)
        self._note("go_on", now)

    def withdraw(self, now: datetime) -> None:
        if self.state not in ENDED:
            self.hall = engine.stop(self.hall)
            self._advance(SessionTrigger.STOP)
            self._note("withdraw", now)

    def _require(self, epoch: int) -> None:
        if epoch != self.epoch:
            raise EpochOld

    def _open_when_due(self, now: datetime) -> None:
        if self.state is SessionState.SCHEDULED and now >= self.opens_at:
            self._advance(SessionTrigger.OPEN)

    def _stand_still(self, trigger: SessionTrigger, at: datetime) -> None:
        at = max(at, self.hall.live_since) if trigger is SessionTrigger.PAUSE else at
        self.hall = engine.pause(self.hall, at)
        self._advance(trigger)
        self._note("stand_still", at)

    def _end(self, ended: Sold | PassedIn, now: datetime) -> None:
        self.hall = ended.hall
        is_sold = isinstance(ended, Sold)
        self._advance(SessionTrigger.SELL if is_sold else SessionTrigger.PASS_IN)
        self._note("sold" if is_sold else "passed_in", now)

    def _note(self, kind: str, at: datetime, settled: Settled | None = None) -> None:
        self.facts.append(Fact(kind, at, self.hall.closes_at, self.epoch, settled))

    def _advance(self, trigger: SessionTrigger) -> None:
        self.state = after(SESSION_LIFE, self.state, trigger)
        self.version += 1
