"""The ledger of service: what probes found, folded into intervals, and told for a window; pure.

A probe says something of the moment at which it was taken. Between two probes that differ the
worse is told, so that the record never makes the platform look better than it was; where nobody
measured it says so, and never that all was well.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import Final

from auction.law.rulebook import Rulebook


class Service(StrEnum):
    """How the hall answered."""

    UNMEASURED = "unmeasured"
    UP = "up"
    SLOW = "slow"
    DOWN = "down"


_RANK: Final[Mapping[Service, int]] = {state: rank for rank, state in enumerate(Service)}


@dataclass(frozen=True, slots=True)
class Interval:
    """One state from an instant up to another, that one not included."""

    state: Service
    from_at: datetime
    until_at: datetime

    @property
    def lasts(self) -> timedelta:
        """How long."""
        return self.until_at - self.from_at


@dataclass(frozen=True, slots=True)
class Measure:
    """How it is measured; from the rulebook."""

    probe_every: timedelta
    slow_from: timedelta
    down_after: timedelta
    unmeasured_after: timedelta


def measure_of(book: Rulebook) -> Measure:
    """The measure of one rulebook."""
    return Measure(
        probe_every=book.duration("service.probe_every"),
        slow_from=timedelta(milliseconds=book.integer("service.slow_from")),
        down_after=book.duration("service.down_after"),
        unmeasured_after=book.duration("service.unmeasured_after"),
    )


def judged(answer: timedelta | None, measure: Measure) -> Service:
    """What a probe found: how long the answer took, or that none came in time."""
    if answer is None or answer >= measure.down_after:
        return Service.DOWN
    return Service.SLOW if answer >= measure.slow_from else Service.UP


def noted(
    last: Interval | None, state: Service, at: datetime, measure: Measure
) -> tuple[Interval | None, Interval]:
    """Fold one probe in: what becomes of the last interval, and the one that now runs.

    The running one is the last when nothing changed. A probe older than what is known says
    nothing new.
    """
    if last is None:
        return None, Interval(state, at, at)
    if at <= last.until_at:
        return last, last
    if at - last.until_at > measure.unmeasured_after:
        return last, Interval(state, at, at)
    if state is last.state:
        running = replace(last, until_at=at)
        return running, running
    if _RANK[state] > _RANK[last.state]:
        return last, Interval(state, last.until_at, at)
    return replace(last, until_at=at), Interval(state, at, at)


def ledger(from_at: datetime, until_at: datetime, known: Iterable[Interval]) -> list[Interval]:
    """Tell a window without a gap: at each moment the worst that is known of it.

    Neighbours differ, and together they last exactly as long as the window.
    """
    inside = [clipped for one in known if (clipped := _clipped(one, from_at, until_at))]
    edges = {from_at, until_at}
    edges |= {edge for one in inside for edge in (one.from_at, one.until_at)}
    told: list[Interval] = []
    for start, end in pairwise(sorted(edges)):
        here = [one.state for one in inside if one.from_at <= start and end <= one.until_at]
        state = max(here, key=_RANK.__getitem__, default=Service.UNMEASURED)
        if told and told[-1].state is state:
            told[-1] = replace(told[-1], until_at=end)
        else:
            told.append(Interval(state, start, end))
    return told


def _clipped(one: Interval, from_at: datetime, until_at: datetime) -> Interval | None:
    start, end = max(one.from_at, from_at), min(one.until_at, until_at)
    return Interval(one.state, start, end) if start < end else None


def clipped(known: Iterable[Interval], from_at: datetime, until_at: datetime) -> list[Interval]:
    """The parts of intervals that lie within a window."""
    return [part for one in known if (part := _clipped(one, from_at, until_at))]


def totals(told: Sequence[Interval]) -> dict[Service, timedelta]:
    """How long each state lasted altogether; every state is there."""
    lasted = dict.fromkeys(Service, timedelta())
    for one in told:
        lasted[one.state] += one.lasts
    return lasted


def answered_share(told: Sequence[Interval]) -> Fraction | None:
    """The share of the measured time in which the hall answered; None when nobody measured."""
    lasted = totals(told)
    answered = lasted[Service.UP] + lasted[Service.SLOW]
    measured = answered + lasted[Service.DOWN]
    if not measured:
        return None
    return Fraction(answered // _TICK, measured // _TICK)


def percent(share: Fraction | None) -> str | None:
    """A share in hundredths of a percent, never rounded up: 99.996 % is not 100 %."""
    if share is None:
        return None
    hundredths = share * _HUNDREDTHS // 1
    return f"{hundredths // 100}.{hundredths % 100:02d}%"


_HUNDREDTHS: Final = 10_000
_TICK: Final = timedelta(microseconds=1)
