"""What must leave a transaction leaves through here: events to sockets, jobs to the worker.

Rows are written in the commit that makes them true and handed on afterwards, at least
once. Valkey and arq carry only row ids or public facts; PostgreSQL is the truth.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Index,
    Select,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from auction.store.base import Base
from auction.store.columns import Instant, Moment, state_column, states_check

ATTEMPTS_MAX = 12
"""After so many failures a row is dead: a person looks at it."""
_BACKOFF_SECONDS_MAX = 300


class OutboxKind(StrEnum):
    EVENT = "event"
    JOB = "job"


class OutboxState(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    DEAD = "dead"


class OutboxRow(Base):
    """One event or one job on its way out."""

    __tablename__ = "outbox"
    __table_args__ = (
        states_check("kind", OutboxKind),
        states_check("state", OutboxState),
        Index("ix_outbox_due", "due_at", postgresql_where=text("state = 'waiting'")),
        Index("ix_outbox_dead", "made_at", postgresql_where=text("state = 'dead'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[OutboxKind] = state_column(OutboxKind)
    name: Mapped[str]
    channel: Mapped[str]
    """Valkey channel of an event; empty for a job."""
    body: Mapped[dict[str, object]] = mapped_column(JSONB)
    state: Mapped[OutboxState] = state_column(OutboxState)
    attempts: Mapped[int]
    due_at: Mapped[datetime] = mapped_column(Instant)
    made_at: Mapped[datetime] = mapped_column(Instant)
    done_at: Mapped[datetime | None] = mapped_column(Instant)
    error: Mapped[str]
    correlation: Mapped[str] = mapped_column(server_default="")
    """Of the request, job or look that made the row: its job's log lines carry it on."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """What a unit sends out; it becomes a row in the unit's commit."""

    id: UUID
    kind: OutboxKind
    name: str
    channel: str
    body: dict[str, object]
    due_at: datetime
    correlation: str


@dataclass(frozen=True, slots=True)
class Due:
    """A row handed to the relay."""

    id: UUID
    kind: OutboxKind
    name: str
    channel: str
    body: dict[str, object]
    correlation: str


async def put(session: AsyncSession, leaving: Sequence[Leaving], now: datetime) -> None:
    """Add the rows of what leaves, as one statement. The caller commits."""
    if not leaving:
        return
    columns = {
        "ids": [one.id for one in leaving],
        "kinds": [one.kind.value for one in leaving],
        "names": [one.name for one in leaving],
        "channels": [one.channel for one in leaving],
        "bodies": [json.dumps(one.body) for one in leaving],
        "dues": [one.due_at for one in leaving],
        "correlations": [one.correlation for one in leaving],
    }
    await (await session.connection()).execute(_PUT, columns | {"now": now})


_PUT = text(
    "INSERT INTO outbox (id, kind, name, channel, body, state, attempts, due_at, made_at, error,"
    " correlation) SELECT id, kind, name, channel, CAST(body AS jsonb), 'waiting', 0, due_at,"
    " CAST(:now AS timestamptz), '', correlation"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:kinds AS text[]), CAST(:names AS text[]),"
    " CAST(:channels AS text[]), CAST(:bodies AS text[]), CAST(:dues AS timestamptz[]),"
    " CAST(:correlations AS text[]))"
    " AS leaving(id, kind, name, channel, body, due_at, correlation)"
)


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits to be handed on."""

    waiting: int
    retried: int
    """Of those waiting, how many failed at least once."""
    dead: int
    oldest_due_at: datetime | None
    """Since when the oldest of those that are due waits."""


async def backlog(session: AsyncSession, now: datetime) -> Backlog:
    """Count what waits and what is dead."""
    is_waiting = OutboxRow.state == OutboxState.WAITING
    waiting, retried, dead, oldest_due_at = (
        await session.execute(
            select(
                func.count().filter(is_waiting),
                func.count().filter(is_waiting, OutboxRow.attempts > 0),
                func.count().filter(OutboxRow.state == OutboxState.DEAD),
                func.min(OutboxRow.made_at).filter(is_waiting, OutboxRow.due_at <= now),
            ).where(OutboxRow.state.in_([OutboxState.WAITING, OutboxState.DEAD]))
        )
    ).one()
    return Backlog(waiting, retried, dead, oldest_due_at)


class Sought(StrEnum):
    """Which rows the operations page lists."""

    TROUBLED = "troubled"
    """Dead, or failed at least once."""
    DEAD = "dead"
    RETRIED = "retried"
    WAITING = "waiting"


_WAITS = OutboxRow.state == OutboxState.WAITING
_RETRIED = and_(_WAITS, OutboxRow.attempts > 0)
_DEAD = OutboxRow.state == OutboxState.DEAD
_SOUGHT = {
    Sought.TROUBLED: or_(_DEAD, _RETRIED),
    Sought.DEAD: _DEAD,
    Sought.RETRIED: _RETRIED,
    Sought.WAITING: _WAITS,
}


