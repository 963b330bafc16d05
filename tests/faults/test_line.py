"""The line carries, breaks, holds up and goes dead as it is told."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import pytest

from tests.faults.line import Line, a_line


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(100):
            writer.write(data)
    writer.close()


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    server = await asyncio.start_server(_echo, "127.0.0.1", 0)
    async with server, a_line(int(server.sockets[0].getsockname()[1])) as laid:
        yield laid


class Caller:
    """One connection through the line."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def hears(self, word: bytes) -> bytes:
        """What comes back; nothing, when nothing comes for a while."""
        self.writer.write(word)
        try:
            async with asyncio.timeout(0.2):
                return await self.reader.read(100)
        except TimeoutError:
            return b""


Call = Callable[[], Awaitable[Caller]]


@pytest.fixture
async def call(line: Line) -> AsyncIterator[Call]:
    callers: list[Caller] = []

    async def calling() -> Caller:
        callers.append(Caller(*await asyncio.open_connection("127.0.0.1", line.port)))
        return callers[-1]

    yield calling
    for caller in callers:
        caller.writer.close()


async def test_it_carries(call: Call) -> None:
    assert await (await call()).hears(b"one") == b"one"


async def test_cut_it_breaks_what_there_is_and_refuses_what_comes(line: Line, call: Call) -> None:
    caller = await call()
    await caller.hears(b"one")
    await line.cut()
    with pytest.raises(ConnectionError):
        await caller.reader.readexactly(1)
    with pytest.raises(ConnectionError):
        await call()
    await line.mend()
    assert await (await call()).hears(b"two") == b"two"


async def test_held_it_brings_everything_later(line: Line, call: Call) -> None:
    caller = await call()
    await caller.hears(b"one")
    line.hold()
    assert await caller.hears(b"two") == b""
    await line.mend()
    assert await caller.reader.read(100) == b"two"


async def test_dead_it_looks_whole_and_only_new_connections_are(line: Line, call: Call) -> None:
    caller = await call()
    await caller.hears(b"one")
    line.deaden()
    assert await caller.hears(b"two") == b""
    assert not caller.reader.at_eof()
    assert await (await call()).hears(b"three") == b"three"
