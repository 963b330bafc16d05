"""The statements of a batch on PostgreSQL: what they lock, find and leave."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from auction.kernel.actor import SYSTEM
from auction.kernel.clock import FrozenClock
from auction.kernel.ids import SessionId, new_id
from auction.kernel.money import Money
from auction.kernel.refusal import Refusal
from auction.store import journal
from auction.store.database import Database
from auction.store.outbox import OutboxRow
from bidding.commands import place_bids
from bidding.hall.bid_entry import BidBatch, BidEntry, find_decisions
from bidding.hall.board import SessionState
from bidding.hall.group_commit import Locked, lock_for_batch, look_up
from bidding.hall.session import Session
from tests.bidding.halls import PUBLIC_KEY, AHall, Execute, a_hall, a_placed_bid, place, sign

MINUTE = timedelta(minutes=1)


async def locked(database: Database, hall: AHall) -> Locked:
    async with database.unit(SYSTEM) as work:
        return await lock_for_batch(work, hall.session_id)


async def test_a_session_is_read_under_its_lock_as_it_is_stored(
    database: Database, as_owner: Execute
) -> None:
    hall = await a_hall(database, as_owner)
    await place(database, hall, a_placed_bid(database, 1000, "Y1"))
    found = (await locked(database, hall)).session
    async with database.reading() as session:
        stored = await session.get_one(Session, hall.session_id)
    assert (found.board, found.hall, found.rules) == (stored.board, stored.hall, stored.rules)


async def test_an_unknown_session_is_not_found(database: Database) -> None:
    with pytest.raises(Refusal, match="not_found"):
        async with database.unit(SYSTEM) as work:
            await lock_for_batch(work, SessionId(new_id(work.now)))


class TestWhatIsDoneFirst:
    async def test_a_session_opens_before_its_first_bid_once_its_time_has_come(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await a_hall(database, as_owner, opens_in=MINUTE)
        found = await locked(database, hall)
        assert not found.is_to_change(clock.now())
        assert found.is_to_change(clock.now() + MINUTE)

    @pytest.mark.parametrize(
        ("listing", "session", "is_to_change"),
        [
            ("published", "open", False),
            ("suspended", "open", True),
            ("suspended", "paused", True),
            ("suspended", "suspended", False),
            ("suspended", "stopped", False),
            ("withdrawn", "open", True),
            ("withdrawn", "suspended", True),
            ("withdrawn", "stopped", False),
        ],
    )
    async def test_what_the_court_did_to_the_listing_is_done_to_the_session(
        self, listing: str, session: str, is_to_change: bool, database: Database, as_owner: Execute
    ) -> None:
        hall = await a_hall(database, as_owner)
        await place(database, hall, a_placed_bid(database, 1000))
        await as_owner(f"UPDATE listings SET state = '{listing}', ground = 'x'")
        await as_owner(f"UPDATE sessions SET state = '{session}'")
        assert (await locked(database, hall)).is_to_change(database.clock.now()) is is_to_change

    async def test_a_bid_on_a_listing_just_suspended_is_refused_and_the_session_stands_still(
        self, database: Database, as_owner: Execute
    ) -> None:
        hall = await a_hall(database, as_owner)
        await place(database, hall, a_placed_bid(database, 1000))
        await as_owner("UPDATE listings SET state = 'suspended', ground = 'x'")
        [decision] = await place(database, hall, a_placed_bid(database, 1050))
        assert decision.reason == "paused"
        found = (await locked(database, hall)).session
        assert (found.state, found.seq) == (SessionState.SUSPENDED, 2)


class TestLookingUp:
    async def test_codes_have_their_ranks_and_strangers_none(
        self, database: Database, as_owner: Execute
    ) -> None:
        hall = await a_hall(database, as_owner)
        bids = [a_placed_bid(database, 1000, code) for code in ("A1", "Y2", "nobody")]
        async with database.unit(SYSTEM) as work:
            session = (await lock_for_batch(work, hall.session_id)).session
            known = await look_up(work, session, bids)
        assert known.ranks == {"A1": None, "Y2": 2}
        assert known.batches == frozenset()

    async def test_a_bid_decided_before_names_its_batch(
        self, database: Database, as_owner: Execute
    ) -> None:
        hall = await a_hall(database, as_owner)
        old = a_placed_bid(database, 1000)
        await place(database, hall, old)
        async with database.unit(SYSTEM) as work:
            session = (await lock_for_batch(work, hall.session_id)).session
            known = await look_up(work, session, [old, a_placed_bid(database, 1050)])
        async with database.reading() as session_read:
            assert known.batches == {await session_read.scalar(select(BidBatch.id))}


async def test_a_batch_is_written_whole(database: Database, as_owner: Execute) -> None:
    hall = await a_hall(database, as_owner)
    bids = [a_placed_bid(database, 1000, "Y1"), a_placed_bid(database, 1001, "B2")]
    decided = await place(database, hall, *bids)
    async with database.reading() as session:
        [batch] = await session.scalars(select(BidBatch))
        entries = list(await session.scalars(select(BidEntry).order_by(BidEntry.seq)))
        stored = await session.get_one(Session, hall.session_id)
        told = list(await session.scalars(select(OutboxRow.name)))
    assert (batch.first_seq, batch.size, batch.public_key) == (1, 2, PUBLIC_KEY)
    assert batch.root.hex() == decided[0].receipt.batch.root
    told_of = [(one.seq, one.code, one.amount, one.verdict, one.reason) for one in decided]
    assert told_of == [(one.seq, one.code, one.amount, one.verdict, one.reason) for one in entries]
    assert [entry.priority_rank for entry in entries] == [1, None]
    assert [entry.leaf.decode() for entry in entries] == [one.receipt.leaf for one in decided]
    assert (stored.seq, stored.leading_code, stored.leading_amount) == (2, "Y1", Money.yuan(1000))
    assert (stored.leading_rank, stored.leading_entered_at) == (1, bids[0].entered_at)
    assert "bids.accepted" in told


async def test_what_is_kept_of_a_bid_is_what_was_told_of_it(
    database: Database, as_owner: Execute, clock: FrozenClock
) -> None:
    hall = await a_hall(database, as_owner)
    clock.instant = hall.closes_at - MINUTE
    bids = [
        a_placed_bid(database, 1000, "A1"),
        a_placed_bid(database, 1050, "A1"),
        a_placed_bid(database, 1060, "B2"),
        a_placed_bid(database, 1050, "Y2"),
        a_placed_bid(database, 1100, "落槌"),
    ]
    told = await place(database, hall, *bids)
    assert [one.reason for one in told] == ["", "", "off_ladder", "", "unknown_code"]
    assert [one.is_extended for one in told] == [True, False, False, False, False]
    assert [one.is_self_overbid for one in told] == [False, True, False, False, False]
    async with database.reading() as session:
        kept = await find_decisions(session, hall.session_id, [bid.key for bid in bids])
        journaled = await journal.verify(session)
    assert [kept[bid.key] for bid in bids] == told
    assert journaled.is_sound


async def test_the_first_entry_of_a_stream_may_be_a_bid_s(
    database: Database, as_owner: Execute
) -> None:
    hall = await a_hall(database, as_owner)
    await place(database, hall, a_placed_bid(database, 1000))
    await as_owner("TRUNCATE journal, journal_head")
    await place(database, hall, a_placed_bid(database, 1050))
    async with database.reading() as session:
        found = await journal.verify(session)
    assert (found.streams, found.entries, found.faults) == (1, 1, ())


async def test_an_empty_batch_leaves_nothing(database: Database, as_owner: Execute) -> None:
    hall = await a_hall(database, as_owner)
    async with database.unit(SYSTEM) as work:
        decided, board = await place_bids(
            work, session_id=hall.session_id, epoch=hall.epoch, bids=[], sign=sign
        )
    assert (decided, board.seq) == ([], 0)
