"""A session from its making to its end: opened, bid in, closed; its pauses are in standstill."""

from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy import select

from auction.kernel.ids import SessionId
from auction.kernel.merkle import grow
from auction.kernel.refusal import Refusal, invariant
from auction.listings.listing import Listing, ListingState
from auction.store.journal import instant_text
from auction.store.unit import Unit
from bidding import engine, queries
from bidding.engine import Hall, PassedIn, Sold, StillOpen
from bidding.hall import policy
from bidding.hall.batch import PlacedBid, Ranks, Settled, settle, undecided
from bidding.hall.bid_entry import Decision, decisions, decisions_in, journaled
from bidding.hall.board import Board, SessionState, SessionTrigger
from bidding.hall.events import BidsAccepted, SessionClosed
from bidding.hall.group_commit import Decided, Locked, lock_for_batch, look_up, write
from bidding.hall.receipt import Batch, Signed, batch_of, receipts
from bidding.hall.session import Session, SessionTerms
from bidding.hall.standstill import lock_session, require_epoch, tell

Sign = Callable[[Batch], Awaitable[Signed]]
"""Has a batch signed by the keeper of the receipts' key."""


async def make_session(work: Unit, *, terms: SessionTerms) -> SessionId:
    """Make the session of a published listing; the second time nothing happens."""
    work.require(policy.MAKE)
    made = await work.session.scalar(
        select(Session.id).where(Session.listing_id == terms.listing_id)
    )
    if made is not None:
        return made
    rules = terms.rules
    hall = engine.open_hall(rules, opens_at=terms.opens_at, scheduled_close=terms.closes_at)
    session = Session(
        id=SessionId(work.new_id()),
        listing_id=terms.listing_id,
        lot_id=terms.lot_id,
        court_id=terms.court_id,
        state=SessionState.SCHEDULED,
        ladder=rules.ladder,
        extension=rules.extension,
        starting_price=rules.starting_price,
        increment=rules.increment,
        extend_trigger=rules.extend_trigger,
        extend_by=rules.extend_by,
        window_after_first_bid=rules.window_after_first_bid,
        opens_at=terms.opens_at,
        scheduled_close_at=terms.closes_at,
        pause_ground="",
        seq=0,
        version=1,
        epoch=0,
    )
    session.take(hall)
    work.add(session)
    work.record(
        "session.made",
        session.stream,
        listing=str(terms.listing_id),
        opens_at=instant_text(terms.opens_at),
        closes_at=instant_text(terms.closes_at),
        starting_price_fen=rules.starting_price.fen,
        increment_fen=rules.increment.fen,
    )
    return session.id


async def open_session(work: Unit, *, session_id: SessionId) -> Board:
    """Open a session whose time has come; harmless when it is open already."""
    session = await lock_session(work, session_id)
    work.require(policy.OPEN)
    _open_when_due(work, session)
    return session.board


async def place_bids(
    work: Unit, *, session_id: SessionId, epoch: int, bids: Sequence[PlacedBid], sign: Sign
) -> tuple[list[Decision], Board]:
    """Decide bids in the order they entered and record every one, in one commit.

    A bid_id that its bidder used before gets the first decision again. `bids` come from
    the sockets of the home whose `epoch` this is; an old home is refused.
    """
    locked = await _lock(work, session_id)
    session = locked.session
    work.require(policy.PLACE_BIDS)
    require_epoch(session, epoch)
    seen = await look_up(work, session, bids)
    known = await decisions_in(work.session, seen.batches) if seen.batches else {}
    new = undecided(bids, known)
    if new:
        for decision in await _decide(work, locked, new, seen.ranks, sign):
            known[decision.code, decision.bid_id] = decision
    return [known[bid.key] for bid in bids], session.board


async def _lock(work: Unit, session_id: SessionId) -> Locked:
    """Lock a session for a batch; whatever its listing or the clock asks for is done first."""
    locked = await lock_for_batch(work, session_id)
    if locked.is_to_change(work.now):
        _open_when_due(work, await lock_session(work, session_id))
        await work.session.flush()
        await work.entries()
        locked = await lock_for_batch(work, session_id)
    return locked


