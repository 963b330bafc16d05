"""What the desk shows: sessions of one court, and the recorded course of one. Codes, no names."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.kernel.ids import CourtId, ListingId, SessionId
from auction.listings.listing import Listing, ListingState
from auction.store.journal import JournalEntry
from bidding.desk.alerts import Event, EventKind, History, Raise, StandstillGround
from bidding.hall.bid_entry import BidEntry, Verdict
from bidding.hall.board import Board
from bidding.hall.session import Session
from bidding.queries import BidLine

ENDED_SHOWN_FOR: Final = timedelta(days=1)
"""How long a session that ended stays on the desk."""
SESSIONS_MAX: Final = 200
LOG_LINES: Final = 100
_ON_DESK: Final = (ListingState.PUBLISHED, ListingState.SUSPENDED)
_HEAD: Final = "session."


@dataclass(frozen=True, slots=True)
class DeskLine:
    """One listing on the desk, with its session once that was made."""

    listing_id: ListingId
    title: str
    listing_state: ListingState
    rulebook: str
    opens_at: datetime
    closes_at: datetime
    board: Board | None


async def desk_lines(session: AsyncSession, court_id: CourtId, now: datetime) -> Sequence[DeskLine]:
    """What runs, what is to come and what ended lately in one court, by its end."""
    rows = await session.execute(
        select(Listing, Session)
        .outerjoin(Session, Session.listing_id == Listing.id)
        .where(
            Listing.court_id == court_id,
            or_(Listing.state.in_(_ON_DESK), Session.closed_at > now - ENDED_SHOWN_FOR),
        )
        .order_by(Session.closed_at.desc(), Session.closes_at, Listing.closes_at, Listing.id)
        .limit(SESSIONS_MAX)
    )
    return [_line(listing, held.board if held else None) for listing, held in rows]


async def desk_line(session: AsyncSession, listing: Listing) -> DeskLine:
    """One listing as the desk shows it."""
    held = await session.scalar(select(Session).where(Session.listing_id == listing.id))
    return _line(listing, held.board if held else None)


def _line(listing: Listing, board: Board | None) -> DeskLine:
    return DeskLine(
        listing_id=ListingId(listing.id),
        title=listing.title,
        listing_state=listing.state,
        rulebook=listing.rulebook,
        opens_at=listing.opens_at,
        closes_at=board.closes_at if board else listing.closes_at,
        board=board,
    )


async def history(session: AsyncSession, board: Board) -> History:
    """The recorded course of a session, as alerts are read from it."""
    rows = await session.execute(
        select(BidEntry.seq, BidEntry.amount, BidEntry.entered_at, BidEntry.extensions_after)
        .where(BidEntry.session_id == board.session_id, BidEntry.verdict == Verdict.ACCEPTED)
        .order_by(BidEntry.seq)
    )
    return History(
        opens_at=board.opens_at,
        starting_price=board.starting_price,
        increment=board.increment,
        raises=[Raise(*row) for row in rows],
        events=await events(session, board.session_id),
    )


class _Body(msgspec.Struct):
    ground: str = ""
    from_at: datetime | None = None


class _Leaf(msgspec.Struct):
    body: _Body


async def events(session: AsyncSession, session_id: SessionId) -> list[Event]:
    """What the journal tells of a session beside its bids, oldest first."""
    kinds = [f"{_HEAD}{kind.value}" for kind in EventKind]
    rows = await session.execute(
        select(JournalEntry.kind, JournalEntry.recorded_at, JournalEntry.leaf)
        .where(JournalEntry.stream == f"session:{session_id}", JournalEntry.kind.in_(kinds))
        .order_by(JournalEntry.seq)
    )
    return [_event(kind, recorded_at, leaf) for kind, recorded_at, leaf in rows]


def _event(kind: str, recorded_at: datetime, leaf: bytes) -> Event:
    body = msgspec.json.decode(leaf, type=_Leaf).body
    return Event(
        EventKind(kind.removeprefix(_HEAD)), recorded_at, _ground(body.ground), body.from_at
    )


def _ground(text: str) -> StandstillGround | None:
    if not text:
        return None
    known = text in list(StandstillGround)
    return StandstillGround(text) if known else StandstillGround.OTHER


async def log(session: AsyncSession, session_id: SessionId) -> list[BidLine]:
    """The last bids as they entered, refused ones too, newest first; by code."""
    rows = await session.scalars(
        select(BidEntry)
        .where(BidEntry.session_id == session_id)
        .order_by(BidEntry.seq.desc())
        .limit(LOG_LINES)
    )
    return [
        BidLine(
            seq=one.seq,
            code=one.code,
            amount=one.amount,
            entered_at=one.entered_at,
            decided_at=one.decided_at,
            verdict=one.verdict,
            reason=one.reason,
            is_extended=one.is_extended,
            closes_at_after=one.closes_at_after,
        )
        for one in rows
    ]
