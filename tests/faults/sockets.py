"""Sockets that misbehave: they never read, they vanish, fall silent, repeat themselves."""

import asyncio
import base64
import os
import socket
import struct
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from itertools import cycle
from random import Random
from typing import TypeVar
from uuid import UUID, uuid4

import msgspec
from websockets.asyncio.client import connect
from websockets.frames import Opcode
from websockets.typing import Origin

from tests.faults.course import Course
from tests.faults.crowd import Client
from tests.faults.history import Answered, Sent
from tests.faults.line import a_line
from tests.faults.platform import Platform
from tests.faults.room import SPARE, Room
from web.live.connection import UNSENT_BYTES_MAX
from web.live.protocol import Fault, Told, Verdict, write_told

MadeT = TypeVar("MadeT")

ORIGIN = Origin("http://127.0.0.1:8000")
WATCHERS, DEAF = 2_000, 500
"""So many watch, and so many of them never read."""
PART, GREETINGS_A_SECOND = 50, 500
"""Half of what the hall takes from one address; the crowd comes from the same."""
GREEDY = 20
"""So many of the deaf ask for more than a socket may be owed."""
FETCHES, ROUNDS = 40, 5
"""So often within a second each of these asks for all bids, and so many seconds at most."""
HEAR_SECONDS_MAX = 45.0
RECEIVE_BYTES = 4096
KIB = 1024
SOCKET_KIB = 96
"""What a socket costs that owes nothing: connection, protocol, buffers of the library."""
REPEATS = 100
SILENT = 20
SILENT_SECONDS_MAX = 50.0
"""The server asks every 20 s whether a socket is there, and waits 20 s for the answer."""
_decoder = msgspec.json.Decoder(Told)


