"""What a jump of the clock passes over is no part of a session, on PostgreSQL."""

from datetime import timedelta

import pytest

from auction.kernel.actor import SYSTEM
from auction.kernel.clock import FrozenClock
from auction.kernel.ids import new_id
from auction.store.database import Database
from bidding.commands import close_unattended
from bidding.hall.board import SessionState
from bidding.hall.clock_jump import outlast_jump
from bidding.hall.session import Session
from tests.bidding.halls import FIVE, AHall, Execute, a_hall

DAY, HOUR, MINUTE = timedelta(hours=24), timedelta(hours=1), timedelta(minutes=1)


async def session_of(database: Database, hall: AHall) -> Session:
    async with database.reading() as session:
        found = await session.get(Session, hall.session_id)
        assert found is not None
        return found


async def jump(
    database: Database, clock: FrozenClock, by: timedelta, *, hall: AHall | None = None
) -> int:
    """Have the clock jump as a process does: what it passes over is given back first."""
    async with database.unit(SYSTEM) as work:
        given = await outlast_jump(
            work, to=work.now + by, most=10, home_id=hall.home_id if hall else None
        )
    clock.advance(by)
    return given


async def an_open_one(database: Database, as_owner: Execute, clock: FrozenClock) -> AHall:
    """Open for a minute; nobody came."""
    hall = await a_hall(database, as_owner, has_home=False)
    await as_owner(f"UPDATE sessions SET state = 'open' WHERE id = '{hall.session_id}'")
    clock.advance(MINUTE)
    return hall


class TestSessionsThatNobodyCameFor:
    async def test_end_later_by_what_the_clock_jumped(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await an_open_one(database, as_owner, clock)
        assert await jump(database, clock, DAY) == 1
        found = await session_of(database, hall)
        assert (found.state, found.closes_at) == (SessionState.OPEN, hall.closes_at + DAY)
        async with database.unit(SYSTEM) as work:
            assert await close_unattended(work, most=10) == 0

    async def test_are_given_it_once_however_often_it_is_asked(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await an_open_one(database, as_owner, clock)
        to = clock.now() + HOUR
        for given in (1, 0):
            async with database.unit(SYSTEM) as work:
                assert await outlast_jump(work, to=to, most=1) == given
        assert (await session_of(database, hall)).closes_at == hall.closes_at + HOUR

    async def test_whose_end_had_come_before_stay_ended(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await an_open_one(database, as_owner, clock)
        clock.instant = hall.closes_at
        assert await jump(database, clock, HOUR) == 0
        assert (await session_of(database, hall)).closes_at == hall.closes_at

    async def test_that_the_court_stopped_are_left_to_it(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await an_open_one(database, as_owner, clock)
        await as_owner(f"UPDATE listings SET state = 'suspended' WHERE id = '{hall.listing_id}'")
        assert await jump(database, clock, HOUR) == 0


class TestOpenings:
    @pytest.mark.parametrize("has_home", [True, False])
    async def test_that_a_jump_passes_over_begin_after_it_and_last_as_announced(
        self, database: Database, as_owner: Execute, clock: FrozenClock, *, has_home: bool
    ) -> None:
        hall = await a_hall(database, as_owner, opens_in=MINUTE, lasts=FIVE * 2, has_home=has_home)
        assert await jump(database, clock, HOUR, hall=hall if has_home else None) == 1
        found = await session_of(database, hall)
        assert (found.state, found.closes_at) == (SessionState.OPEN, clock.now() + FIVE * 2)

    async def test_that_lie_beyond_it_are_as_they_were(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await a_hall(database, as_owner, opens_in=HOUR, has_home=False)
        assert await jump(database, clock, HOUR) == 0
        assert (await session_of(database, hall)).state is SessionState.SCHEDULED

    async def test_of_another_home_are_left_to_the_worker(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await a_hall(database, as_owner, opens_in=MINUTE)
        async with database.unit(SYSTEM) as work:
            other = new_id(work.now)
            assert await outlast_jump(work, to=work.now + HOUR, most=10, home_id=other) == 0
        assert await jump(database, clock, HOUR) == 1
        assert (await session_of(database, hall)).closes_at == clock.now() + DAY
