"""Real PostgreSQL, built by the migrations, emptied after each test that wrote to it."""

import asyncio
import secrets
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from copy import copy
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import hypothesis
import pytest
from sqlalchemy.ext.asyncio import async_sessionmaker
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from auction.kernel.clock import FrozenClock
from auction.kernel.settings import SUBJECT_KEYS_FILE, Settings
from auction.law.rulebook import LAW
from auction.people import credentials
from auction.store.database import Database
from auction.store.keys import KeyHolder
from auction.store.personal.keyring import Keyring, make_keyring
from auction.store.personal.subject_key import KEYRING
from bidding import sealing
from tests.signers import answering, sealer_url
from workers.embedded.leash import Leash
from workers.embedded.postgres import EmbeddedPostgres
from workers.migrations.models import metadata
from workers.migrations.upgrade import upgrade

# A busy machine is no fault of what is tested.
hypothesis.settings.register_profile(
    "no clock", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("no clock")

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
"""A Monday at noon in Beijing: the instant at which tests begin."""

NO_VALKEY = "redis://127.0.0.1:1/0"


class Server:
    """The suite's PostgreSQL with one migrated database."""

    def __init__(self, postgres: EmbeddedPostgres) -> None:
        self.postgres = postgres
        self.app_password = secrets.token_urlsafe(12)

    @property
    def owner_url(self) -> str:
        return self.postgres.url(name="luochui")

    @property
    def app_url(self) -> str:
        return self.postgres.url(user="luochui_app", password=self.app_password, name="luochui")

    @property
    def sealer_url(self) -> str:
        return sealer_url(self.app_url)

    async def prepare(self) -> None:
        connection = await asyncpg.connect(self.postgres.url())
        for role in ("luochui_app", "luochui_sealer"):
            await connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{self.app_password}'")
        await connection.execute("CREATE DATABASE luochui")
        await connection.close()

    async def stop_approval_clock(self) -> None:
        """The tests' time stands in March 2026; the database's own clock is not asked."""
        await self._approval_clock("'-infinity'::timestamptz")

    async def start_approval_clock(self) -> None:
        """Ask the database's own clock again, as every running platform does."""
        await self._approval_clock("clock_timestamp()")

    async def _approval_clock(self, tells: str) -> None:
        connection = await asyncpg.connect(self.owner_url)
        await connection.execute(
            "CREATE OR REPLACE FUNCTION approval_clock() RETURNS timestamptz"
            f" LANGUAGE sql STABLE AS $$ SELECT {tells} $$"
        )
        await connection.close()

    async def execute(self, statement: str) -> None:
        """Run SQL as the owner of the tables, past triggers and foreign keys."""
        connection = await asyncpg.connect(self.owner_url)
        try:
            await connection.execute("SET session_replication_role = replica")
            await connection.execute(statement)
        finally:
            await connection.close()


def _reachable_folder() -> Path:
    """A folder below which an unprivileged server can live: not pytest's 0700 tmp_path."""
    folder = Path("/var/tmp") / f"luochui-test-{secrets.token_hex(4)}"
    folder.mkdir(mode=0o755)
    return folder


_COSTLY = (credentials, sealing)
_COSTS = [(module.MEMORY_KIB, module.PASSES) for module in _COSTLY]


PLATFORMS = (
    ("tests/journeys/looks/", "the demonstration"),
    ("tests/journeys/test_journey.py", "the demonstration"),
    ("tests/journeys/", "lives and troubles"),
)
"""Files whose tests share one running platform; those of any other file share its fixtures."""


def together(nodeid: str) -> str:
    """What one of the suite's processes runs as a whole."""
    file = nodeid.partition("::")[0]
    return next((name for start, name in PLATFORMS if file.startswith(start)), file)


class Scheduling(LoadScopeScheduling):
    """Hands out the tests by what they share; pytest-xdist's own groups do not work on pytest 9."""

    def _split_scope(self, nodeid: str) -> str:
        return together(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    return Scheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the longest begin."""
    items.sort(key=lambda item: together(item.nodeid) != PLATFORMS[0][1])


@pytest.fixture(scope="session", autouse=True)
def light_hashes() -> Iterator[None]:
    """Argon2 at its least: at its full cost it takes half of the time of the pages' tests."""
    with pytest.MonkeyPatch.context() as patch:
        for module in _COSTLY:
            patch.setattr(module, "MEMORY_KIB", 8)
            patch.setattr(module, "PASSES", 1)
        yield


@pytest.fixture
def full_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2 at the cost that is served, for the tests of that cost."""
    for module, (memory, passes) in zip(_COSTLY, _COSTS, strict=True):
        monkeypatch.setattr(module, "MEMORY_KIB", memory)
        monkeypatch.setattr(module, "PASSES", passes)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    folder = _reachable_folder()
    postgres = EmbeddedPostgres(folder, durable=False)
    leash = Leash()
    postgres.start()
    leash.hold(postgres.pid)
    running = Server(postgres)
    asyncio.run(running.prepare())
    upgrade(running.owner_url, LAW, subject_keys=folder / "subject.keys")
    asyncio.run(running.stop_approval_clock())
    yield running
    leash.let_go(postgres.pid)
    postgres.stop()
    leash.close()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The keys of personal data: one file for the suite, as its database is one."""
    file = tmp_path_factory.mktemp("keys") / SUBJECT_KEYS_FILE
    make_keyring(file)
    return file


@pytest.fixture
def settings(server: Server, key_file: Path, tmp_path: Path) -> Settings:
    shutil.copy(key_file, tmp_path / SUBJECT_KEYS_FILE)
    return Settings(
        database_url=server.app_url,
        migration_database_url=server.owner_url,
        valkey_url=NO_VALKEY,
        luochui_state=tmp_path,
    )


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(NOON)


@pytest.fixture(scope="session")
async def broom(server: Server) -> AsyncIterator[asyncpg.Connection]:
    """The connection that empties the database: kept, because its one question is prepared once."""
    connection = await asyncpg.connect(server.owner_url)
    # Append-only tables refuse even their owner; a superuser's replica role steps around
    # the triggers, which is why no serving process is one.
    await connection.execute("SET session_replication_role = replica")
    yield connection
    await connection.close()


@pytest.fixture(scope="session")
async def pool(server: Server, key_file: Path) -> AsyncIterator[Database]:
    """Connections and compiled statements, kept for the whole suite."""
    opened = Database(
        Settings(database_url=server.app_url, valkey_url=NO_VALKEY, luochui_state=key_file.parent)
    )
    yield opened
    await opened.close()


@pytest.fixture
async def database(
    pool: Database, settings: Settings, clock: FrozenClock, broom: asyncpg.Connection
) -> AsyncIterator[Database]:
    """The platform's database as a serving process sees it; emptied when the test is over."""
    opened = copy(pool)
    opened.clock = clock
    opened.keyring = Keyring(settings.subject_keys_path)  # the test's own copy: it may rotate it
    keyring = {KEYRING: opened.keyring}
    opened._sessions = async_sessionmaker(pool.engine, expire_on_commit=False, info=keyring)
    yield opened
    await empty(broom)


@pytest.fixture
async def signer(settings: Settings) -> AsyncIterator[KeyHolder]:
    """The keepers of keys, answering where the settings say."""
    async with answering(settings) as asking:
        yield asking


KEPT = {"platform", "alembic_version", "approval_seat"}
"""What the migrations wrote."""
_TABLES = [name for name in metadata().tables if name not in KEPT]
_WRITTEN_TO = " UNION ALL ".join(
    f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in _TABLES
)


async def empty(broom: asyncpg.Connection) -> None:
    """Delete what a test wrote, where it wrote: a TRUNCATE of all tables takes 0.13 s each time."""
    written = await broom.fetch(_WRITTEN_TO)
    for (name,) in written:
        await broom.execute(f"DELETE FROM {name}")


Execute = Callable[[str], Awaitable[None]]


@pytest.fixture
def as_owner(server: Server) -> Execute:
    """Run SQL as the owner of the tables: what an insider with the password could do."""
    return server.execute
