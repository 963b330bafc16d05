"""What stops a session's clock and starts it again: a lost home, a fault, the court."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from auction.kernel.ids import ListingId, SessionId
from auction.kernel.refusal import Refusal
from auction.listings.listing import Listing, ListingState
from auction.listings.stays import resume_listing
from auction.store.journal import instant_text
from auction.store.unit import Unit
from bidding import engine
from bidding.hall import policy
from bidding.hall.board import ENDED, Board, SessionState, SessionTrigger
from bidding.hall.events import SessionChanged
from bidding.hall.session import Home, Session

HOME_LOST_AFTER: Final = timedelta(seconds=4)
"""A home whose heartbeat is older is lost; so is one whose last lies ahead: a clock went back."""


SUSPENDABLE: Final = frozenset({SessionState.SCHEDULED, SessionState.OPEN, SessionState.PAUSED})


async def become_home(work: Unit, *, session_id: SessionId, home_id: UUID) -> Board:
    """Make a live process the home of a session; its board tells the epoch to commit under.

    Refuses with `session.home_elsewhere` while another home lives. When a home was lost
    with bidding live, the session stands still until the new one is ready (网拍28(2)).
    Refuses with `session.ending` past the end of one that never had a home: whether that end is
    none but a jump of the clock, the worker knows, and it closes the session or moves the end.
    """
    session = await lock_session(work, session_id)
    work.require(policy.KEEP)
    if session.home_id == home_id:
        return session.board
    if not session.epoch and session.state is SessionState.OPEN and work.now >= session.closes_at:
        raise Refusal("session.ending")
    lost = await work.session.get(Home, session.home_id) if session.home_id else None
    if lost is not None and abs(work.now - lost.seen_at) < HOME_LOST_AFTER:
        raise Refusal("session.home_elsewhere", origin=lost.origin)
    session.home_id = home_id
    session.epoch += 1
    work.record("session.homed", session.stream, home=str(home_id), epoch=session.epoch)
    if lost is not None and session.state is SessionState.OPEN:
        pause(work, session, min(lost.seen_at, work.now), "home_lost")
    return session.board


async def pause_session(work: Unit, *, session_id: SessionId, epoch: int, ground: str) -> Board:
    """Stop the clock for a technical reason, by the home itself (网拍28(2))."""
    session = await lock_session(work, session_id)
    work.require(policy.KEEP)
    require_epoch(session, epoch)
    if session.state is SessionState.OPEN:
        pause(work, session, work.now, ground)
    return session.board


async def resume_paused(work: Unit, *, session_id: SessionId, epoch: int) -> Board:
    """Go on after a technical pause, giving back the time; a court's suspension stays."""
    session = await lock_session(work, session_id)
    work.require(policy.KEEP)
    require_epoch(session, epoch)
    if session.state is SessionState.PAUSED:
        resume(work, session, work.now)
    return session.board


async def extend_for_lag(work: Unit, *, session_id: SessionId, epoch: int, lag_ms: int) -> Board:
    """Leave one extension from now, because the platform itself was slow in the last minute."""
    session = await lock_session(work, session_id)
    work.require(policy.KEEP)
    require_epoch(session, epoch)
    if session.state is SessionState.OPEN:
        session.closes_at = max(session.closes_at, work.now + session.extend_by)
        session.version += 1
        closes_at = instant_text(session.closes_at)
        work.record("session.lagged", session.stream, lag_ms=lag_ms, closes_at=closes_at)
        tell(work, session)
    return session.board


async def suspend_session(work: Unit, *, session_id: SessionId, ground: str) -> None:
    """Suspend at once, because the court suspended the listing (网拍28(1))."""
    session = await lock_session(work, session_id)
    work.require(policy.SUSPEND, session.court_id)
    if session.state is not SessionState.SUSPENDED:
        _suspend(work, session, ground)


async def resume_auction(work: Unit, *, listing_id: ListingId, seen: str) -> Listing:
    """Let a suspended listing and its session go on, when the second person has said yes.

    `seen` is the digest of the proposal that he read; all the time lost is given back.
    """
    listing = await resume_listing(work, listing_id, seen=seen)
    await work.session.flush()
    session_id = await work.session.scalar(
        select(Session.id).where(Session.listing_id == listing_id)
    )
    if session_id is not None:
        session = await lock_session(work, session_id)
        if session.state is SessionState.SUSPENDED:
            resume(work, session, work.now)
    return listing


