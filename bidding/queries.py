"""What anybody may see of the hall, by code; and what is due."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import get_args
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Select, Uuid, and_, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from auction.kernel.ids import BidderCode, BidId, ListingId, SessionId
from auction.kernel.money import Money
from auction.kernel.refusal import Refusal
from auction.store.columns import Moment
from auction.store.journal import JournalEntry
from bidding.hall.bid_entry import BidEntry, Decision, Verdict, find_decisions
from bidding.hall.board import LIVE, Board, SessionState
from bidding.hall.session import Home, Session
from bidding.hall.standstill import HOME_LOST_AFTER
from bidding.replay import ClockChange, ClockChangeKind

BIDS_A_PAGE = 200


@dataclass(frozen=True, slots=True)
class BidLine:
    """One bid of the public record 竞价记录."""

    seq: int
    code: BidderCode
    amount: Money
    entered_at: datetime
    decided_at: datetime
    verdict: Verdict
    reason: str
    is_extended: bool
    closes_at_after: datetime


@dataclass(frozen=True, slots=True)
class Result:
    """How a session ended: by code."""

    session_id: SessionId
    listing_id: ListingId
    state: SessionState
    code: BidderCode | None
    hammer_price: Money | None
    closed_at: datetime


async def board(session: AsyncSession, session_id: SessionId) -> Board:
    """Return the picture of a session, or refuse with `not_found`."""
    found = await session.get(Session, session_id)
    if found is None:
        raise Refusal("not_found", what="sessions", id=str(session_id))
    return found.board


async def boards(session: AsyncSession, session_ids: Sequence[SessionId]) -> dict[SessionId, Board]:
    """Return the pictures of several sessions."""
    rows = await session.scalars(select(Session).where(Session.id.in_(session_ids)))
    return {row.id: row.board for row in rows}


@dataclass(frozen=True, slots=True)
class Seen:
    """How new a picture is; the epoch of a home, None for who is none."""

    session_id: SessionId
    version: int
    epoch: int | None


async def changed(session: AsyncSession, seen: Sequence[Seen]) -> dict[SessionId, Board]:
    """The pictures of those sessions that are no longer as they were seen: mostly none."""
    asked = {
        "ids": [one.session_id for one in seen],
        "versions": [one.version for one in seen],
        "epochs": [one.epoch for one in seen],
    }
    ids = list(await session.scalars(_CHANGED, asked)) if seen else []
    return await boards(session, ids) if ids else {}


_CHANGED = text(
    "SELECT sessions.id FROM unnest(CAST(:ids AS uuid[]), CAST(:versions AS int[]),"
    " CAST(:epochs AS int[])) AS seen(id, version, epoch) JOIN sessions ON sessions.id = seen.id"
    " WHERE sessions.version <> seen.version OR sessions.epoch <> seen.epoch"
).columns(id=Uuid())
"""One array a column keeps it one statement, however many halls a process has."""


async def session_of_listing(session: AsyncSession, listing_id: ListingId) -> Board | None:
    """Return the session of a listing, or None before it was made."""
    found = await session.scalar(select(Session).where(Session.listing_id == listing_id))
    return found.board if found else None


async def bids_after(
    session: AsyncSession, session_id: SessionId, seq: int, *, most: int = BIDS_A_PAGE
) -> list[BidLine]:
    """Accepted bids after entry `seq`, oldest first: what fills a gap."""
    return await _lines(
        session,
        select(BidEntry)
        .where(
            BidEntry.session_id == session_id,
            BidEntry.seq > seq,
            BidEntry.verdict == Verdict.ACCEPTED,
        )
        .order_by(BidEntry.seq)
        .limit(most),
    )


async def last_bids(
    session: AsyncSession, session_id: SessionId, *, most: int = BIDS_A_PAGE
) -> list[BidLine]:
    """The last accepted bids, oldest first."""
    newest = await _lines(
        session,
        select(BidEntry)
        .where(BidEntry.session_id == session_id, BidEntry.verdict == Verdict.ACCEPTED)
        .order_by(BidEntry.seq.desc())
        .limit(most),
    )
    return newest[::-1]


async def bid_record(session: AsyncSession, session_id: SessionId) -> list[BidLine]:
    """The whole course: every bid as it entered, refused ones with their reason (网拍20(3))."""
    return await _lines(
        session,
        select(BidEntry).where(BidEntry.session_id == session_id).order_by(BidEntry.seq),
    )


class _Body(msgspec.Struct):
    ground: str = ""
    from_at: datetime | None = None
    until_at: datetime | None = None
    closes_at: datetime | None = None


class _Leaf(msgspec.Struct):
    body: _Body


async def clock_changes(session: AsyncSession, session_id: SessionId) -> list[ClockChange]:
    """What stopped, started or moved the clock beside the bids, each in its place among them."""
    is_bid = JournalEntry.kind.in_(("bid.accepted", "bid.refused"))
    course = (
        select(
            JournalEntry.kind,
            JournalEntry.recorded_at,
            JournalEntry.leaf,
            JournalEntry.seq,
            func.count().filter(is_bid).over(order_by=JournalEntry.seq).label("after_seq"),
        )
        .where(JournalEntry.stream == f"session:{session_id}")
        .subquery()
    )
    rows = await session.execute(
        select(course.c.after_seq, course.c.kind, course.c.recorded_at, course.c.leaf)
        .where(course.c.kind.in_([f"session.{kind}" for kind in get_args(ClockChangeKind)]))
        .order_by(course.c.seq)
    )
    return [_clock_change(*row) for row in rows]


def _clock_change(after_seq: int, kind: str, recorded_at: datetime, leaf: bytes) -> ClockChange:
    body = msgspec.json.decode(leaf, type=_Leaf).body
    return ClockChange(
        after_seq=after_seq,
        kind=msgspec.convert(kind.removeprefix("session."), ClockChangeKind),
        at=body.from_at or body.until_at or recorded_at,
        ground=body.ground,
        closes_at=body.closes_at,
    )


async def decision(
    session: AsyncSession, session_id: SessionId, code: BidderCode, bid_id: BidId
) -> Decision | None:
    """What became of a bidder's own bid; None when it never came in."""
    return (await find_decisions(session, session_id, [(code, bid_id)])).get((code, bid_id))


