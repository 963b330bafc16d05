"""Bench lines of a full house: ten thousand open sessions at rest, and all ending at once."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import click

from auction.kernel.clock import SystemClock
from workers.bench.crowd import listing_id
from workers.bench.load.bidding import Crowd, LoadError
from workers.bench.load.enrolling import Bidder, enrol
from workers.bench.load.halls import code_of, let_in, tickets
from workers.bench.load.hot_lot import AHall, on_a_hall
from workers.bench.load.settled import check_settled, until_settled
from workers.bench.processes import processor_seconds, tree_of
from workers.bench.resting import PROGRAMS, SETTLE_SECONDS

SESSIONS: Final = 10_000
WITH_BIDS: Final = 1_000
DEPOSITS: Final = 3
BIDDING: Final = 2
"""Of those who paid; the others stay silent, and get their deposits back as well."""
LAST_SECOND: Final = 200
EXTENSION: Final = timedelta(seconds=3)
_LEAD: Final = timedelta(seconds=12)
"""How long before their end the sessions learn of it: the bidders come back in that time."""
_AT_ONCE: Final = 20
_CODES: Final = [code_of(0)]

Codes = Mapping[int, Sequence[str]]
"""Who comes into each session, by its number."""


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
    """From the second in which all sessions end until the last one is closed and settled.

    Some have bids and three deposits each; some of those get a bid in that last second and are
    extended by three seconds, which count. Settled is what the hammer brings about at once: every
    sale confirmed and the winner's deposit applied, every loser's deposit ordered back, every
    other lot passed in. The papers of the sales follow, and are told beside the figure.
    """
    return on_a_hall(
        lambda hall: storm(hall, with_bids, last_second), 0, sessions=sessions, programs=PROGRAMS
    )


async def rest(hall: AHall, with_bids: int, seconds: float) -> float:
    """Percent of a core that every process takes together, once some sessions have a bid each."""
    numbers = range(1, with_bids + 1)
    for number in numbers:
        await let_in(hall.owner, number, _CODES)
    await _bid_once(await _crowds(hall, dict.fromkeys(numbers, _CODES)))
    await asyncio.sleep(min(SETTLE_SECONDS, seconds))
    before = {pid: processor_seconds([pid]) for pid in tree_of(hall.pids())}
    await asyncio.sleep(seconds)
    for name in sorted(hall.programs):
        pid = hall.pid_of(name)
        click.echo(f"  {name}: {(processor_seconds([pid]) - before[pid]) / seconds:.1%}", err=True)
    return (processor_seconds(before) - sum(before.values())) / seconds * 100


async def storm(hall: AHall, with_bids: int, last_second: int) -> float:
    """Seconds from the common end until all are settled, those with a late bid after theirs."""
    began = time.perf_counter()
    bidders = await enrol(hall, range(1, with_bids + 1), DEPOSITS)
    _tell(f"{with_bids} sessions have {DEPOSITS} deposits each", began)
    codes = {number: [one.code for one in some[:BIDDING]] for number, some in bidders.items()}
    await _bid_once(await _crowds(hall, codes))
    _tell("all of them have bid", began)
    late = {number: codes[number][:1] for number in range(1, last_second + 1)}
    crowds = await _crowds(hall, late)
    ends_at = SystemClock().now() + _LEAD
    await hall.owner.execute(
        "UPDATE sessions SET closes_at = $1, scheduled_close_at = $1, extend_trigger = $2,"
        " extend_by = $2, version = version + 1", ends_at, EXTENSION,
    )  # fmt: skip
    await asyncio.sleep((ends_at - SystemClock().now()).total_seconds() - 0.9)
    await _bid_once(crowds)
    closed = await until_settled(hall, ends_at)
    await _check_closed(hall, last_second, ends_at)
    began = time.perf_counter()
    await check_settled(hall, _winners(bidders, late))
    _tell("winners, deposits, books and journal are checked", began)
    return closed


def _tell(what: str, began: float) -> None:
    click.echo(f"  {what}, after {time.perf_counter() - began:.0f} s", err=True)


def _winners(bidders: Mapping[int, Sequence[Bidder]], late: Codes) -> dict[UUID, Bidder]:
    """Whose bid was the highest, by listing: the last bidder's, or the one in the last second."""
    return {
        listing_id(number): some[0] if number in late else some[BIDDING - 1]
        for number, some in bidders.items()
    }


async def _bid_once(crowds: Sequence[Crowd]) -> None:
    """One bid by everybody in each session, each higher than the one before; and the verdicts."""
    await asyncio.gather(*(crowd.burst(len(crowd.sockets)) for crowd in crowds))
    for crowd in crowds:
        crowd.leave()


async def _crowds(hall: AHall, codes: Codes) -> list[Crowd]:
    """These bidders, each in his session."""
    turn = asyncio.Semaphore(_AT_ONCE)
    url, origin = hall.settings.live_origin, hall.settings.web_origin
    secrets = {number: await tickets(hall.owner, number, some) for number, some in codes.items()}

    async def enter(number: int, some: list[str]) -> Crowd:
        async with turn:
            crowd = Crowd(hall.numbers)
            await crowd.enter(url, origin, listing_id(number), some)
            return crowd

    return list(await asyncio.gather(*(enter(number, some) for number, some in secrets.items())))


async def _check_closed(hall: AHall, last_second: int, ends_at: datetime) -> None:
    """None was closed before its end, and every bid of the last second extended its session."""
    row = await hall.owner.fetchrow(
        "SELECT count(*) FILTER (WHERE closed_at < closes_at) AS early,"
        " count(*) FILTER (WHERE closes_at > $1) AS extended,"
        " count(*) FILTER (WHERE state NOT IN ('sold', 'passed_in')) AS left FROM sessions",
        ends_at,
    )
    if row["early"] or row["left"] or row["extended"] != last_second:
        raise LoadError(f"not every session was closed as it should: {dict(row)}")