async def stop_session(work: Unit, *, session_id: SessionId) -> None:
    """End without a winner because the listing was withdrawn."""
    session = await lock_session(work, session_id)
    work.require(policy.STOP)
    if session.state not in ENDED:
        _stop(work, session)


async def lock_session(work: Unit, session_id: SessionId) -> Session:
    """Lock the listing for sharing, then the session; what the court decided is obeyed at once.

    Suspending or withdrawing a listing takes its row exclusively, so it is seen here either way.
    """
    of_session = select(Session.listing_id).where(Session.id == session_id).scalar_subquery()
    said = await work.session.execute(
        select(Listing.state, Listing.ground)
        .where(Listing.id == of_session)
        .with_for_update(read=True)
    )
    state, ground = said.one_or_none() or (None, "")
    session = await work.lock(Session, session_id)
    if state is ListingState.SUSPENDED and session.state in SUSPENDABLE:
        _suspend(work, session, "listing_suspended", published=ground)
    if state is ListingState.WITHDRAWN and session.state not in ENDED:
        _stop(work, session, published=ground)
    return session


async def obey_listing(work: Unit, *, listing_id: ListingId) -> None:
    """Do to a session in the same commit what its listing was just told.

    Refuses with `session.over` when the session ended before: its result stands and is being
    recorded, so that the listing can be neither suspended nor withdrawn any more.
    """
    session_id = await work.session.scalar(
        select(Session.id).where(Session.listing_id == listing_id)
    )
    if session_id is None:
        return
    state = await work.session.scalar(
        select(Session.state).where(Session.id == session_id).with_for_update()
    )
    if state in {SessionState.SOLD, SessionState.PASSED_IN}:
        raise Refusal("session.over")
    await lock_session(work, session_id)


def require_epoch(session: Session, epoch: int) -> None:
    """Refuse a home that is no longer the session's."""
    if session.epoch != epoch:
        raise Refusal("session.epoch_old", epoch=epoch, current=session.epoch)


def pause(work: Unit, session: Session, at: datetime, ground: str) -> None:
    """Stop the clock of a locked session from an instant on."""
    session.take(engine.pause(session.hall, max(at, session.live_since)))
    session.advance(SessionTrigger.PAUSE)
    session.pause_ground = ground
    work.record("session.paused", session.stream, ground=ground, from_at=instant_text(at))
    tell(work, session)


def _stop(work: Unit, session: Session, *, published: str = "") -> None:
    """End without a winner: the listing was withdrawn, as published (网拍28(1), 拍变17)."""
    session.take(engine.stop(session.hall))
    session.advance(SessionTrigger.STOP)
    session.closed_at = work.now
    session.pause_ground = published
    work.record("session.stopped", session.stream)
    tell(work, session)


def _suspend(work: Unit, session: Session, ground: str, *, published: str = "") -> None:
    """Stop the clock. The words of the court are published; the journal holds the kind only."""
    session.take(engine.pause(session.hall, work.now))
    session.advance(SessionTrigger.SUSPEND)
    session.pause_ground = published or ground
    work.record("session.suspended", session.stream, ground=ground)
    tell(work, session)


def resume(work: Unit, session: Session, at: datetime) -> None:
    """Start the clock of a locked session again, giving back the time lost until then."""
    session.take(engine.resume(session.hall, at, session.rules))
    session.advance(SessionTrigger.RESUME)
    session.pause_ground = ""
    closes_at = instant_text(session.closes_at)
    until_at = instant_text(at)
    work.record("session.resumed", session.stream, closes_at=closes_at, until_at=until_at)
    tell(work, session)


def tell(work: Unit, session: Session) -> None:
    """Send word of a change to every picture of the session."""
    work.emit(
        SessionChanged(
            session_id=str(session.id), picture=session.version, state=session.state.value
        )
    )


async def beat(work: Unit, *, home_id: UUID, origin: str) -> None:
    """Say that a live process is there, and where; the first time makes its row."""
    work.require(policy.KEEP)
    row = await work.session.get(Home, home_id)
    if row is None:
        work.add(Home(id=home_id, origin=origin, started_at=work.now, seen_at=work.now))
    else:
        row.seen_at = work.now


async def leave(work: Unit, *, home_id: UUID) -> None:
    """Let other processes take this one's sessions at once."""
    work.require(policy.KEEP)
    row = await work.session.get(Home, home_id)
    if row is not None:
        row.seen_at = min(row.seen_at, work.now - HOME_LOST_AFTER)
