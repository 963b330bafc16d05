"""A session from its making to its end: opened, bid in, closed; its pauses are in standstill."""

from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy import insert, select

from auction.kernel.ids import BidderCode, BidId, SessionId
from auction.kernel.refusal import Refusal, invariant
from auction.store.journal import instant_text
from auction.store.unit import Unit
from bidding import engine
from bidding.engine import Accepted, Bid, PassedIn, Reason, Refused, Sold
from bidding.hall import policy
from bidding.hall.bid_entry import (
    BidBatch,
    BidEntry,
    Decision,
    PlacedBid,
    Verdict,
    decisions,
    find_decisions,
)
from bidding.hall.events import BidsAccepted, SessionClosed
from bidding.hall.receipt import Batch, Signed, batch_of
from bidding.hall.session import Board, Session, SessionState, SessionTerms, SessionTrigger
from bidding.hall.standstill import lock_session, require_epoch, tell
from bidding.hall_code import HallCode

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
    session = await lock_session(work, session_id)
    work.require(policy.PLACE_BIDS)
    require_epoch(session, epoch)
    _open_when_due(work, session)
    wanted = [bid.bid_id for bid in bids]
    known = await find_decisions(work.session, session_id, wanted)
    fresh: dict[tuple[BidderCode, BidId], PlacedBid] = {}
    for bid in sorted(bids, key=lambda bid: bid.entered_at):
        fresh.setdefault((bid.code, bid.bid_id), bid)
    new = [bid for key, bid in fresh.items() if key not in known]
    if new:
        for decision in await _decide(work, session, new, sign):
            known[decision.code, decision.bid_id] = decision
    return [known[bid.code, bid.bid_id] for bid in bids], session.board


async def _decide(
    work: Unit, session: Session, bids: Sequence[PlacedBid], sign: Sign
) -> list[Decision]:
    """Decide, journal, sign and store bids that nobody decided before."""
    ranks = await _ranks(work, session, {bid.code for bid in bids})
    first_seq = session.seq + 1
    batch_id = work.new_id()
    before = session.hall
    entries = [_settle(work, session, bid, ranks) for bid in bids]
    leaves = [entry.leaf for entry in await work.entries()][-len(bids) :]
    batch = batch_of(session.id, first_seq, leaves)
    signed = await sign(batch)
    work.add(
        BidBatch(
            id=batch_id, session_id=session.id, first_seq=first_seq, size=len(bids),
            root=bytes.fromhex(batch.root), signature=signed.signature,
            public_key=signed.public_key,
        )
    )  # fmt: skip
    await work.session.flush()
    for entry, leaf in zip(entries, leaves, strict=True):
        entry.batch_id, entry.leaf = batch_id, leaf
    await work.session.execute(insert(BidEntry), [_row(entry) for entry in entries])
    session.version += 1
    if session.hall.leading != before.leading:
        work.emit(_accepted(session))
    return decisions(batch, entries, signed)


def _settle(
    work: Unit, session: Session, placed: PlacedBid, ranks: dict[BidderCode, int | None]
) -> BidEntry:
    """Put one bid to the engine; the session and the journal hold what came of it."""
    rank = ranks.get(placed.code)
    bid = Bid(placed.code, placed.amount, placed.entered_at, rank, placed.expected_price)
    verdict: Accepted | Refused = Refused(Reason.UNKNOWN_CODE)
    if placed.code in ranks:
        verdict = engine.decide(session.hall, bid, session.rules)
    if isinstance(verdict, Accepted):
        session.take(verdict.hall)
    session.seq += 1
    entry = BidEntry(
        session_id=session.id,
        seq=session.seq,
        bid_id=placed.bid_id,
        code=placed.code,
        amount=placed.amount,
        priority_rank=rank,
        entered_at=placed.entered_at,
        decided_at=work.now,
        verdict=Verdict.ACCEPTED if isinstance(verdict, Accepted) else Verdict.REFUSED,
        reason="" if isinstance(verdict, Accepted) else verdict.reason,
        is_extended=isinstance(verdict, Accepted) and verdict.is_extended,
        is_self_overbid=isinstance(verdict, Accepted) and verdict.is_self_overbid,
        closes_at_after=session.closes_at,
        extensions_after=session.extensions,
    )
    _record_bid(work, session, entry)
    return entry


def _record_bid(work: Unit, session: Session, entry: BidEntry) -> None:
    work.record(
        f"bid.{entry.verdict}",
        session.stream,
        bid_seq=entry.seq,
        bid_id=str(entry.bid_id),
        code=entry.code,
        amount_fen=entry.amount.fen,
        rank=entry.priority_rank,
        entered_at=instant_text(entry.entered_at),
        reason=str(entry.reason),
        closes_at=instant_text(entry.closes_at_after),
        extensions=entry.extensions_after,
    )


def _row(entry: BidEntry) -> dict[str, object]:
    """The columns of an entry, so that a whole batch is one statement."""
    return {column.key: getattr(entry, column.key) for column in BidEntry.__table__.columns}


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


async def _ranks(
    work: Unit, session: Session, codes: set[BidderCode]
) -> dict[BidderCode, int | None]:
    """Which of `codes` were issued for this session, and their order of pre-emption."""
    rows = await work.session.execute(
        select(HallCode.code, HallCode.priority_rank).where(
            HallCode.listing_id == session.listing_id, HallCode.code.in_(codes)
        )
    )
    return dict(rows.all())


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
    ended = engine.close(session.hall, work.now)
    if session.state is SessionState.OPEN and isinstance(ended, Sold | PassedIn):
        _end(work, session, ended)
    return session.board


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
