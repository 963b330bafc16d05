"""What a crowd costs is bounded: merged frames, and nothing kept for who does not read."""

import asyncio
import base64
import json
import socket
from contextlib import AsyncExitStack, suppress
from itertools import pairwise
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.frames import Frame, Opcode
from websockets.typing import Origin

from tests.bidding.halls import LAW, AHall
from tests.web.live.rooms import ARoom

START, STEP = LAW.starting_price.fen, LAW.increment.fen
BURST = 60
CROWD = 20
FRAME_MS = 100
WATCHERS_MS = 1000
"""What is promised to watchers (web/live/protocol.py)."""
HANDSHAKE = (
    "GET / HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
)
SMALL = 4096
WAVES = 400
SELDOM = 10
"""So that the bidder, who asks now and then, stays below his own limit."""


def hello(hall: AHall) -> str:
    return json.dumps({"type": "hello", "listing": str(hall.listing_id)})


async def test_a_burst_reaches_watchers_in_frames_a_tenth_of_a_second_apart(
    room: ARoom, hall: AHall
) -> None:
    bidder = room.bidder(hall, "A1")
    await bidder.enter()
    frames: list[dict[str, object]] = []
    origin = Origin(room.settings.web_origin)
    async with connect(room.settings.live_origin, origin=origin, compression=None) as watcher:
        await watcher.send(hello(hall))
        assert json.loads(await watcher.recv())["type"] == "snapshot"
        await asyncio.gather(*(bidder.bid(START + STEP * n) for n in range(BURST)))
        while not frames or frames[-1]["seq"] != BURST:
            frames.append(json.loads(await watcher.recv()))
    shown = [bid["seq"] for one in frames for bid in one["bids"]]
    assert shown == list(range(1, BURST + 1))
    assert len(frames) < BURST
    at = [int(str(one["now"])) for one in frames]
    assert all(later - one >= FRAME_MS - 2 for one, later in pairwise(at))


async def test_a_crowd_that_comes_in_is_told_of_each_other_once_a_second(
    room: ARoom, hall: AHall
) -> None:
    frames: list[dict[str, object]] = []
    origin = Origin(room.settings.web_origin)
    async with AsyncExitStack() as stay:

        async def come() -> ClientConnection:
            socket = await stay.enter_async_context(
                connect(room.settings.live_origin, origin=origin)
            )
            await socket.send(hello(hall))
            assert json.loads(await socket.recv())["type"] == "snapshot"
            return socket

        first = await come()
        for number in range(2, CROWD + 1):
            await come()
            if number % (CROWD // 2) == 0:  # the second half waits for what the first was told
                while not frames or frames[-1]["state"]["watchers"] != number:
                    frames.append(json.loads(await first.recv()))
    assert len(frames) < CROWD
    told = [(int(str(one["now"])), one["state"]["version"]) for one in frames]
    waits = [late - soon for (soon, before), (late, after) in pairwise(told) if before == after]
    assert waits
    assert min(waits) >= WATCHERS_MS - 2


def masked(text: str, opcode: Opcode = Opcode.TEXT) -> bytes:
    return Frame(opcode, text.encode()).serialize(mask=True, extensions=[])


FETCHES = masked('{"type":"fetch","from_seq":0}') * 20
PINGS = masked("p" * 125, Opcode.PING) * 200
"""Each is answered by as much, and counts as no message."""


async def deaf_socket(room: ARoom) -> socket.socket:
    """A socket with hardly any room for what it is sent, which nobody reads."""
    place = urlsplit(room.settings.live_origin)
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
    deaf.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(deaf, (place.hostname, place.port))
    key = base64.b64encode(bytes(16)).decode()
    asked = HANDSHAKE.format(host=place.netloc, origin=room.settings.web_origin, key=key)
    await loop.sock_sendall(deaf, asked.encode())
    return deaf


@pytest.mark.parametrize("wave", [FETCHES, PINGS], ids=["fetches", "pings"])
async def test_who_does_not_read_is_sent_away_and_the_others_are_served(
    room: ARoom, hall: AHall, wave: bytes
) -> None:
    bidder, watcher = room.bidder(hall, "A1"), room.client(hall)
    await bidder.enter()
    for n in range(BURST):
        await bidder.bid(START + STEP * n)
    await watcher.enter()
    loop = asyncio.get_running_loop()
    with await deaf_socket(room) as deaf:
        await loop.sock_sendall(deaf, masked(hello(hall)))
        await watcher.until(lambda: watcher.number("watchers") == 3, "the deaf one")
        with suppress(ConnectionError):
            for n in range(WAVES):  # so much that no kernel has room for it
                await loop.sock_sendall(deaf, wave)
                if n % SELDOM == 0:
                    assert await bidder.fate(str(UUID(int=n))) is None
        await watcher.until(lambda: watcher.number("watchers") == 2, "its going")
    assert (await bidder.bid(START + BURST * STEP))["is_accepted"]
