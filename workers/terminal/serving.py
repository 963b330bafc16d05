"""Bench line of a lot's page: asked for at a steady rate, whether or not answers come."""

import asyncio
import time

from auction.kernel.settings import Settings
from workers.terminal.crowd import fill, listing_id
from workers.terminal.figure import Figure, p95
from workers.terminal.resting import a_stack, a_state

PER_SECOND = 200
SECONDS = 5.0
LOTS = 1_000
_LINES = 32
"""Connections kept open, as a proxy in front keeps them."""


def lot_page_milliseconds(per_second: int = PER_SECOND, seconds: float = SECONDS) -> Figure:
    """The 95th percentile of the page; beside it that of /healthz, the server's own share."""
    with a_state() as state, a_stack(state, frozenset({"signers", "pages"})) as settings:
        return asyncio.run(_measure(settings, per_second, seconds))


async def _measure(settings: Settings, per_second: int, seconds: float) -> Figure:
    await fill(settings.migration_database_url, LOTS)
    bare = await _load(settings, "/healthz", per_second, seconds / 2)
    page = f"/lots/{listing_id(0)}"
    await _load(settings, page, per_second // 10, seconds / 4)
    return Figure(p95(await _load(settings, page, per_second, seconds)), baseline=p95(bare))


async def _load(settings: Settings, path: str, per_second: int, seconds: float) -> list[float]:
    """Seconds from when each request was due to its last byte: waiting for a line counts."""
    due: asyncio.Queue[float | None] = asyncio.Queue()
    taken: list[float] = []
    async with asyncio.TaskGroup() as lines:
        for _ in range(_LINES):
            lines.create_task(_line(settings, path, due, taken))
        began = time.perf_counter()
        for number in range(max(2, int(per_second * seconds))):
            at = began + number / per_second
            await asyncio.sleep(max(0.0, at - time.perf_counter()))
            due.put_nowait(at)
        for _ in range(_LINES):
            due.put_nowait(None)
    return taken


async def _line(
    settings: Settings, path: str, due: "asyncio.Queue[float | None]", taken: list[float]
) -> None:
    """One kept connection: raw bytes, so that asking costs less than answering."""
    reader, writer = await asyncio.open_connection(settings.web_host, settings.web_port)
    request = f"GET {path} HTTP/1.1\r\nHost: {settings.web_host}\r\n\r\n".encode()
    try:
        while (at := await due.get()) is not None:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise ConnectionError(head.decode("latin-1").splitlines()[0])
            length = head.lower().split(b"content-length:")[1].split(b"\r\n")[0]
            await reader.readexactly(int(length))
            taken.append(time.perf_counter() - at)
    finally:
        writer.close()
        await writer.wait_closed()
