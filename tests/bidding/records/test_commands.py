"""A record is kept once, bid by bid, for a lot that is here; and it is on the lot's journal."""

from uuid import UUID

import pytest

from auction.kernel.actor import SYSTEM, VISITOR
from auction.kernel.clock import FrozenClock
from auction.kernel.ids import LotId
from auction.kernel.refusal import Refusal
from auction.store.database import Database
from bidding.records.commands import import_record
from bidding.records.queries import record_of
from bidding.records.reading import ForeignBid, read_record
from tests.bidding.records.test_reading import RAW
from tests.sales import SaleDesk

BIDS = read_record(RAW.encode())


async def a_lot(database: Database, clock: FrozenClock) -> LotId:
    desk = SaleDesk(database, clock)
    await desk.found()
    return (await desk.a_listing()).lot_id


async def kept(database: Database, lot_id: LotId, bids: list[ForeignBid]) -> int:
    async with database.unit(SYSTEM) as work:
        return await import_record(work, lot_id=lot_id, bids=bids, file_digest="ab" * 32)


async def test_twice_adds_nothing_and_more_adds_the_rest(
    database: Database, clock: FrozenClock
) -> None:
    lot_id = await a_lot(database, clock)
    assert [await kept(database, lot_id, part) for part in (BIDS[:3], BIDS[:3], BIDS, BIDS)] == [
        3, 0, 1, 0,
    ]  # fmt: skip
    async with database.reading() as session:
        assert await record_of(session, lot_id) == BIDS


async def test_one_bid_told_twice_in_a_file_is_one_bid(
    database: Database, clock: FrozenClock
) -> None:
    lot_id = await a_lot(database, clock)
    assert await kept(database, lot_id, [*BIDS, BIDS[0]]) == len(BIDS)


async def test_a_lot_that_is_not_here_is_refused(database: Database) -> None:
    with pytest.raises(Refusal, match="not_found"):
        await kept(database, LotId(UUID(int=7)), BIDS)


async def test_nobody_else_brings_records_in(database: Database, clock: FrozenClock) -> None:
    lot_id = await a_lot(database, clock)
    with pytest.raises(Refusal, match="forbidden"):
        async with database.unit(VISITOR) as work:
            await import_record(work, lot_id=lot_id, bids=BIDS, file_digest="ab" * 32)
