"""Other houses' records as they were brought in."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.kernel.ids import LotId
from bidding.records.foreign_bid import ForeignBidRow
from bidding.records.reading import ForeignBid


async def record_of(session: AsyncSession, lot_id: LotId) -> list[ForeignBid]:
    """The bids recorded elsewhere for a lot, oldest first."""
    rows = await session.scalars(
        select(ForeignBidRow)
        .where(ForeignBidRow.lot_id == lot_id)
        .order_by(ForeignBidRow.bid_at, ForeignBidRow.place)
    )
    return [row.bid for row in rows]
