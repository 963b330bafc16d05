"""The home of a session, its clock moved by the test, its database cut at the worst moments."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest

from auction.kernel.actor import Actor
from auction.kernel.clock import FrozenClock
from auction.kernel.settings import Settings
from auction.store.database import Database
from auction.store.unit import Unit
from bidding.hall.bid_entry import Decision, Verdict
from bidding.hall.board import Board, SessionState
from bidding.queries import bid_record
from bidding.sequencer import OUTAGE, Moved, Sequencer, read_board
from tests.bidding.halls import FIVE, AHall, Execute, a_hall, a_placed_bid, home, sign

TICK = timedelta(microseconds=1)


class CutDatabase(Database):
    """A database whose line is cut just before, or just after, a COMMIT took effect."""

    cuts_before = 0
    cuts_after = 0
    wrong: Exception = OSError("cut before the COMMIT")
    cut_for = timedelta()
    """How much time goes by with each cut."""

    @asynccontextmanager
    async def unit(self, actor: Actor) -> AsyncIterator[Unit]:
        async with super().unit(actor) as work:
            yield work
            if self.cuts_before:
                self.cuts_before -= 1
                self._time_goes_by()
                raise self.wrong
        if self.cuts_after:
            self.cuts_after -= 1
            self._time_goes_by()
            raise OSError("cut after the COMMIT")

    def _time_goes_by(self) -> None:
        assert isinstance(self.clock, FrozenClock)
        self.clock.advance(self.cut_for)


@pytest.fixture
async def cut_database(
    database: Database, settings: Settings, clock: FrozenClock
) -> AsyncIterator[CutDatabase]:
    assert database  # it is emptied after the test
    opened = CutDatabase(settings, clock=clock)
    yield opened
    await opened.close()


class Watching:
    """What the sequencer showed."""

    def __init__(self) -> None:
        self.states: list[SessionState] = []
        self.boards: list[Board] = []
        self.changed = asyncio.Event()

    def __call__(self, board: Board, _: Sequence[Decision]) -> None:
        self.states.append(board.state)
        self.boards.append(board)
        self.changed.set()

    async def until(self, state: SessionState) -> None:
        await self.until_board(lambda board: board.state is state and state in self.states)

    async def until_board(self, is_it: Callable[[Board], bool]) -> None:
        async with asyncio.timeout(10):
            while not any(map(is_it, self.boards)):
                self.changed.clear()
                await self.changed.wait()


@asynccontextmanager
async def at_home(database: Database, hall: AHall) -> AsyncIterator[tuple[Sequencer, Watching]]:
    watching = Watching()
    board = await read_board(database, hall.session_id)
    sequencer = Sequencer(database, board, sign=sign, clock=database.clock, watch=watching)
    task = asyncio.create_task(sequencer.run())
    keeping = asyncio.create_task(keep(sequencer))
    try:
        yield sequencer, watching
    finally:
        await sequencer.drain()
        await task
        keeping.cancel()


async def keep(sequencer: Sequencer) -> None:
    """Look at the clock for it, as the live process does for all of its sessions."""
    while True:
        sequencer.see(sequencer.board)
        await asyncio.sleep(0.05)


async def record(database: Database, hall: AHall) -> list[tuple[int, str]]:
    async with database.reading() as session:
        return [(line.seq, line.reason) for line in await bid_record(session, hall.session_id)]


async def test_what_comes_while_a_commit_runs_is_the_next_batch(
    cut_database: CutDatabase, as_owner: Execute
) -> None:
    hall = await a_hall(cut_database, as_owner)
    async with at_home(cut_database, hall) as (sequencer, _):
        told = [sequencer.submit(a_placed_bid(cut_database, 1000 + 50 * n)) for n in range(100)]
        decided = await asyncio.gather(*told)
    assert [one.seq for one in decided] == list(range(1, 101))
    assert len({one.receipt.batch.root for one in decided}) == 1


@pytest.mark.parametrize("cut", ["cuts_before", "cuts_after"])
async def test_a_line_cut_at_the_commit_leaves_one_effect_and_one_answer(
    cut_database: CutDatabase, as_owner: Execute, cut: str
) -> None:
    hall = await a_hall(cut_database, as_owner)
    async with at_home(cut_database, hall) as (sequencer, _):
        setattr(cut_database, cut, 3)
        told = [sequencer.submit(a_placed_bid(cut_database, 1000 + 50 * n)) for n in range(4)]
        decided = await asyncio.gather(*told)
    assert all(one.verdict is Verdict.ACCEPTED for one in decided)
    assert await record(cut_database, hall) == [(1, ""), (2, ""), (3, ""), (4, "")]


async def test_a_timely_bid_is_decided_before_the_end_and_a_late_one_after_it(
    cut_database: CutDatabase, as_owner: Execute, clock: FrozenClock
) -> None:
    hall = await a_hall(cut_database, as_owner)
    async with at_home(cut_database, hall) as (sequencer, watching):
        await sequencer.submit(a_placed_bid(cut_database, 1000))
        clock.instant = hall.closes_at - timedelta(minutes=6)
        timely = a_placed_bid(cut_database, 1050, "B2")
        clock.instant = hall.closes_at
        cut_database.cuts_before = 2
        told = sequencer.submit(timely)
        late = sequencer.submit(a_placed_bid(cut_database, 1100))
        assert (await told).verdict is Verdict.ACCEPTED
        assert (await late).reason == "late"
        await watching.until(SessionState.SOLD)
    board = await read_board(cut_database, hall.session_id)
    assert board.leading_code == "B2"


@pytest.mark.parametrize(
    "wrong",
    [asyncpg.InternalClientError("cannot switch to state 15"), ValueError("a bug of our own")],
)
async def test_whatever_goes_wrong_at_its_close_it_is_closed_after_all(
    cut_database: CutDatabase, as_owner: Execute, clock: FrozenClock, wrong: Exception
) -> None:
    hall = await a_hall(cut_database, as_owner)
    async with at_home(cut_database, hall) as (sequencer, watching):
        await sequencer.submit(a_placed_bid(cut_database, 1000))
        cut_database.cuts_before, cut_database.wrong = 1, wrong
        clock.instant = hall.closes_at
        await watching.until(SessionState.SOLD)


async def test_a_driver_that_lost_its_head_at_the_commit_is_asked_again(
    cut_database: CutDatabase, as_owner: Execute
) -> None:
    hall = await a_hall(cut_database, as_owner)
    async with at_home(cut_database, hall) as (sequencer, _):
        cut_database.cuts_before = 1
        cut_database.wrong = asyncpg.InternalClientError("cannot switch to state 15")
        decided = await sequencer.submit(a_placed_bid(cut_database, 1000))
    assert decided.verdict is Verdict.ACCEPTED


async def test_it_opens_and_closes_by_itself(
    cut_database: CutDatabase, as_owner: Execute, clock: FrozenClock
) -> None:
    hall = await a_hall(cut_database, as_owner, opens_in=timedelta(minutes=1))
    async with at_home(cut_database, hall) as (_, watching):
        clock.instant = hall.opens_at
        await watching.until(SessionState.OPEN)
        clock.instant = hall.closes_at
        await watching.until(SessionState.PASSED_IN)


async def test_held_it_begins_nothing_whatever_the_clock_says_meanwhile(
    cut_database: CutDatabase, as_owner: Execute, clock: FrozenClock
) -> None:
    hall = await a_hall(cut_database, as_owner)
    async with at_home(cut_database, hall) as (sequencer, watching):
        await sequencer.submit(a_placed_bid(cut_database, 1000))
        sequencer.hold()
        await sequencer.pause("clock_drift")
        told = sequencer.submit(a_placed_bid(cut_database, 1050, "B2"))
        clock.instant = hall.closes_at + timedelta(hours=1)
        sequencer.release()
        await watching.until_board(lambda board: board.closes_at > hall.closes_at)
        await told
    board = await read_board(cut_database, hall.session_id)
    assert (board.state, board.closes_at) == (
        SessionState.OPEN, clock.now() + (hall.closes_at - hall.opens_at),
    )  # fmt: skip


async def test_a_technical_pause_ends_by_itself(
    cut_database: CutDatabase, as_owner: Execute
) -> None:
    hall = await a_hall(cut_database, as_owner)
    async with at_home(cut_database, hall) as (sequencer, watching):
        await sequencer.submit(a_placed_bid(cut_database, 1000))
        watching.states.clear()
        await sequencer.pause("clock_drift")
        await watching.until(SessionState.PAUSED)
        await watching.until(SessionState.OPEN)


async def test_once_another_home_took_over_nothing_is_taken_any_more(
    cut_database: CutDatabase, as_owner: Execute, clock: FrozenClock
) -> None:
    hall = await a_hall(cut_database, as_owner)
    async with at_home(cut_database, hall) as (sequencer, _):
        clock.advance(timedelta(minutes=1))
        await home(cut_database, hall, hall.listing_id)
        with pytest.raises(Moved):
            await sequencer.submit(a_placed_bid(cut_database, 1000))
        with pytest.raises(Moved):
            await sequencer.submit(a_placed_bid(cut_database, 1000))
    assert await record(cut_database, hall) == []


async def test_draining_decides_what_was_taken_and_takes_no_more(
    cut_database: CutDatabase, as_owner: Execute
) -> None:
    hall = await a_hall(cut_database, as_owner)
    async with at_home(cut_database, hall) as (sequencer, _):
        told = [sequencer.submit(a_placed_bid(cut_database, 1000 + 50 * n)) for n in range(9)]
        await sequencer.drain()
        assert all(one.done() for one in told)
        with pytest.raises(Moved):
            await sequencer.submit(a_placed_bid(cut_database, 9000))
    assert len(await record(cut_database, hall)) == 9


class TestAnOutage:
    async def test_over_the_end_is_answered_by_an_extension_and_then_it_closes(
        self, cut_database: CutDatabase, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await a_hall(cut_database, as_owner)
        async with at_home(cut_database, hall) as (sequencer, watching):
            await sequencer.submit(a_placed_bid(cut_database, 1000))
            clock.instant = hall.closes_at
            cut_database.cuts_before, cut_database.cut_for = 1, 2 * OUTAGE
            await watching.until_board(lambda board: board.closes_at > hall.closes_at)
            assert sequencer.board.closes_at == clock.now() + FIVE
            told = sequencer.submit(a_placed_bid(cut_database, 1050, "B2"))
            assert (await told).verdict is Verdict.ACCEPTED
            clock.instant = sequencer.board.closes_at
            await watching.until(SessionState.SOLD)
        assert (await read_board(cut_database, hall.session_id)).leading_code == "B2"

    async def test_gives_time_back_before_what_came_during_it_is_decided(
        self, cut_database: CutDatabase, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await a_hall(cut_database, as_owner)
        async with at_home(cut_database, hall) as (sequencer, _):
            clock.instant = hall.closes_at - OUTAGE
            cut_database.cuts_before, cut_database.cut_for = 1, FIVE + 2 * OUTAGE
            timely = sequencer.submit(a_placed_bid(cut_database, 1000))
            await timely
            after_the_end = sequencer.submit(a_placed_bid(cut_database, 1050, "B2"))
            assert (await after_the_end).verdict is Verdict.ACCEPTED

    async def test_that_is_short_or_far_from_the_end_changes_nothing(
        self, cut_database: CutDatabase, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await a_hall(cut_database, as_owner)
        async with at_home(cut_database, hall) as (sequencer, _):
            cut_database.cuts_before, cut_database.cut_for = 1, 2 * OUTAGE
            await sequencer.submit(a_placed_bid(cut_database, 1000))
            clock.instant = hall.closes_at - OUTAGE - FIVE
            cut_database.cuts_before, cut_database.cut_for = 1, OUTAGE
            await sequencer.submit(a_placed_bid(cut_database, 1050, "B2"))
        assert (await read_board(cut_database, hall.session_id)).closes_at == hall.closes_at

    async def test_that_hid_a_close_which_took_effect_undoes_nothing(
        self, cut_database: CutDatabase, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await a_hall(cut_database, as_owner)
        async with at_home(cut_database, hall) as (sequencer, watching):
            await sequencer.submit(a_placed_bid(cut_database, 1000))
            cut_database.cuts_after, cut_database.cut_for = 1, 2 * OUTAGE
            clock.instant = hall.closes_at
            await watching.until(SessionState.SOLD)
        assert (await read_board(cut_database, hall.session_id)).closes_at == hall.closes_at


class TestSeeing:
    async def test_a_picture_from_before_it_came_home_changes_nothing(
        self, database: Database, as_owner: Execute
    ) -> None:
        hall = await a_hall(database, as_owner)
        board = await read_board(database, hall.session_id)
        async with at_home(database, hall) as (sequencer, _):
            sequencer.see(replace(board, epoch=board.epoch - 1))
            assert not sequencer.is_moved

    async def test_a_picture_of_a_later_home_ends_this_one(
        self, database: Database, as_owner: Execute
    ) -> None:
        hall = await a_hall(database, as_owner)
        board = await read_board(database, hall.session_id)
        async with at_home(database, hall) as (sequencer, _):
            sequencer.see(replace(board, epoch=board.epoch + 1))
            assert sequencer.is_moved