async def _decide(
    work: Unit, locked: Locked, bids: Sequence[PlacedBid], ranks: Ranks, sign: Sign
) -> list[Decision]:
    """Decide, journal, sign and store bids that nobody decided before."""
    session = locked.session
    before, first_seq = session.hall, session.seq + 1
    settled = settle(before, bids, session.rules, ranks)
    said = journaled(settled, first_seq)
    links = work.chain(locked.head, said)
    tree = grow([link.hash for link in links])
    batch = batch_of(session.id, first_seq, tree)
    signed = await sign(batch)
    _hold(work, session, before, settled)
    bodies = [body for _, body in said]
    await write(work, locked, Decided(settled, bodies, links, batch, signed))
    proofs = receipts(batch, [link.leaf for link in links], tree, signed)
    return decisions(settled, proofs, first_seq=first_seq, at=work.now)


def _hold(work: Unit, session: Session, before: Hall, settled: Sequence[Settled]) -> None:
    """Let the session hold what the batch decided, and tell of a new leader."""
    after = settled[-1].hall
    session.take(after)
    session.seq += len(settled)
    session.version += 1
    if after.leading != before.leading:
        work.emit(_accepted(session))


def _accepted(session: Session) -> BidsAccepted:
    invariant(session.leading_code is not None, "an accepted bid leads")
    return BidsAccepted(
        session_id=str(session.id),
        picture=session.version,
        seq=session.seq,
        code=str(session.leading_code),
        price_fen=session.hall.price.fen,
        extensions=session.extensions,
        closes_at=instant_text(session.closes_at),
    )


async def close_session(work: Unit, *, session_id: SessionId, epoch: int | None = None) -> Board:
    """Close a session that is due; the caller has had every timely bid decided.

    A session that ever had a home is closed by a home only: `epoch` proves that it is one.
    """
    session = await lock_session(work, session_id)
    work.require(policy.CLOSE)
    if epoch is None and session.epoch:
        raise Refusal("session.has_home")
    if epoch is not None:
        require_epoch(session, epoch)
    if session.state is SessionState.OPEN:
        _end_when_due(work, session)
    return session.board


async def close_unattended(work: Unit, *, most: int) -> int:
    """Close at once many sessions that are due and never had a home; return how many.

    A session that somebody else works on is left for the next time, and so is one whose listing
    the court stopped: `close_session` obeys that. Whoever stops a listing locks its session as
    well, so that either he finds it closed or it is not closed here.
    """
    sessions = await work.session.scalars(
        select(Session)
        .join(Listing, Listing.id == Session.listing_id)
        .where(queries.is_due_without_home(work.now), Listing.state == ListingState.PUBLISHED)
        .order_by(Session.closes_at, Session.id)
        .limit(most)
        .with_for_update(of=Session, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    work.require(policy.CLOSE)
    return sum([_end_when_due(work, session) for session in sessions])


def _end_when_due(work: Unit, session: Session) -> bool:
    """End a session by its result; return whether its time has come."""
    ended = engine.close(session.hall, work.now)
    if isinstance(ended, StillOpen):
        return False
    _end(work, session, ended)
    return True


def _end(work: Unit, session: Session, ended: Sold | PassedIn) -> None:
    """Commit the result by code, and have the worker do what follows from it."""
    is_sold = isinstance(ended, Sold)
    session.take(ended.hall)
    session.advance(SessionTrigger.SELL if is_sold else SessionTrigger.PASS_IN)
    session.closed_at = work.now
    price = ended.hall.price
    code = str(session.leading_code or "")
    work.record(
        "session.closed",
        session.stream,
        state=session.state.value,
        code=code,
        hammer_price_fen=price.fen,
        last_bid_seq=session.seq,
        extensions=session.extensions,
        closes_at=instant_text(session.closes_at),
    )
    work.emit(
        SessionClosed(
            session_id=str(session.id),
            picture=session.version,
            listing_id=str(session.listing_id),
            state=session.state.value,
            code=code,
            price_fen=price.fen,
        )
    )
    work.enqueue("confirm_sale" if is_sold else "pass_in_lot", session_id=str(session.id))


def _open_when_due(work: Unit, session: Session) -> None:
    if session.state is SessionState.SCHEDULED and work.now >= session.opens_at:
        session.advance(SessionTrigger.OPEN)
        work.record("session.opened", session.stream)
        tell(work, session)
