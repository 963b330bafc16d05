"""A line to PostgreSQL that went dead in silence is noticed, and another one is taken."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from auction.kernel.actor import SYSTEM
from auction.kernel.settings import Settings
from auction.store.database import OUTCOME_UNKNOWN, POOL_SIZE, Database
from tests.faults.line import Line, a_line

SECONDS_MAX = 20.0


@pytest.fixture
async def line(settings: Settings) -> AsyncIterator[Line]:
    async with a_line(int(urlsplit(settings.database_url).port or 0)) as laid:
        yield laid


@pytest.fixture
async def impatient(settings: Settings, line: Line) -> AsyncIterator[Database]:
    far = urlsplit(settings.database_url)
    near = far._replace(netloc=f"{far.username}:{far.password}@127.0.0.1:{line.port}")
    opened = Database(
        msgspec.structs.replace(settings, database_url=near.geturl()), patience_seconds=0.3
    )
    yield opened
    await opened.close()


async def one(database: Database) -> object:
    async with asyncio.timeout(SECONDS_MAX), database.reading() as session:
        return await session.scalar(text("SELECT 1"))


async def test_a_connection_that_died_at_rest_is_replaced_before_it_is_used(
    impatient: Database, line: Line
) -> None:
    assert await one(impatient) == 1
    line.deaden()
    assert await one(impatient) == 1


async def test_every_waiting_unit_is_freed_by_the_first_that_notices(
    impatient: Database, line: Line
) -> None:
    async def asleep() -> object:
        async with asyncio.timeout(SECONDS_MAX), impatient.reading() as session:
            await session.scalar(text("SELECT 1"))
            line.deaden()
            return await session.scalar(text("SELECT 2"))

    told = await asyncio.gather(*(asleep() for _ in range(5)), return_exceptions=True)
    # Who had no connection yet is told by the driver itself, who had one by SQLAlchemy.
    assert [wrong for wrong in told if not isinstance(wrong, OUTCOME_UNKNOWN)] == []
    assert await one(impatient) == 1


async def test_the_server_frees_what_a_dead_line_had_locked(
    impatient: Database, line: Line
) -> None:
    lock = text("SELECT pg_advisory_xact_lock(7)")
    with pytest.raises(DBAPIError):
        async with asyncio.timeout(SECONDS_MAX), impatient.unit(SYSTEM) as work:
            await work.session.execute(lock)
            line.deaden()
            await work.session.execute(text("SELECT 2"))
    async with asyncio.timeout(SECONDS_MAX), impatient.unit(SYSTEM) as work:
        await work.session.execute(text("SET LOCAL lock_timeout = '20s'"))
        await work.session.execute(lock)


async def test_who_has_all_the_time_is_not_cut_off(settings: Settings) -> None:
    database = Database(settings)
    async with database.reading() as session:
        await session.execute(text("SELECT pg_sleep(0.4)"))
    await database.close()


async def test_a_queue_for_its_connections_is_no_silence(settings: Settings) -> None:
    database = Database(settings, patience_seconds=3)

    async def busy() -> object:
        async with database.reading() as session:
            await session.execute(text("SELECT pg_sleep(0.3)"))
            return await session.scalar(text("SELECT 1"))

    waves = 11  # the last waits longer than a unit may take
    told = await asyncio.gather(*(busy() for _ in range(waves * POOL_SIZE)))
    assert set(told) == {1}
    await database.close()


async def test_no_crowd_of_questions_keeps_a_commit_waiting(settings: Settings) -> None:
    database = Database(settings, patience_seconds=SECONDS_MAX)
    done: list[str] = []

    async def ask() -> None:
        async with database.reading() as session:
            await session.execute(text("SELECT pg_sleep(0.3)"))
        done.append("answered")

    crowd = asyncio.gather(*(ask() for _ in range(5 * POOL_SIZE)))
    await asyncio.sleep(0)
    async with database.unit(SYSTEM) as work:
        await work.session.execute(text("SELECT 1"))
    assert len(done) < 4 * POOL_SIZE
    await crowd
    await database.close()
