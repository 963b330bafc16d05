"""The record of one lot: its homes' answers, its incidents, and what nobody measured."""

from datetime import timedelta

from auction.kernel.actor import SYSTEM
from auction.kernel.clock import FrozenClock
from auction.kernel.ids import new_id
from auction.store.database import Database
from bidding.availability.commands import note_probe
from bidding.availability.queries import (
    RECENTLY,
    Incident,
    ServiceRecord,
    origins_to_probe,
    service_record,
)
from bidding.availability.service import Interval, Service
from bidding.commands import close_session, open_session
from bidding.desk.alerts import StandstillGround
from bidding.hall.standstill import beat, pause_session, resume_paused
from bidding.queries import board
from tests.bidding.halls import AHall, Execute, a_hall, a_placed_bid, home, place

QUICK, FIVE = timedelta(milliseconds=3), timedelta(seconds=5)
HERE = "ws://here"


async def probe(database: Database, answer: timedelta | None = QUICK, origin: str = HERE) -> None:
    async with database.unit(SYSTEM) as work:
        await note_probe(work, origin=origin, answer=answer)


async def record(database: Database, hall: AHall) -> ServiceRecord | None:
    async with database.reading() as session:
        seen = await board(session, hall.session_id)
        return await service_record(session, seen, database.clock.now())


async def told(database: Database, hall: AHall) -> list[Interval]:
    found = await record(database, hall)
    assert found is not None
    return list(found.told)


async def origins(database: Database) -> list[str]:
    async with database.reading() as session:
        return await origins_to_probe(session, database.clock.now())


class TestWhatIsProbed:
    async def test_is_nothing_while_no_session_is_live(
        self, database: Database, as_owner: Execute
    ) -> None:
        await a_hall(database, as_owner, opens_in=timedelta(hours=1))
        assert await origins(database) == []

    async def test_is_every_process_seen_lately_and_the_homes_that_went_silent(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await a_hall(database, as_owner)
        await place(database, hall, a_placed_bid(database, 1000))
        clock.advance(RECENTLY * 2)
        async with database.unit(SYSTEM) as work:
            await beat(work, home_id=new_id(clock.now()), origin="ws://there")
        assert await origins(database) == [HERE, "ws://there"]
        clock.advance(RECENTLY * 2)
        assert await origins(database) == [HERE]


class TestTheRecord:
    async def test_is_not_there_before_the_opening(
        self, database: Database, as_owner: Execute
    ) -> None:
        hall = await a_hall(database, as_owner, opens_in=timedelta(hours=1))
        assert await record(database, hall) is None

    async def test_tells_probes_of_the_home_and_ends_with_the_session(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await a_hall(database, as_owner, lasts=4 * FIVE)
        began = clock.now()
        async with database.unit(SYSTEM) as work:
            await open_session(work, session_id=hall.session_id)
        for answer in (QUICK, QUICK, None):
            await probe(database, answer)
            await probe(database, None, "ws://elsewhere")  # another process is no matter here
            clock.advance(FIVE)
        running = await record(database, hall)
        assert running is not None
        assert not running.is_final
        assert list(running.told) == [
            Interval(Service.UP, began, began + FIVE),
            Interval(Service.DOWN, began + FIVE, began + 2 * FIVE),
            Interval(Service.UNMEASURED, began + 2 * FIVE, began + 3 * FIVE),
        ]
        clock.instant = hall.closes_at
        async with database.unit(SYSTEM) as work:
            await close_session(work, session_id=hall.session_id, epoch=hall.epoch)
        clock.advance(timedelta(hours=3))
        final = await record(database, hall)
        assert final is not None
        assert (final.is_final, final.until_at) == (True, hall.closes_at)
        assert final.share is not None
        assert final.lasted[Service.DOWN] == FIVE

    async def test_of_a_session_without_a_home_tells_the_worst_of_all_processes(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await a_hall(database, as_owner, has_home=False)
        async with database.unit(SYSTEM) as work:
            await open_session(work, session_id=hall.session_id)
        for _ in range(2):
            await probe(database)
            await probe(database, None, "ws://there")
            clock.advance(FIVE)
        assert [one.state for one in await told(database, hall)] == [
            Service.DOWN, Service.UNMEASURED,
        ]  # fmt: skip

    async def test_follows_a_session_from_home_to_home(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await a_hall(database, as_owner)
        await place(database, hall, a_placed_bid(database, 1000))
        clock.advance(FIVE)
        lost_from, second = clock.now() - FIVE, new_id(clock.now())
        async with database.unit(SYSTEM) as work:
            await beat(work, home_id=second, origin="ws://there")
        epoch = await home(database, hall, second)
        clock.advance(FIVE)
        async with database.unit(SYSTEM) as work:
            await resume_paused(work, session_id=hall.session_id, epoch=epoch)
        resumed_at = clock.now()
        for _ in range(2):
            await probe(database, QUICK, "ws://there")
            await probe(database, None)
            clock.advance(FIVE)
        found = await record(database, hall)
        assert found is not None
        # Lost when it was last seen, not when that was noticed.
        ground = StandstillGround.HOME_LOST
        assert list(found.incidents) == [Incident(ground, lost_from, resumed_at)]
        assert [one.state for one in found.told] == [
            Service.DOWN, Service.UP, Service.UNMEASURED,
        ]  # fmt: skip

    async def test_an_incident_that_goes_on_has_no_end(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await a_hall(database, as_owner)
        await place(database, hall, a_placed_bid(database, 1000))
        async with database.unit(SYSTEM) as work:
            await pause_session(work, session_id=hall.session_id, epoch=1, ground="clock_drift")
        paused_at = clock.now()
        found = await record(database, hall)
        assert found is not None
        assert list(found.told) == []
        clock.advance(FIVE)
        assert await told(database, hall) == [Interval(Service.DOWN, paused_at, clock.now())]
        found = await record(database, hall)
        assert found is not None
        assert found.incidents[0].until_at is None
