"""The only reader of wall time; everything below the edges is told the time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

BEIJING = ZoneInfo("Asia/Shanghai")
"""Every deadline and every page speaks Beijing time; every row holds UTC."""


class Clock(Protocol):
    """Says what time it is."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the machine's time."""
        return datetime.now(UTC)  # noqa: TID251  (the one place that may)


@dataclass(slots=True)
class FrozenClock:
    """A clock that moves only when told to; for tests and replays."""

    instant: datetime

    def now(self) -> datetime:
        """Return the instant it was set to."""
        return self.instant

    def advance(self, by: timedelta) -> datetime:
        """Move forward and return the new instant."""
        self.instant += by
        return self.instant
