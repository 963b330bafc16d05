"""How the sessions of many listings stand: price, end and extensions, without any code."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.kernel.ids import ListingId
from auction.kernel.money import Money
from bidding.hall.session import Session


@dataclass(frozen=True, slots=True)
class Standing:
    """What a list of lots says of a session."""

    price: Money | None
    """The highest bid, or None before the first."""
    closes_at: datetime
    extensions: int
    is_over: bool


async def standings(
    session: AsyncSession, listing_ids: Collection[ListingId]
) -> Mapping[ListingId, Standing]:
    """The standing of each listing that has a session."""
    rows = await session.scalars(select(Session).where(Session.listing_id.in_(listing_ids)))
    return {
        row.listing_id: Standing(
            row.leading_amount, row.closed_at or row.closes_at, row.extensions, bool(row.closed_at)
        )
        for row in rows
    }