class Ear(asyncio.Protocol):
    """A watcher that costs the harness next to nothing: it keeps the last text it was sent."""

    def __init__(self) -> None:
        self.last = b""
        self.is_upgraded = False
        self.is_closed = False
        self._buffer = b""
        self._transport: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Take whole frames off; a ping is answered, as every browser does."""
        self._buffer += data
        if not self.is_upgraded:
            _, end, rest = self._buffer.partition(b"\r\n\r\n")
            self.is_upgraded, self._buffer = bool(end), rest if end else self._buffer
        while self.is_upgraded and (frame := _frame(self._buffer)) is not None:
            opcode, payload, self._buffer = frame
            if opcode == Opcode.PING:
                self._transport.write(_masked(Opcode.PONG, payload))
            elif opcode == Opcode.TEXT:
                self.last = payload

    def connection_lost(self, _: Exception | None) -> None:
        """The server ended it."""
        self.is_closed = True


def _frame(data: bytes) -> tuple[int, bytes, bytes] | None:
    """The first whole frame of a server, and what follows it (RFC 6455, 5.2)."""
    if len(data) < 2:
        return None
    length, start = data[1], 2
    if length >= 126:
        start = 4 if length == 126 else 10
        length = int.from_bytes(data[2:start])
    if len(data) < start + length:
        return None
    return data[0] & 0x0F, data[start : start + length], data[start + length :]


async def many_deaf_watchers(course: Course) -> None:
    """500 of 2,000 watchers never read; the others hear all, and memory stays bounded."""
    room, platform = course.room, course.platform
    port = int(room.origins[0].rsplit(":", 1)[1])
    await asyncio.sleep(4)  # there have to be bids before they can be asked for
    room.is_bidding = False
    before = platform.resident_kib("live")
    ears = await _in_parts(WATCHERS - DEAF, lambda: _an_ear(port, room))
    hearing = platform.resident_kib("live")
    deaf = await _in_parts(DEAF, lambda: _a_deaf_one(port, room))
    most = await _ask_for_much(platform, deaf[:GREEDY])
    each, bound = (most - hearing) / DEAF, UNSENT_BYTES_MAX / KIB + SOCKET_KIB
    course.notes.append(
        f"{WATCHERS} watchers, {DEAF} of them deaf: {each:.0f} KiB for each deaf one"
        f" (bound {bound:.0f}), {(hearing - before) / len(ears):.0f} KiB for each other"
    )
    course.found["memory"] = [f"{each:.0f} KiB for each deaf socket"] if each > bound else []
    ended = sum(_is_ended(one) for one in deaf[:GREEDY])
    # Questions that wait are answered together: asking does not make more be owed. That a socket
    # which is owed too much is ended, tests/web/live/test_server.py shows.
    course.notes.append(f"{ended} of the {GREEDY} deaf ones that asked for much were ended")
    over = asyncio.create_task(_hear_the_end(ears))
    done, _ = await asyncio.wait([over], timeout=HEAR_SECONDS_MAX)
    course.found["watchers"] = [] if done else [_unheard(ears)]
    over.cancel()
    for one in deaf:
        one.close()


async def _ask_for_much(platform: Platform, greedy: list[socket.socket]) -> int:
    """Ask for all bids again and again, until each was ended; return the most memory seen."""
    fetches = _text({"type": "fetch", "from_seq": 0}) * FETCHES
    most = platform.resident_kib("live")
    for _ in range(ROUNDS):
        open_still = [one for one in greedy if not _is_ended(one)]
        if not open_still:
            break
        for one in open_still:
            with suppress(OSError):
                await asyncio.get_running_loop().sock_sendall(one, fetches)
        for _ in range(6):
            most = max(most, platform.resident_kib("live"))
            await asyncio.sleep(0.2)
    return most


async def _in_parts(count: int, make: Callable[[], Awaitable[MadeT]]) -> list[MadeT]:
    """Make many, fifty at a time, and no faster than one address may greet the hall."""
    made: list[MadeT] = []
    for first in range(0, count, PART):
        made += await asyncio.gather(*(make() for _ in range(min(PART, count - first))))
        await asyncio.sleep(PART / GREETINGS_A_SECOND)
    return made


async def _hear_the_end(ears: list[Ear]) -> None:
    while not all(b'"state":"sold"' in ear.last for ear in ears):
        await asyncio.sleep(0.1)


def _unheard(ears: list[Ear]) -> str:
    closed = sum(ear.is_closed for ear in ears)
    deaf = sum(b'"state":"sold"' not in ear.last for ear in ears)
    return f"{deaf} of {len(ears)} watchers were not told the end, {closed} were sent away"


async def _an_ear(port: int, room: Room) -> Ear:
    loop = asyncio.get_running_loop()
    transport, ear = await loop.create_connection(Ear, "127.0.0.1", port)
    transport.write(_opening(port))
    while not ear.is_upgraded:
        await asyncio.sleep(0.001)
    transport.write(_text(_hello(room)))
    return ear


async def _a_deaf_one(port: int, room: Room) -> socket.socket:
    """A socket that is let in and reads nothing."""
    loop = asyncio.get_running_loop()
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
    made.setblocking(False)
    await loop.sock_connect(made, ("127.0.0.1", port))
    await loop.sock_sendall(made, _opening(port))
    await loop.sock_recv(made, 2048)
    await loop.sock_sendall(made, _text(_hello(room)))
    return made


def _is_ended(one: socket.socket) -> bool:
    """Whether the server reset it; nothing is read, so that it stays deaf."""
    try:
        one.send(_text({"type": "ping", "sent": 0}))
        return one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0
    except BlockingIOError:
        return False
    except OSError:
        return True


def _hello(room: Room) -> dict[str, object]:
    return {"type": "hello", "listing": str(room.listing_id)}


def _opening(port: int) -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        f"Origin: {ORIGIN}\r\n\r\n"
    ).encode()


def _text(message: dict[str, object]) -> bytes:
    return _masked(Opcode.TEXT, msgspec.json.encode(message))


def _masked(opcode: Opcode, data: bytes) -> bytes:
    """A short frame of a client."""
    mask = os.urandom(4)
    masked = bytes(byte ^ bit for byte, bit in zip(data, cycle(mask), strict=False))
    return struct.pack("!BB", 0x80 | opcode, 0x80 | len(data)) + mask + masked


async def vanish_and_repeat(course: Course) -> None:
    """A bidder sends and vanishes, comes again and sends the very same bid 100 times."""
    room, code = course.room, SPARE
    bid_id, amount = uuid4(), room.history.starting_fen
    async with _seated(room, code) as wire:
        amount = await _bid(room, wire, code, bid_id, amount)
        wire.transport.abort()
    for _ in range(4):
        async with _seated(room, code) as wire:
            for _ in range(REPEATS // 4):
                await _bid(room, wire, code, bid_id, amount)
            await _verdicts(room, wire, code, REPEATS // 4)
        await asyncio.sleep(0.5)  # a bidder may say a hundred things a second
    told = [one for one in room.history.answered if one.code == code]
    course.notes.append(f"one bid sent {REPEATS + 1} times was answered {len(told)} times")
    short = [] if len(told) == REPEATS else [f"{len(told)} answers to {REPEATS} repetitions"]
    course.found["all_answered"] = short


@asynccontextmanager
async def _seated(room: Room, code: str) -> AsyncIterator[connect]:
    """A bidder's socket, let in, without a client behind it."""
    hello = _hello(room) | {"ticket": await room.ticket(code)}
    async with connect(room.origins[0], origin=ORIGIN, compression=None) as wire:
        await wire.send(msgspec.json.encode(hello).decode())
        await wire.recv()
        yield wire


