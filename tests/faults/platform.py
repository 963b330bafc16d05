"""The platform as processes of its own, with a line to PostgreSQL that can be cut.

Everything is started here, listens on loopback, lives in a folder that is thrown away, and
hangs on one leash: a harness that is killed leaves nothing.
"""

import asyncio
import contextlib
import os
import secrets
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from auction.kernel.clock import SystemClock
from auction.kernel.settings import SUBJECT_KEYS_FILE, Settings
from auction.law.rulebook import LAW
from auction.store.database import Database
from tests.faults.line import Line
from workers.embedded.child import Child, Program, accepts_local, accepts_tcp
from workers.embedded.leash import Leash
from workers.embedded.place import REPOSITORY, any_ports, prepare_state
from workers.embedded.postgres import EmbeddedPostgres, ServerError
from workers.embedded.valkey import EmbeddedValkey
from workers.migrations.upgrade import upgrade
from workers.stack import environment_of

FOLLOWED_SECONDS = 6.0
"""Every process looks at PostgreSQL's clock within five."""
STARTS_MAX = 3
SOCKETS_MAX = 100_000
"""A crowd of watchers comes from one address here: the published limit would turn it away."""
ROLES = ("luochui_app", "luochui_sealer")
STEP = """
CREATE SCHEMA faults;
CREATE TABLE faults.step (by interval NOT NULL);
INSERT INTO faults.step VALUES ('0');
CREATE FUNCTION faults.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE SECURITY DEFINER
    AS $$ SELECT pg_catalog.clock_timestamp() + by FROM faults.step $$;
GRANT USAGE ON SCHEMA faults TO luochui_app;
ALTER ROLE luochui_app SET search_path = faults, pg_catalog, public;
"""
"""The server's clock, as the platform asks it, can be stepped: a function of the same name
stands before PostgreSQL's own."""

SHIFT = """
from datetime import timedelta
from auction.kernel.clock import SystemClock
right = SystemClock.now
SystemClock.now = lambda self: right(self) + timedelta(seconds={seconds})
"""
"""What a process on another machine, whose clock is wrong, reads before it starts."""
DEAF_TO_CLOCK = """
from auction.kernel.disciplined import DisciplinedClock, Reading
DisciplinedClock.compare = lambda self, told, **counts: Reading(timedelta(), is_followed=True)
"""
"""A fault planted in a process: it takes its machine's clock for PostgreSQL's."""


