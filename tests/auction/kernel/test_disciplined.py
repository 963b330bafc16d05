from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from auction.kernel.disciplined import DRIFT_MAX, DisciplinedClock

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
MS = timedelta(milliseconds=1)


class Counter:
    """A monotonic counter that moves when told."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def a_clock() -> tuple[DisciplinedClock, Counter]:
    counter = Counter()
    return DisciplinedClock(NOON, count=counter), counter


def test_it_runs_with_the_counter() -> None:
    clock, counter = a_clock()
    counter.seconds += 2.5
    assert clock.now() == NOON + timedelta(seconds=2.5)


def test_an_answer_within_the_round_trip_changes_nothing() -> None:
    clock, counter = a_clock()
    asked = clock.tick()
    counter.seconds += 0.010
    reading = clock.compare(NOON + 5 * MS, asked=asked, answered=clock.tick())
    assert reading.drift == timedelta()


def test_a_small_drift_is_followed_to_the_edge_of_what_is_known() -> None:
    clock, counter = a_clock()
    asked = clock.tick()
    counter.seconds += 0.010
    reading = clock.compare(NOON + 110 * MS, asked=asked, answered=clock.tick())
    assert reading.is_followed
    assert clock.now() == NOON + 110 * MS


def test_a_large_drift_is_told_and_not_followed() -> None:
    clock, _ = a_clock()
    told = NOON + DRIFT_MAX + MS
    reading = clock.compare(told, asked=clock.tick(), answered=clock.tick())
    assert not reading.is_followed
    assert clock.now() == NOON
    clock.accept(reading.drift)
    assert clock.now() == told


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(-600, 600)), max_size=40))
def test_whatever_the_other_clock_says_it_never_runs_backwards(
    moves: list[tuple[int, int]],
) -> None:
    clock, counter = a_clock()
    last = clock.now()
    for passed, off in moves:
        asked = clock.tick()
        counter.seconds += passed / 1000
        clock.compare(last + off * MS, asked=asked, answered=clock.tick())
        assert clock.now() >= last
        last = clock.now()


def test_it_is_put_back_however_far_while_nothing_is_decided_by_it() -> None:
    clock, counter = a_clock()
    assert clock.now() == NOON
    clock.accept(-timedelta(hours=1))
    assert clock.now() == NOON - timedelta(hours=1)
    counter.seconds += 1
    assert clock.now() == NOON - timedelta(hours=1) + timedelta(seconds=1)