async def _bid(room: Room, wire: connect, code: str, bid_id: UUID, amount: int) -> int:
    room.history.sent.append(Sent(code, bid_id, amount, room.now()))
    said = {"type": "bid", "bid_id": str(bid_id), "amount_fen": amount}
    await wire.send(msgspec.json.encode(said).decode())
    return amount


async def _verdicts(room: Room, wire: connect, code: str, most: int) -> None:
    heard = 0
    while heard < most:
        told = _decoder.decode(await wire.recv())
        if isinstance(told, Fault):
            room.strange.append(f"a repeated bid was told {told.code}")
            return
        if isinstance(told, Verdict):
            heard += 1
            room.history.answered.append(
                Answered(code, told.bid_id, told.seq, told.is_accepted, told.reason,
                         told.amount_fen, told.entered_at, told.closes_at, room.now(),
                         write_told(told))
            )  # fmt: skip


async def fall_silent(course: Course) -> None:
    """The sockets of twenty watchers are half-open; the server notices and lets them go."""
    room, port = course.room, int(course.room.origins[0].rsplit(":", 1)[1])
    async with a_line(port) as line:
        behind = Room(
            course.platform, room.database, room.session_id, room.listing_id, [], room.history,
            [f"ws://127.0.0.1:{line.port}"],
        )  # fmt: skip
        before = _sockets_of(course)
        silent = [Client(behind, Random(number)) for number in range(SILENT)]
        following = [asyncio.create_task(one.follow()) for one in silent]
        while _sockets_of(course) < before + SILENT:
            await asyncio.sleep(0.1)
        line.deaden()
        behind.origins[:] = course.room.origins
        began = room.now()
        while _sockets_of(course) > before + SILENT and room.now() - began < 1:
            await asyncio.sleep(0.1)
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)
        while _sockets_of(course) > before and room.now() - began < SILENT_SECONDS_MAX:
            await asyncio.sleep(0.5)
        left = _sockets_of(course) - before
        course.notes.append(f"let go {SILENT} half-open sockets in {room.now() - began:.0f} s")
        course.found["let_go"] = [f"{left} half-open sockets are kept"] if left > 0 else []


def _sockets_of(course: Course) -> int:
    """How many sockets the live process says were let in."""
    port = course.platform.metrics_ports["live"]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    return next(int(float(line.split()[1])) for line in lines if line.startswith("luochui_sockets"))