class Platform:
    """PostgreSQL, Valkey, signers, worker and one or more live processes."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.postgres = EmbeddedPostgres(state / "pg")
        self.valkey = EmbeddedValkey(state / "kv")
        self.children: dict[str, Child] = {}
        self.settings: dict[str, Settings] = {}
        """By name of the child."""
        self.lines: dict[str, Line] = {}
        """Of each process to PostgreSQL."""
        self.valkey_lines: dict[str, Line] = {}
        """Of each process to Valkey."""
        self.metrics_ports: dict[str, int] = {}
        self._programs: dict[str, tuple[Program, dict[str, str]]] = {}
        self._leash = Leash()
        self._password = secrets.token_urlsafe(12)

    @property
    def log(self) -> Path:
        """The folder of what its processes say."""
        return self.state / "log"

    @property
    def owner_url(self) -> str:
        """The database as the owner of its tables, past every line."""
        return self.postgres.url(name="luochui")

    def url(self, port: int, role: str = "luochui_app") -> str:
        """The database as a role reaches it through a port."""
        return f"postgresql://{role}:{self._password}@127.0.0.1:{port}/luochui"

    async def start(self) -> None:
        """Start the servers and the signers; a worker and live processes come by `have_lives`."""
        prepare_state(self.state)
        await asyncio.to_thread(self.postgres.start)
        self._leash.hold(self.postgres.pid, signal.SIGINT)
        await self._prepare()
        await asyncio.to_thread(self.valkey.start)
        self._leash.hold(self.valkey.pid)
        await self._add("signers", "workers.signers.server")

    async def add_live(self, name: str = "live") -> Settings:
        """Start a live process with a line of its own to PostgreSQL."""
        return await self._add(name, "web.live.server")

    async def have_pages(self) -> int:
        """Let the pages be served, by a line of their own; return their port."""
        if "pages" not in self.children:
            await self._add("pages", "web.app")
        return self.settings["pages"].web_port

    async def have_lives(self, count: int) -> list[Settings]:
        """Let a worker and so many live processes run, every line be whole, the clock be right."""
        await self._set_clock_right()
        names = ["live", *(f"live{number}" for number in range(2, count + 1))]
        for name, child in self.children.items():
            await self.lines[name].mend()
            await self.valkey_lines[name].mend()
            if name in names or not name.startswith("live"):
                if not child.is_running():
                    await self.revive(name)
            elif child.is_running():
                await asyncio.to_thread(child.stop, self._leash)
        if "worker" not in self.children:
            await self._add("worker", "workers.main")
        for name in names:
            if name not in self.children:
                await self.add_live(name)
        return [self.settings[name] for name in names]

    async def _set_clock_right(self) -> None:
        """Undo every step, and let the live processes and the worker follow."""
        (row,) = await self.fetch("SELECT by <> '0' AS is_off FROM faults.step")
        if row["is_off"]:
            await self.step_clock(0)
            await asyncio.sleep(FOLLOWED_SECONDS)

    async def stop(self) -> None:
        """Stop everything that was started."""
        for child in reversed(self.children.values()):
            await asyncio.to_thread(child.stop, self._leash)
        for line in (*self.lines.values(), *self.valkey_lines.values()):
            await line.take_up()
        for server in (self.valkey, self.postgres):
            if server.is_running():
                self._leash.let_go(server.pid)
                await asyncio.to_thread(server.stop)
        await asyncio.to_thread(self._leash.close)

    async def kill(self, name: str) -> None:
        """Kill -9 one of the platform's processes and wait until it is gone."""
        child = self.children[name]
        self._leash.let_go(child.pid)
        os.kill(child.pid, signal.SIGKILL)
        while child.is_running():
            await asyncio.sleep(0.01)

    async def revive(self, name: str) -> None:
        """Start a killed process again, as its supervisor would."""
        self.children[name].start(self._leash)
        await asyncio.to_thread(self.children[name].await_ready)

    async def kill_postgres(self) -> None:
        """Kill -9 every process of the database server at once."""
        self._leash.let_go(self.postgres.pid)
        for pid in (self.postgres.pid, *children_of(self.postgres.pid)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        while self.postgres.is_running():
            await asyncio.sleep(0.01)

    async def revive_postgres(self) -> None:
        """Start the database server again where it was."""
        await asyncio.to_thread(self.postgres.revive)
        self._leash.hold(self.postgres.pid, signal.SIGINT)

    async def kill_valkey(self) -> None:
        """Kill -9 Valkey."""
        self._leash.let_go(self.valkey.pid)
        os.kill(self.valkey.pid, signal.SIGKILL)
        while self.valkey.is_running():
            await asyncio.sleep(0.01)

    async def revive_valkey(self) -> None:
        """Start Valkey again where it was."""
        await asyncio.to_thread(self.valkey.revive)
        self._leash.hold(self.valkey.pid)

    async def step_clock(self, seconds: float) -> None:
        """Have the database server's clock jump to so many seconds off the machine's."""
        await self.as_owner(f"UPDATE faults.step SET by = make_interval(secs => {seconds})")

    async def shift_machine(self, name: str, seconds: float, *, plant: str = "") -> None:
        """Start a process anew on a machine whose clock is so many seconds off.

        A `plant` is a fault of the process itself, which shows that a case would notice it.
        """
        await self.kill(name)
        folder = self.state / "shift"
        folder.mkdir(exist_ok=True)
        (folder / "sitecustomize.py").write_text(SHIFT.format(seconds=seconds) + plant)
        program, environment = self._programs[name]
        way = {"PYTHONPATH": f"{folder}:{REPOSITORY}"}
        self.children[name] = Child(program, environment | way, self.log)
        await self.revive(name)

    async def as_owner(self, statement: str) -> None:
        """Run SQL as the owner, past triggers and foreign keys."""
        connection = await asyncpg.connect(self.owner_url)
        try:
            await connection.execute("SET session_replication_role = replica")
            await connection.execute(statement)
        finally:
            await connection.close()

    async def fetch(self, statement: str, *given: object) -> list[asyncpg.Record]:
        """Ask the database as its owner."""
        connection = await asyncpg.connect(self.owner_url)
        try:
            return list(await connection.fetch(statement, *given))
        finally:
            await connection.close()

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        """The database as the pages have it, past every line."""
        opened = Database(self.given(self.postgres.port, 0), clock=SystemClock())
        try:
            yield opened
        finally:
            await opened.close()

    def resident_kib(self, name: str) -> int:
        """What a process holds in memory."""
        text = Path(f"/proc/{self.children[name].pid}/status").read_text()
        return next(int(row.split()[1]) for row in text.splitlines() if row.startswith("VmRSS"))

    async def _add(self, name: str, module: str) -> Settings:
        """Start a process with lines of its own; its ports may be taken before it binds them."""
        self.lines[name] = Line(self.postgres.port)
        self.valkey_lines[name] = Line(self.valkey.port)
        for line in (self.lines[name], self.valkey_lines[name]):
            await line.lay()
        for _ in range(STARTS_MAX - 1):
            with contextlib.suppress(ServerError):
                return await self._start(name, module)
        return await self._start(name, module)

    async def _start(self, name: str, module: str) -> Settings:
        ports = any_ports()
        settings = self.given(self.lines[name].port, ports.live)
        self.metrics_ports[name] = ports.web
        role = "luochui_sealer" if name == "signers" else "luochui_app"
        kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
        own = {
            "DATABASE_URL": self.url(self.lines[name].port, role),
            "VALKEY_URL": self.valkey.url.replace(
                f":{self.valkey.port}/", f":{self.valkey_lines[name].port}/"
            ),
            "METRICS_PORT": str(self.metrics_ports[name]),
        }
        metrics = accepts_tcp(ports.web)
        ready = {"signers": accepts_local(settings.signer_socket), "worker": metrics}.get(
            name, accepts_tcp(ports.live)
        )
        program, environment = Program(name, module, ready), environment_of(settings) | kept | own
        child = Child(program, environment, self.log)
        child.start(self._leash)
        try:
            await asyncio.to_thread(child.await_ready)
        except ServerError:
            await asyncio.to_thread(child.stop, self._leash)
            raise
        self._programs[name] = (program, environment)
        self.settings[name], self.children[name] = settings, child
        return settings

    def given(self, database_port: int, live_port: int) -> Settings:
        """Settings of a process that reaches the database by a port."""
        return Settings(
            database_url=self.url(database_port),
            valkey_url=self.valkey.url,
            luochui_state=self.state,
            web_port=live_port,
            live_port=live_port,
            live_origin=f"ws://127.0.0.1:{live_port}",
            live_sockets_by_address=SOCKETS_MAX,
        )

    async def _prepare(self) -> None:
        connection = await asyncpg.connect(self.postgres.url())
        for role in ROLES:
            await connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{self._password}'")
        await connection.execute("CREATE DATABASE luochui")
        await connection.close()
        await asyncio.to_thread(
            upgrade, self.owner_url, LAW, subject_keys=self.state / SUBJECT_KEYS_FILE
        )
        await self.as_owner(STEP)


def children_of(pid: int) -> list[int]:
    """The processes that a process started."""
    told = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in told.read_text().split()]


@asynccontextmanager
async def a_platform() -> AsyncIterator[Platform]:
    """A platform on a folder of its own, both gone afterwards."""
    # Open, because PostgreSQL runs as somebody else when the harness is root.
    state = Path(tempfile.mkdtemp(prefix="luochui-faults-", dir="/var/tmp"))
    state.chmod(0o711)
    platform = Platform(state)
    try:
        await platform.start()
        yield platform
    finally:
        await platform.stop()
        shutil.rmtree(state, ignore_errors=True)
