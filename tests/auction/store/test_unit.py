from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from auction.kernel.actor import SYSTEM, VISITOR, Role, permit
from auction.kernel.refusal import Invariant, Refusal
from auction.kernel.settings import Settings
from auction.store import outbox
from auction.store.database import Database, OwnerError
from auction.store.outbox import ATTEMPTS_MAX, OutboxKind, OutboxRow, OutboxState
from tests.conftest import NOON

LEASE = timedelta(seconds=30)


class TestOutbox:
    async def test_a_job_is_handed_out_once_until_its_lease_ends(self, database: Database) -> None:
        async with database.unit(SYSTEM) as work:
            work.enqueue("greet", person="7")
        async with database.unit(SYSTEM) as work:
            first = await outbox.claim_due(work.session, NOON, lease=LEASE, most=10)
        async with database.unit(SYSTEM) as work:
            again = await outbox.claim_due(work.session, NOON, lease=LEASE, most=10)
            later = await outbox.claim_due(work.session, NOON + LEASE, lease=LEASE, most=10)
        assert [due.name for due in first] == ["greet"]
        assert first[0].body == {"person": "7"}
        assert (again, [due.id for due in later]) == ([], [first[0].id])

    async def test_a_job_for_later_waits(self, database: Database) -> None:
        async with database.unit(SYSTEM) as work:
            work.enqueue("greet", not_before=NOON + LEASE)
        async with database.unit(SYSTEM) as work:
            assert await outbox.claim_due(work.session, NOON, lease=LEASE, most=10) == []

    async def test_a_done_job_cannot_be_locked_again(self, database: Database) -> None:
        async with database.unit(SYSTEM) as work:
            work.enqueue("greet")
        async with database.unit(SYSTEM) as work:
            [due] = await outbox.claim_due(work.session, NOON, lease=LEASE, most=10)
            await work.finish_job(due.id)
        async with database.unit(SYSTEM) as work:
            assert await outbox.lock_waiting(work.session, due.id) is None

    async def test_a_job_that_keeps_failing_is_dead_in_the_end(self, database: Database) -> None:
        async with database.unit(SYSTEM) as work:
            work.enqueue("greet")
        async with database.unit(SYSTEM) as work:
            [due] = await outbox.claim_due(work.session, NOON, lease=LEASE, most=10)
            states = [
                await outbox.record_failure(work.session, due.id, NOON, "no")
                for _ in range(ATTEMPTS_MAX)
            ]
        assert set(states[:-1]) == {OutboxState.WAITING}
        assert states[-1] is OutboxState.DEAD


class TestUnit:
    async def test_a_row_that_is_not_there_is_refused(self, database: Database) -> None:
        async with database.unit(SYSTEM) as work:
            with pytest.raises(Refusal, match="not_found"):
                await work.lock(OutboxRow, work.new_id())

    async def test_what_an_actor_may_not_do_is_refused(self, database: Database) -> None:
        async with database.unit(VISITOR) as work:
            with pytest.raises(Refusal, match="forbidden"):
                work.require(permit("lot.seize", Role.OFFICER))

    async def test_a_failed_command_leaves_nothing(self, database: Database) -> None:
        with pytest.raises(RuntimeError):
            async with database.unit(SYSTEM) as work:
                work.enqueue("greet")
                raise RuntimeError
        async with database.unit(SYSTEM) as work:
            assert await outbox.claim_due(work.session, NOON, lease=LEASE, most=10) == []

    async def test_the_driver_is_not_lent_outside_of_the_transaction(
        self, database: Database
    ) -> None:
        async with database.unit(SYSTEM) as work:
            with pytest.raises(Invariant):
                await work.driver()
            await work.session.execute(text("SELECT 1"))
            assert await (await work.driver()).fetchval("SELECT 1") == 1


class TestDatabase:
    async def test_a_serving_process_refuses_to_be_the_owner(self, settings: Settings) -> None:
        owner = msgspec.structs.replace(settings, database_url=settings.migration_database_url)
        database = Database(owner)
        with pytest.raises(OwnerError):
            await database.refuse_owner()
        await database.close()

    async def test_the_serving_role_is_welcome(self, database: Database) -> None:
        await database.refuse_owner()

    async def test_a_reading_transaction_cannot_write(self, database: Database) -> None:
        with pytest.raises(DBAPIError, match="read-only"):
            async with database.reading() as session:
                await session.execute(text("DELETE FROM platform"))


def test_kinds_are_two() -> None:
    assert {kind.value for kind in OutboxKind} == {"event", "job"}
