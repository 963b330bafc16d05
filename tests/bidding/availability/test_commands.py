"""Probes noted on PostgreSQL: a row and an entry of the journal for each transition."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from auction.kernel.actor import SYSTEM, VISITOR, Actor, Role
from auction.kernel.clock import FrozenClock
from auction.kernel.ids import CourtId
from auction.kernel.refusal import Refusal
from auction.notices.notice import Notice
from auction.notices.wording import NoticeKind
from auction.store.database import Database
from auction.store.journal import JournalEntry
from bidding.availability.certificate import STREAM
from bidding.availability.commands import certify_service, note_probe
from bidding.availability.interval import ServiceInterval
from bidding.availability.service import Interval, Service
from bidding.commands import close_session, open_session
from tests.bidding.halls import AHall, Execute, a_hall, a_listing
from tests.builders import OFFICER, a_case

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


HALF = timedelta(seconds=30)


async def over(
    database: Database, as_owner: Execute, clock: FrozenClock, number: int = 88
) -> AHall:
    """A session that was probed, then closed just now; every listing is of its case."""
    hall = await a_hall(database, as_owner, lasts=HALF)
    case_id = await a_case(database, number=number)
    await as_owner(f"UPDATE listings SET case_id = '{case_id}', published_at = drafted_at")
    async with database.unit(SYSTEM) as work:
        await open_session(work, session_id=hall.session_id)
    await probe(database, QUICK)
    clock.advance(FIVE)
    await probe(database, QUICK)
    clock.instant = hall.closes_at
    async with database.unit(SYSTEM) as work:
        await close_session(work, session_id=hall.session_id, epoch=hall.epoch)
    return hall


async def certified(database: Database, hall: AHall, actor: Actor = OFFICER) -> str:
    async with database.unit(actor) as work:
        return await certify_service(work, listing_id=hall.listing_id)


async def papers(database: Database) -> list[Notice]:
    async with database.reading() as session:
        return list(
            await session.scalars(select(Notice).where(Notice.kind == NoticeKind.SERVICE_RECORD))
        )


class TestCertifying:
    async def test_issues_one_public_paper_however_often_it_is_asked_for(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await over(database, as_owner, clock)
        clock.advance(HALF)
        codes = await asyncio.gather(*(certified(database, hall) for _ in range(3)))
        (paper,) = await papers(database)
        assert set(codes) == {paper.code}
        assert (paper.addressee_name, paper.addressee_person_id) == ("社会公众", None)
        assert paper.facts["session_id"] == str(hall.session_id)
        assert paper.facts["time_up"] == "0小时0分5秒"
        assert paper.facts["time_unmeasured"] == "0小时0分25秒"
        assert paper.facts["answered_share"] == "100.00%"

    async def test_issues_each_session_of_a_case_its_own(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        halls = [await over(database, as_owner, clock, number) for number in (88, 89)]
        clock.advance(HALF)
        told = {await certified(database, hall): str(hall.session_id) for hall in halls}
        assert {one.code: one.facts["session_id"] for one in await papers(database)} == told

    async def test_waits_until_no_probe_can_add_to_the_last_seconds(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await over(database, as_owner, clock)
        with pytest.raises(Refusal, match=r"service\.not_over"):
            await certified(database, hall)
        await probe(database, QUICK, THERE)
        assert await papers(database) == []

    async def test_is_refused_while_it_runs(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await a_hall(database, as_owner)
        async with database.unit(SYSTEM) as work:
            await open_session(work, session_id=hall.session_id)
        clock.advance(timedelta(hours=1))
        with pytest.raises(Refusal, match=r"service\.not_over"):
            await certified(database, hall)

    async def test_is_refused_of_what_never_opened(
        self, database: Database, as_owner: Execute
    ) -> None:
        hall = await a_hall(database, as_owner, opens_in=timedelta(hours=1))
        with pytest.raises(Refusal, match=r"service\.not_opened"):
            await certified(database, hall)

    async def test_is_refused_of_a_listing_that_has_no_session(
        self, database: Database, as_owner: Execute
    ) -> None:
        listing_id = await a_listing(database, as_owner)
        with pytest.raises(Refusal, match=r"service\.not_opened"):
            async with database.unit(OFFICER) as work:
                await certify_service(work, listing_id=listing_id)

    async def test_is_the_officers_of_its_court_alone(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await over(database, as_owner, clock)
        clock.advance(HALF)
        elsewhere = Actor(OFFICER.person_id, OFFICER.roles, CourtId("浙0198"))
        panel = Actor(OFFICER.person_id, frozenset({Role.PANEL}), OFFICER.court_id)
        for actor in (VISITOR, SYSTEM, elsewhere, panel):
            with pytest.raises(Refusal, match="forbidden"):
                await certified(database, hall, actor)
        assert await papers(database) == []
