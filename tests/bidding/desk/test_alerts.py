"""Alerts are read from history alone: what was raised once stays, and each limit is exact."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auction.kernel.money import Money
from auction.law.rulebook import DEMONSTRATION, LAW
from bidding.desk.alerts import (
    Alert,
    AlertKind,
    Event,
    EventKind,
    History,
    Limits,
    Raise,
    StandstillGround,
    alerts,
    limits_of,
)

OPENING = datetime(2026, 3, 2, 2, tzinfo=UTC)
LIMITS = Limits(
    extensions=3,
    jump_increments=5,
    jump_share=Fraction(1, 10),
    silence=timedelta(minutes=30),
    late_start=timedelta(minutes=1),
)
HISTORY = History(OPENING, Money.yuan(1000), Money.yuan(50))
OPENED = Event(EventKind.OPENED, OPENING)


def at(minute: float) -> datetime:
    return OPENING + timedelta(minutes=minute)


def a_raise(seq: int, yuan: int, minute: float = 1, extensions: int = 0) -> Raise:
    return Raise(seq, Money.yuan(yuan), at(minute), extensions)


def raised(history: History, minute: float = 29, kind: AlertKind | None = None) -> list[Alert]:
    found = alerts(history, LIMITS, at(minute))
    return [one for one in found if kind is None or one.kind is kind]


class TestLateStart:
    def test_is_raised_once_the_set_time_after_the_announced_one_has_passed(self) -> None:
        assert raised(HISTORY, 0.9) == []
        assert raised(HISTORY, 1) == raised(HISTORY, 9) == [Alert(AlertKind.LATE_START, at(1))]

    def test_is_not_raised_when_it_opened_in_time(self) -> None:
        assert raised(replace(HISTORY, events=[OPENED])) == []

    @pytest.mark.parametrize("kind", [EventKind.SUSPENDED, EventKind.STOPPED])
    def test_is_not_raised_for_what_was_stopped_before(self, kind: EventKind) -> None:
        assert raised(replace(HISTORY, events=[Event(kind, at(-5))])) == []

    def test_stays_when_it_opened_late(self) -> None:
        late = replace(HISTORY, events=[Event(EventKind.OPENED, at(4))])
        assert raised(late) == [Alert(AlertKind.LATE_START, at(1))]

    def test_a_home_taken_before_the_opening_opens_nothing(self) -> None:
        homed = replace(HISTORY, events=[Event(EventKind.HOMED, at(-5))])
        assert raised(homed, 2) == [Alert(AlertKind.LATE_START, at(1))]


class TestExtensions:
    def test_each_set_number_of_them_alerts_once_at_the_bid_that_reached_it(self) -> None:
        counts = [1, 2, 3, 4, 5, 6, 6, 7]
        raises = [a_raise(n, 1000 + 50 * n, n, count) for n, count in enumerate(counts)]
        found = raised(replace(HISTORY, raises=raises, events=[OPENED]))
        assert found == [
            Alert(AlertKind.EXTENSIONS, at(2), seq=2, count=3),
            Alert(AlertKind.EXTENSIONS, at(5), seq=5, count=6),
        ]


class TestJump:
    @pytest.mark.parametrize(
        ("before", "amount", "is_jump"),
        [
            (1000, 1250, False),  # five increments are not more than five
            (1000, 1300, True),
            (5000, 5500, False),  # a tenth of the price is not more than a tenth
            (5000, 5550, True),
        ],
    )
    def test_passes_both_limits(self, before: int, amount: int, is_jump: bool) -> None:
        ladder = [a_raise(1, before), a_raise(2, amount, 2)]
        history = replace(HISTORY, starting_price=Money.yuan(before), raises=ladder)
        found = raised(replace(history, events=[OPENED]))
        steps = (amount - before) // 50
        told = Alert(AlertKind.JUMP, at(2), seq=2, count=steps)
        assert found == ([told] if is_jump else [])

    def test_the_first_bid_is_measured_from_the_starting_price(self) -> None:
        history = replace(HISTORY, raises=[a_raise(1, 2000)], events=[OPENED])
        assert raised(history) == [Alert(AlertKind.JUMP, at(1), seq=1, count=20)]


class TestSilence:
    def silences(self, history: History, minute: float) -> list[datetime]:
        return [one.at for one in raised(history, minute, AlertKind.SILENCE)]

    def test_is_raised_after_the_set_time_without_a_bid(self) -> None:
        history = replace(HISTORY, events=[OPENED])
        assert self.silences(history, 29.9) == []
        assert self.silences(history, 30) == self.silences(history, 99) == [at(30)]

    def test_a_bid_begins_it_anew(self) -> None:
        history = replace(HISTORY, events=[OPENED], raises=[a_raise(1, 1000, 20)])
        assert self.silences(history, 49) == []
        assert self.silences(history, 50) == [at(50)]

    def test_nobody_can_bid_while_it_stands_still_or_is_over(self) -> None:
        paused = [OPENED, Event(EventKind.PAUSED, at(10))]
        assert self.silences(replace(HISTORY, events=paused), 99) == []
        resumed = [*paused, Event(EventKind.RESUMED, at(40))]
        assert self.silences(replace(HISTORY, events=resumed), 99) == [at(70)]
        closed = [OPENED, Event(EventKind.CLOSED, at(20))]
        assert self.silences(replace(HISTORY, events=closed), 99) == []

    def test_what_does_not_touch_the_clock_breaks_no_silence(self) -> None:
        beside = [OPENED, Event(EventKind.LAGGED, at(10)), Event(EventKind.HOMED, at(20))]
        assert self.silences(replace(HISTORY, events=beside), 30) == [at(30)]


class TestOutage:
    PAUSED = Event(EventKind.PAUSED, at(5), StandstillGround.HOME_LOST)

    def test_is_raised_when_the_platform_stops_the_clock(self) -> None:
        history = replace(HISTORY, events=[OPENED, self.PAUSED])
        told = Alert(AlertKind.OUTAGE, at(5), ground=StandstillGround.HOME_LOST)
        assert raised(history) == [told]

    @pytest.mark.parametrize("kind", [EventKind.RESUMED, EventKind.SUSPENDED, EventKind.STOPPED])
    def test_is_over_with_the_next_step_of_the_clock(self, kind: EventKind) -> None:
        events = [OPENED, self.PAUSED, Event(EventKind.HOMED, at(6)), Event(kind, at(8))]
        (one,) = raised(replace(HISTORY, events=events), kind=AlertKind.OUTAGE)
        assert one.ended_at == at(8)

    def test_a_suspension_by_the_court_is_none(self) -> None:
        ground = StandstillGround.LISTING_SUSPENDED
        history = replace(HISTORY, events=[OPENED, Event(EventKind.SUSPENDED, at(5), ground)])
        assert raised(history) == []


class TestLag:
    def test_each_is_told(self) -> None:
        history = replace(HISTORY, events=[OPENED, Event(EventKind.LAGGED, at(5))])
        assert raised(history) == [Alert(AlertKind.LAG, at(5))]


class TestLimits:
    def test_are_those_of_the_rulebook(self) -> None:
        assert limits_of(LAW) == Limits(
            10, 5, Fraction(1, 10), timedelta(hours=6), timedelta(minutes=1)
        )
        assert limits_of(DEMONSTRATION).silence < limits_of(LAW).silence


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Any course: bids that rise, events of any kind in any order, all at whole minutes."""
    minutes = sorted(draw(st.lists(st.integers(0, 200), max_size=12, unique=True)))
    steps = draw(st.lists(st.integers(1, 20), min_size=len(minutes), max_size=len(minutes)))
    raises, price, count = [], 1000, 0
    for seq, (minute, step) in enumerate(zip(minutes, steps, strict=True), 1):
        price, count = price + 50 * step, count + draw(st.integers(0, 1))
        raises.append(Raise(seq, Money.yuan(price), at(minute), count))
    kinds = draw(st.lists(st.sampled_from(EventKind), max_size=8))
    whens = sorted(draw(st.lists(st.integers(0, 200), min_size=len(kinds), max_size=len(kinds))))
    events = [Event(kind, at(minute)) for kind, minute in zip(kinds, whens, strict=True)]
    return replace(HISTORY, raises=raises, events=events)


def until(history: History, moment: datetime) -> History:
    return replace(
        history,
        raises=[one for one in history.raises if one.entered_at <= moment],
        events=[one for one in history.events if one.at <= moment],
    )


class TestEveryCourse:
    @given(histories(), st.integers(0, 240))
    def test_what_was_raised_once_stays_and_nothing_is_added_behind(
        self, history: History, minute: int
    ) -> None:
        seen = [(one.kind, one.at, one.seq) for one in raised(until(history, at(minute)), minute)]
        later = [(one.kind, one.at, one.seq) for one in raised(history, 300)]
        assert seen == [one for one in later if one[1] <= at(minute)]

    @given(histories())
    def test_alerts_stand_in_the_order_of_time_and_none_is_of_the_future(
        self, history: History
    ) -> None:
        found = [one.at for one in raised(history, 250)]
        assert found == sorted(found)
        assert all(one <= at(250) for one in found)
