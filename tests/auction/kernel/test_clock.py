from datetime import UTC, datetime, timedelta

from auction.kernel.clock import BEIJING, FrozenClock, SystemClock
from tests.conftest import NOON


def test_the_machine_s_clock_tells_utc_and_goes_forward() -> None:
    clock = SystemClock()
    first, second = clock.now(), clock.now()
    assert first.tzinfo is UTC
    assert first <= second


def test_a_frozen_clock_moves_only_when_told() -> None:
    clock = FrozenClock(NOON)
    assert clock.now() == clock.now() == NOON
    assert clock.advance(timedelta(minutes=5)) == clock.now() == NOON + timedelta(minutes=5)


def test_beijing_is_eight_hours_ahead_all_year() -> None:
    for month in (1, 7):
        told = datetime(2026, month, 2, 4, tzinfo=UTC).astimezone(BEIJING)
        assert told.utcoffset() == timedelta(hours=8)
