"""Bench line of a lot's page: asked for at a steady rate, whether or not answers come.

`python -m workers.bench.serving PORT FILE` is its baseline: one bare route with FILE's bytes.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import click
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from auction.kernel.settings import Settings
from workers.bench.crowd import fill, listing_id
from workers.bench.figure import Figure, p95, percentile
from workers.bench.resting import a_stack, a_state
from workers.embedded.place import REPOSITORY, any_ports

PER_SECOND = 200
OTHER_RATES = (50, 100, 300)
"""How latency grows with the rate is told beside the line."""
EACH_ITS_OWN_PER_SECOND = 20
"""Every request for another lot: no page that was just made helps."""
SECONDS = 5.0
LOTS = 1_000
_LINES = 32
"""Connections kept open, as a proxy in front keeps them."""
_READY_SECONDS = 30.0

PathOf = Callable[[int], str]


def lot_page_milliseconds(
    per_second: int = PER_SECOND,
    seconds: float = SECONDS,
    other_rates: tuple[int, ...] = OTHER_RATES,
) -> Figure:
    """The 95th percentile of the page; beside it that of a bare route with the same bytes."""
    with a_state() as state, a_stack(state, frozenset({"signers", "pages"})) as settings:
        return asyncio.run(_measure(settings, per_second, seconds, other_rates))


async def _measure(
    settings: Settings, per_second: int, seconds: float, other_rates: tuple[int, ...]
) -> Figure:
    await fill(settings.migration_database_url, LOTS)
    page, port = f"/lots/{listing_id(0)}", settings.web_port
    await _load(port, lambda _: page, per_second // 10, seconds / 4)
    found: dict[int, list[float]] = {}
    for rate in sorted({per_second, *other_rates}):
        found[rate] = await _load(port, lambda _: page, rate, seconds)
        _tell(f"the lot page at {rate}/s", found[rate])
    rate = min(per_second, EACH_ITS_OWN_PER_SECOND)
    each = await _load(port, lambda number: f"/lots/{listing_id(number + 1)}", rate, seconds)
    _tell(f"another lot each time at {rate}/s", each)
    async with _bare(settings, await _body(port, page)) as bare_port:
        bare = await _load(bare_port, lambda _: "/", per_second, seconds)
    _tell(f"a bare route with the same bytes at {per_second}/s", bare)
    return Figure(p95(found[per_second]), baseline=p95(bare))


def _tell(what: str, taken: list[float]) -> None:
    parts = [f"p{part} {percentile(taken, part):.1f} ms" for part in (50, 95, 99)]
    click.echo(f"  {what}: {', '.join(parts)}", err=True)


@asynccontextmanager
async def _bare(settings: Settings, body: bytes) -> AsyncIterator[int]:
    """The port of a server that does nothing but answer with these bytes."""
    file = settings.luochui_state / "bare.html"
    file.write_bytes(body)
    port = any_ports().web
    command = [sys.executable, "-m", "workers.bench.serving", str(port), str(file)]
    server = await asyncio.create_subprocess_exec(*command, cwd=REPOSITORY)
    try:
        await await_port(port)
        await _load(port, lambda _: "/", PER_SECOND // 10, 1.0)
        yield port
    finally:
        server.terminate()
        await server.wait()


async def await_port(port: int) -> None:
    """Wait until somebody listens there."""
    async with asyncio.timeout(_READY_SECONDS):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                return


async def _load(port: int, path: PathOf, per_second: int, seconds: float) -> list[float]:
    """Seconds from when each request was due to its last byte: waiting for a line counts."""
    due: asyncio.Queue[tuple[float, str] | None] = asyncio.Queue()
    taken: list[float] = []
    async with asyncio.TaskGroup() as lines:
        for _ in range(_LINES):
            lines.create_task(_line(port, due, taken))
        began = time.perf_counter()
        for number in range(max(2, int(per_second * seconds))):
            at = began + number / per_second
            await asyncio.sleep(max(0.0, at - time.perf_counter()))
            due.put_nowait((at, path(number)))
        for _ in range(_LINES):
            due.put_nowait(None)
    return taken


async def _line(
    port: int, due: "asyncio.Queue[tuple[float, str] | None]", taken: list[float]
) -> None:
    """One kept connection: raw bytes, so that asking costs less than answering."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        while (asked := await due.get()) is not None:
            at, path = asked
            await _ask(reader, writer, path)
            taken.append(time.perf_counter() - at)
    finally:
        writer.close()
        await writer.wait_closed()


async def _body(port: int, path: str) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        return await _ask(reader, writer, path)
    finally:
        writer.close()
        await writer.wait_closed()


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> bytes:
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise ConnectionError(head.decode("latin-1").splitlines()[0])
    length = head.lower().split(b"content-length:")[1].split(b"\r\n")[0]
    return await reader.readexactly(int(length))


def serve_bare(port: int, file: Path) -> None:
    """Answer every request for / with the bytes of a file, as our pages' server is set up."""
    body = file.read_bytes()

    async def answer(_: Request) -> Response:
        return HTMLResponse(body)

    app = Starlette(routes=[Route("/", answer)])
    uvicorn.run(
        app, host="127.0.0.1", port=port, log_config=None, access_log=False, server_header=False
    )


if __name__ == "__main__":
    serve_bare(int(sys.argv[1]), Path(sys.argv[2]))
