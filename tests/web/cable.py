"""The line between the pages and PostgreSQL, which a test can cut."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import msgspec

from auction.kernel.settings import Settings


class Cable:
    """Carries bytes from a port of its own to the server, until it is cut."""

    def __init__(self, host: str, port: int) -> None:
        self.far = (host, port)
        self.writers: set[asyncio.StreamWriter] = set()
        self.server: asyncio.Server

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server.sockets[0].getsockname()[1])

    async def lay(self) -> None:
        """Begin to carry."""
        self.server = await asyncio.start_server(self._carry, "127.0.0.1", 0)

    def cut(self) -> None:
        """Break every connection, and take no new one."""
        self.server.close()
        for writer in self.writers:
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(*self.far)
        self.writers |= {writer, far_writer}
        await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass  # cut, or the other side left
    finally:
        writer.close()


@asynccontextmanager
async def cable_to(settings: Settings) -> AsyncIterator[tuple[Cable, Settings]]:
    """A cable to the database of `settings`, and the settings that lead through it."""
    far = urlsplit(settings.database_url)
    cable = Cable(str(far.hostname), int(far.port or 0))
    await cable.lay()
    near = far._replace(netloc=f"{far.username}:{far.password}@127.0.0.1:{cable.port}")
    try:
        yield cable, msgspec.structs.replace(settings, database_url=near.geturl())
    finally:
        cable.cut()
