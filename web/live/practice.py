"""The practice hall 练习: a made-up lot for one socket, decided by the same engine.

Nothing of it is kept, and nothing of the platform is touched: no database, no ticket, no person.
Two robots bid against the visitor, a few times, and once close to the end so that it moves. Its
receipts are signed with a key made for this process, which the public key does not vouch for.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from websockets.frames import CloseCode

from auction.kernel.canonical import canon
from auction.kernel.clock import Clock
from auction.kernel.ids import BidderCode, ListingId, SessionId, new_id
from auction.kernel.merkle import grow, leaf_hash
from auction.kernel.money import Money
from bidding import engine
from bidding.hall.board import Board, SessionState
from bidding.hall.receipt import Receipt, Signed, batch_of, receipts
from web.live.connection import HallConnection
from web.live.fanout import Fanout, millis
from web.live.protocol import Bid, BidShown, FateTold, Fetch, Verdict, write_told

PRACTICE: Final = ListingId(UUID(int=0))
"""The listing that is none: who says hello to it gets a practice hall of his own."""
VISITOR: Final = BidderCode("LX00")
ROBOTS: Final = (BidderCode("LX01"), BidderCode("LX02"))
STARTING_PRICE: Final = Money.yuan(1_000_000)
INCREMENT: Final = Money.yuan(10_000)
ENTRIES_MAX: Final = 200
HALLS_MAX: Final = 200
"""At once in one process: practice must cost a real session nothing."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a practice goes."""

    lasts: timedelta = timedelta(seconds=90)
    extend_by: timedelta = timedelta(seconds=20)
    robots_wait: timedelta = timedelta(seconds=3)
    robot_bids: int = 5
    """The last of them is kept for the time in which a bid moves the end."""

    @property
    def rules(self) -> engine.Rules:
        """The law's rules with short times."""
        ladder, extension = engine.Ladder.MULTIPLE, engine.Extension.RESET
        return engine.Rules(
            ladder, extension, STARTING_PRICE, INCREMENT, self.extend_by, self.extend_by
        )


@dataclass(slots=True)
class Contest:
    """The made-up session, sans I/O: every instant is given."""

    pace: Pace
    session_id: SessionId
    opens_at: datetime
    key: Ed25519PrivateKey
    hall: engine.Hall = field(init=False)
    version: int = 1
    shown: list[BidShown] = field(default_factory=list)
    verdicts: dict[UUID, Verdict] = field(default_factory=dict)
    robots_said: int = 0

    def __post_init__(self) -> None:
        closes_at = self.opens_at + self.pace.lasts
        rules = self.pace.rules
        self.hall = engine.open_hall(rules, opens_at=self.opens_at, scheduled_close=closes_at)

    @property
    def board(self) -> Board:
        """The session as a real one is shown."""
        leading = self.hall.leading
        return Board(
            session_id=self.session_id,
            listing_id=PRACTICE,
            state=self._state(),
            version=self.version,
            seq=len(self.verdicts),
            price=leading.amount if leading else None,
            leading_code=leading.code if leading else None,
            leading_rank=None,
            lowest_next=engine.lowest_next(self.hall, self.pace.rules),
            starting_price=STARTING_PRICE,
            increment=INCREMENT,
            opens_at=self.opens_at,
            scheduled_close_at=self.opens_at + self.pace.lasts,
            closes_at=self.hall.closes_at,
            extend_by=self.pace.extend_by,
            extensions=self.hall.extensions,
            paused_at=None,
            pause_ground="",
            epoch=1,
            home_id=None,
        )

    def bid(self, code: BidderCode, said: Bid, at: datetime) -> Verdict:
        """Decide a bid; the same bid_id again gets the first verdict."""
        if said.bid_id in self.verdicts:
            return self.verdicts[said.bid_id]
        expected = None if said.only_if_price is None else Money(said.only_if_price)
        offered = engine.Bid(code, Money(said.amount_fen), at, expected_price=expected)
        outcome = engine.decide(self.hall, offered, self.pace.rules)
        seq = len(self.verdicts) + 1
        if isinstance(outcome, engine.Accepted):
            self.hall = outcome.hall
        is_extended = isinstance(outcome, engine.Accepted) and outcome.is_extended
        closes_at = millis(self.hall.closes_at)
        verdict = Verdict(
            now=millis(at),
            bid_id=said.bid_id,
            seq=seq,
            is_accepted=isinstance(outcome, engine.Accepted),
            reason=outcome.reason if isinstance(outcome, engine.Refused) else "",
            amount_fen=said.amount_fen,
            entered_at=millis(at),
            decided_at=millis(at),
            is_extended=is_extended,
            is_self_overbid=isinstance(outcome, engine.Accepted) and outcome.is_self_overbid,
            closes_at=closes_at,
            receipt=self._receipt(seq, code, said),
        )
        self.verdicts[said.bid_id] = verdict
        self.version += 1
        if verdict.is_accepted:
            self.shown.append(
                BidShown(seq, code, said.amount_fen, millis(at), is_extended, closes_at)
            )
        return verdict

    def robot_bids(self, bid_id: UUID, at: datetime) -> bool:
        """Let a robot outbid the visitor, if it is its turn; say whether it did."""
        leading = self.hall.leading
        if leading is not None and leading.code != VISITOR:
            return False
        is_last = self.robots_said == self.pace.robot_bids - 1
        is_near = self.hall.closes_at - at <= self.pace.extend_by
        if self.robots_said >= self.pace.robot_bids or (is_last and not is_near):
            return False
        code = ROBOTS[self.robots_said % len(ROBOTS)]
        amount = engine.lowest_next(self.hall, self.pace.rules)
        self.robots_said += 1
        return self.bid(code, Bid(bid_id, amount.fen), at).is_accepted

    def close(self, at: datetime) -> bool:
        """End it if its time has come; say whether it ended now."""
        outcome = engine.close(self.hall, at)
        if isinstance(outcome, engine.StillOpen):
            return False
        self.hall = outcome.hall
        self.version += 1
        return True

    def _state(self) -> SessionState:
        if not self.hall.is_over:
            return SessionState.OPEN
        return SessionState.SOLD if self.hall.leading else SessionState.PASSED_IN

    def _receipt(self, seq: int, code: BidderCode, said: Bid) -> Receipt:
        body = {"bid_seq": seq, "code": code, "amount_fen": said.amount_fen}
        leaf = canon({"kind": "practice.bid", "stream": f"session:{self.session_id}", "body": body})
        tree = grow([leaf_hash(leaf)])
        batch = batch_of(self.session_id, seq, tree)
        public_key = self.key.public_key().public_bytes_raw()
        signed = Signed(self.key.sign(batch.statement()), public_key)
        return receipts(batch, [leaf], tree, signed)[0]


