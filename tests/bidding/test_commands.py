"""The hall's commands on PostgreSQL: one commit a batch, one decision a bid_id."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from auction.kernel.actor import SYSTEM, VISITOR
from auction.kernel.clock import FrozenClock
from auction.kernel.refusal import Refusal
from auction.store import journal
from auction.store.database import Database
from auction.store.outbox import OutboxRow
from bidding.commands import (
    close_session,
    close_unattended,
    make_session,
    open_session,
    place_bids,
)
from bidding.hall.bid_entry import BidEntry, Verdict
from bidding.hall.board import SessionState
from bidding.hall.receipt import verify, write_receipt
from bidding.hall.session import Session, SessionTerms
from bidding.hall.standstill import stop_session
from tests.bidding.halls import (
    LAW,
    PUBLIC_KEY,
    AHall,
    Execute,
    a_hall,
    a_placed_bid,
    home,
    place,
    sign,
)

TICK = timedelta(microseconds=1)


async def state_of(database: Database, hall: AHall) -> Session:
    async with database.reading() as session:
        found = await session.get(Session, hall.session_id)
        assert found is not None
        return found


async def close(database: Database, hall: AHall, epoch: int | None) -> SessionState:
    async with database.unit(SYSTEM) as work:
        return (await close_session(work, session_id=hall.session_id, epoch=epoch)).state


async def close_many(database: Database, most: int) -> int:
    async with database.unit(SYSTEM) as work:
        return await close_unattended(work, most=most)


async def jobs(database: Database) -> list[str]:
    async with database.reading() as session:
        return list(await session.scalars(select(OutboxRow.name).where(OutboxRow.kind == "job")))


class TestMaking:
    async def test_a_listing_has_one_session_however_often_it_is_made(
        self, database: Database, as_owner: Execute
    ) -> None:
        hall = await a_hall(database, as_owner)
        made = await state_of(database, hall)
        terms = SessionTerms(
            hall.listing_id, made.lot_id, made.court_id, made.opens_at, made.closes_at, LAW
        )
        async with database.unit(SYSTEM) as work:
            assert await make_session(work, terms=terms) == hall.session_id

    async def test_it_opens_at_its_time_and_not_before(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await a_hall(database, as_owner, opens_in=timedelta(minutes=1))
        for wait, state in [(0, SessionState.SCHEDULED), (60, SessionState.OPEN)]:
            clock.advance(timedelta(seconds=wait))
            async with database.unit(SYSTEM) as work:
                board = await open_session(work, session_id=hall.session_id)
            assert board.state is state

    async def test_nobody_at_a_browser_may_place_bids(
        self, database: Database, as_owner: Execute
    ) -> None:
        hall = await a_hall(database, as_owner)
        with pytest.raises(Refusal, match="forbidden"):
            async with database.unit(VISITOR) as work:
                await place_bids(
                    work, session_id=hall.session_id, epoch=hall.epoch, bids=[], sign=sign
                )


class TestClosingManyAtOnce:
    async def test_what_is_due_without_a_home_passes_in_and_each_has_its_trace(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        halls = [await a_hall(database, as_owner, has_home=False) for _ in range(3)]
        for hall in halls:
            async with database.unit(SYSTEM) as work:
                await open_session(work, session_id=hall.session_id)
        clock.advance(timedelta(hours=24) - TICK)
        assert await close_many(database, 2) == 0
        clock.advance(TICK)
        assert [await close_many(database, 2) for _ in range(3)] == [2, 1, 0]
        states = {(await state_of(database, hall)).state for hall in halls}
        assert states == {SessionState.PASSED_IN}
        assert (await jobs(database)).count("pass_in_lot") == 3
        async with database.reading() as session:
            assert (await journal.verify(session)).is_sound

    async def test_a_home_and_the_court_are_left_to_close_theirs(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        at_home = await a_hall(database, as_owner)
        await place(database, at_home, a_placed_bid(database, 1000))
        stopped = await a_hall(database, as_owner, has_home=False)
        async with database.unit(SYSTEM) as work:
            await open_session(work, session_id=stopped.session_id)
        which = f"WHERE id = '{stopped.listing_id}'"
        await as_owner(f"UPDATE listings SET state = 'suspended', ground = 'x' {which}")
        clock.advance(timedelta(days=2))
        assert await close_many(database, 9) == 0

    async def test_nobody_at_a_browser_may_close(self, database: Database) -> None:
        with pytest.raises(Refusal, match="forbidden"):
            async with database.unit(VISITOR) as work:
                await close_unattended(work, most=1)


class TestPlacing:
    async def test_a_batch_is_decided_in_the_order_its_bids_entered(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await a_hall(database, as_owner)
        first = a_placed_bid(database, 1000, "A1")
        clock.advance(TICK)
        second = a_placed_bid(database, 1000, "B2")
        clock.advance(TICK)
        third = a_placed_bid(database, 1000, "Y1")
        decided = await place(database, hall, third, second, first)
        assert [decision.seq for decision in decided] == [3, 2, 1]
        assert [decision.verdict for decision in decided] == [
            Verdict.ACCEPTED,
            Verdict.REFUSED,
            Verdict.ACCEPTED,
        ]
        assert (await state_of(database, hall)).leading_code == "Y1"

    async def test_every_bid_is_recorded_and_the_journal_holds(
        self, database: Database, as_owner: Execute
    ) -> None:
        hall = await a_hall(database, as_owner)
        await place(database, hall, *[a_placed_bid(database, 1000 + 25 * n) for n in range(5)])
        async with database.reading() as session:
            entries = list(await session.scalars(select(BidEntry).order_by(BidEntry.seq)))
            assert [entry.seq for entry in entries] == [1, 2, 3, 4, 5]
            assert [entry.reason for entry in entries] == ["", "off_ladder", "", "off_ladder", ""]
            assert (await journal.verify(session)).is_sound

    async def test_the_same_bid_id_again_gives_the_same_bytes(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await a_hall(database, as_owner)
        bid = a_placed_bid(database, 1000)
        others = [a_placed_bid(database, 1050 + 50 * n, "B2") for n in range(6)]
        (first, *_) = await place(database, hall, bid, *others)
        clock.advance(timedelta(days=2))
        later = a_placed_bid(database, 9000, bid_id=bid.bid_id)
        (again,) = await place(database, hall, later)
        assert again == first
        assert write_receipt(again.receipt) == write_receipt(first.receipt)

    async def test_a_bid_twice_in_one_batch_counts_once(
        self, database: Database, as_owner: Execute
    ) -> None:
        hall = await a_hall(database, as_owner)
        bid = a_placed_bid(database, 1000)
        decided = await place(database, hall, bid, bid)
        assert decided[0] == decided[1]
        assert (await state_of(database, hall)).seq == 1

    async def test_one_bidder_cannot_use_up_the_bid_id_of_another(
        self, database: Database, as_owner: Execute
    ) -> None:
        hall = await a_hall(database, as_owner)
        bid = a_placed_bid(database, 1000)
        await place(database, hall, bid)
        (other,) = await place(database, hall, a_placed_bid(database, 1050, "B2", bid.bid_id))
        assert other.verdict is Verdict.ACCEPTED

    async def test_a_code_of_no_bidder_is_refused_and_recorded(
        self, database: Database, as_owner: Execute
    ) -> None:
        hall = await a_hall(database, as_owner)
        (decided,) = await place(database, hall, a_placed_bid(database, 1000, "ZZ"))
        assert decided.reason == "unknown_code"

    async def test_receipts_of_a_batch_prove_themselves(
        self, database: Database, as_owner: Execute
    ) -> None:
        hall = await a_hall(database, as_owner)
        bids = [a_placed_bid(database, 1000 + 50 * n) for n in range(7)]
        for decision in await place(database, hall, *bids):
            document = write_receipt(decision.receipt)
            assert verify(document, public_key=PUBLIC_KEY) == []
            assert str(decision.bid_id).encode() in document

    async def test_an_old_home_can_commit_nothing(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await a_hall(database, as_owner)
        clock.advance(timedelta(minutes=1))
        await home(database, hall, hall.listing_id)
        with pytest.raises(Refusal, match=r"session\.epoch_old"):
            await place(database, hall, a_placed_bid(database, 1000))
        assert (await state_of(database, hall)).seq == 0

    async def test_when_signing_fails_nothing_of_the_batch_is_left(
        self, database: Database, as_owner: Execute
    ) -> None:
        hall = await a_hall(database, as_owner)

        async def refuse(_: object) -> object:
            raise Refusal("keys.unavailable")

        with pytest.raises(Refusal, match=r"keys\.unavailable"):
            async with database.unit(SYSTEM) as work:
                await place_bids(
                    work,
                    session_id=hall.session_id,
                    epoch=hall.epoch,
                    bids=[a_placed_bid(database, 1000)],
                    sign=refuse,
                )
        async with database.reading() as session:
            assert await session.scalar(select(func.count()).select_from(BidEntry)) == 0


class TestClosing:
    async def test_the_end_is_half_open(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await a_hall(database, as_owner)
        clock.instant = hall.closes_at - TICK
        (timely,) = await place(database, hall, a_placed_bid(database, 1000))
        assert timely.verdict is Verdict.ACCEPTED
        clock.instant = timely.closes_at
        (late,) = await place(database, hall, a_placed_bid(database, 1050, "B2"))
        assert late.reason == "late"
        assert await close(database, hall, hall.epoch) is SessionState.SOLD
        assert await jobs(database) == ["confirm_sale"]

    async def test_before_its_end_nothing_closes_it(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await a_hall(database, as_owner)
        await place(database, hall, a_placed_bid(database, 1000))
        clock.instant = hall.closes_at - TICK
        assert await close(database, hall, hall.epoch) is SessionState.OPEN

    async def test_closing_twice_has_one_effect(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await a_hall(database, as_owner)
        await place(database, hall, a_placed_bid(database, 1000))
        clock.instant = hall.closes_at
        for _ in range(2):
            assert await close(database, hall, hall.epoch) is SessionState.SOLD
        assert await jobs(database) == ["confirm_sale"]

    async def test_a_session_that_had_a_home_is_closed_by_a_home_only(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await a_hall(database, as_owner)
        clock.instant = hall.closes_at
        with pytest.raises(Refusal, match=r"session\.has_home"):
            await close(database, hall, None)

    async def test_without_a_home_and_a_bid_it_passes_in(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await a_hall(database, as_owner, has_home=False)
        async with database.unit(SYSTEM) as work:
            await open_session(work, session_id=hall.session_id)
        clock.instant = hall.closes_at
        assert await close(database, hall, None) is SessionState.PASSED_IN
        assert await jobs(database) == ["pass_in_lot"]

    async def test_a_withdrawn_lot_ends_without_a_winner(
        self, database: Database, as_owner: Execute
    ) -> None:
        hall = await a_hall(database, as_owner)
        await place(database, hall, a_placed_bid(database, 1000))
        async with database.unit(SYSTEM) as work:
            await stop_session(work, session_id=hall.session_id)
        (after,) = await place(database, hall, a_placed_bid(database, 1050))
        assert after.reason == "over"
        assert await jobs(database) == []
