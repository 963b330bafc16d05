"""Probes noted on PostgreSQL: a row and an entry of the journal for each transition."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from auction.kernel.actor import SYSTEM, VISITOR
from auction.kernel.clock import FrozenClock
from auction.kernel.refusal import Refusal
from auction.store.database import Database
from auction.store.journal import JournalEntry
from bidding.availability.commands import STREAM, note_probe
from bidding.availability.interval import ServiceInterval
from bidding.availability.service import Interval, Service

HERE, THERE = "ws://here", "ws://there"
QUICK, SLOW = timedelta(milliseconds=3), timedelta(milliseconds=700)
FIVE = timedelta(seconds=5)


async def probe(database: Database, answer: timedelta | None, origin: str = HERE) -> Service:
    async with database.unit(SYSTEM) as work:
        return await note_probe(work, origin=origin, answer=answer)


async def known(database: Database, origin: str = HERE) -> list[Interval]:
    async with database.reading() as session:
        rows = await session.scalars(
            select(ServiceInterval)
            .where(ServiceInterval.origin == origin)
            .order_by(ServiceInterval.from_at, ServiceInterval.until_at)
        )
        return [row.interval for row in rows]


async def entries(database: Database) -> int:
    async with database.reading() as session:
        found = await session.scalars(select(JournalEntry).where(JournalEntry.stream == STREAM))
        return len(found.all())


class TestNoting:
    async def test_many_probes_that_find_the_same_are_one_row_and_one_entry(
        self, database: Database, clock: FrozenClock
    ) -> None:
        began = clock.now()
        for _ in range(4):
            assert await probe(database, QUICK) is Service.UP
            clock.advance(FIVE)
        assert await known(database) == [Interval(Service.UP, began, began + 3 * FIVE)]
        assert await entries(database) == 1

    async def test_each_transition_is_a_row_and_an_entry(
        self, database: Database, clock: FrozenClock
    ) -> None:
        began = clock.now()
        for answer in (QUICK, SLOW, None, QUICK):
            await probe(database, answer)
            clock.advance(FIVE)
        assert await known(database) == [
            Interval(Service.UP, began, began),
            Interval(Service.SLOW, began, began + FIVE),
            Interval(Service.DOWN, began + FIVE, began + 3 * FIVE),
            Interval(Service.UP, began + 3 * FIVE, began + 3 * FIVE),
        ]
        assert await entries(database) == 4

    async def test_origins_are_kept_apart(self, database: Database) -> None:
        await probe(database, QUICK)
        await probe(database, None, THERE)
        assert [one.state for one in await known(database)] == [Service.UP]
        assert [one.state for one in await known(database, THERE)] == [Service.DOWN]

    async def test_two_workers_at_once_leave_one_row(self, database: Database) -> None:
        await asyncio.gather(*(probe(database, QUICK) for _ in range(4)))
        assert len(await known(database)) == 1

    async def test_nobody_but_the_worker_says_how_the_platform_was(
        self, database: Database
    ) -> None:
        with pytest.raises(Refusal, match="forbidden"):
            async with database.unit(VISITOR) as work:
                await note_probe(work, origin=HERE, answer=QUICK)
