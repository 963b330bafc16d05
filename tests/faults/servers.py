"""Servers killed, lines to PostgreSQL cut, clocks stepped."""

import asyncio
from random import Random
from typing import Final

from redis.asyncio import Redis

from tests.faults.checker import CLOSE_MS_MAX
from tests.faults.course import Course, Fault
from tests.faults.crowd import Client
from tests.faults.platform import DEAF_TO_CLOCK
from tests.faults.room import Room, a_room

A_DAY: Final = 86_400
LASTS: Final = 12.0
"""Seconds that a session without a crowd lasts."""


async def nothing(_: Course) -> None:
    """The same crowd and no fault: what the others are held against."""


async def kill_live(course: Course) -> None:
    """Kill -9 the home twice; it comes again on its port."""
    for _ in range(2):
        await course.platform.kill("live")
        await asyncio.sleep(0.3)
        await course.platform.revive("live")
        await asyncio.sleep(course.size.calm)


async def kill_worker(course: Course) -> None:
    """Kill -9 the worker three times."""
    for _ in range(3):
        await course.platform.kill("worker")
        await course.platform.revive("worker")
        await asyncio.sleep(0.5)


async def kill_postgres(course: Course) -> None:
    """Kill -9 every process of PostgreSQL; it recovers from its log."""
    await course.platform.kill_postgres()
    await asyncio.sleep(0.5)
    await course.platform.revive_postgres()


async def kill_valkey(course: Course) -> None:
    """Kill -9 Valkey; it comes again after two seconds."""
    await course.platform.kill_valkey()
    await asyncio.sleep(2)
    await course.platform.revive_valkey()


async def flush_valkey(course: Course) -> None:
    """Throw away all that Valkey holds, four times."""
    valkey = Redis.from_url(course.platform.valkey.url)
    for _ in range(4):
        await valkey.flushall()
        await asyncio.sleep(0.5)
    await valkey.aclose()


async def kill_signers(course: Course) -> None:
    """Kill -9 the keepers of keys: without a signature no bid is decided."""
    await course.platform.kill("signers")
    await asyncio.sleep(1)
    await course.platform.revive("signers")


def cut_for(seconds: float) -> Fault:
    """The home's line to PostgreSQL is cut so long."""

    async def cut(course: Course) -> None:
        line = course.platform.lines["live"]
        await line.cut()
        await asyncio.sleep(seconds)
        await line.mend()

    return cut


def hold_for(seconds: float) -> Fault:
    """The home's line to PostgreSQL carries nothing so long, and breaks nothing."""

    async def hold(course: Course) -> None:
        line = course.platform.lines["live"]
        line.hold()
        await asyncio.sleep(seconds)
        await line.mend()

    return hold


async def deaden(course: Course) -> None:
    """Every connection of the home to PostgreSQL is half-open for ever; new ones are whole."""
    course.platform.lines["live"].deaden()
    await asyncio.sleep(4)


async def come_by_both(course: Course) -> None:
    """Bidders come in by two live processes: one is the home, the other says where it is."""
    told = course.room.redirected
    course.notes.append(f"{told} bidders were told where the home is")
    course.found["redirected"] = [] if told else ["nobody was told where the home is"]


async def kill_home_of_two(course: Course) -> None:
    """Of two live processes the home is killed for good; its clients go to the other."""
    await course.platform.kill("live")
    await asyncio.sleep(8)


async def cut_home_of_two(course: Course) -> None:
    """The home holds stamped bids and is cut from PostgreSQL until the other took over."""
    line = course.platform.lines["live"]
    await line.cut()
    await asyncio.sleep(8)
    await line.mend()


def step_clock(*steps: float) -> Fault:
    """PostgreSQL's clock jumps to so many seconds off, one after another."""

    async def step(course: Course) -> None:
        for seconds in steps:
            await course.platform.step_clock(seconds)
            course.room.clock_step_ms = seconds * 1000
            await asyncio.sleep(6)

    return step


async def step_clock_before_few(course: Course) -> None:
    """PostgreSQL's clock jumps a day while three sessions have no crowd: none loses any of it.

    One is open and nobody came, one is to open, and before one that is to open somebody waits.
    """
    platform, room = course.platform, course.room
    made_at = room.now()
    is_open = await _lonely(course, opens_in=0)
    coming, awaited = await _lonely(course, opens_in=LASTS), await _lonely(course, opens_in=LASTS)
    awaited.is_bidding = False
    somebody = asyncio.create_task(Client(awaited, Random(1), awaited.codes[0]).follow())
    await asyncio.sleep(2)  # the one is opened, and somebody has come in before the other
    await platform.step_clock(A_DAY)
    room.clock_step_ms, jumped_at = A_DAY * 1000, room.now()
    early, lonely = [], {"open": is_open, "to open": coming, "awaited": awaited}
    ends = {"open": made_at + LASTS, "to open": jumped_at + LASTS, "awaited": jumped_at + LASTS}
    while lonely and room.now() < max(ends.values()) + CLOSE_MS_MAX / 1000:
        for name in [name for name, one in lonely.items() if await one.is_over()]:
            del lonely[name]
            left = ends[name] - room.now()
            early += [f"the one {name} was over {left:.1f} s early"] if left > 0 else []
        await asyncio.sleep(0.1)
    somebody.cancel()
    course.found["nobody_came"] = [*early, *(f"the one {name} never ended" for name in lonely)]


async def _lonely(course: Course, *, opens_in: float) -> Room:
    room = course.room
    return await a_room(
        course.platform, room.database, bidders=1, lasts=LASTS, origins=room.origins,
        opens_in=opens_in,
    )  # fmt: skip


async def worker_clock(course: Course) -> None:
    """The worker's machine is an hour ahead: what nobody came to bid in must not open early.

    A worker that went by its machine's clock would open it: one is started to show that.
    """
    platform, room = course.platform, course.room
    lonely = await a_room(
        platform, room.database, bidders=1, lasts=60, origins=room.origins, opens_in=60
    )
    right = await _state_beside(lonely)
    planted = await _state_beside(lonely, plant=DEAF_TO_CLOCK)
    await platform.shift_machine("worker", 0)
    course.found["nobody_came"] = [] if right == "scheduled" else [f"too early it is {right}"]
    is_noticed = planted != "scheduled"
    course.found["can_fail"] = [] if is_noticed else ["a worker by the wrong clock did no harm"]


async def _state_beside(lonely: Room, *, plant: str = "") -> str:
    """What becomes of a session beside a worker whose machine is an hour ahead."""
    await lonely.platform.shift_machine("worker", 3600, plant=plant)
    await asyncio.sleep(8)  # it takes a while to start, and then looks twice a second
    (row,) = await lonely.platform.fetch(
        "SELECT state FROM sessions WHERE id = $1", lonely.session_id
    )
    return str(row["state"])


async def wrong_machine(course: Course) -> None:
    """The second live process starts on a machine an hour ahead, and becomes the home."""
    await course.platform.shift_machine("live2", 3600)
    await course.platform.kill("live")
    await asyncio.sleep(8)
    await course.platform.shift_machine("live2", 0)
