"""The ledger of service covers a window exactly, tells the worst and admits what is unknown."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auction.law.rulebook import DEMONSTRATION, LAW
from bidding.availability.service import (
    Interval,
    Measure,
    Service,
    answered_share,
    clipped,
    judged,
    ledger,
    measure_of,
    noted,
    percent,
    totals,
)

START = datetime(2026, 3, 2, 2, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MEASURE = measure_of(LAW)
UP, SLOW, DOWN, UNMEASURED = Service.UP, Service.SLOW, Service.DOWN, Service.UNMEASURED


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def span(state: Service, start: float, end: float) -> Interval:
    return Interval(state, at(start), at(end))


class TestAProbe:
    @pytest.mark.parametrize(
        ("millis", "state"),
        [(0, UP), (499, UP), (500, SLOW), (2999, SLOW), (3000, DOWN), (None, DOWN)],
    )
    def test_is_judged_by_the_limits_of_the_rulebook(
        self, millis: int | None, state: Service
    ) -> None:
        answer = None if millis is None else timedelta(milliseconds=millis)
        assert judged(answer, MEASURE) is state

    def test_is_measured_alike_in_the_demonstration(self) -> None:
        measure = Measure(5 * SECOND, SECOND / 2, 3 * SECOND, 20 * SECOND)
        assert measure_of(LAW) == measure_of(DEMONSTRATION) == measure


class TestNoting:
    def test_the_first_begins_at_its_moment(self) -> None:
        assert noted(None, UP, at(0), MEASURE) == (None, span(UP, 0, 0))

    def test_the_same_again_goes_on(self) -> None:
        running = span(UP, 0, 5)
        assert noted(span(UP, 0, 0), UP, at(5), MEASURE) == (running, running)

    def test_what_got_worse_was_bad_from_the_last_good_probe_on(self) -> None:
        good = span(UP, 0, 5)
        assert noted(good, DOWN, at(10), MEASURE) == (good, span(DOWN, 5, 10))

    def test_what_got_better_was_bad_up_to_the_first_good_probe(self) -> None:
        assert noted(span(DOWN, 0, 5), UP, at(10), MEASURE) == (
            span(DOWN, 0, 10),
            span(UP, 10, 10),
        )

    def test_after_a_gap_nothing_is_said_of_the_gap(self) -> None:
        last = span(UP, 0, 5)
        assert noted(last, UP, at(25), MEASURE)[0] == span(UP, 0, 25)  # twenty seconds: not yet
        assert noted(last, UP, at(26), MEASURE) == (last, span(UP, 26, 26))

    def test_an_older_probe_says_nothing_new(self) -> None:
        last = span(UP, 0, 5)
        assert noted(last, DOWN, at(5), MEASURE) == (last, last)


class TestTheLedger:
    def test_tells_the_worst_of_what_is_known_and_what_nobody_measured(self) -> None:
        told = ledger(at(0), at(100), [span(UP, -10, 40), span(SLOW, 40, 60), span(DOWN, 30, 45)])
        assert told == [
            span(UP, 0, 30),
            span(DOWN, 30, 45),
            span(SLOW, 45, 60),
            span(UNMEASURED, 60, 100),
        ]

    def test_of_an_empty_window_is_empty(self) -> None:
        assert ledger(at(5), at(5), [span(UP, 0, 10)]) == []

    def test_is_of_the_window_alone(self) -> None:
        assert clipped([span(UP, 0, 5), span(UP, 5, 30)], at(10), at(20)) == [span(UP, 10, 20)]


class TestTheSums:
    TOLD = (span(UP, 0, 90), span(SLOW, 90, 95), span(DOWN, 95, 100), span(UNMEASURED, 100, 900))

    def test_name_every_state(self) -> None:
        assert totals([]) == dict.fromkeys(Service, timedelta())
        assert totals(self.TOLD)[SLOW] == 5 * SECOND

    def test_the_share_counts_measured_time_only(self) -> None:
        assert answered_share(self.TOLD) == Fraction(95, 100)
        assert answered_share([span(UNMEASURED, 0, 5)]) is None


def spans() -> st.SearchStrategy[list[Interval]]:
    edges = st.tuples(st.integers(-50, 150), st.integers(0, 60))
    one = st.builds(
        lambda state, edge: span(state, edge[0], edge[0] + edge[1]), st.sampled_from(Service), edges
    )
    return st.lists(one, max_size=10)


def probed(found: Sequence[tuple[int, Service]]) -> list[Interval]:
    """Fold probes as the command does: rows, of which the last may still move."""
    rows: list[Interval] = []
    for second, state in found:
        ended, running = noted(rows[-1] if rows else None, state, at(second), MEASURE)
        if ended is not None:
            rows[-1] = ended
        if running != ended:
            rows.append(running)
    return rows


def courses() -> st.SearchStrategy[list[tuple[int, Service]]]:
    probe = st.tuples(st.integers(0, 300), st.sampled_from([UP, SLOW, DOWN]))
    return st.lists(probe, max_size=30, unique_by=lambda one: one[0]).map(sorted)


class TestEveryLedger:
    @given(spans(), st.integers(0, 100), st.integers(0, 100))
    def test_covers_its_window_without_gap_or_overlap_and_neighbours_differ(
        self, known: list[Interval], start: int, lasts: int
    ) -> None:
        told = ledger(at(start), at(start + lasts), known)
        edges = [at(start), *(one.until_at for one in told)]
        assert [one.from_at for one in told] == edges[:-1]
        assert edges[-1] == at(start + lasts)
        assert all(one.lasts for one in told)
        assert all(a.state is not b.state for a, b in pairwise(told))
        assert sum(totals(told).values(), timedelta()) == lasts * SECOND

    @given(spans(), spans())
    def test_never_looks_better_when_more_trouble_is_known(
        self, known: list[Interval], more: list[Interval]
    ) -> None:
        trouble = [Interval(DOWN, one.from_at, one.until_at) for one in more]
        before, after = [
            totals(ledger(at(0), at(100), intervals)) for intervals in (known, [*known, *trouble])
        ]
        assert after[DOWN] >= before[DOWN]
        assert after[UP] <= before[UP]

    @given(spans())
    def test_of_a_ledger_is_the_same_again(self, known: list[Interval]) -> None:
        told = ledger(at(0), at(100), known)
        assert ledger(at(0), at(100), told) == told


class TestEveryCourseOfProbes:
    @given(courses())
    def test_leaves_rows_in_order_that_do_not_overlap(
        self, found: list[tuple[int, Service]]
    ) -> None:
        rows = probed(found)
        assert all(a.until_at <= b.from_at for a, b in pairwise(rows))
        assert len(rows) <= len(found)

    @given(courses())
    def test_tells_of_the_moment_before_each_probe_nothing_better_than_it_found(
        self, found: list[tuple[int, Service]]
    ) -> None:
        told = ledger(at(-1), at(400), probed(found))
        for second, state in found:
            before = next(one for one in told if one.from_at < at(second) <= one.until_at)
            worse = {UP: {UP, SLOW, DOWN}, SLOW: {SLOW, DOWN}, DOWN: {DOWN}}[state]
            assert before.state in worse | {UNMEASURED}


@pytest.mark.parametrize(
    ("share", "said"),
    [(None, None), (Fraction(1), "100.00%"), (Fraction(99996, 100000), "99.99%"),
     (Fraction(1, 3), "33.33%"), (Fraction(0), "0.00%")],
)  # fmt: skip
def test_a_share_is_never_rounded_up(share: Fraction | None, said: str | None) -> None:
    assert percent(share) == said
