"""Counting time limits: 民诉法85 for days, 民法典202 for months and years, seconds as they are."""

import calendar as months
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Protocol

import chinese_calendar

from auction.kernel.clock import BEIJING
from auction.kernel.refusal import unreachable
from auction.law.rule import Rule, Span

_EXACT: Final = {
    Span.SECOND: timedelta(seconds=1),
    Span.MINUTE: timedelta(minutes=1),
    Span.HOUR: timedelta(hours=1),
}
_MONTHS: Final = {Span.MONTH: 1, Span.YEAR: 12}
_SATURDAY: Final = 5
_FIXED_HOLIDAYS: Final = {(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)}
"""Holidays that fall on the same day every year (全国年节及纪念日放假办法, 2024)."""


class Calendar(Protocol):
    """Knows working days. None: the State Council has not published that year."""

    def is_working(self, on: date) -> bool | None:
        """Whether courts work on that day."""
        ...


class PublishedCalendar:
    """The State Council's yearly arrangements, as chinesecalendar carries them."""

    def is_working(self, on: date) -> bool | None:
        """Whether courts work on that day."""
        try:
            return bool(chinese_calendar.is_workday(on))
        except NotImplementedError:
            return None


COURT_DAYS: Final = PublishedCalendar()


@dataclass(frozen=True, slots=True)
class Period:
    """When a time limit ends. Provisional: a day it rests on lies in an unpublished year."""

    ends_at: datetime
    is_provisional: bool


def ends_at(start: datetime, rule: Rule, *, calendar: Calendar = COURT_DAYS) -> datetime:
    """The instant at which the period of `rule` that began at `start` is over."""
    return period(start, rule, calendar=calendar).ends_at


def period(start: datetime, rule: Rule, *, calendar: Calendar = COURT_DAYS) -> Period:
    """Count the period of `rule` from `start`; the day of `start` itself is not counted.

    A period of days, months or years is over when its last day is, and a last day that
    is a holiday moves to the next working day (民诉法85).
    """
    number, span = _counted(rule)
    if span in _EXACT:
        return Period(start + number * _EXACT[span], is_provisional=False)
    first = start.astimezone(BEIJING).date()
    if span is Span.COURT_DAY:
        return _whole_day(*_court_days_after(first, number, calendar))
    return _whole_day(*_next_working(_plus(first, number, span), calendar))


def earliest_after(notice_at: datetime, rule: Rule) -> datetime:
    """The first instant with the full period of `rule` between it and the notice.

    "X days before" means X whole calendar days between the two days, neither counted;
    holidays between them count.
    """
    number, span = _counted(rule)
    if span in _EXACT:
        return notice_at + number * _EXACT[span]
    last_day = _plus(notice_at.astimezone(BEIJING).date(), number, span)
    return _midnight(last_day + timedelta(days=1))


def last_day_of(start_on: date, rule: Rule) -> date:
    """The last day of a term that runs from a date, such as a seizure's: no holiday moves it."""
    number, span = _counted(rule)
    return _plus(start_on, number, span) if span not in _EXACT else start_on


def _counted(rule: Rule) -> tuple[int, Span]:
    span = rule.span
    if span is None or not isinstance(rule.value, int):
        unreachable(f"{rule.key} is no period")
    return rule.value, span


def _plus(first: date, number: int, span: Span) -> date:
    """Days on, or months and years by the calendar; spans that are counted exactly never come."""
    months_each = _MONTHS.get(span)
    if months_each is None:
        return first + timedelta(days=number)
    return _plus_months(first, number * months_each)


def _plus_months(first: date, number: int) -> date:
    """The corresponding day, or the month's last where it has none (民法典202)."""
    year, month = divmod(first.year * 12 + first.month - 1 + number, 12)
    last = months.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(first.day, last))


def _court_days_after(first: date, number: int, calendar: Calendar) -> tuple[date, bool]:
    day, counted, provisional = first, 0, False
    while counted < number:
        day += timedelta(days=1)
        working, guessed = _is_working(day, calendar)
        counted += working
        provisional |= guessed
    return day, provisional


def _next_working(day: date, calendar: Calendar) -> tuple[date, bool]:
    provisional = False
    while True:
        working, guessed = _is_working(day, calendar)
        provisional |= guessed
        if working:
            return day, provisional
        day += timedelta(days=1)


def _is_working(day: date, calendar: Calendar) -> tuple[bool, bool]:
    """Whether the day is a working day, and whether that is only our reading of the week."""
    published = calendar.is_working(day)
    if published is not None:
        return published, False
    fixed = (day.month, day.day) in _FIXED_HOLIDAYS
    return day.weekday() < _SATURDAY and not fixed, True


def _whole_day(last_day: date, provisional: bool) -> Period:
    return Period(_midnight(last_day + timedelta(days=1)), is_provisional=provisional)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, BEIJING)
