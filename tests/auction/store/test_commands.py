from uuid import UUID

import pytest
from sqlalchemy import select

from auction.kernel.actor import SYSTEM, Role
from auction.kernel.refusal import Refusal
from auction.store.commands import retry_row
from auction.store.database import Database
from auction.store.journal import JournalEntry
from auction.store.outbox import (
    ATTEMPTS_MAX,
    OutboxRow,
    OutboxState,
    Sought,
    backlog,
    names,
    record_failure,
    rows,
)
from tests.builders import an_actor

ADMINISTRATOR = an_actor(Role.ADMINISTRATOR, 900, None)


async def a_row(database: Database) -> UUID:
    async with database.unit(SYSTEM) as work:
        work.enqueue("greet", person="7")
    async with database.reading() as session:
        return (await session.scalars(select(OutboxRow.id))).one()


async def fails(database: Database, row_id: UUID, times: int) -> None:
    async with database.unit(SYSTEM) as work:
        for _ in range(times):
            await record_failure(work.session, row_id, work.now, "RuntimeError: stumbled")


async def test_a_dead_row_is_handed_on_again_and_that_is_journaled(database: Database) -> None:
    row_id = await a_row(database)
    await fails(database, row_id, ATTEMPTS_MAX)
    async with database.unit(ADMINISTRATOR) as work:
        await retry_row(work, row_id)
    async with database.reading() as session:
        row = await session.get_one(OutboxRow, row_id)
        [kind] = (await session.scalars(select(JournalEntry.kind))).all()
    assert (row.state, row.attempts, row.error) == (
        OutboxState.WAITING, 0, "RuntimeError: stumbled",
    )  # fmt: skip
    assert kind == "outbox.retried"


async def test_what_is_not_dead_is_left_alone(database: Database) -> None:
    row_id = await a_row(database)
    with pytest.raises(Refusal, match=r"outbox\.not_dead"):
        async with database.unit(ADMINISTRATOR) as work:
            await retry_row(work, row_id)


async def test_nobody_but_an_administrator_may(database: Database) -> None:
    row_id = await a_row(database)
    await fails(database, row_id, ATTEMPTS_MAX)
    for role in set(Role) - {Role.ADMINISTRATOR}:
        with pytest.raises(Refusal, match="forbidden"):
            async with database.unit(an_actor(role, 901)) as work:
                await retry_row(work, row_id)


async def test_trouble_is_counted_and_listed(database: Database) -> None:
    row_id = await a_row(database)
    async with database.reading() as session:
        assert await rows(session, Sought.TROUBLED, most=5) == []
        assert [row.id for row in await rows(session, Sought.WAITING, most=5)] == [row_id]
    await fails(database, row_id, 1)
    async with database.reading() as session:
        found = await backlog(session, database.clock.now())
        for sought in (Sought.TROUBLED, Sought.RETRIED, Sought.WAITING):
            assert [row.id for row in await rows(session, sought, most=5)] == [row_id]
        assert await rows(session, Sought.DEAD, most=5) == []
        assert await rows(session, Sought.TROUBLED, name="other", most=5) == []
        assert await names(session) == ["greet"]
    assert (found.waiting, found.retried, found.dead) == (1, 1, 0)
    await fails(database, row_id, ATTEMPTS_MAX)
    async with database.reading() as session:
        found = await backlog(session, database.clock.now())
    assert (found.waiting, found.dead, found.oldest_due_at) == (0, 1, None)
