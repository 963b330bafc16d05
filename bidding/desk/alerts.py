"""Alerts 预警: what the recorded course of a session asks an officer to look at; pure.

An alert is read from history alone. The same record always gives the same alerts, and one that
was raised once never goes away as more is recorded: an officer can be shown later what he saw.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import Final

from auction.kernel.money import Money
from auction.law.rulebook import Rulebook


class AlertKind(StrEnum):
    LATE_START = "late_start"
    """The announced time has come and the session is not open."""
    EXTENSIONS = "extensions"
    """It was extended once more by the set number."""
    JUMP = "jump"
    """One bid raised the price far above the ladder (RULES.md C-15)."""
    SILENCE = "silence"
    """Open, and nobody has bid for long."""
    OUTAGE = "outage"
    """The platform stopped the clock by itself (网拍28(2))."""
    LAG = "lag"
    """The platform was slow in the last minute and left one extension more."""


class EventKind(StrEnum):
    """What the journal tells of a session beside its bids."""

    OPENED = "opened"
    PAUSED = "paused"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    LAGGED = "lagged"
    HOMED = "homed"
    CLOSED = "closed"
    STOPPED = "stopped"


class StandstillGround(StrEnum):
    """Why a session stood still, as the journal says it."""

    HOME_LOST = "home_lost"
    CLOCK_DRIFT = "clock_drift"
    LISTING_SUSPENDED = "listing_suspended"
    OTHER = "other"


STANDSTILLS: Final = frozenset({EventKind.PAUSED, EventKind.SUSPENDED})
_BESIDE_THE_CLOCK: Final = frozenset({EventKind.LAGGED, EventKind.HOMED})
ENDS: Final = frozenset({EventKind.CLOSED, EventKind.STOPPED})


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the session's journal that is no bid."""

    kind: EventKind
    at: datetime
    ground: StandstillGround | None = None
    """Of a standstill only."""
    since: datetime | None = None
    """From when on the clock stood, where that lies before the entry: a home was lost unseen."""


@dataclass(frozen=True, slots=True)
class Raise:
    """One accepted bid as alerts need it: who made it does not matter."""

    seq: int
    amount: Money
    entered_at: datetime
    extensions: int
    """How often the session had been extended after it."""


@dataclass(frozen=True, slots=True)
class History:
    """The recorded course of one session, each part in the order in which it happened."""

    opens_at: datetime
    starting_price: Money
    increment: Money
    raises: Sequence[Raise] = ()
    events: Sequence[Event] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on something is worth an alert; from the rulebook, each with its source."""

    extensions: int
    jump_increments: int
    jump_share: Fraction
    silence: timedelta
    late_start: timedelta


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing to look at."""

    kind: AlertKind
    at: datetime
    seq: int = 0
    """The bid it is about; 0 when it is about none."""
    count: int = 0
    """Extensions so far, or by how many increments the price jumped."""
    ground: StandstillGround | None = None
    ended_at: datetime | None = None
    """When an outage was over."""


def limits_of(book: Rulebook) -> Limits:
    """The limits of one rulebook."""
    return Limits(
        extensions=book.integer("desk.extensions_alert"),
        jump_increments=book.integer("desk.jump_increments"),
        jump_share=book.ratio("desk.jump_share"),
        silence=book.duration("desk.silence"),
        late_start=book.duration("desk.late_start"),
    )


def alerts(history: History, limits: Limits, now: datetime) -> list[Alert]:
    """Every alert up to `now`, in the order in which they were raised."""
    found = [
        *_late_start(history, limits, now),
        *_extensions(history, limits),
        *_jumps(history, limits),
        *_silences(history, limits, now),
        *_outages(history.events),
        *(Alert(AlertKind.LAG, one.at) for one in history.events if one.kind is EventKind.LAGGED),
    ]
    return sorted(found, key=lambda alert: (alert.at, alert.kind, alert.seq))


def _late_start(history: History, limits: Limits, now: datetime) -> Iterator[Alert]:
    began = {EventKind.OPENED, *STANDSTILLS, *ENDS}
    first = min((one.at for one in history.events if one.kind in began), default=now)
    due = history.opens_at + limits.late_start
    if due <= first:
        yield Alert(AlertKind.LATE_START, due)


def _extensions(history: History, limits: Limits) -> Iterator[Alert]:
    told = 0
    for one in history.raises:
        reached = one.extensions // limits.extensions
        if reached > told:
            yield Alert(AlertKind.EXTENSIONS, one.entered_at, one.seq, one.extensions)
        told = max(told, reached)


def _jumps(history: History, limits: Limits) -> Iterator[Alert]:
    before = history.starting_price.fen
    for one in history.raises:
        step = one.amount.fen - before
        many = step > limits.jump_increments * history.increment.fen
        if many and step > limits.jump_share * before:
            yield Alert(AlertKind.JUMP, one.entered_at, one.seq, step // history.increment.fen)
        before = one.amount.fen


def _silences(history: History, limits: Limits, now: datetime) -> Iterator[Alert]:
    """One for each stretch in which the clock ran and nobody bid for the set time."""
    runs = [
        (one.at, one.kind in {EventKind.OPENED, EventKind.RESUMED})
        for one in events_of_the_clock(history.events)
    ]
    heard = [(one.entered_at, True) for one in history.raises]
    moments = sorted([*runs, *heard])
    for (start, is_running), (end, _) in pairwise([*moments, (now, False)]):
        if is_running and end - start >= limits.silence:
            yield Alert(AlertKind.SILENCE, start + limits.silence)


def _outages(events: Iterable[Event]) -> Iterator[Alert]:
    open_one: Event | None = None
    for one in events_of_the_clock(events):
        if open_one is not None:
            yield Alert(AlertKind.OUTAGE, open_one.at, ground=open_one.ground, ended_at=one.at)
            open_one = None
        if one.kind is EventKind.PAUSED:
            open_one = one
    if open_one is not None:
        yield Alert(AlertKind.OUTAGE, open_one.at, ground=open_one.ground)


def events_of_the_clock(events: Iterable[Event]) -> list[Event]:
    """Those that start, stop or end the running of the session."""
    return [one for one in events if one.kind not in _BESIDE_THE_CLOCK]
