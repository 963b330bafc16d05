"""Bench lines of one hot lot: bids a second beside two baselines, a steady rate, a burst."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from itertools import count
from typing import Final, TypeVar

import asyncpg
import click
import uvloop

from auction.kernel.clock import SystemClock
from auction.kernel.settings import Settings
from auction.store.database import Database
from auction.store.journal import verify
from workers.bench.crowd import fill, listing_id
from workers.bench.figure import Figure, percentile
from workers.bench.load.baselines import NAIVE_TABLES
from workers.bench.load.bidding import Crowd, LoadError, Told
from workers.bench.load.halls import Span, code_of, let_in, open_halls, session_id, tickets
from workers.bench.resting import a_stack, a_state
from workers.bench.serving import await_port
from workers.embedded.place import REPOSITORY, any_ports

FoundT = TypeVar("FoundT")

BIDDERS: Final = 200
SECONDS: Final = 8.0
POOLS: Final = (4, 16, 32)
RAISED: Final = {"LIVE_MESSAGES_A_SECOND": "100000", "LIVE_SOCKETS_BY_ADDRESS": "100000"}
"""Published limits that a crowd from one machine would pass; each run prints them."""
PROGRAMS: Final = frozenset({"signers", "live", "worker"})


@dataclass(frozen=True, slots=True)
class HotLot:
    """What one run of the hot lot measured, each in bids or round trips a second."""

    ours: float
    naive: float
    echo: float


def hot_lot_vs_naive() -> Figure:
    """Acknowledged durable bids a second, against a transaction a bid."""
    found = hot_lot()
    return Figure(found.ours, baseline=found.naive)


def hot_lot_vs_echo() -> Figure:
    """The same, against the round trips of a server that only says back what it hears."""
    found = hot_lot()
    return Figure(found.ours, baseline=found.echo)


def open_loop_p99_milliseconds(per_second: float = 300, seconds: float = 60) -> float:
    """From when each bid was due to its verdict, at a steady rate."""
    return on_a_hall(lambda hall: steady(hall, per_second, seconds))


def burst_seconds(size: int = 2_000) -> float:
    """From the first of many bids sent at once until the last one's verdict."""
    return on_a_hall(lambda hall: burst(hall, size))


@cache
def hot_lot(seconds: float = SECONDS) -> HotLot:
    """Measure ours and both baselines in one run, by the same clients; once a process."""
    return on_a_hall(lambda hall: measure_hot_lot(hall, seconds, POOLS))


def on_a_hall(
    measure: Callable[["AHall"], Awaitable[FoundT]],
    bidders: int = BIDDERS,
    *,
    sessions: int = 1,
    programs: frozenset[str] = PROGRAMS,
) -> FoundT:
    """Measure something on a platform of its own."""

    async def run() -> FoundT:
        async with a_hall(bidders, sessions=sessions, programs=programs) as hall:
            return await measure(hall)

    return uvloop.run(run())


async def measure_hot_lot(hall: "AHall", seconds: float, pools: tuple[int, ...]) -> HotLot:
    """Ours first; it stands still while the baselines run, since it has no bids then."""
    await hall.owner.execute(NAIVE_TABLES)
    crowd = await hall.crowd()
    ours = _rate("ours", await crowd.loop(seconds), seconds)
    crowd.leave()
    await check(hall, crowd)
    check_accepted(crowd)
    naive = max([await _naive(hall, pool, seconds / 2) for pool in pools])
    return HotLot(ours, naive, await _echo(hall, seconds / 2))


async def steady(hall: "AHall", per_second: float, seconds: float) -> float:
    """The 99th percentile, in milliseconds, at a steady rate."""
    crowd = await hall.crowd()
    await crowd.steady(per_second / 3, min(2.0, seconds))
    told = await crowd.steady(per_second, seconds)
    crowd.leave()
    await check(hall, crowd)
    check_accepted(crowd)
    _rate(f"{per_second:.0f} bids a second", told, seconds)
    return percentile([one.seconds for one in told], 99)


async def burst(hall: "AHall", size: int) -> float:
    """Seconds until so many bids sent at once are all decided, in the order they entered."""
    crowd = await hall.crowd()
    await crowd.steady(100, 0.5)
    told = await crowd.burst(size)
    crowd.leave()
    await check(hall, crowd)
    taken = max(one.seconds for one in told)
    _rate(f"{size} bids at once", told, taken)
    return taken


def _rate(what: str, told: Sequence[Told], seconds: float) -> float:
    accepted = sum(one.is_accepted for one in told) / max(1, len(told))
    taken = [one.seconds for one in told]
    tails = ", ".join(f"p{part} {percentile(taken, part):.1f} ms" for part in (50, 99))
    _tell(f"{what}: {len(told) / seconds:.0f}/s, {accepted:.0%} accepted, {tails}")
    return len(told) / seconds


