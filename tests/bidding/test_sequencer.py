"""The home of a session, its clock moved by the test, its database cut at the worst moments."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from auction.kernel.actor import Actor
from auction.kernel.clock import FrozenClock
from auction.kernel.settings import Settings
from auction.store.database import Database
from auction.store.unit import Unit
from bidding.hall.bid_entry import Decision, Verdict
from bidding.hall.board import Board, SessionState
from bidding.queries import bid_record
from bidding.sequencer import Moved, Sequencer, read_board
from tests.bidding.halls import AHall, Execute, a_hall, a_placed_bid, home, sign

TICK = timedelta(microseconds=1)


class CutDatabase(Database):
    """A database whose line is cut just before, or just after, a COMMIT took effect."""

    cuts_before = 0
    cuts_after = 0

    @asynccontextmanager
    async def unit(self, actor: Actor) -> AsyncIterator[Unit]:
        async with super().unit(actor) as work:
            yield work
            if self.cuts_before:
                self.cuts_before -= 1
                raise OSError("cut before the COMMIT")
        if self.cuts_after:
            self.cuts_after -= 1
            raise OSError("cut after the COMMIT")


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
        self.changed = asyncio.Event()

    def __call__(self, board: Board, _: Sequence[Decision]) -> None:
        self.states.append(board.state)
        self.changed.set()

    async def until(self, state: SessionState) -> None:
        async with asyncio.timeout(10):
            while state not in self.states:
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


async def test_it_opens_and_closes_by_itself(
    cut_database: CutDatabase, as_owner: Execute, clock: FrozenClock
) -> None:
    hall = await a_hall(cut_database, as_owner, opens_in=timedelta(minutes=1))
    async with at_home(cut_database, hall) as (_, watching):
        clock.instant = hall.opens_at
        await watching.until(SessionState.OPEN)
        clock.instant = hall.closes_at
        await watching.until(SessionState.PASSED_IN)


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
