"""Errands: the one question finds each of them when it is due, and only then."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from auction.kernel.clock import FrozenClock, SystemClock
from auction.kernel.disciplined import DRIFT_MAX, DisciplinedClock
from auction.store.database import Database
from bidding.queries import session_of_listing
from tests.bidding.halls import a_hall, a_listing
from tests.conftest import Execute
from tests.valuation.stage import Stage
from workers import halls, timers
from workers.timers import ERRANDS, Errand
from workers.wiring import Context

PATIENCE_SECONDS = 20


async def due(context: Context) -> frozenset[str]:
    async with context.database.watching() as connection:
        return await timers.asked(connection, context.clock.now())


async def look(context: Context, name: str) -> None:
    await next(errand.look for errand in ERRANDS if errand.name == name)(context)


class TestTheClock:
    @pytest.mark.parametrize("off", [timedelta(hours=1), timedelta(hours=-1)])
    async def test_of_a_starting_worker_is_set_by_postgresql_however_far_off(
        self, context: Context, off: timedelta
    ) -> None:
        clock = DisciplinedClock(SystemClock().now() + off)
        await context.database.set_at_start(clock)
        assert abs(clock.now() - SystemClock().now()) < DRIFT_MAX

    @pytest.mark.parametrize("off", [timedelta(hours=1), timedelta(hours=-1)])
    async def test_follows_a_jump_either_way(self, context: Context, off: timedelta) -> None:
        clock = DisciplinedClock(SystemClock().now() + off)
        clock.now()
        await timers.set_clock(replace(context, clock=clock))
        assert abs(clock.now() - SystemClock().now()) < DRIFT_MAX

    async def test_gives_what_it_jumps_over_back_to_sessions_before_any_ends_by_it(
        self, context: Context, as_owner: Execute
    ) -> None:
        behind = DisciplinedClock(SystemClock().now() - timedelta(hours=30))
        database = Database(context.settings, clock=behind)
        hall = await a_hall(database, as_owner, has_home=False)
        await as_owner(f"UPDATE sessions SET state = 'open' WHERE id = '{hall.session_id}'")
        await timers.set_clock(replace(context, clock=behind, database=database))
        async with database.reading() as session:
            found = await session_of_listing(session, hall.listing_id)
        await database.close()
        assert found is not None
        assert abs(found.closes_at - behind.now() - timedelta(hours=24)) < timedelta(minutes=1)

    async def test_that_a_test_moves_is_left_alone(
        self, context: Context, clock: FrozenClock
    ) -> None:
        before = clock.now()
        await timers.set_clock(context)
        assert clock.now() == before


class TestTheQuestion:
    async def test_finds_nothing_where_nothing_is(self, context: Context) -> None:
        assert await due(context) == frozenset()

    async def test_finds_a_listing_without_a_session_until_it_has_one(
        self, context: Context, as_owner: Execute
    ) -> None:
        await a_listing(context.database, as_owner, opens_in=timedelta(minutes=1))
        assert await due(context) == {"sessions_made"}
        await look(context, "sessions_made")
        assert await due(context) == frozenset()

    async def test_asks_in_between_only_for_what_is_urgent(
        self, context: Context, as_owner: Execute, clock: FrozenClock
    ) -> None:
        await a_listing(context.database, as_owner)
        await a_hall(context.database, as_owner, has_home=False)
        clock.advance(timedelta(minutes=1))
        async with context.database.watching() as connection:
            urgent = await timers.asked(connection, clock.now(), is_full=False)
        assert await due(context) == {"sessions_made", "sessions_opened"}
        assert urgent == {"sessions_opened"}

    async def test_finds_a_session_at_its_beginning_and_at_its_end(
        self, context: Context, as_owner: Execute, clock: FrozenClock
    ) -> None:
        await a_hall(context.database, as_owner, opens_in=timedelta(minutes=1), has_home=False)
        seen = []
        for wait in (timedelta(), timedelta(minutes=1), timedelta(hours=24), timedelta()):
            clock.advance(wait)
            seen.append(set(await due(context)))
            for name in seen[-1]:
                await look(context, name)
        assert seen == [set(), {"sessions_opened"}, {"sessions_closed"}, {"lots_passed_in"}]
        assert await due(context) == frozenset()

    async def test_leaves_a_session_to_its_home(
        self, context: Context, as_owner: Execute, clock: FrozenClock
    ) -> None:
        await a_hall(context.database, as_owner)
        await halls.open_sessions(context)
        clock.advance(timedelta(days=2))
        assert await due(context) == frozenset()

    async def test_finds_what_the_court_stopped_until_its_session_stands_still(
        self, context: Context, as_owner: Execute
    ) -> None:
        for state in ("suspended", "withdrawn"):
            hall = await a_hall(
                context.database, as_owner, opens_in=timedelta(minutes=1), has_home=False
            )
            where = f"WHERE id = '{hall.listing_id}'"
            await as_owner(f"UPDATE listings SET state = '{state}' {where}")
            assert await due(context) == {"listings_followed"}
            await look(context, "listings_followed")
            assert await due(context) == frozenset()

    async def test_finds_a_draw_from_the_end_of_its_window_to_its_result(
        self, context: Context, clock: FrozenClock
    ) -> None:
        stage = Stage(context.database, clock)
        await stage.revealing()
        assert await due(context) == frozenset()
        clock.advance((await stage.draw()).reveals_close_at - clock.now())
        assert await due(context) == {"draws"}

    async def test_finds_an_agency_that_is_late(self, context: Context, clock: FrozenClock) -> None:
        stage = Stage(context.database, clock)
        await stage.held()
        assert await due(context) == frozenset()
        clock.advance((await stage.commission()).report_due_at - clock.now())
        assert await due(context) == {"appraisals"}

    async def test_finds_a_price_that_nobody_may_object_to_any_more(
        self, context: Context, clock: FrozenClock
    ) -> None:
        stage = Stage(context.database, clock)
        await stage.served()
        assert await due(context) == frozenset()
        clock.advance((await stage.commission()).objections_close_at - clock.now())
        assert await due(context) == {"appraisals"}


async def test_what_is_due_is_done_without_being_called(
    context: Context, as_owner: Execute
) -> None:
    listing = await a_listing(context.database, as_owner, opens_in=timedelta(minutes=1))
    running = timers.start(context)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                async with context.database.reading() as session:
                    if await session_of_listing(session, listing):
                        break
                await asyncio.sleep(0.05)
    finally:
        await _end(running)


async def test_an_errand_that_stumbles_comes_again(
    context: Context,
) -> None:
    looked: asyncio.Queue[str] = asyncio.Queue()

    async def stumble(_: Context) -> None:
        looked.put_nowait("stumbled")
        raise ValueError("one bad row")

    told = asyncio.Event()
    errand = Errand("bad", halls.has_unmade, stumble)
    running = [asyncio.create_task(timers.run_errand(context, errand, told))]
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            for _ in range(2):
                told.set()
                assert await looked.get() == "stumbled"
    finally:
        await _end(running)


async def _end(running: list[asyncio.Task[None]]) -> None:
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
