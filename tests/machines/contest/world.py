"""One session played from a seed: clients, homes that crash, a database that is cut, a court.

Time is simulated: nothing waits. The same seed always plays the same session, to the microsecond.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from msgspec import structs

from auction.kernel.ids import BidderCode, BidId
from auction.kernel.money import Money
from bidding.engine import Extension, Ladder, Rules
from bidding.hall.batch import BidKey, PlacedBid
from bidding.hall.board import ENDED, SessionState
from bidding.hall.turn import Turn, next_turn, wakes_at
from tests.machines.contest.store import HOME_LOST_AFTER, EpochOld, Store

OPENS = datetime(2026, 3, 2, 2, tzinfo=UTC)
TICK = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
BEAT = timedelta(milliseconds=500)
EVENTS_MAX = 20_000
Answer = tuple[int, str]
"""The seq of a bid's entry and the reason why it did not count."""


@dataclass
class Home:
    """A live process: what it knows, what waits in it, whether it still runs."""

    id: UUID
    epoch: int
    waiting: list[PlacedBid] = field(default_factory=list)
    is_alive: bool = True
    is_busy: bool = False
    wakes_at: datetime | None = None
    cut_from: datetime = OPENS - timedelta(days=1)
    cut_until: datetime = OPENS - timedelta(days=1)
    """Between the two it cannot reach the database."""
    died_at: datetime | None = None

    def seen_at(self, now: datetime) -> datetime:
        """When its heart was last seen to beat: just before it died or was cut, else now."""
        last = now if self.died_at is None else min(now, self.died_at)
        return self.cut_from if self.cut_from <= last < self.cut_until else last


