from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from auction.kernel.clock import BEIJING
from auction.kernel.refusal import Invariant
from auction.law.periods import earliest_after, ends_at, last_day_of, period
from auction.law.rule import Rule
from auction.law.rulebook import DEMONSTRATION, LAW


def beijing(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=BEIJING)


def days(number: int, unit: str = "day") -> Rule:
    return Rule("test.days", number, unit, "min", "民诉法85", "D")


class TestDays:
    def test_the_first_day_does_not_count_and_the_last_counts_whole(self) -> None:
        # Monday 2 November 2026, five days: over when Saturday... rolls to Monday the 9th's end
        assert ends_at(beijing(2026, 11, 2, 9), days(4)) == beijing(2026, 11, 7)

    def test_a_last_day_on_a_weekend_rolls_to_monday(self) -> None:
        assert ends_at(beijing(2026, 11, 2, 9), days(5)) == beijing(2026, 11, 10)

    def test_the_national_holiday_is_skipped_as_published(self) -> None:
        # 1 to 7 October 2026 are holidays; Thursday the 8th is a working day
        assert ends_at(beijing(2026, 9, 26, 9), days(5)) == beijing(2026, 10, 9)

    def test_a_working_saturday_is_a_working_day(self) -> None:
        # Saturday 10 October 2026 is worked for the National Day holiday
        assert ends_at(beijing(2026, 10, 9, 23), days(1)) == beijing(2026, 10, 11)

    def test_the_day_is_beijings(self) -> None:
        # 17:00 UTC is already the next day in Beijing
        late = datetime.fromisoformat("2026-11-02T17:00:00+00:00")
        assert ends_at(late, days(1)) == beijing(2026, 11, 5)

    def test_an_unpublished_year_is_provisional_and_skips_what_is_certain(self) -> None:
        found = period(beijing(2026, 12, 31, 9), days(1))
        assert found.ends_at == beijing(2027, 1, 5)
        assert found.is_provisional
        assert not period(beijing(2026, 11, 2, 9), days(4)).is_provisional


class TestOtherSpans:
    def test_court_days_count_working_days_only(self) -> None:
        assert ends_at(beijing(2026, 9, 30, 9), days(2, "工作日")) == beijing(2026, 10, 10)

    def test_months_and_years_end_on_the_corresponding_day(self) -> None:
        assert last_day_of(date(2025, 8, 31), days(6, "month")) == date(2026, 2, 28)
        assert last_day_of(date(2024, 2, 29), days(1, "year")) == date(2025, 2, 28)
        validity = LAW.rule("valuation.validity_max")
        assert last_day_of(date(2026, 3, 5), validity) == date(2027, 3, 5)

    def test_seconds_and_hours_are_exact(self) -> None:
        start = beijing(2026, 11, 7, 12)
        window = DEMONSTRATION.rule("auction.bid_window")
        assert ends_at(start, window) == start + timedelta(seconds=20)
        assert ends_at(start, LAW.rule("auction.bid_window")) == start + timedelta(hours=24)

    def test_a_date_keeps_its_day_where_the_term_is_exact(self) -> None:
        hours = LAW.rule("auction.bid_window")
        assert last_day_of(date(2026, 11, 7), hours) == date(2026, 11, 7)

    def test_what_is_no_period_is_a_bug(self) -> None:
        with pytest.raises(Invariant):
            ends_at(beijing(2026, 1, 1), LAW.rule("auction.deposit_ratio"))
        with pytest.raises(Invariant):
            ends_at(beijing(2026, 1, 1), replace(days(1), value=None))


class TestNoticeBeforeAnEvent:
    def test_whole_days_lie_between(self) -> None:
        # published on the 2nd, 15 days: 3rd to 17th lie between, the 18th is the first lawful day
        notice = LAW.rule("auction.notice_first_movable")
        assert earliest_after(beijing(2026, 11, 2, 9), notice) == beijing(2026, 11, 18)

    def test_holidays_between_count(self) -> None:
        assert earliest_after(beijing(2026, 9, 28, 9), days(3)) == beijing(2026, 10, 2)

    def test_seconds_are_exact(self) -> None:
        notice = DEMONSTRATION.rule("auction.notice_first_movable")
        start = beijing(2026, 11, 2, 9)
        assert earliest_after(start, notice) == start + timedelta(seconds=2)
