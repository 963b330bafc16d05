"""Openings as the supervisors of their court see them, and how many a lot has for anybody."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.kernel.refusal import Refusal
from bidding.openings.opening import IdentityOpening

SHOWN_MAX = 200


async def openings_of(session: AsyncSession, court_id: str) -> Sequence[IdentityOpening]:
    """The openings of one court, newest first."""
    rows = await session.scalars(
        select(IdentityOpening)
        .where(IdentityOpening.court_id == court_id)
        .order_by(IdentityOpening.proposed_at.desc(), IdentityOpening.id)
        .limit(SHOWN_MAX)
    )
    return rows.all()


async def opening_of(session: AsyncSession, opening_id: UUID) -> IdentityOpening:
    """One opening, or refuse with `not_found`."""
    found = await session.get(IdentityOpening, opening_id)
    if found is None:
        raise Refusal("not_found", what="opening", id=str(opening_id))
    return found


async def count_opened(session: AsyncSession, listing_id: UUID) -> int:
    """How many codes of a listing were opened: anybody may know that it happened."""
    found = await session.scalar(
        select(func.count())
        .select_from(IdentityOpening)
        .where(IdentityOpening.listing_id == listing_id, IdentityOpening.opened_at.is_not(None))
    )
    return found or 0