async def decisions_of(
    session: AsyncSession, session_id: SessionId, code: BidderCode
) -> list[Decision]:
    """Every bid of one code with its receipt, newest first."""
    bid_ids = await session.scalars(
        select(BidEntry.bid_id).where(BidEntry.session_id == session_id, BidEntry.code == code)
    )
    keys = [(code, bid_id) for bid_id in bid_ids]
    found = await find_decisions(session, session_id, keys)
    return sorted(found.values(), key=lambda decision: decision.seq, reverse=True)


async def result(session: AsyncSession, session_id: SessionId) -> Result:
    """How it ended; refuse with `session.not_over` before."""
    return (await results(session, [session_id]))[session_id]


async def results(
    session: AsyncSession, session_ids: Collection[SessionId]
) -> dict[SessionId, Result]:
    """How many sessions ended; refuse with `session.not_over` when one has not."""
    found = await session.scalars(select(Session).where(Session.id.in_(session_ids)))
    told = {
        one.id: Result(
            one.id, one.listing_id, one.state, one.leading_code, one.leading_amount, one.closed_at
        )
        for one in found
        if one.closed_at is not None
    }
    for session_id in session_ids:
        if session_id not in told:
            raise Refusal("session.not_over", id=str(session_id))
    return told


def is_due_to_open(now: Moment) -> ColumnElement[bool]:
    """Whether a session is scheduled and its time has come."""
    return and_(Session.state == SessionState.SCHEDULED, Session.opens_at <= now)


def is_due_without_home(now: Moment) -> ColumnElement[bool]:
    """Whether a session is open past its end and never had a home."""
    return and_(Session.state == SessionState.OPEN, Session.closes_at <= now, Session.epoch == 0)


async def due_to_open(session: AsyncSession, now: datetime, *, most: int = 100) -> list[SessionId]:
    """Scheduled sessions whose time has come."""
    return list(
        await session.scalars(
            select(Session.id).where(is_due_to_open(now)).order_by(Session.opens_at).limit(most)
        )
    )


async def due_without_home(
    session: AsyncSession, now: datetime, *, most: int = 200
) -> list[SessionId]:
    """Open sessions past their end that never had a home: nobody entered to bid."""
    return list(
        await session.scalars(
            select(Session.id)
            .where(is_due_without_home(now))
            .order_by(Session.closes_at)
            .limit(most)
        )
    )


async def orphans(session: AsyncSession, now: datetime, *, most: int = 100) -> list[SessionId]:
    """Live sessions whose home was lost: only another home may close them."""
    return list(
        await session.scalars(
            select(Session.id)
            .join(Home, Home.id == Session.home_id)
            .where(
                Session.state.in_({SessionState.OPEN, SessionState.PAUSED}),
                or_(
                    Home.seen_at < now - HOME_LOST_AFTER,
                    Home.seen_at > now + HOME_LOST_AFTER,
                ),
            )
            .limit(most)
        )
    )


async def home_origin(session: AsyncSession, home_id: UUID) -> str:
    """Where a home's sockets are."""
    return await session.scalar(select(Home.origin).where(Home.id == home_id)) or ""


async def live_listings(session: AsyncSession) -> dict[ListingId, SessionId]:
    """Listings whose session is scheduled or live, to be compared with the listings' own state."""
    rows = await session.execute(
        select(Session.listing_id, Session.id).where(
            Session.state.in_({*LIVE, SessionState.SCHEDULED})
        )
    )
    return dict(rows.all())


async def _lines(session: AsyncSession, statement: Select[BidEntry]) -> list[BidLine]:
    return [
        BidLine(
            entry.seq,
            entry.code,
            entry.amount,
            entry.entered_at,
            entry.decided_at,
            entry.verdict,
            entry.reason,
            entry.is_extended,
            entry.closes_at_after,
        )
        for entry in await session.scalars(statement)
    ]
