"""The record of one lot: how the hall answered while it was offered, and its incidents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.listings.listing import Listing
from auction.notices.queries import NoticeView, notices_of_kind
from auction.notices.wording import NoticeKind
from auction.store.journal import JournalEntry
from bidding.availability.interval import ServiceInterval
from bidding.availability.service import (
    Interval,
    Service,
    answered_share,
    clipped,
    ledger,
    totals,
)
from bidding.desk.alerts import Event, EventKind, StandstillGround, events_of_the_clock
from bidding.desk.queries import events
from bidding.hall.board import LIVE, Board
from bidding.hall.session import Home, Session

RECENTLY: Final = timedelta(seconds=30)
"""A live process that was seen so lately is probed even before it holds a session."""


@dataclass(frozen=True, slots=True)
class Incident:
    """A time in which the platform itself stopped the clock (网拍28(2))."""

    ground: StandstillGround
    from_at: datetime
    until_at: datetime | None
    """None while it goes on."""


@dataclass(frozen=True, slots=True)
class ServiceRecord:
    """What is told of one lot, from its opening to its end or to now."""

    from_at: datetime
    until_at: datetime
    is_final: bool
    """Whether the session is over, so that nothing is added any more."""
    told: Sequence[Interval]
    incidents: Sequence[Incident]

    @property
    def lasted(self) -> Mapping[Service, timedelta]:
        """How long each state lasted."""
        return totals(self.told)

    @property
    def share(self) -> Fraction | None:
        """The share of the measured time in which the hall answered."""
        return answered_share(self.told)


async def certificate_of(
    session: AsyncSession, listing: Listing, board: Board
) -> NoticeView | None:
    """The certificate that was issued of one session, if there is one."""
    issued = await notices_of_kind(session, listing.case_id, NoticeKind.SERVICE_RECORD)
    of_session = str(board.session_id)
    return next((one for one in issued if one.facts["session_id"] == of_session), None)


async def origins_to_probe(session: AsyncSession, now: datetime) -> list[str]:
    """Where sockets go while any session is live; none while nothing is."""
    is_home = exists().where(Session.home_id == Home.id, Session.state.in_(LIVE))
    is_any_live = exists().where(Session.state.in_(LIVE))
    rows = await session.scalars(
        select(Home.origin)
        .where(is_any_live, or_(is_home, Home.seen_at > now - RECENTLY))
        .distinct()
        .order_by(Home.origin)
    )
    return list(rows)


async def service_record(
    session: AsyncSession, board: Board, now: datetime
) -> ServiceRecord | None:
    """The record of one session; None before its opening."""
    seen = await events(session, board.session_id)
    opened = next((one.at for one in seen if one.kind is EventKind.OPENED), None)
    if opened is None:
        return None
    ends = {EventKind.CLOSED, EventKind.STOPPED}
    ended = next((one.at for one in seen if one.kind in ends), None)
    until_at = max(ended or now, opened)
    incidents = _incidents(seen)
    down = [
        Interval(Service.DOWN, one.from_at, one.until_at or until_at)
        for one in incidents
        if one.from_at < (one.until_at or until_at)
    ]
    probed = await _probed(session, board, opened, until_at)
    return ServiceRecord(
        from_at=opened,
        until_at=until_at,
        is_final=ended is not None,
        told=ledger(opened, until_at, [*probed, *down]),
        incidents=incidents,
    )


def _incidents(seen: Sequence[Event]) -> list[Incident]:
    clock = events_of_the_clock(seen)
    after: list[Event | None] = [*clock[1:], None]
    return [
        Incident(
            ground=one.ground or StandstillGround.OTHER,
            from_at=one.since or one.at,
            until_at=then.at if then else None,
        )
        for one, then in zip(clock, after, strict=True)
        if one.kind is EventKind.PAUSED
    ]


class _Body(msgspec.Struct):
    home: UUID


class _Leaf(msgspec.Struct):
    body: _Body


async def _probed(
    session: AsyncSession, board: Board, from_at: datetime, until_at: datetime
) -> list[Interval]:
    """What probes found of each home in its time; before the first, of every live process."""
    homed = await session.execute(
        select(JournalEntry.recorded_at, JournalEntry.leaf)
        .where(
            JournalEntry.stream == f"session:{board.session_id}",
            JournalEntry.kind == "session.homed",
        )
        .order_by(JournalEntry.seq)
    )
    origins = dict((await session.execute(select(Home.id, Home.origin))).all())
    tenures: list[tuple[datetime, str | None]] = [(from_at, None)]
    for at, leaf in homed:
        home = msgspec.json.decode(leaf, type=_Leaf).body.home
        tenures.append((at, origins.get(home)))
    known: list[Interval] = []
    for (start, origin), (end, _) in pairwise([*tenures, (until_at, None)]):
        known += clipped(await _intervals(session, origin, start, end), start, end)
    return known


async def _intervals(
    session: AsyncSession, origin: str | None, start: datetime, end: datetime
) -> list[Interval]:
    wanted = select(ServiceInterval).where(
        ServiceInterval.until_at > start, ServiceInterval.from_at < end
    )
    if origin is not None:
        wanted = wanted.where(ServiceInterval.origin == origin)
    return [row.interval for row in await session.scalars(wanted)]
