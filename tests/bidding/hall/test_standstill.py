"""What stops a session and starts it again, on PostgreSQL."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from auction.kernel.actor import SYSTEM, Actor, Role
from auction.kernel.clock import FrozenClock
from auction.kernel.ids import CourtId, ListingId, PersonId, new_id
from auction.kernel.refusal import Refusal
from auction.listings.commands import suspend_listing
from auction.listings.listing import ListingState
from auction.listings.stays import propose_resumption
from auction.store.database import Database
from auction.store.journal import JournalEntry
from bidding.hall.board import Board, SessionState
from bidding.hall.session import Home, Session
from bidding.hall.standstill import (
    HOME_LOST_AFTER,
    beat,
    extend_for_lag,
    leave,
    obey_listing,
    pause_session,
    resume_auction,
    resume_paused,
    stop_session,
    suspend_session,
)
from bidding.queries import orphans
from tests.bidding.halls import FIVE, AHall, Execute, a_hall, a_placed_bid, home, place
from tests.builders import OFFICER, PANEL, a_case
from tests.staff import employ

COURT = CourtId("浙0199")


def somebody(database: Database, *roles: Role, court: CourtId = COURT) -> Actor:
    return Actor(PersonId(new_id(database.clock.now())), frozenset(roles), court)


async def session_of(database: Database, hall: AHall) -> Session:
    async with database.reading() as session:
        found = await session.get(Session, hall.session_id)
        assert found is not None
        return found


async def an_open_hall(database: Database, as_owner: Execute) -> AHall:
    hall = await a_hall(database, as_owner)
    await place(database, hall, a_placed_bid(database, 1000))
    return hall


class TestHome:
    async def test_while_a_home_lives_no_other_can_take_its_session(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await an_open_hall(database, as_owner)
        clock.advance(HOME_LOST_AFTER / 2)
        with pytest.raises(Refusal, match=r"session\.home_elsewhere"):
            await home(database, hall, new_id(clock.now()))

    async def test_the_same_process_stays_home_under_the_same_epoch(
        self, database: Database, as_owner: Execute
    ) -> None:
        hall = await an_open_hall(database, as_owner)
        assert await home(database, hall) == hall.epoch == 1

    async def test_a_lost_home_leaves_a_pause_that_gives_the_time_back(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await an_open_hall(database, as_owner)
        clock.instant = hall.closes_at + timedelta(hours=1)
        epoch = await home(database, hall, new_id(clock.now()))
        lost = await session_of(database, hall)
        assert (epoch, lost.state, lost.pause_ground) == (2, SessionState.PAUSED, "home_lost")
        async with database.unit(SYSTEM) as work:
            board = await resume_paused(work, session_id=hall.session_id, epoch=epoch)
        assert board.state is SessionState.OPEN
        # The home was last seen at the opening: from there on all was lost.
        assert board.closes_at == clock.now() + timedelta(hours=24)

    async def test_a_home_that_beat_by_a_clock_set_back_since_is_lost(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await an_open_hall(database, as_owner)
        clock.advance(-HOME_LOST_AFTER)
        async with database.reading() as session:
            assert await orphans(session, clock.now()) == []
        assert await home(database, hall, new_id(clock.now())) == 2
        clock.advance(-timedelta(hours=1))
        async with database.reading() as session:
            assert await orphans(session, clock.now()) == [hall.session_id]

    async def test_nobody_becomes_the_first_home_of_a_session_past_its_end(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await a_hall(database, as_owner, has_home=False)
        await as_owner(f"UPDATE sessions SET state = 'open' WHERE id = '{hall.session_id}'")
        clock.instant = hall.closes_at
        with pytest.raises(Refusal, match=r"session\.ending"):
            await home(database, hall)
        clock.advance(-timedelta(microseconds=1))
        assert await home(database, hall) == 1

    async def test_the_new_home_of_a_session_not_yet_open_pauses_nothing(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await a_hall(database, as_owner, opens_in=timedelta(hours=1))
        clock.advance(timedelta(minutes=1))
        assert await home(database, hall, new_id(clock.now())) == 2
        assert (await session_of(database, hall)).state is SessionState.SCHEDULED


class TestTechnicalPause:
    async def test_the_home_pauses_and_resumes_by_itself(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await an_open_hall(database, as_owner)
        async with database.unit(SYSTEM) as work:
            await pause_session(work, session_id=hall.session_id, epoch=1, ground="clock_drift")
        (refused,) = await place(database, hall, a_placed_bid(database, 1050))
        assert refused.reason == "paused"
        clock.advance(timedelta(minutes=3))
        async with database.unit(SYSTEM) as work:
            board = await resume_paused(work, session_id=hall.session_id, epoch=1)
        assert board.closes_at == hall.closes_at + timedelta(minutes=3)

    async def test_a_slow_platform_leaves_one_extension_more(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await an_open_hall(database, as_owner)
        clock.instant = hall.closes_at - timedelta(seconds=10)
        async with database.unit(SYSTEM) as work:
            board = await extend_for_lag(work, session_id=hall.session_id, epoch=1, lag_ms=400)
        assert board.closes_at == clock.now() + FIVE

    async def test_what_is_not_open_is_neither_paused_nor_prolonged(
        self, database: Database, as_owner: Execute
    ) -> None:
        hall = await a_hall(database, as_owner, opens_in=timedelta(hours=1))
        async with database.unit(SYSTEM) as work:
            paused = await pause_session(work, session_id=hall.session_id, epoch=1, ground="x")
        async with database.unit(SYSTEM) as work:
            board = await extend_for_lag(work, session_id=hall.session_id, epoch=1, lag_ms=400)
        assert paused.state is board.state is SessionState.SCHEDULED
        assert board.closes_at == hall.closes_at

    @pytest.mark.parametrize("command", [pause_session, resume_paused, extend_for_lag])
    async def test_a_home_that_was_replaced_does_nothing_more(
        self, database: Database, as_owner: Execute, command: Callable[..., Awaitable[Board]]
    ) -> None:
        hall = await an_open_hall(database, as_owner)
        more = {pause_session: {"ground": "x"}, extend_for_lag: {"lag_ms": 400}}.get(command, {})
        with pytest.raises(Refusal, match=r"session\.epoch_old"):
            async with database.unit(SYSTEM) as work:
                await command(work, session_id=hall.session_id, epoch=0, **more)
        assert (await session_of(database, hall)).state is SessionState.OPEN


class TestAHome:
    async def test_says_where_it_is_and_that_it_is_still_there(
        self, database: Database, clock: FrozenClock
    ) -> None:
        home_id = new_id(clock.now())
        began = clock.now()
        for _ in range(2):
            async with database.unit(SYSTEM) as work:
                await beat(work, home_id=home_id, origin="ws://here")
            clock.advance(timedelta(seconds=1))
        async with database.reading() as session:
            row = await session.get_one(Home, home_id)
        assert (row.origin, row.started_at) == ("ws://here", began)
        assert row.seen_at == began + timedelta(seconds=1)

    async def test_that_leaves_is_followed_by_another_at_once(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await an_open_hall(database, as_owner)
        for home_id in (hall.home_id, new_id(clock.now())):  # an unknown one leaves as well
            async with database.unit(SYSTEM) as work:
                await leave(work, home_id=home_id)
        assert await home(database, hall, new_id(clock.now())) == hall.epoch + 1

    async def test_whose_row_is_gone_is_followed_without_a_pause(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await an_open_hall(database, as_owner)
        await as_owner(f"UPDATE sessions SET home_id = NULL WHERE id = '{hall.session_id}'")
        assert await home(database, hall, new_id(clock.now())) == hall.epoch + 1
        assert (await session_of(database, hall)).state is SessionState.OPEN


class TestStopping:
    async def test_ends_a_session_once_and_without_a_winner(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await an_open_hall(database, as_owner)
        stopped_at = clock.now()
        for _ in range(2):
            async with database.unit(SYSTEM) as work:
                await stop_session(work, session_id=hall.session_id)
            clock.advance(timedelta(minutes=1))
        stopped = await session_of(database, hall)
        assert (stopped.state, stopped.closed_at) == (SessionState.STOPPED, stopped_at)


async def a_suspended_hall(database: Database, as_owner: Execute) -> AHall:
    """An open hall of a true case, suspended by the officer."""
    hall = await an_open_hall(database, as_owner)
    case_id = await a_case(database)
    await as_owner(f"UPDATE listings SET case_id = '{case_id}' WHERE id = '{hall.listing_id}'")
    await employ(database, OFFICER, PANEL[0])
    async with database.unit(OFFICER) as work:
        await suspend_listing(work, hall.listing_id, ground="第三人异议")
        await obey_listing(work, listing_id=hall.listing_id)
    return hall


async def proposes(database: Database, hall: AHall) -> str:
    async with database.unit(OFFICER) as work:
        return (await propose_resumption(work, hall.listing_id)).payload_hash


class TestSuspension:
    async def test_twice_is_once_under_its_first_reason(
        self, database: Database, as_owner: Execute
    ) -> None:
        hall = await an_open_hall(database, as_owner)
        for ground in ("third_party_objection", "again"):
            async with database.unit(SYSTEM) as work:
                await suspend_session(work, session_id=hall.session_id, ground=ground)
        assert (await session_of(database, hall)).pause_ground == "third_party_objection"

    async def test_what_is_not_suspended_is_not_resumed(
        self, database: Database, as_owner: Execute
    ) -> None:
        hall = await an_open_hall(database, as_owner)
        with pytest.raises(Refusal, match=r"state\.not_allowed"):
            await proposes(database, hall)
        with pytest.raises(Refusal, match=r"state\.not_allowed"):
            async with database.unit(PANEL[0]) as work:
                await resume_auction(work, listing_id=hall.listing_id, seen="0" * 64)

    async def test_officer_and_panel_end_it_and_the_lost_time_comes_back(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await a_suspended_hall(database, as_owner)
        clock.advance(timedelta(hours=2))
        seen = await proposes(database, hall)
        assert (await session_of(database, hall)).state is SessionState.SUSPENDED
        async with database.unit(PANEL[0]) as work:
            await resume_auction(work, listing_id=hall.listing_id, seen=seen)
        found = await session_of(database, hall)
        assert found.state is SessionState.OPEN
        assert found.closes_at == hall.closes_at + timedelta(hours=2)

    async def test_the_listing_goes_on_though_nothing_of_its_session_was_stopped(
        self, database: Database, as_owner: Execute
    ) -> None:
        hall = await a_suspended_hall(database, as_owner)
        seen = await proposes(database, hall)
        for sql, state in (
            ("UPDATE sessions SET state = 'open', paused_at = NULL", SessionState.OPEN),
            ("DELETE FROM sessions", None),
        ):
            await as_owner(f"{sql} WHERE listing_id = '{hall.listing_id}'")
            if state is None:
                await as_owner("UPDATE listings SET state = 'suspended'")
                seen = await proposes(database, hall)
            async with database.unit(PANEL[0]) as work:
                listing = await resume_auction(work, listing_id=hall.listing_id, seen=seen)
                assert listing.state is ListingState.PUBLISHED
            if state is not None:
                assert (await session_of(database, hall)).state is state

    async def test_one_person_alone_does_not(self, database: Database, as_owner: Execute) -> None:
        hall = await a_suspended_hall(database, as_owner)
        both = Actor(OFFICER.person_id, frozenset({Role.OFFICER, Role.PANEL}), COURT)
        await employ(database, both)
        seen = await proposes(database, hall)
        with pytest.raises(Refusal, match=r"approval\.same_person"):
            async with database.unit(both) as work:
                await resume_auction(work, listing_id=hall.listing_id, seen=seen)
        assert (await session_of(database, hall)).state is SessionState.SUSPENDED

    async def test_a_bidder_can_neither_suspend_nor_resume(
        self, database: Database, as_owner: Execute
    ) -> None:
        hall = await a_suspended_hall(database, as_owner)
        seen = await proposes(database, hall)
        bidder = somebody(database, Role.BIDDER)
        with pytest.raises(Refusal, match="forbidden"):
            async with database.unit(bidder) as work:
                await suspend_session(work, session_id=hall.session_id, ground="x")
        with pytest.raises(Refusal, match="forbidden"):
            async with database.unit(bidder) as work:
                await resume_auction(work, listing_id=hall.listing_id, seen=seen)

    async def test_a_stay_of_the_listing_stops_the_very_next_bid(
        self, database: Database, as_owner: Execute
    ) -> None:
        hall = await an_open_hall(database, as_owner)
        await as_owner(f"UPDATE listings SET state = 'suspended' WHERE id = '{hall.listing_id}'")
        (refused,) = await place(database, hall, a_placed_bid(database, 1050))
        assert refused.reason == "paused"
        assert (await session_of(database, hall)).state is SessionState.SUSPENDED

    async def test_its_published_reason_is_the_courts_and_the_journal_holds_none(
        self, database: Database, as_owner: Execute
    ) -> None:
        hall = await an_open_hall(database, as_owner)
        await as_owner(
            "UPDATE listings SET state = 'suspended', ground = '案外人张三异议'"
            f" WHERE id = '{hall.listing_id}'"
        )
        async with database.unit(SYSTEM) as work:
            await obey_listing(work, listing_id=hall.listing_id)
        assert (await session_of(database, hall)).pause_ground == "案外人张三异议"
        async with database.reading() as session:
            leaves = await session.scalars(select(JournalEntry.leaf))
            assert not any("张三".encode() in leaf for leaf in leaves)

    async def test_a_withdrawn_listing_ends_its_session_with_the_next_look(
        self, database: Database, as_owner: Execute
    ) -> None:
        hall = await an_open_hall(database, as_owner)
        await as_owner(f"UPDATE listings SET state = 'withdrawn' WHERE id = '{hall.listing_id}'")
        async with database.unit(SYSTEM) as work:
            await obey_listing(work, listing_id=hall.listing_id)
        assert (await session_of(database, hall)).state is SessionState.STOPPED

    @pytest.mark.parametrize("state", ["sold", "passed_in"])
    async def test_what_ended_before_can_no_longer_be_stopped(
        self, database: Database, as_owner: Execute, state: str
    ) -> None:
        hall = await an_open_hall(database, as_owner)
        await as_owner(
            f"UPDATE sessions SET state = '{state}', leading_code = 'A1', leading_amount = 1"
            f" WHERE id = '{hall.session_id}'"
        )
        with pytest.raises(Refusal, match=r"session\.over"):
            async with database.unit(SYSTEM) as work:
                await obey_listing(work, listing_id=hall.listing_id)

    async def test_a_listing_without_a_session_has_nothing_to_stop(
        self, database: Database
    ) -> None:
        async with database.unit(SYSTEM) as work:
            await obey_listing(work, listing_id=ListingId(work.new_id()))

    async def test_a_technical_resumption_does_not_end_it(
        self, database: Database, as_owner: Execute
    ) -> None:
        hall = await an_open_hall(database, as_owner)
        async with database.unit(SYSTEM) as work:
            await suspend_session(work, session_id=hall.session_id, ground="x")
        async with database.unit(SYSTEM) as work:
            board = await resume_paused(work, session_id=hall.session_id, epoch=1)
        assert board.state is SessionState.SUSPENDED
