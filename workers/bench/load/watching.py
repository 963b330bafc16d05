"""Bench lines of watchers: what a delivery costs, how late it is, how fast a crowd comes back."""

import asyncio
import secrets
import time
from array import array
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Final

import click

from auction.kernel.clock import SystemClock
from workers.bench.crowd import listing_id
from workers.bench.figure import Figure
from workers.bench.load.bidding import Crowd, LoadError
from workers.bench.load.client import ClientSocket, open_socket
from workers.bench.load.hot_lot import AHall, a_server, on_a_hall
from workers.bench.processes import processor_seconds

WATCHERS: Final = 2_000
MANY_WATCHERS: Final = 5_000
BIDDERS: Final = 10
FRAMES_A_SECOND: Final = 10
COME_BACK_SECONDS: Final = (0.25, 0.75)
"""When a page comes back after a cut: each at a moment of its own (web/static/room/line.js)."""
PATIENCE_SECONDS: Final = 60.0
_CONNECTING_AT_ONCE: Final = 200
_TRIES: Final = 10
_FRAME: Final = b'{"type":"frame"'
_SNAPSHOT: Final = b'{"type":"snapshot"'
_FROM: Final = b'"from_seq":'
_SEQ: Final = b'"seq":'


@dataclass(slots=True)
class Watchers:
    """Sockets that only look, and what they were told when."""

    url: str
    origin: str
    sockets: list[ClientSocket] = field(default_factory=list)
    entered: int = 0
    heard: int = 0
    gaps: int = 0
    refused: int = 0
    """How often a watcher had to try again."""
    last_frame: bytes = b""
    is_counted: bool = False
    """Whether arrivals are written down."""
    first_seqs: "array[int]" = field(default_factory=lambda: array("q"))
    instants: "array[float]" = field(default_factory=lambda: array("d"))
    _seen: dict[int, int] = field(default_factory=dict)
    _stir: asyncio.Event = field(default_factory=asyncio.Event)

    async def enter(
        self,
        count: int,
        spread: tuple[float, float] = (0.0, 0.0),
        *,
        is_told_all: bool = True,
    ) -> None:
        """Let so many come in, each at a moment of its own; wait for the snapshots, if any come."""
        turn = asyncio.Semaphore(_CONNECTING_AT_ONCE)
        wanted = self.entered + count
        chance = secrets.SystemRandom()

        async def come(number: int) -> None:
            await asyncio.sleep(chance.uniform(*spread))
            async with turn:
                socket = await self._connect(number)
            self.sockets.append(socket)
            socket.say(b'{"type":"hello","listing":"%b"}' % str(listing_id(0)).encode())

        async with asyncio.TaskGroup() as coming:
            for number in range(count):
                coming.create_task(come(number))
        if is_told_all:
            await self.until(wanted)

    async def _connect(self, number: int) -> ClientSocket:
        """Try again after a cut, as a page does: the server may have been too slow to greet."""
        for _ in range(_TRIES):
            try:
                return await open_socket(self.url, self.origin, self._hear, number)
            except OSError:
                self.refused += 1
                await asyncio.sleep(COME_BACK_SECONDS[0])
        raise LoadError(f"watcher {number} was cut off {_TRIES} times")

    async def until(self, entered: int) -> None:
        """Wait until so many were told where everything stands."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while self.entered < entered:
                    self._stir.clear()
                    await self._stir.wait()
        except TimeoutError as late:
            raise LoadError(f"{self.entered} of {entered} watchers came in") from late

    def cut_all(self) -> None:
        """Drop every connection, without a goodbye."""
        for socket in self.sockets:
            socket.cut()
        self.sockets.clear()
        self._seen.clear()
        self.entered = 0

    def _hear(self, socket: ClientSocket, message: bytes) -> None:
        if message.startswith(_FRAME):
            self._see(socket, message)
        elif message.startswith(_SNAPSHOT):
            self.entered += 1
            self._seen[socket.number] = _number(message, _SEQ)
            self._stir.set()

    def _see(self, socket: ClientSocket, message: bytes) -> None:
        self.heard += 1
        self.last_frame = message
        first, last = _number(message, _FROM), _number(message, _SEQ)
        self.gaps += first > self._seen.get(socket.number, last) + 1
        self._seen[socket.number] = last
        if self.is_counted and last >= first:
            self.first_seqs.append(first)
            self.instants.append(SystemClock().now().timestamp())


def fanout_per_processor_second(watchers: int = WATCHERS, seconds: float = 10.0) -> Figure:
    """Deliveries for each second of the sender's processor time, against the library's loop.

    Both send the same frames at the same rate, so that the machine and the readers are the same.
    Ours decides the bids that it tells of in that time as well.
    """
    return on_a_hall(lambda hall: fanout(hall, watchers, seconds), BIDDERS)


def watchers_p99_milliseconds(
    watchers: int = MANY_WATCHERS, per_second: float = 50, seconds: float = 10.0
) -> float:
    """From the decision on a bid to its delivery, over all watchers; every gap is an error."""
    return on_a_hall(lambda hall: lateness(hall, watchers, per_second, seconds), BIDDERS)


def reconnect_seconds(watchers: int = MANY_WATCHERS) -> float:
    """From all watchers being dropped at once until 95 % know again where everything stands."""
    return on_a_hall(lambda hall: come_back(hall, watchers), BIDDERS)


@asynccontextmanager
async def _watched(hall: AHall, watchers: int) -> AsyncIterator[tuple[Crowd, Watchers]]:
    crowd = await hall.crowd()
    watching = Watchers(hall.settings.live_origin, hall.settings.web_origin)
    await watching.enter(watchers)
    await crowd.steady(FRAMES_A_SECOND, 1.0)
    yield crowd, watching
    crowd.leave()
    watching.cut_all()


async def fanout(hall: AHall, watchers: int, seconds: float) -> Figure:
    """Deliveries for each second of processor time: the hall's, beside the library's."""
    async with _watched(hall, watchers) as (crowd, watching):
        pid, heard = hall.pid_of("live"), watching.heard
        before = processor_seconds([pid])
        await crowd.steady(FRAMES_A_SECOND, seconds)
        ours = _rate(
            f"the hall, in {seconds:.0f} s at {FRAMES_A_SECOND} frames a second",
            watching.heard - heard,
            processor_seconds([pid]) - before,
        )
        watching.cut_all()
        file = hall.settings.luochui_state / "frame.json"
        await asyncio.to_thread(file.write_bytes, watching.last_frame)
        theirs = await _broadcast(watchers, seconds, file)
    return Figure(ours, baseline=theirs)


async def _broadcast(watchers: int, seconds: float, file: Path) -> float:
    async with a_server("broadcast", str(FRAMES_A_SECOND), str(file)) as (port, pid):
        bare = Watchers(f"ws://127.0.0.1:{port}", "http://bench")
        await bare.enter(watchers, is_told_all=False)
        heard, before = bare.heard, processor_seconds([pid])
        await asyncio.sleep(seconds)
        found = _rate("broadcast, the same", bare.heard - heard, processor_seconds([pid]) - before)
        bare.cut_all()
    return found


def _rate(what: str, deliveries: int, seconds: float) -> float:
    click.echo(f"  {what}: {deliveries} deliveries in {seconds:.2f} s of processor time", err=True)
    return deliveries / max(seconds, 0.01)


async def lateness(hall: AHall, watchers: int, per_second: float, seconds: float) -> float:
    """The 99th percentile, in milliseconds, from decision to delivery."""
    async with _watched(hall, watchers) as (crowd, watching):
        watching.is_counted = True
        await crowd.steady(per_second, seconds)
        await asyncio.sleep(1.0)
        rows = await hall.owner.fetch("SELECT seq, decided_at FROM bid_entries")
    if watching.gaps:
        raise LoadError(f"{watching.gaps} frames left a gap")
    decided = {row["seq"]: row["decided_at"].timestamp() for row in rows}
    taken = [
        instant - decided[first]
        for first, instant in zip(watching.first_seqs, watching.instants, strict=True)
    ]
    found = quantiles(taken, n=100)
    click.echo(
        f"  {len(taken)} deliveries to {watchers} watchers:"
        f" p50 {found[49] * 1000:.0f} ms, p99 {found[98] * 1000:.0f} ms",
        err=True,
    )
    return float(found[98] * 1000)


async def come_back(hall: AHall, watchers: int) -> float:
    """Seconds until 95 % of a crowd that was cut off are told where everything stands."""
    async with _watched(hall, watchers) as (_, watching):
        began = time.perf_counter()
        watching.cut_all()
        coming = asyncio.create_task(watching.enter(watchers, COME_BACK_SECONDS))
        await watching.until(int(watchers * 0.95))
        taken = time.perf_counter() - began
        await coming
        seconds, again = time.perf_counter() - began, watching.refused
        click.echo(f"  all are back after {seconds:.2f} s, {again} tried again", err=True)
        return taken


def _number(message: bytes, name: bytes) -> int:
    start = message.index(name) + len(name)
    end = start
    while message[end : end + 1].isdigit():
        end += 1
    return int(message[start:end])
