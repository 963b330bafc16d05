"""Openings as the supervisors of their court see them, and how many a lot has for anybody."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.kernel.refusal import Refusal
from auction.store.journal import JournalEntry
from bidding.hall.board import ENDED
from bidding.hall.session import Session
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


async def untold(session: AsyncSession) -> Sequence[UUID]:
    """Openings whose session is over and whose person was not told yet, the oldest first."""
    rows = await session.scalars(
        select(IdentityOpening.id)
        .join(Session, Session.listing_id == IdentityOpening.listing_id)
        .where(
            IdentityOpening.opened_at.is_not(None),
            IdentityOpening.told_at.is_(None),
            Session.state.in_(ENDED),
        )
        .order_by(IdentityOpening.opened_at)
        .limit(SHOWN_MAX)
    )
    return rows.all()


async def looks_of(session: AsyncSession, opening: IdentityOpening) -> int:
    """How often the two looked at who it is."""
    found = await session.scalar(
        select(func.count())
        .select_from(JournalEntry)
        .where(JournalEntry.stream == opening.stream, JournalEntry.kind == "identity.looked_at")
    )
    return found or 0


async def count_opened(session: AsyncSession, listing_id: UUID) -> int:
    """How many codes of a listing were opened: anybody may know that it happened."""
    found = await session.scalar(
        select(func.count())
        .select_from(IdentityOpening)
        .where(IdentityOpening.listing_id == listing_id, IdentityOpening.opened_at.is_not(None))
    )
    return found or 0
