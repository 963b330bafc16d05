"""A clock that runs on the machine's monotonic counter and is set by another clock's answers."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

DRIFT_MAX: Final = timedelta(milliseconds=500)
"""Beyond this something is wrong with one of the clocks, and bidding stands still."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One comparison: what was wrong with ours, at the least, and whether it was put right."""

    drift: timedelta
    is_followed: bool


class DisciplinedClock:
    """Never runs backwards, never jumps while bids are ordered by it (网拍20)."""

    def __init__(self, instant: datetime, *, count: Callable[[], float] = time.monotonic) -> None:
        self._count = count
        self._base = instant
        self._since = count()
        self._last = instant

    def now(self) -> datetime:
        """Return the present instant; not before any instant it returned already."""
        self._last = max(self._last, self._at(self._count()))
        return self._last

    def tick(self) -> float:
        """Return the counter, to be given back with an answer."""
        return self._count()

    def compare(self, told: datetime, *, asked: float, answered: float) -> Reading:
        """Take the other clock's answer, asked for and received at these counts.

        The other clock was at `told` at some moment between the two. Ours is right when it
        lay in that span; otherwise it moves to the nearer end, unless it is too far off.
        """
        earliest, latest = self._at(asked), self._at(answered)
        drift = timedelta()
        if told < earliest:
            drift = told - earliest
        elif told > latest:
            drift = told - latest
        if abs(drift) > DRIFT_MAX:
            return Reading(drift, is_followed=False)
        self._base += drift
        return Reading(drift, is_followed=True)

    def accept(self, drift: timedelta) -> None:
        """Follow a large drift after all, also backwards, while nothing is decided by this clock.

        That is once bidding stands still, and in a process that starts: it knows only its
        machine's time, which may be hours off. A clock that stood still instead, until the other
        one came up to it, would close everything early that ends in between.
        """
        self._base += drift
        self._last = self._at(self._count())

    def _at(self, count: float) -> datetime:
        return self._base + timedelta(seconds=count - self._since)
