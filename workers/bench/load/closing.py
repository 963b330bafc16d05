"""Bench lines of a full house: ten thousand open sessions at rest, and all ending at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final

import click
import uvloop

from auction.kernel.clock import SystemClock
from workers.bench.crowd import listing_id
from workers.bench.load.bidding import Crowd, LoadError
from workers.bench.load.halls import code_of, let_in, tickets
from workers.bench.load.hot_lot import AHall, a_hall
from workers.bench.processes import processor_seconds, tree_of
from workers.bench.resting import PROGRAMS, SETTLE_SECONDS

SESSIONS: Final = 10_000
WITH_BIDS: Final = 1_000
LAST_SECOND: Final = 200
EXTENSION: Final = timedelta(seconds=3)
_LEAD: Final = timedelta(seconds=6)
"""How long before their end the sessions learn of it: the bidders come back in that time."""
_AT_ONCE: Final = 20
_PATIENCE_SECONDS: Final = 240.0
_POLL_SECONDS: Final = 0.1
_CODES: Final = [code_of(0)]


def idle_percent_of_many(
    sessions: int = SESSIONS, with_bids: int = WITH_BIDS, seconds: float = 60.0
) -> float:
    """Processor time of every process with all those sessions open, in percent of one core."""
    return uvloop.run(_idle(sessions, with_bids, seconds))


def close_storm_seconds(
    sessions: int = SESSIONS, with_bids: int = WITH_BIDS, last_second: int = LAST_SECOND
) -> float:
    """From the second in which all sessions end until the last one is closed.

    Some get a bid in that last second and are extended by three seconds, which count. What
    follows from the hammer (sales, deposits) is handed to the worker in the same commits and
    not waited for.
    """
    return uvloop.run(_storm(sessions, with_bids, last_second))


@asynccontextmanager
async def _a_full_house(sessions: int, with_bids: int) -> AsyncIterator[AHall]:
    """So many open sessions, the first of them with a bid each and at home in the live process."""
    async with a_hall(0, sessions=sessions, programs=PROGRAMS) as hall:
        for number in range(with_bids):
            await let_in(hall.owner, number, _CODES)
        crowds = await _crowds(hall, range(with_bids))
        for crowd in crowds:
            await crowd.burst(1)
            crowd.leave()
        yield hall


async def _crowds(hall: AHall, numbers: range) -> list[Crowd]:
    """One bidder in each of these sessions."""
    turn = asyncio.Semaphore(_AT_ONCE)
    url, origin = hall.settings.live_origin, hall.settings.web_origin
    secrets = [await tickets(hall.owner, number, _CODES) for number in numbers]

    async def enter(number: int, ticket: list[str]) -> Crowd:
        async with turn:
            crowd = Crowd(hall.numbers)
            await crowd.enter(url, origin, listing_id(number), ticket)
            return crowd

    coming = (enter(number, one) for number, one in zip(numbers, secrets, strict=True))
    return list(await asyncio.gather(*coming))


async def _idle(sessions: int, with_bids: int, seconds: float) -> float:
    async with _a_full_house(sessions, with_bids) as hall:
        await asyncio.sleep(SETTLE_SECONDS)
        before = {pid: processor_seconds([pid]) for pid in tree_of(hall.pids())}
        await asyncio.sleep(seconds)
        for name in ("live", "worker", "pages", "signers"):
            pid = hall.pid_of(name)
            taken = (processor_seconds([pid]) - before[pid]) / seconds
            click.echo(f"  {name}: {taken:.1%}", err=True)
        return (processor_seconds(before) - sum(before.values())) / seconds * 100


async def _storm(sessions: int, with_bids: int, last_second: int) -> float:
    async with _a_full_house(sessions, with_bids) as hall:
        crowds = await _crowds(hall, range(last_second))
        ends_at = SystemClock().now() + _LEAD
        await hall.owner.execute(
            "UPDATE sessions SET closes_at = $1, scheduled_close_at = $1, extend_trigger = $2,"
            " extend_by = $2, version = version + 1", ends_at, EXTENSION,
        )  # fmt: skip
        await asyncio.sleep((ends_at - SystemClock().now()).total_seconds() - 0.9)
        await asyncio.gather(*(crowd.burst(1) for crowd in crowds))
        for crowd in crowds:
            crowd.leave()
        await _until_closed(hall)
        return await _checked(hall, sessions, last_second, ends_at)


async def _until_closed(hall: AHall) -> None:
    left = "SELECT count(*) FROM sessions WHERE closed_at IS NULL"
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while await hall.owner.fetchval(left):  # noqa: ASYNC110  (it is asked from outside)
            await asyncio.sleep(_POLL_SECONDS)


async def _checked(hall: AHall, sessions: int, last_second: int, ends_at: datetime) -> float:
    """None was closed before its end, and every bid of the last second extended its session."""
    row = await hall.owner.fetchrow(
        "SELECT count(*) FILTER (WHERE closed_at < closes_at) AS early,"
        " count(*) FILTER (WHERE closes_at > $1) AS extended, max(closed_at) AS last,"
        " count(*) FILTER (WHERE state IN ('sold', 'passed_in')) AS closed FROM sessions",
        ends_at,
    )
    if row["early"] or row["closed"] != sessions or row["extended"] != last_second:
        raise LoadError(f"not every session was closed as it should: {dict(row)}")
    return float((row["last"] - ends_at).total_seconds())
