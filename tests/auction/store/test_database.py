"""A line to PostgreSQL that went dead in silence is noticed, and another one is taken."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import urlsplit

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from auction.kernel.actor import SYSTEM
from auction.kernel.settings import Settings
from auction.store.database import OUTCOME_UNKNOWN, POOL_SIZE, Database, is_away
from tests.faults.line import Line, a_line

SECONDS_MAX = 20.0


@pytest.fixture
async def line(settings: Settings) -> AsyncIterator[Line]:
    async with a_line(int(urlsplit(settings.database_url).port or 0)) as laid:
        yield laid


@pytest.fixture
def behind(settings: Settings, line: Line) -> Settings:
    """The database as it is reached by the line."""
    far = urlsplit(settings.database_url)
    near = far._replace(netloc=f"{far.username}:{far.password}@127.0.0.1:{line.port}")
    return msgspec.structs.replace(settings, database_url=near.geturl())


@pytest.fixture
async def impatient(behind: Settings) -> AsyncIterator[Database]:
    opened = Database(behind, patience_seconds=0.3)
    yield opened
    await opened.close()


@pytest.fixture
async def patient(behind: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    """One that has long things to do, each of them in short statements."""
    monkeypatch.setattr("auction.store.database.ANSWER_SECONDS", 0.2)
    monkeypatch.setattr("auction.store.database.PING_SECONDS", 0.2)
    opened = Database(behind, statement_seconds=0.4)
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


async def test_a_connection_that_is_trusted_is_not_tried_before_it_is_used(
    impatient: Database, line: Line
) -> None:
    impatient.trust_seconds = 3600
    assert await one(impatient) == 1
    line.deaden()
    with pytest.raises(OUTCOME_UNKNOWN):
        await one(impatient)
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


async def test_without_a_limit_on_units_too_a_connection_that_died_at_rest_is_replaced(
    patient: Database, line: Line
) -> None:
    async with patient.reading() as first, patient.reading() as second:
        await asyncio.gather(first.scalar(text("SELECT 1")), second.scalar(text("SELECT 1")))
    line.deaden()
    assert await one(patient) == 1
    assert await one(patient) == 1


async def test_a_statement_that_nobody_answers_fails_as_when_the_server_is_away(
    patient: Database, line: Line
) -> None:
    with pytest.raises(OUTCOME_UNKNOWN) as told:
        async with asyncio.timeout(SECONDS_MAX), patient.unit(SYSTEM) as work:
            await work.session.execute(text("SELECT 1"))
            line.deaden()
            await work.session.execute(text("SELECT 2"))
    assert is_away(told.value)
    assert await one(patient) == 1


async def test_a_look_that_nobody_answers_ends_and_leaves_nothing_behind(
    patient: Database, line: Line
) -> None:
    with pytest.raises(OUTCOME_UNKNOWN):
        async with asyncio.timeout(SECONDS_MAX), patient.watching() as connection:
            await connection.execute(text("SELECT 1"))
            line.deaden()
            await connection.execute(text("SELECT 2"))
    assert await one(patient) == 1


async def test_who_waits_on_a_dead_line_is_freed_when_a_new_one_is_answered(
    behind: Settings, line: Line
) -> None:
    database = Database(behind)
    told = await _waiting(database, line.deaden, then=database.redial)
    assert isinstance(told, OUTCOME_UNKNOWN)
    assert await one(database) == 1
    await database.close()


async def test_who_waits_for_a_server_that_answers_nobody_is_left_to_wait(
    behind: Settings, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auction.store.database.PING_SECONDS", 0.2)
    database = Database(behind)

    async def come_back() -> None:
        await database.redial()
        await line.mend()

    assert await _waiting(database, line.hold, then=come_back) == 2
    await database.close()


async def _waiting(
    database: Database, fail: Callable[[], None], *, then: Callable[[], Awaitable[None]]
) -> object:
    """What becomes of who asks as the line fails, once something is done about it."""
    has_failed = asyncio.Event()

    async def asking() -> object:
        async with asyncio.timeout(SECONDS_MAX), database.reading() as session:
            await session.scalar(text("SELECT 1"))
            fail()
            has_failed.set()
            return await session.scalar(text("SELECT 2"))

    task = asyncio.create_task(asking())
    await has_failed.wait()
    await then()
    (told,) = await asyncio.gather(task, return_exceptions=True)
    return told


async def test_many_short_statements_take_as_long_as_they_take(patient: Database) -> None:
    async with patient.reading() as session:
        for _ in range(4):
            await session.execute(text("SELECT pg_sleep(0.2)"))
        assert await session.scalar(text("SELECT 1")) == 1


async def test_the_server_breaks_a_long_statement_off_before_its_line_is_given_up(
    patient: Database,
) -> None:
    with pytest.raises(DBAPIError, match="statement timeout") as told:
        async with patient.reading() as session:
            await session.execute(text("SELECT pg_sleep(5)"))
    assert not is_away(told.value)


async def test_a_unit_with_a_limit_is_broken_off_alone(behind: Settings) -> None:
    database = Database(behind)
    async with database.reading() as other:
        await other.scalar(text("SELECT 1"))
        with pytest.raises(TimeoutError):
            async with database.unit(SYSTEM, seconds_max=0.3) as work:
                await work.session.execute(text("SELECT pg_sleep(5)"))
        assert await other.scalar(text("SELECT 2")) == 2
    await database.close()


async def test_the_server_frees_what_a_unit_with_a_limit_had_locked(
    behind: Settings, line: Line
) -> None:
    database = Database(behind)
    lock = text("SELECT pg_advisory_xact_lock(8)")
    with pytest.raises(TimeoutError):
        async with database.unit(SYSTEM, seconds_max=0.5) as work:
            await work.session.execute(lock)
            line.deaden()
            await work.session.execute(text("SELECT 2"))
    async with asyncio.timeout(SECONDS_MAX), database.unit(SYSTEM) as work:
        await work.session.execute(text("SET LOCAL lock_timeout = '20s'"))
        await work.session.execute(lock)
    await database.close()


async def test_the_server_frees_it_even_in_the_middle_of_a_question(
    behind: Settings, line: Line
) -> None:
    """A statement that was parsed and is not run yet: the server does not call that idle."""
    database = Database(behind, unit_seconds=0.5)
    lock = text("SELECT pg_advisory_xact_lock(9)")
    with pytest.raises(TimeoutError):
        async with database.unit(SYSTEM) as work:
            await work.session.execute(lock)
            connection = await work.session.connection()
            raw = await connection.get_raw_connection()
            assert raw.driver_connection is not None
            await raw.driver_connection.prepare("SELECT 2")
            line.deaden()
            await work.session.execute(text("SELECT 3"))
    async with asyncio.timeout(SECONDS_MAX), database.unit(SYSTEM, seconds_max=20) as work:
        await work.session.execute(text("SET LOCAL lock_timeout = '20s'"))
        await work.session.execute(lock)
    await database.close()


async def test_units_broken_off_wherever_they_are_leave_no_connection_behind(
    settings: Settings,
) -> None:
    database = Database(settings)

    async def busy(seconds_max: float) -> None:
        async with database.unit(SYSTEM, seconds_max=seconds_max) as work:
            for _ in range(50):
                await work.session.execute(text("SELECT pg_sleep(0.002)"))

    limits = (0.001 + number * 0.003 for number in range(3 * POOL_SIZE))
    told = await asyncio.gather(*(busy(limit) for limit in limits), return_exceptions=True)
    assert {type(wrong) for wrong in told} == {TimeoutError}
    being_closed = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.gather(*being_closed)
    assert isinstance(database.engine.pool, QueuePool)
    assert database.engine.pool.checkedout() == 0
    await database.close()


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
