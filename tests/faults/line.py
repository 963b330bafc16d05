"""A line between a process and a server, which can be cut, held up, or go dead in silence."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import StrEnum


class Mode(StrEnum):
    WHOLE = "whole"
    CUT = "cut"
    """Connections break and new ones are refused."""
    HELD = "held"
    """Nothing breaks and nothing goes through; later everything comes after all."""


class Line:
    """Carries bytes from a loopback port of its own to a server's."""

    def __init__(self, port: int) -> None:
        self.far_port = port
        self.mode = Mode.WHOLE
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._dead: set[asyncio.StreamWriter] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._carrying: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._port = 0

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._port

    async def lay(self) -> None:
        """Begin to carry, on the port it had before if it had one."""
        self._server = await asyncio.start_server(self._begin, "127.0.0.1", self._port)
        self._port = int(self._server.sockets[0].getsockname()[1])

    async def take_up(self) -> None:
        """Take it away for good."""
        if self._server is not None:
            self._server.close()
        self._flowing.set()
        self.break_all()
        for task in self._carrying:
            task.cancel()
        await asyncio.gather(*self._carrying, return_exceptions=True)

    async def cut(self) -> None:
        """Break what there is and refuse what comes, until mended."""
        self.mode = Mode.CUT
        if self._server is not None:
            self._server.close()
        self.break_all()

    def hold(self) -> None:
        """Let nothing through and break nothing, until mended."""
        self.mode = Mode.HELD
        self._flowing.clear()

    def deaden(self) -> None:
        """Make every connection there is half-open for ever: it looks whole and nothing comes.

        New connections are carried.
        """
        self._dead |= self._writers

    def break_all(self) -> None:
        """Reset every connection."""
        for writer in tuple(self._writers):
            wire = writer.get_extra_info("socket")
            with suppress(OSError):  # whoever gave a dead one up has closed it
                wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    async def mend(self) -> None:
        """Carry again."""
        if self.mode is Mode.CUT:
            await self.lay()
        self.mode = Mode.WHOLE
        self._flowing.set()

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._carry(reader, writer))
        self._carrying.add(task)
        task.add_done_callback(self._carrying.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            await self._flowing.wait()
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.far_port)
        except BaseException as away:  # the server is away, or the line is taken up
            writer.transport.abort()
            self._writers.discard(writer)
            if not isinstance(away, OSError):
                raise
            return
        pair = {writer, far_writer}
        self._writers |= pair
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pump(reader, far_writer, writer))
                both.create_task(self._pump(far_reader, writer, writer))
        finally:
            for end in pair:
                end.transport.abort()
            self._writers -= pair
            self._dead -= pair

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, near: asyncio.StreamWriter
    ) -> None:
        with suppress(ConnectionError):  # cut, or the other side left
            while data := await reader.read(1 << 16):
                await self._flowing.wait()
                if near in self._dead:
                    continue
                writer.write(data)
                await writer.drain()
        if near not in self._dead:
            writer.close()


@asynccontextmanager
async def a_line(port: int) -> AsyncIterator[Line]:
    """A line to a loopback port, taken up afterwards."""
    line = Line(port)
    await line.lay()
    try:
        yield line
    finally:
        await line.take_up()
