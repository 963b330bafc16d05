"""What the desk shows, read from PostgreSQL: codes, never names."""

from dataclasses import asdict
from datetime import timedelta

from auction.kernel.actor import SYSTEM
from auction.kernel.clock import FrozenClock
from auction.kernel.ids import CourtId
from auction.kernel.money import Money
from auction.law.rulebook import LAW
from auction.store.database import Database
from bidding.commands import close_session
from bidding.desk.alerts import AlertKind, EventKind, StandstillGround, alerts, limits_of
from bidding.desk.queries import ENDED_SHOWN_FOR, desk_lines, events, history, log
from bidding.hall.standstill import extend_for_lag, pause_session, resume_paused
from bidding.queries import board
from tests.bidding.halls import AHall, Execute, a_hall, a_listing, a_placed_bid, place

COURT = CourtId("浙0199")


async def pauses(database: Database, hall: AHall, ground: str) -> None:
    async with database.unit(SYSTEM) as work:
        await pause_session(work, session_id=hall.session_id, epoch=hall.epoch, ground=ground)


async def resumes(database: Database, hall: AHall) -> None:
    async with database.unit(SYSTEM) as work:
        await resume_paused(work, session_id=hall.session_id, epoch=hall.epoch)


class TestTheLines:
    async def test_are_of_one_court_with_the_session_once_it_is_made(
        self, database: Database, as_owner: Execute
    ) -> None:
        hall = await a_hall(database, as_owner)
        unmade = await a_listing(database, as_owner)
        foreign = await a_listing(database, as_owner)
        await as_owner(f"UPDATE listings SET court_id = '浙0198' WHERE id = '{foreign}'")
        async with database.reading() as session:
            lines = await desk_lines(session, COURT, database.clock.now())
        made = {line.listing_id: line.board is not None for line in lines}
        assert made == {hall.listing_id: True, unmade: False}

    async def test_keep_what_ended_for_a_day(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await a_hall(database, as_owner)
        await place(database, hall, a_placed_bid(database, 1000))
        clock.instant = hall.closes_at
        async with database.unit(SYSTEM) as work:
            await close_session(work, session_id=hall.session_id, epoch=hall.epoch)
        await as_owner("UPDATE listings SET state = 'sold'")
        shown = []
        for wait in (ENDED_SHOWN_FOR - timedelta(seconds=1), timedelta(seconds=1)):
            clock.advance(wait)
            async with database.reading() as session:
                shown.append(len(await desk_lines(session, COURT, clock.now())))
        assert shown == [1, 0]


class TestTheHistory:
    async def test_holds_what_the_alerts_ask_for(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await a_hall(database, as_owner)
        await place(database, hall, a_placed_bid(database, 1000), a_placed_bid(database, 900, "B2"))
        await pauses(database, hall, "clock_drift")
        clock.advance(timedelta(minutes=1))
        await resumes(database, hall)
        await pauses(database, hall, "no such ground")
        await resumes(database, hall)
        async with database.unit(SYSTEM) as work:
            await extend_for_lag(work, session_id=hall.session_id, epoch=hall.epoch, lag_ms=400)
        await place(database, hall, a_placed_bid(database, 2000, "B2"))
        async with database.reading() as session:
            seen = await history(session, await board(session, hall.session_id))
        assert [one.amount for one in seen.raises] == [Money.yuan(1000), Money.yuan(2000)]
        assert [(one.kind, one.ground) for one in seen.events] == [
            (EventKind.HOMED, None),
            (EventKind.OPENED, None),
            (EventKind.PAUSED, StandstillGround.CLOCK_DRIFT),
            (EventKind.RESUMED, None),
            (EventKind.PAUSED, StandstillGround.OTHER),
            (EventKind.RESUMED, None),
            (EventKind.LAGGED, None),
        ]
        kinds = [one.kind for one in alerts(seen, limits_of(LAW), clock.now())]
        assert sorted(kinds) == [
            AlertKind.JUMP, AlertKind.LAG, AlertKind.OUTAGE, AlertKind.OUTAGE,
        ]  # fmt: skip

    async def test_of_a_session_is_its_own(self, database: Database, as_owner: Execute) -> None:
        hall, other = [await a_hall(database, as_owner) for _ in range(2)]
        await pauses(database, other, "clock_drift")
        async with database.reading() as session:
            told = [one.kind for one in await events(session, hall.session_id)]
        assert told == [EventKind.HOMED]


class TestTheLog:
    async def test_tells_every_bid_by_code_the_newest_first(
        self, database: Database, as_owner: Execute
    ) -> None:
        hall = await a_hall(database, as_owner)
        await place(database, hall, a_placed_bid(database, 1000), a_placed_bid(database, 900, "B2"))
        async with database.reading() as session:
            lines = await log(session, hall.session_id)
        assert [(one.seq, one.code, one.reason) for one in lines] == [
            (2, "B2", "below_starting_price"),
            (1, "A1", ""),
        ]
        assert {"person_id", "registration_id"}.isdisjoint(asdict(lines[0]))
