"""PostgreSQL's clock jumped ahead: the time that never was is no part of any session.

What is open at a home stands still while its process takes the new time, and goes on by itself
(`standstill`). The rest is here: sessions that never had a home, and openings that the jump passed
over. Without it they would end early by as much as the clock jumped.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from auction.listings.listing import Listing, ListingState
from auction.store.unit import Unit
from bidding.hall import policy
from bidding.hall.board import SessionState, SessionTrigger
from bidding.hall.session import Session
from bidding.hall.standstill import pause, resume

GROUND = "clock_drift"


async def outlast_jump(work: Unit, *, to: datetime, most: int, home_id: UUID | None = None) -> int:
    """Give back what the clock jumps over, from the unit's now to `to`; return to how many.

    With `home_id` to the openings of that home only. To be called again until fewer than `most`
    were found, and before the caller goes by the new time: nothing closes by it meanwhile.
    """
    work.require(policy.KEEP)
    is_opening = and_(Session.state == SessionState.SCHEDULED, Session.opens_at < to)
    is_running = and_(
        Session.state == SessionState.OPEN, Session.epoch == 0, Session.closes_at > work.now
    )
    which: ColumnElement[bool] = (
        or_(is_opening, is_running) if home_id is None
        else and_(is_opening, Session.home_id == home_id)
    )  # fmt: skip
    sessions = await work.session.scalars(
        select(Session)
        .join(Listing, Listing.id == Session.listing_id)
        .where(which, Session.live_since < to, Listing.state == ListingState.PUBLISHED)
        .order_by(Session.id)
        .limit(most)
        .with_for_update(of=Session)
        .execution_options(populate_existing=True)
    )
    found = sessions.all()
    for session in found:
        if session.state is SessionState.SCHEDULED:
            session.advance(SessionTrigger.OPEN)
            work.record("session.opened", session.stream)
        pause(work, session, work.now, GROUND)
        resume(work, session, to)
    return len(found)