def _tell(what: str) -> None:
    click.echo(f"  {what}", err=True)


@dataclass(frozen=True, slots=True)
class AHall:
    """A running platform with one open hall and its bidders."""

    settings: Settings
    owner: asyncpg.Connection
    codes: tuple[str, ...]
    programs: frozenset[str]
    pid_of: Callable[[str], int]
    """The process of one of the platform's programs."""
    pids: Callable[[], list[int]]
    """All processes of the platform, its servers too."""
    numbers: "count[int]"

    async def crowd(self, most: int | None = None) -> Crowd:
        """All bidders, or so many, let in; no crowd uses a price of one before."""
        crowd = Crowd(self.numbers)
        made = await tickets(self.owner, 0, self.codes[:most])
        await crowd.enter(self.settings.live_origin, self.settings.web_origin, listing_id(0), made)
        return crowd


@asynccontextmanager
async def a_hall(
    bidders: int, *, sessions: int = 1, programs: frozenset[str] = PROGRAMS
) -> AsyncIterator[AHall]:
    """The platform as its own processes, and halls open for a day; the bidders are of the first."""
    with a_state() as state:
        stack = a_stack(state, programs, RAISED)
        for name, value in RAISED.items():
            _tell(f"setting: {name}={value}")
        settings = await asyncio.to_thread(stack.start)
        try:
            owner = await asyncpg.connect(settings.migration_database_url)
            now = SystemClock().now()
            span = Span(now - timedelta(hours=1), now + timedelta(days=1))
            await open_halls(owner, range(sessions), span)
            await fill(settings.migration_database_url, sessions)
            codes = tuple(code_of(number) for number in range(bidders))
            await let_in(owner, 0, codes)
            yield AHall(settings, owner, codes, programs, stack.pid_of, stack.pids, count(1))
            await owner.close()
        finally:
            await asyncio.to_thread(stack.stop)


def check_accepted(crowd: Crowd) -> None:
    """A rate of bids counts only when at least half of them were accepted."""
    accepted = sum(one.is_accepted for one in crowd.told.values())
    if accepted * 2 < len(crowd.told):
        raise LoadError("fewer than half of the bids were accepted")


async def check(hall: AHall, crowd: Crowd) -> None:
    """Every verdict that was told is in PostgreSQL, in order of entry, and the journal holds."""
    rows = await hall.owner.fetch(
        "SELECT bid_id, verdict, entered_at FROM bid_entries WHERE session_id = $1 ORDER BY seq",
        session_id(0),
    )
    kept = {str(row["bid_id"]).encode(): row["verdict"] == "accepted" for row in rows}
    told = {bid_id: one.is_accepted for bid_id, one in crowd.told.items()}
    wrong = [bid_id for bid_id, verdict in told.items() if kept.get(bid_id) is not verdict]
    if wrong:
        raise LoadError(f"{len(wrong)} of {len(told)} verdicts are not kept as they were told")
    entered = [row["entered_at"] for row in rows]
    if entered != sorted(entered):
        raise LoadError("bids were decided in another order than they entered")
    database = Database(hall.settings)
    async with database.reading() as session:
        found = await verify(session)
    await database.close()
    if not found.is_sound:
        raise LoadError(found.faults[0].sentence)


async def _naive(hall: AHall, pool: int, seconds: float) -> float:
    url, listing = hall.settings.database_url, str(listing_id(0))
    async with a_server("naive", url, listing, str(pool)) as (port, _):
        crowd = Crowd()
        await crowd.enter(f"ws://127.0.0.1:{port}", "http://bench", listing_id(0), hall.codes)
        told = await crowd.loop(seconds)
        crowd.leave()
    await hall.owner.execute("TRUNCATE naive.entries, naive.journal")
    await hall.owner.execute("UPDATE naive.sessions SET leading_amount = NULL, leading_code = NULL")
    return _rate(f"one transaction a bid, a pool of {pool}", told, seconds)


async def _echo(hall: AHall, seconds: float) -> float:
    """The same clients say a bid and hear it again, dressed as a verdict."""
    async with a_server("echo") as (port, _):
        crowd = Crowd(is_echoed=True)
        await crowd.enter(f"ws://127.0.0.1:{port}", "http://bench", listing_id(0), hall.codes)
        told = await crowd.loop(seconds)
        crowd.leave()
    return _rate("echo of the bare library", told, seconds)


@asynccontextmanager
async def a_server(kind: str, *given: str) -> AsyncIterator[tuple[int, int]]:
    """The port and the pid of a baseline in a process of its own."""
    port = any_ports().web
    command = [sys.executable, "-m", "workers.bench.load.baselines", kind, str(port), *given]
    server = await asyncio.create_subprocess_exec(*command, cwd=REPOSITORY)
    try:
        await await_port(port)
        yield port, server.pid
    finally:
        server.terminate()
        await server.wait()
