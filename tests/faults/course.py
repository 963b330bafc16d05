"""One fault played on a platform while a crowd bids, and what is judged of it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

from tests.faults.checker import check, summary
from tests.faults.crowd import Client, a_crowd
from tests.faults.platform import Platform
from tests.faults.room import EXTENSION, Room, a_room, until_over

CALM_SECONDS = 2.5
"""Bids before the fault, and after it."""
CLOSE_SECONDS_MAX = 25.0
"""After the last bid: what is left of the session, its last extension, and the bound."""
TELL_SECONDS_MAX = 8.0


@dataclass(frozen=True, slots=True)
class Size:
    """How large a case is played."""

    bidders: int
    watchers: int
    calm: float = CALM_SECONDS
    is_short: bool = False


@dataclass
class Course:
    """What a fault needs: the platform, the room, its crowd, and what is found on the way."""

    platform: Platform
    room: Room
    crowd: list[Client]
    size: Size
    found: dict[str, list[str]] = field(default_factory=dict)
    """Invariants of the case itself: what breaks each."""
    notes: list[str] = field(default_factory=list)


Fault = Callable[[Course], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Case:
    """One line of the table."""

    name: str
    what: str
    fault: Fault
    lasts: float = 14.0
    """Seconds from opening to the announced end."""
    lasts_short: float = 8.0
    """The same in the short form."""
    lives: int = 1
    """How many live processes there are."""
    extension: timedelta = EXTENSION
    is_spread: bool = False
    """Whether bidders come in by any of the live processes, not by the first."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a case."""

    case: Case
    counts: dict[str, int]
    broken: dict[str, list[str]]
    """Every invariant with what breaks it."""
    closed_after_seconds: float | None
    """From the end to the close."""
    told_after_seconds: float | None
    """From the end to the first socket that was told."""
    seconds: float
    notes: list[str]

    @property
    def is_held(self) -> bool:
        """Whether every invariant held."""
        return not any(self.broken.values())


async def play(platform: Platform, case: Case, size: Size) -> Outcome:
    """Open a session, let the crowd bid, make the fault, let it end, and judge the history."""
    began = time.monotonic()
    lasts = case.lasts_short if size.is_short else case.lasts
    lives = await platform.have_lives(case.lives)
    async with platform.database() as database:
        room = await a_room(
            platform, database, bidders=size.bidders, lasts=lasts, extension=case.extension,
            origins=[settings.live_origin for settings in lives],
        )  # fmt: skip
        room.is_spread = case.is_spread
        course = Course(platform, room, a_crowd(room, watchers=size.watchers), size)
        following = [asyncio.create_task(client.follow()) for client in course.crowd]
        try:
            await _run(case, course)
            await asyncio.wait(following, timeout=TELL_SECONDS_MAX)
        finally:
            for task in following:
                task.cancel()
            gone = await asyncio.gather(*following, return_exceptions=True)
        await room.look_back()
    course.found["clients"] = [
        *room.strange, *(repr(one) for one in gone if isinstance(one, Exception)),
    ]  # fmt: skip
    return _judge(case, lasts, course, time.monotonic() - began)


async def _run(case: Case, course: Course) -> None:
    await asyncio.sleep(course.size.calm)
    await case.fault(course)
    await asyncio.sleep(course.size.calm)
    course.room.is_bidding = False
    await until_over(course.room, case.lasts + CLOSE_SECONDS_MAX)


def _judge(case: Case, lasts: float, course: Course, seconds: float) -> Outcome:
    history, end = course.room.history, course.room.history.ending
    closed = told = None
    if end is not None and end.closed_ms is not None:
        closed = (end.closed_ms - end.closes_ms) / 1000
        if history.told_over_ms is not None:
            told = (history.told_over_ms - end.closes_ms) / 1000
    broken = check(history) | {"full_length": _full_length(lasts, course)} | course.found
    return Outcome(case, summary(history), broken, closed, told, seconds, course.notes)


def _full_length(lasts: float, course: Course) -> list[str]:
    """By the machine's own clock it lasted as announced, whatever other clocks did."""
    told_ms = course.room.history.told_over_ms
    if told_ms is None:
        return []
    short = course.room.opens_ms + lasts * 1000 - (told_ms - course.room.clock_step_ms)
    return [f"it was over {short:.0f} ms before the announced end"] if short > 0 else []