class PracticeHall:
    """One visitor's practice: his socket, and the robots' and the end's alarms."""

    def __init__(self, connection: HallConnection, contest: Contest, clock: Clock) -> None:
        self._connection = connection
        self._contest = contest
        self._clock = clock
        self._fanout = Fanout(contest.board, (), clock)
        self._fanout.sockets.add(connection)
        self._loop = asyncio.get_running_loop()
        self._alarms: list[asyncio.TimerHandle] = []
        connection.tell(self._fanout.snapshot(VISITOR))
        self._set_alarms()

    def bid(self, connection: HallConnection, said: Bid, entered_at: datetime) -> None:
        """Decide the visitor's bid at once."""
        verdict = self._contest.bid(VISITOR, said, entered_at)
        connection.tell(write_told(verdict))
        if len(self._contest.verdicts) >= ENTRIES_MAX:
            connection.end(CloseCode.POLICY_VIOLATION, "that is enough practice")
        self._show()

    def fate(self, connection: HallConnection, bid_id: UUID) -> None:
        """Say what became of a bid: a practice is as old as its socket."""
        verdict = self._contest.verdicts.get(bid_id)
        connection.tell(write_told(FateTold(millis(self._clock.now()), bid_id, verdict)))

    def fetch(self, connection: HallConnection, said: Fetch) -> None:
        """Fill a gap."""
        missed = [bid for bid in self._contest.shown if bid.seq > said.from_seq]
        connection.tell(self._fanout.fill(said.from_seq, missed))

    def leave(self) -> None:
        """Nobody looks any more."""
        for alarm in self._alarms:
            alarm.cancel()
        self._fanout.sockets.clear()

    def _show(self) -> None:
        self._fanout.take(self._contest.board, self._contest.shown)
        self._set_alarms()

    def _set_alarms(self) -> None:
        for alarm in self._alarms:
            alarm.cancel()
        if self._contest.hall.is_over:
            return
        left = (self._contest.hall.closes_at - self._clock.now()).total_seconds()
        pace = self._contest.pace
        near = left - pace.extend_by.total_seconds() / 2
        waits = {pace.robots_wait.total_seconds(), max(near, 0.0)}
        self._alarms = [self._loop.call_later(wait, self._robot) for wait in waits]
        self._alarms.append(self._loop.call_later(max(left, 0.0), self._close))

    def _robot(self) -> None:
        now = self._clock.now()
        if self._contest.robot_bids(new_id(now), now):
            self._show()

    def _close(self) -> None:
        if self._contest.close(self._clock.now()):
            self._show()
        else:
            self._set_alarms()


class PracticeGround:
    """Where every visitor gets a practice hall of his own, as long as there is room."""

    def __init__(self, clock: Clock, pace: Pace | None = None, *, most: int = HALLS_MAX) -> None:
        self._clock = clock
        self._pace = pace or Pace()
        self._most = most
        self._key = Ed25519PrivateKey.generate()
        self._halls: set[PracticeHall] = set()

    def enter(self, connection: HallConnection) -> PracticeHall | None:
        """Begin a practice; None when too many practise already."""
        if len(self._halls) >= self._most:
            return None
        now = self._clock.now()
        contest = Contest(self._pace, SessionId(new_id(now)), now, self._key)
        hall = PracticeHall(connection, contest, self._clock)
        self._halls.add(hall)

        def gone(_: HallConnection) -> None:
            hall.leave()
            self._halls.discard(hall)

        connection.on_gone = gone
        return hall
