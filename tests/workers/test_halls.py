"""The hall's errands by the worker: a session's way from its listing to its end."""

from datetime import timedelta

from auction.kernel.clock import FrozenClock
from auction.law.rulebook import LAW
from bidding.hall.board import Board, SessionState
from bidding.queries import session_of_listing
from tests.bidding.halls import AHall, Execute, a_hall, a_listing, a_placed_bid, place
from workers import halls
from workers.wiring import Context


async def board_of(context: Context, hall: AHall) -> Board:
    async with context.database.reading() as session:
        found = await session_of_listing(session, hall.listing_id)
        assert found is not None
        return found


async def test_a_published_listing_gets_one_session_under_the_law_it_pinned(
    context: Context, as_owner: Execute
) -> None:
    listing = await a_listing(context.database, as_owner, lasts=timedelta(days=1))
    for _ in range(2):
        await halls.make_sessions(context)
    async with context.database.reading() as session:
        board = await session_of_listing(session, listing)
    assert board is not None
    assert board.state is SessionState.SCHEDULED
    assert board.extend_by == LAW.duration("auction.extend_by")


async def test_sessions_open_and_close_when_they_are_due(
    context: Context, as_owner: Execute, clock: FrozenClock
) -> None:
    hall = await a_hall(context.database, as_owner, opens_in=timedelta(minutes=1), has_home=False)
    expected = [
        (timedelta(), SessionState.SCHEDULED),
        (timedelta(minutes=1), SessionState.OPEN),
        (timedelta(hours=23, minutes=59), SessionState.OPEN),
        (timedelta(minutes=1), SessionState.PASSED_IN),
    ]
    for wait, state in expected:
        clock.advance(wait)
        await halls.open_sessions(context)
        await halls.close_sessions(context)
        assert (await board_of(context, hall)).state is state


async def test_a_session_that_has_a_home_is_left_to_it(
    context: Context, as_owner: Execute, clock: FrozenClock
) -> None:
    hall = await a_hall(context.database, as_owner)
    await place(context.database, hall, a_placed_bid(context.database, 1000))
    clock.advance(timedelta(days=2))
    await halls.close_sessions(context)
    assert (await board_of(context, hall)).state is SessionState.OPEN


async def test_what_the_court_does_to_a_listing_happens_to_its_session(
    context: Context, as_owner: Execute
) -> None:
    hall = await a_hall(context.database, as_owner)
    await halls.open_sessions(context)
    for listing, session in [
        ("suspended", SessionState.SUSPENDED),
        ("withdrawn", SessionState.STOPPED),
    ]:
        await as_owner(f"UPDATE listings SET state='{listing}' WHERE id='{hall.listing_id}'")
        await halls.follow_listings(context)
        assert (await board_of(context, hall)).state is session
