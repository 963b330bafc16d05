"""Full views 完整查看: pages mask numbers, accounts and addresses; who needs one in full says why.

Each view is a row with its reason and an entry of the journal without it. Twenty a day are a
person's most; what is asked beyond that is refused, and the refusal itself is journaled, so
that supervisors see it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import Index, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from auction.kernel.clock import BEIJING
from auction.kernel.refusal import Refusal
from auction.store import policy
from auction.store.base import Base
from auction.store.columns import Instant, state_column, states_check
from auction.store.unit import Unit

VIEWS_MAX: Final = 20
"""So many full views a person has in a day (Beijing)."""
REASON_MIN, REASON_MAX = 4, 200


class Viewed(StrEnum):
    """What was looked at in full."""

    PERSON = "person"
    PARTY = "party"
    LINE = "statement_line"
    ORDER = "payment_order"


class FullView(Base):
    """One look at one row's personal data in full. Rows are only ever added."""

    __tablename__ = "full_views"
    __table_args__ = (states_check("what", Viewed), Index(None, "viewer_id", "viewed_at"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    viewer_id: Mapped[UUID]
    what: Mapped[Viewed] = state_column(Viewed)
    row_id: Mapped[UUID]
    reason: Mapped[str]
    viewed_at: Mapped[datetime] = mapped_column(Instant)


@dataclass(frozen=True, slots=True)
class Looker:
    """How often somebody looked today."""

    viewer_id: UUID
    views: int

    @property
    def is_at_the_most(self) -> bool:
        """Whether one more is refused."""
        return self.views >= VIEWS_MAX


async def note_view(work: Unit, what: Viewed, row_id: UUID, *, reason: str) -> None:
    """Note that the actor looks at a row in full; the caller has required and found it.

    Refuses with `view.reason_missing`, and with `view.too_many` after twenty of a day.
    """
    viewer_id, said = _viewer(work), reason.strip()
    if not REASON_MIN <= len(said) <= REASON_MAX:
        raise Refusal("view.reason_missing", least=REASON_MIN, most=REASON_MAX)
    await _one_at_a_time(work, viewer_id)
    views = await _views_today(work.session, viewer_id, work.now)
    if views >= VIEWS_MAX:
        raise Refusal("view.too_many", most=VIEWS_MAX)
    work.add(
        FullView(
            id=work.new_id(), viewer_id=viewer_id, what=what, row_id=row_id, reason=said,
            viewed_at=work.now,
        )
    )  # fmt: skip
    work.record(
        "personal_data.viewed", _stream(viewer_id), what=str(what), row=str(row_id),
        nth_today=views + 1,
    )  # fmt: skip


async def record_refused_view(work: Unit, what: Viewed) -> None:
    """Raise the alarm: somebody asked for more full views than a day has."""
    work.require(policy.VIEW_IN_FULL)
    work.record("personal_data.view_refused", _stream(_viewer(work)), what=str(what))


async def lookers(session: AsyncSession, now: datetime) -> Sequence[Looker]:
    """Who looked at personal data in full today, and how often; most first."""
    rows = await session.execute(
        select(FullView.viewer_id, func.count())
        .where(FullView.viewed_at >= _midnight(now))
        .group_by(FullView.viewer_id)
        .order_by(func.count().desc(), FullView.viewer_id)
    )
    return [Looker(viewer_id, int(views)) for viewer_id, views in rows]


async def _views_today(session: AsyncSession, viewer_id: UUID, now: datetime) -> int:
    found = await session.scalar(
        select(func.count()).where(
            FullView.viewer_id == viewer_id, FullView.viewed_at >= _midnight(now)
        )
    )
    return int(found or 0)


async def _one_at_a_time(work: Unit, viewer_id: UUID) -> None:
    """Two looks of one person wait for each other, or the count would be wrong."""
    key = func.hashtextextended(f"full view:{viewer_id}", 0)
    await work.session.execute(select(func.pg_advisory_xact_lock(key)))


def _midnight(now: datetime) -> datetime:
    return now.astimezone(BEIJING).replace(hour=0, minute=0, second=0, microsecond=0)


def _viewer(work: Unit) -> UUID:
    if work.actor.person_id is None:
        raise Refusal("forbidden", action=policy.VIEW_IN_FULL.action)
    return work.actor.person_id


def _stream(viewer_id: UUID) -> str:
    return f"person:{viewer_id}"
