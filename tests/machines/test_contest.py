"""The contest under long, strange courses: the engine beside an oracle, and whole sessions."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from auction.kernel.ids import BidderCode
from auction.kernel.money import Money
from bidding.engine import (
    Accepted,
    Bid,
    Extension,
    Ladder,
    Rules,
    Sold,
    StillOpen,
    close,
    decide,
    open_hall,
    pause,
    resume,
    stop,
)
from tests.machines.contest.checks import violations
from tests.machines.contest.oracle import Law, Offer, Oracle
from tests.machines.contest.world import World

OPENS = datetime(2026, 3, 2, 2, tzinfo=UTC)
FIVE = timedelta(minutes=5)
RANKS = {"A1": None, "B2": None, "Y1": 1, "Y2": 2}
LADDERS = st.sampled_from([Ladder.STEP, Ladder.MULTIPLE])
SESSIONS_IN_A_PART = 100


class Contest(RuleBasedStateMachine):
    """Time goes on by ticks, seconds and minutes; everything else may come in any order."""

    @initialize(
        ladder=LADDERS, extension=st.sampled_from(list(Extension)), is_sell_off=st.booleans()
    )
    def begin(self, ladder: Ladder, extension: Extension, is_sell_off: bool) -> None:
        window = timedelta(minutes=30) if is_sell_off else None
        self.rules = Rules(ladder, extension, Money(1010), Money(50), FIVE, FIVE, window)
        closes = OPENS + timedelta(minutes=20)
        self.now = OPENS
        self.hall = open_hall(self.rules, opens_at=OPENS, scheduled_close=closes)
        law = Law(ladder.value, extension.value, 1010, 50, FIVE, FIVE, window)
        self.oracle = Oracle(law, OPENS, closes)
        self.winners: list[str] = []

    @rule(seconds=st.sampled_from([0, 0.000001, 1, 60, 299, 300, 301]))
    def time_goes_on(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(tick=st.integers(-1, 1))
    def the_end_comes(self, tick: int) -> None:
        self.now = max(self.now, self.hall.closes_at + timedelta(microseconds=tick))

    @rule(
        code=st.sampled_from(list(RANKS)),
        above=st.sampled_from([-50, 0, 1, 49, 50, 51, 100, 500]),
        expects=st.sampled_from([None, 0, 1]),
    )
    def somebody_bids(self, code: str, above: int, expects: int | None) -> None:
        fen = max(1, (self.hall.price.fen or 1010) + above)
        only_if = None if expects is None else max(0, self.hall.price.fen - expects)
        bid = Bid(
            BidderCode(code), Money(fen), self.now, RANKS[code],
            None if only_if is None else Money(only_if),
        )  # fmt: skip
        price, end = self.hall.price, self.hall.closes_at
        verdict = decide(self.hall, bid, self.rules)
        said = self.oracle.offer(Offer(code, fen, self.now, RANKS[code], only_if))
        assert said == ("" if isinstance(verdict, Accepted) else verdict.reason)
        if isinstance(verdict, Accepted):
            self.hall = verdict.hall
            is_window = self.rules.window_after_first_bid is not None and not price.fen
            assert self.hall.price > price or (RANKS[code] and self.hall.price == price)
            assert self.hall.closes_at >= end or is_window

    @rule()
    def it_stands_still(self) -> None:
        self.hall = pause(self.hall, self.now)
        self.oracle.stand_still(self.now)

    @precondition(lambda self: self.hall.paused_at is not None)
    @rule()
    def it_goes_on(self) -> None:
        self.hall = resume(self.hall, self.now, self.rules)
        self.oracle.go_on(self.now)

    @rule()
    def somebody_asks_for_the_end(self) -> None:
        ended = close(self.hall, self.now)
        said = self.oracle.end(self.now)
        assert (said == "open") is isinstance(ended, StillOpen)
        if not isinstance(ended, StillOpen):
            self.hall = ended.hall
            self.winners.append(ended.hammer.code if isinstance(ended, Sold) else "")
            assert self.winners[-1] == (self.oracle.leader or "")

    @rule(really=st.sampled_from([False, False, False, True]))
    def the_court_withdraws(self, really: bool) -> None:
        if really:
            self.hall = stop(self.hall)
            self.oracle.withdraw()

    @invariant()
    def both_see_the_same(self) -> None:
        if not hasattr(self, "hall"):
            return
        oracle = self.oracle
        assert (self.hall.closes_at, self.hall.extensions) == (oracle.closes_at, oracle.extensions)
        assert self.hall.price.fen == oracle.price
        assert self.hall.is_over is oracle.is_ended
        assert len(self.winners) <= 1


Contest.TestCase.settings = settings(max_examples=150, stateful_step_count=50, deadline=None)
TestContest = Contest.TestCase


@pytest.mark.parametrize("first", range(0, 1000, SESSIONS_IN_A_PART))
def test_whole_sessions_end_as_the_articles_say(first: int) -> None:
    """Clients, crashes, cuts, drifting clocks, a court: see tests/machines/contest."""
    for seed in range(first, first + SESSIONS_IN_A_PART):
        world = World(seed)
        world.play()
        assert violations(world) == [], f"seed {seed}"


def test_the_same_seed_plays_the_same_session() -> None:
    worlds = [World(7), World(7)]
    for world in worlds:
        world.play()
    assert worlds[0].store.facts == worlds[1].store.facts
    assert len(worlds[0].store.facts) > 5


def test_every_planted_fault_is_noticed() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.machines.contest.judge", "--planted"],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert ", 0 survived" in done.stdout
