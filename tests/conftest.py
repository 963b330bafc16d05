"""Real PostgreSQL, built by the migrations, emptied after each test that wrote to it."""

import asyncio
import secrets
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from auction.kernel.clock import FrozenClock
from auction.kernel.settings import Settings
from auction.law.rulebook import LAW
from auction.store.database import Database
from auction.store.keys import KeyHolder
from tests.signers import answering
from workers.embedded.leash import Leash
from workers.embedded.postgres import EmbeddedPostgres
from workers.migrations.models import metadata
from workers.migrations.upgrade import upgrade

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
"""A Monday at noon in Beijing: the instant at which tests begin."""


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

    async def prepare(self) -> None:
        connection = await asyncpg.connect(self.postgres.url())
        await connection.execute(f"CREATE ROLE luochui_app LOGIN PASSWORD '{self.app_password}'")
        await connection.execute("CREATE DATABASE luochui")
        await connection.close()


def _reachable_folder() -> Path:
    """A folder below which an unprivileged server can live: not pytest's 0700 tmp_path."""
    folder = Path("/var/tmp") / f"luochui-test-{secrets.token_hex(4)}"
    folder.mkdir(mode=0o755)
    return folder


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    folder = _reachable_folder()
    postgres = EmbeddedPostgres(folder, durable=False)
    leash = Leash()
    postgres.start()
    leash.hold(postgres.pid)
    running = Server(postgres)
    asyncio.run(running.prepare())
    upgrade(running.owner_url, LAW)
    yield running
    leash.let_go(postgres.pid)
    postgres.stop()
    leash.close()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def settings(server: Server, tmp_path: Path) -> Settings:
    return Settings(
        database_url=server.app_url,
        migration_database_url=server.owner_url,
        valkey_url="redis://127.0.0.1:1/0",
        luochui_state=tmp_path,
    )


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(NOON)


@pytest.fixture
async def database(
    server: Server, settings: Settings, clock: FrozenClock
) -> AsyncIterator[Database]:
    """The platform's database as a serving process sees it; emptied when the test is over."""
    opened = Database(settings, clock=clock)
    yield opened
    await opened.close()
    await _empty(server.owner_url)


@pytest.fixture
async def signer(settings: Settings) -> AsyncIterator[KeyHolder]:
    """The keepers of keys, answering where the settings say."""
    async with answering(settings) as asking:
        yield asking


async def _empty(owner_url: str) -> None:
    kept = {"platform", "alembic_version"}
    tables = ", ".join(name for name in metadata().tables if name not in kept)
    engine = create_async_engine(
        owner_url.replace("postgresql://", "postgresql+asyncpg://", 1), poolclass=NullPool
    )
    async with engine.begin() as connection:
        # Append-only tables refuse even their owner; a superuser's replica role steps around
        # the triggers, which is why no serving process is one.
        await connection.execute(text("SET session_replication_role = replica"))
        await connection.execute(text(f"TRUNCATE {tables} CASCADE"))
    await engine.dispose()


Execute = Callable[[str], Awaitable[None]]


@pytest.fixture
def as_owner(server: Server) -> Execute:
    """Run SQL as the owner of the tables: what an insider with the password could do."""

    async def execute(statement: str) -> None:
        connection = await asyncpg.connect(server.owner_url)
        try:
            await connection.execute("SET session_replication_role = replica")
            await connection.execute(statement)
        finally:
            await connection.close()

    return execute
