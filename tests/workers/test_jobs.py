from uuid import UUID

import pytest
from sqlalchemy import select

from auction.kernel.actor import SYSTEM
from auction.kernel.logs import correlated
from auction.store import journal
from auction.store.outbox import OutboxRow, OutboxState
from auction.store.unit import Unit
from workers import jobs
from workers.jobs import run_job
from workers.wiring import Context


async def greet(_context: Context, work: Unit, *, person: str) -> None:
    work.record("person.greeted", f"person:{person}")


async def follow(_context: Context, work: Unit, *, person: str) -> None:
    work.enqueue("greet", person=person)


async def stumble(_context: Context, work: Unit, *, person: str) -> None:
    work.record("person.greeted", f"person:{person}")
    raise RuntimeError("stumbled")


@pytest.fixture(autouse=True)
def table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "JOBS", {"greet": greet, "follow": follow, "stumble": stumble})


async def _enqueue(context: Context, name: str) -> UUID:
    async with context.database.unit(SYSTEM) as work:
        work.enqueue(name, person="7")
    async with context.database.reading() as session:
        return (await session.scalars(select(OutboxRow.id))).one()


async def _row(context: Context, row_id: UUID) -> OutboxRow:
    async with context.database.reading() as session:
        return await session.get_one(OutboxRow, row_id)


async def _entries(context: Context) -> int:
    async with context.database.reading() as session:
        return (await journal.verify(session)).entries


async def test_a_job_run_three_times_has_one_effect(context: Context) -> None:
    row_id = await _enqueue(context, "greet")
    for _ in range(3):
        await run_job({"context": context}, str(row_id))
    assert (await _row(context, row_id)).state is OutboxState.DONE
    assert await _entries(context) == 1


async def test_a_failed_job_has_no_effect_and_waits_for_its_next_attempt(context: Context) -> None:
    row_id = await _enqueue(context, "stumble")
    await run_job({"context": context}, str(row_id))
    row = await _row(context, row_id)
    assert (row.state, row.attempts) == (OutboxState.WAITING, 1)
    assert row.error.startswith("RuntimeError (test_jobs.py:")
    assert "stumbled" not in row.error
    assert row.due_at > row.made_at
    assert await _entries(context) == 0


async def test_what_a_job_sets_off_carries_the_id_of_the_first_question(context: Context) -> None:
    with correlated("asked-once"):
        row_id = await _enqueue(context, "follow")
    await run_job({"context": context}, str(row_id))
    async with context.database.reading() as session:
        followed = (await session.scalars(select(OutboxRow.correlation))).all()
    assert followed == ["asked-once", "asked-once"]
