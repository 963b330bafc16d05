"""A replay that is told of an extension for lag ends as the platform may, and else as recorded."""

from datetime import UTC, datetime, timedelta

from auction.kernel.money import Money
from bidding.engine import Extension, Ladder, Rules
from tests.recorded.endings import Said, told_ending

END = datetime(2026, 5, 26, 2, tzinfo=UTC)
SECOND = timedelta(seconds=1)
RULES = Rules(Ladder.NONE, Extension.RESET, Money(1), Money(1), 15 * SECOND, 15 * SECOND)


def bid(code: str, fen: int, after_end: float) -> tuple[str, Said]:
    entered_at = (END + after_end * SECOND).isoformat()
    return "bid.accepted", {"code": code, "amount_fen": str(fen), "entered_at": entered_at}


def lagged(after_end: float) -> tuple[str, Said]:
    return "session.lagged", {"closes_at": (END + after_end * SECOND).isoformat()}


EARLY, LATE = bid("A1", 100, -60), bid("B2", 200, 5)


def test_without_lag_what_came_after_the_end_does_not_count() -> None:
    assert told_ending([EARLY, LATE], RULES, END) == ("A1", Money(100))


def test_what_came_within_an_extension_for_lag_counts() -> None:
    assert told_ending([EARLY, lagged(10), LATE], RULES, END) == ("B2", Money(200))


def test_what_came_after_that_does_not() -> None:
    assert told_ending([EARLY, lagged(4), LATE], RULES, END) == ("A1", Money(100))


def test_other_entries_change_nothing_and_no_bid_is_no_winner() -> None:
    assert told_ending([("session.opened", {}), lagged(4)], RULES, END) == ("", Money(0))