async def rows(
    session: AsyncSession, sought: Sought, *, name: str = "", most: int
) -> Sequence[OutboxRow]:
    """Rows that are sought, of one job or event if it is named; the dead first, then the oldest."""
    wanted = select(OutboxRow).where(_SOUGHT[sought])
    if name:
        wanted = wanted.where(OutboxRow.name == name)
    by_age = wanted.order_by(OutboxRow.state != OutboxState.DEAD, OutboxRow.made_at, OutboxRow.id)
    return (await session.scalars(by_age.limit(most))).all()


async def names(session: AsyncSession) -> Sequence[str]:
    """The jobs and events of which some row waits or is dead, by name."""
    open_ones = select(OutboxRow.name).where(or_(_WAITS, _DEAD)).distinct()
    return (await session.scalars(open_ones.order_by(OutboxRow.name))).all()


def anything_due(but_fresh: Collection[str] = ()) -> Select[tuple[bool]]:
    """The question whether a look is worth a transaction that locks, for an instant `now`.

    It is asked some times a second for ever: made once, it costs a third of what it did.
    """
    return select(exists().where(_is_due(bindparam("now", type_=Instant), but_fresh)))


async def claim_due(
    session: AsyncSession,
    now: datetime,
    *,
    lease: timedelta,
    most: int,
    but_fresh: Collection[str] = (),
) -> Sequence[Due]:
    """Take due rows for `lease`; other relays skip them until then. The caller commits.

    Jobs named in `but_fresh` are left to whoever does many of them together, until one failed.
    """
    rows = (
        await session.scalars(
            select(OutboxRow)
            .where(_is_due(now, but_fresh))
            .order_by(OutboxRow.due_at, OutboxRow.id)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
    ).all()
    for row in rows:
        row.due_at = now + lease
    return [_due(row) for row in rows]


def is_fresh(now: Moment, name: str) -> ColumnElement[bool]:
    """Whether a row is a due job of this name that never failed."""
    return and_(_is_due(now, ()), OutboxRow.name == name, OutboxRow.attempts == 0)


async def is_any_fresh(
    session: AsyncSession, names: Collection[str], now: datetime, *, since: datetime
) -> bool:
    """Whether a job of these names fell due since that instant and was not tried yet."""
    return bool(
        await session.scalar(
            select(
                exists().where(
                    _is_due(now, ()),
                    OutboxRow.due_at > since,
                    OutboxRow.name.in_(names),
                    OutboxRow.attempts == 0,
                )
            )
        )
    )


async def fresh(session: AsyncSession, name: str, now: datetime, *, most: int) -> Sequence[Due]:
    """Due jobs of one name that never failed, the oldest first; nobody is kept from them."""
    rows = await session.scalars(
        select(OutboxRow)
        .where(is_fresh(now, name))
        .order_by(OutboxRow.due_at, OutboxRow.id)
        .limit(most)
    )
    return [_due(row) for row in rows]


async def lock_all_waiting(session: AsyncSession, ids: Sequence[UUID]) -> set[UUID]:
    """Lock those of these rows that are not done and that no other worker has; return them."""
    return set(
        await session.scalars(
            select(OutboxRow.id)
            .where(OutboxRow.id.in_(ids), OutboxRow.state == OutboxState.WAITING)
            .with_for_update(skip_locked=True)
        )
    )


def _is_due(now: Moment, but_fresh: Collection[str]) -> ColumnElement[bool]:
    due = and_(OutboxRow.state == OutboxState.WAITING, OutboxRow.due_at <= now)
    if not but_fresh:
        return due
    is_left = and_(*(OutboxRow.name != name for name in sorted(but_fresh)))
    return and_(due, or_(OutboxRow.attempts > 0, is_left))


def _due(row: OutboxRow) -> Due:
    return Due(row.id, row.kind, row.name, row.channel, row.body, row.correlation)


async def mark_done(session: AsyncSession, ids: Sequence[UUID], now: datetime) -> None:
    """Close rows whose message went out or whose effect is in this same commit."""
    await session.execute(
        update(OutboxRow)
        .where(OutboxRow.id.in_(ids))
        .values(state=OutboxState.DONE, done_at=now, error="")
        .execution_options(synchronize_session=False)
    )


async def lock_waiting(session: AsyncSession, row_id: UUID) -> OutboxRow | None:
    """Lock a job's row, or return None when it is done or another worker has it."""
    return (
        await session.scalars(
            select(OutboxRow)
            .where(OutboxRow.id == row_id, OutboxRow.state == OutboxState.WAITING)
            .with_for_update(skip_locked=True)
        )
    ).one_or_none()


async def record_failure(
    session: AsyncSession, row_id: UUID, now: datetime, error: str
) -> OutboxState:
    """Count a failed attempt and say when to try again; give up after ATTEMPTS_MAX."""
    row = await session.get_one(OutboxRow, row_id, with_for_update=True)
    if row.state is not OutboxState.WAITING:
        return row.state
    row.attempts += 1
    row.error = error[:2000]
    if row.attempts >= ATTEMPTS_MAX:
        row.state = OutboxState.DEAD
    pause = min(0.2 * 2**row.attempts, _BACKOFF_SECONDS_MAX)
    row.due_at = now + timedelta(seconds=pause)
    return row.state