@dataclass
class World:
    """The session, everybody around it, and what each was told."""

    seed: int
    now: datetime = OPENS - timedelta(seconds=5)
    answers: dict[BidKey, set[Answer]] = field(default_factory=dict)
    stamped: dict[BidKey, list[datetime]] = field(default_factory=dict)
    """Every entry of a bid into any home, by its key."""
    homes: list[Home] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    """What a home did that it must not do, whatever came of it."""

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)
        self.store = _a_session(self.chance)
        self._queue: list[tuple[datetime, int, Callable[[], None]]] = []
        self._count = 0
        self._instants = [self.store.opens_at, self.store.first_close]
        """Those at which something changes: some clients aim at exactly these."""

    def play(self) -> None:
        """Play to the end; what went wrong is for the checks to say."""
        self._new_home()
        self._invite_trouble()
        self._invite_clients()
        while self._queue and self._count < EVENTS_MAX:
            at, _, happen = heapq.heappop(self._queue)
            self.now = max(self.now, at)
            happen()

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing was left to happen: a home that has done its work does no more."""
        return not self._queue

    def after(self, delay: timedelta, happen: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._queue, (self.now + delay, self._count, happen))

    def _at(self, instant: datetime, happen: Callable[[], None]) -> None:
        self.after(max(instant - self.now, timedelta()), happen)

    def _within(self, least: float, most: float) -> timedelta:
        return timedelta(microseconds=int(self.chance.uniform(least, most) * 1e6))

    # Clients

    def _invite_clients(self) -> None:
        """Most bids come near the end: that is where the rules matter."""
        for number in range(self.chance.randint(1, 30)):
            near = self.chance.random() < 0.7
            before = self._within(0, 8) if near else self._within(8, 600)
            self._at(self.store.scheduled_close_at - before, lambda n=number: self._bid(n))
        for number in range(self.chance.randint(0, 8)):
            self._aim(self.chance.choice(self._instants), 500 + number)

    def _aim(self, instant: datetime, number: int) -> None:
        """Come in at exactly an instant, a tick beside it, or as long before it as extends."""
        aims = [timedelta(), TICK, -TICK, self.store.rules.extend_trigger]
        self._at(instant - self.chance.choice(aims), lambda: self._bid(number, is_exact=True))

    def _bid(self, number: int, *, is_exact: bool = False) -> None:
        code = self.chance.choice([*self.store.ranks, BidderCode("Z9")])
        expected = self.store.hall.price if self.chance.random() < 0.15 else None
        bid = PlacedBid(BidId(UUID(int=number)), code, self._amount(), self.now, expected)
        if is_exact:
            self._arrive(bid)
        for _ in range(self.chance.choice([1, 1, 1, 2, 5])):  # an impatient finger
            self.after(self._within(0.0005, 0.3), lambda: self._arrive(bid))
        if self.chance.random() < 0.5 and self.store.state not in ENDED:
            end = self.store.hall.closes_at  # the next one aims at the new end
            if self.chance.random() < 0.3:
                self._aim(end, number + 1000)
            else:
                self._at(end - self._within(-0.01, 0.35), lambda: self._bid(number + 1000))

    def _amount(self) -> Money:
        board, rules = self.store.board, self.store.rules
        step = rules.increment or Money(1)
        wish = self.chance.random()
        if wish < 0.6:
            return board.lowest_next or Money(1)
        if wish < 0.75:
            return board.lowest_next + Money(step.fen * self.chance.randint(1, 9))
        if wish < 0.9 and board.price:
            return board.price
        return Money(max(1, board.lowest_next.fen + self.chance.randint(-step.fen, step.fen)))

    def _arrive(self, bid: PlacedBid) -> None:
        """Bytes come in at the living home, which stamps them; without one they come again."""
        home = self._living()
        if home is None:
            if self.store.state not in ENDED:
                self.after(self._within(0.2, 3), lambda: self._arrive(bid))
            return
        self.stamped.setdefault(bid.key, []).append(self.now)
        home.waiting.append(structs.replace(bid, entered_at=self.now))
        self._stir(home)

    def _tell(self, bids: list[PlacedBid]) -> None:
        for bid in bids:
            seq = self.store.decided[bid.key]
            reason = self.store.entries[seq - 1].reason
            self.answers.setdefault(bid.key, set()).add((seq, reason))

    # Homes

    def _living(self) -> Home | None:
        return next((one for one in self.homes if one.is_alive), None)

    def _new_home(self) -> None:
        """A process tries to become the home, until the one before is lost."""
        if self._living() is not None or self.store.state in ENDED:
            return
        home_id = UUID(int=len(self.homes) + 100)
        board = self.store.become_home(home_id, self.now, seen_at=self._last_seen())
        if board is None:
            self.after(BEAT, self._new_home)
            return
        self._move_in(Home(home_id, board.epoch))

    def _move_in(self, home: Home) -> None:
        self.homes.insert(0, home)  # new sockets go to the newest
        self._stir(home)

    def _last_seen(self) -> datetime | None:
        """The last beat of the home on record; None before the first."""
        seen = [one.seen_at(self.now) for one in self.homes if one.id == self.store.home_id]
        return seen[0] if seen else None

    def _stir(self, home: Home) -> None:
        """Let a home do what is due, unless it is doing something."""
        if home.is_busy or not home.is_alive:
            return
        turn = self._turn(home)
        if turn is Turn.WAIT:
            wakes = wakes_at(self.store.board)
            if wakes is not None and wakes not in {home.wakes_at, self.now}:
                home.wakes_at = wakes
                self._at(wakes, lambda: self._stir(home))
            return
        self._look_at(home, turn)
        home.is_busy = True
        batch, home.waiting = (home.waiting, []) if turn is Turn.DECIDE else ([], home.waiting)
        self._try(home, turn, batch)

    def _look_at(self, home: Home, turn: Turn) -> None:
        """Once the end has passed, nothing but a bid that came in time holds the close up."""
        board = self.store.board
        is_due = board.state is SessionState.OPEN and self.now >= board.closes_at
        is_any_timely = any(bid.entered_at < board.closes_at for bid in home.waiting)
        if is_due and (turn is Turn.CLOSE) is is_any_timely:
            self.strange.append(f"at the end a home chose to {turn.value}")

    def _turn(self, home: Home) -> Turn:
        entered = [bid.entered_at for bid in home.waiting]
        return next_turn(self.store.board, now=self.now, entered=entered)

    def _try(self, home: Home, turn: Turn, batch: list[PlacedBid]) -> None:
        """Send one commit; whether it took effect may stay unknown, and then it is sent again."""
        if self.now < home.cut_until:
            self._at(home.cut_until, lambda: self._try(home, turn, batch))
            return
        began, luck = self.now, self.chance.random()
        takes = self._within(0.001, 0.04)
        if luck < 0.05:  # lost on the way there
            self.after(takes, lambda: self._again(home, turn, batch))
            return
        answer_is_lost = luck < 0.10
        self.after(takes, lambda: self._commit(home, turn, batch, began, answer_is_lost))

    def _again(self, home: Home, turn: Turn, batch: list[PlacedBid]) -> None:
        if home.is_alive:
            self.after(self._within(0.02, 1), lambda: self._try(home, turn, batch))

    def _commit(
        self, home: Home, turn: Turn, batch: list[PlacedBid], began: datetime, is_lost: bool
    ) -> None:
        """The effect. A process that died meanwhile may have sent it all the same."""
        if not home.is_alive and self.chance.random() < 0.5:
            return
        try:
            self._do(home, turn, batch, began)
        except EpochOld:
            self._die(home, [*batch, *home.waiting])
            return
        if not home.is_alive:
            return
        if is_lost:
            self._again(home, turn, batch)
            return
        self._tell(batch)
        home.is_busy = False
        self._stir(home)

    def _do(self, home: Home, turn: Turn, batch: list[PlacedBid], began: datetime) -> None:
        match turn:
            case Turn.DECIDE:
                self.store.place(batch, home.epoch, began)
            case Turn.OPEN:
                self.store.open(home.epoch, began)
            case Turn.RESUME:
                self.store.resume(home.epoch, began)
            case _:
                self.store.close(home.epoch, began)

    # Trouble

    def _invite_trouble(self) -> None:
        end = self.store.scheduled_close_at
        troubles = [self._crash, self._cut, self._drift, self._suspend, self._withdraw]
        for _ in range(self.chance.choice([0, 0, 1, 2, 4])):
            trouble = self.chance.choices(troubles, weights=[5, 8, 4, 3, 1])[0]
            at = end + self._within(-10, 20)
            self._instants.append(at)
            self._at(at, trouble)
        for _ in range(self.chance.randint(0, 5)):
            self._at(end + self._within(-10, 60), self._hasten)

    def _hasten(self) -> None:
        """Somebody asks for the close when it is not due: nothing may follow."""
        is_open = self.store.state is SessionState.OPEN
        just_before = self.store.hall.closes_at - TICK
        self.store.close(self.store.epoch, just_before if is_open else self.now + 2 * HOUR)

    def _drift(self) -> None:
        """The home finds its clock off and stands still, whatever waits in it."""
        home = self._living()
        if home is not None and self.now >= home.cut_until:
            self.store.pause(home.epoch, self.now)
            self._stir(home)

    def _crash(self) -> None:
        home = self._living()
        if home is not None:
            self._die(home, list(home.waiting))

    def _die(self, home: Home, lost: list[PlacedBid]) -> None:
        """What it held is forgotten; its clients come again with the same bids."""
        home.is_alive, home.died_at, home.waiting = False, self.now, []
        for bid in lost:
            if self.store.state not in ENDED:
                self.after(self._within(0, 3), lambda again=bid: self._arrive(again))
        self.after(BEAT, self._new_home)

    def _cut(self) -> None:
        """The home cannot reach the database; when that lasts, another one takes over."""
        home = self._living()
        if home is None:
            return
        home.cut_from, home.cut_until = self.now, self.now + self._within(0.1, 12)
        if home.cut_until - self.now > HOME_LOST_AFTER and self.chance.random() < 0.5:
            self.after(self._within(4, 6), self._succeed)

    def _succeed(self) -> None:
        """Another process, which does reach the database, becomes the home beside the old one."""
        if self.store.state in ENDED:
            return
        home_id = UUID(int=len(self.homes) + 100)
        board = self.store.become_home(home_id, self.now, seen_at=self._last_seen())
        if board is not None:
            self._move_in(Home(home_id, board.epoch))

    def _suspend(self) -> None:
        if self.store.state in ENDED:
            return
        self.store.suspend(self.now)
        self.after(self._within(20, 90), self._resume_by_court)

    def _resume_by_court(self) -> None:
        if self.store.state is SessionState.SUSPENDED:
            self.store.go_on(self.now)
            for home in self.homes:
                self._stir(home)

    def _withdraw(self) -> None:
        self.store.withdraw(self.now)


def _a_session(chance: Random) -> Store:
    """A session of any kind the law or another house knows; mostly the law's own."""
    by = chance.choice([timedelta(seconds=5), timedelta(minutes=5)])
    is_sell_off = chance.random() < 0.15
    rules = Rules(
        ladder=chance.choices(list(Ladder), weights=[1, 2, 3, 8])[0],
        extension=chance.choices(list(Extension), weights=[2, 8, 2])[0],
        starting_price=Money.yuan(1010),
        increment=Money.yuan(50),
        extend_trigger=chance.choice([by, by / 2, by * 2]),
        extend_by=by,
        window_after_first_bid=timedelta(seconds=30) if is_sell_off else None,
    )
    ranks: dict[BidderCode, int | None] = {
        BidderCode(code): None for code in ("A1", "B2", "C3", "D4")
    }
    ranks |= {BidderCode("Y1"): 1, BidderCode("Y2"): 2, BidderCode("Y3"): 2}
    lasts = timedelta(minutes=chance.choice([1, 10]))
    return Store(rules, OPENS, OPENS + lasts, ranks)
