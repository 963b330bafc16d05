"""Bringing another house's 竞价记录 of a lot in: each of its bids once."""

from collections.abc import Sequence

from sqlalchemy import select

from auction.kernel.ids import LotId
from auction.lots.lot import Lot
from auction.store.unit import Unit
from bidding.records import policy
from bidding.records.foreign_bid import ForeignBidRow
from bidding.records.reading import ForeignBid


async def import_record(
    work: Unit, *, lot_id: LotId, bids: Sequence[ForeignBid], file_digest: str
) -> int:
    """Keep every bid of a record that is not kept yet; return how many were new.

    Refuses with `not_found` when there is no such lot.
    """
    lot = await work.lock(Lot, lot_id)
    work.require(policy.IMPORT)
    stored = await work.session.scalars(select(ForeignBidRow).where(ForeignBidRow.lot_id == lot_id))
    known = {_key(row.bid) for row in stored}
    new = {_key(bid): (place, bid) for place, bid in enumerate(bids, 1) if _key(bid) not in known}
    for place, bid in new.values():
        work.add(ForeignBidRow.of(bid, work.new_id(), lot_id=lot_id, place=place, at=work.now))
    work.record(
        "record.imported", lot.stream, file_digest=file_digest, bids=len(bids), added=len(new)
    )
    return len(new)


def _key(bid: ForeignBid) -> tuple[object, ...]:
    return bid.bid_at, bid.code, bid.amount.fen
