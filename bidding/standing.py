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
    """As extensions have moved it; of one that is over, when it ended."""
    extensions: int
    is_over: bool
    paused_at: datetime | None
    """Since when its clock stands still; None while it runs, and when it is over."""


async def standings(
    session: AsyncSession, listing_ids: Collection[ListingId]
) -> Mapping[ListingId, Standing]:
    """The standing of each listing that has a session."""
    rows = await session.scalars(select(Session).where(Session.listing_id.in_(listing_ids)))
    return {
        row.listing_id: Standing(
            price=row.leading_amount,
            closes_at=row.closed_at or row.closes_at,
            extensions=row.extensions,
            is_over=row.closed_at is not None,
            paused_at=None if row.closed_at else row.paused_at,
        )
        for row in rows
    }
