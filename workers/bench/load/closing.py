"""Bench lines of a full house: ten thousand open sessions at rest, and all ending at once."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import click

from auction.kernel.clock import SystemClock
from workers.bench.crowd import listing_id
from workers.bench.load.bidding import Crowd, LoadError
from workers.bench.load.halls import code_of, let_in, tickets
from workers.bench.load.hot_lot import AHall, on_a_hall
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
    return on_a_hall(
        lambda hall: rest(hall, with_bids, seconds), 0, sessions=sessions, programs=PROGRAMS
    )


def close_storm_seconds(
    sessions: int = SESSIONS, with_bids: int = WITH_BIDS, last_second: int = LAST_SECOND
) -> float:
    """From the second in which all sessions end until the last one is closed.

    Some get a bid in that last second and are extended by three seconds, which count. What
    follows from the hammer (sales, deposits) is handed to the worker in the same commits and
    not waited for.
    """
    return on_a_hall(
        lambda hall: storm(hall, with_bids, last_second), 0, sessions=sessions, programs=PROGRAMS
    )


async def rest(hall: AHall, with_bids: int, seconds: float) -> float:
    """Percent of a core that every process takes together, once some sessions have a bid each."""
    await _fill(hall, with_bids)
    await asyncio.sleep(min(SETTLE_SECONDS, seconds))
    before = {pid: processor_seconds([pid]) for pid in tree_of(hall.pids())}
    await asyncio.sleep(seconds)
    for name in sorted(hall.programs):
        pid = hall.pid_of(name)
        click.echo(f"  {name}: {(processor_seconds([pid]) - before[pid]) / seconds:.1%}", err=True)
    return (processor_seconds(before) - sum(before.values())) / seconds * 100


async def storm(hall: AHall, with_bids: int, last_second: int) -> float:
    """Seconds from the common end until all are closed, those with a late bid after theirs."""
    await _fill(hall, with_bids)
    crowds = await _crowds(hall, last_second)
    ends_at = SystemClock().now() + _LEAD
    await hall.owner.execute(
        "UPDATE sessions SET closes_at = $1, scheduled_close_at = $1, extend_trigger = $2,"
        " extend_by = $2, version = version + 1", ends_at, EXTENSION,
    )  # fmt: skip
    await asyncio.sleep((ends_at - SystemClock().now()).total_seconds() - 0.9)
    await _bid_once(crowds)
    await _until_closed(hall)
    return await _checked(hall, last_second, ends_at)


async def _fill(hall: AHall, with_bids: int) -> None:
    """Let the sessions after the first have a bid each: the live process is their home then."""
    for number in range(1, with_bids + 1):
        await let_in(hall.owner, number, _CODES)
    await _bid_once(await _crowds(hall, with_bids))


async def _bid_once(crowds: Sequence[Crowd]) -> None:
    """One bid in each session, and its verdict."""
    await asyncio.gather(*(crowd.burst(1) for crowd in crowds))
    for crowd in crowds:
        crowd.leave()


async def _crowds(hall: AHall, most: int) -> list[Crowd]:
    """One bidder in each of so many sessions after the first."""
    numbers = range(1, most + 1)
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


async def _until_closed(hall: AHall) -> None:
    left = "SELECT count(*) FROM sessions WHERE closed_at IS NULL"
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while await hall.owner.fetchval(left):  # noqa: ASYNC110  (it is asked from outside)
            await asyncio.sleep(_POLL_SECONDS)


async def _checked(hall: AHall, last_second: int, ends_at: datetime) -> float:
    """None was closed before its end, and every bid of the last second extended its session."""
    row = await hall.owner.fetchrow(
        "SELECT count(*) FILTER (WHERE closed_at < closes_at) AS early,"
        " count(*) FILTER (WHERE closes_at > $1) AS extended, max(closed_at) AS last,"
        " count(*) FILTER (WHERE state NOT IN ('sold', 'passed_in')) AS left FROM sessions",
        ends_at,
    )
    if row["early"] or row["left"] or row["extended"] != last_second:
        raise LoadError(f"not every session was closed as it should: {dict(row)}")
    return float((row["last"] - ends_at).total_seconds())
