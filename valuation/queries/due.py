"""What the worker must do about draws and commissions, because its time has come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.kernel.ids import DrawId
from valuation.commission import Commission, CommissionState
from valuation.drawing import KEY_HOLDERS, Draw, DrawContribution, DrawKey, DrawProof
from valuation.messages import DrawState, is_outside

Moment = datetime | ColumnElement[datetime]
"""An instant, or its place in a statement that is asked again and again."""


@dataclass(frozen=True, slots=True)
class DueDraw:
    """A draw that waits for the worker."""

    id: DrawId
    state: DrawState
    alpha: str
    unproven: tuple[str, ...]
    """The roles whose proof is missing, in the manifest's order."""


def is_draw_due(now: Moment) -> ColumnElement[bool]:
    """Whether the worker may be next: a window is over, or proofs are to be asked for."""
    return or_(
        and_(Draw.state == DrawState.COMMITTING, Draw.commits_close_at <= now),
        and_(Draw.state == DrawState.REVEALING, Draw.reveals_close_at <= now),
        Draw.state == DrawState.PROVING,
    )


def is_late(now: Moment) -> ColumnElement[bool]:
    """Whether a commission's report or correction is overdue (参考价19)."""
    waiting = (CommissionState.OFFERED, CommissionState.ACCEPTED, CommissionState.CORRECTING)
    return and_(Commission.state.in_(waiting), Commission.report_due_at <= now)


def is_unobjected(now: Moment) -> ColumnElement[bool]:
    """Whether a commission's time to object may be over (参考价22)."""
    return and_(Commission.state == CommissionState.SERVED, Commission.objections_close_at <= now)


async def draws(session: AsyncSession, now: datetime) -> Sequence[DueDraw]:
    """Draws whose window is over or whose proofs are to be asked for, oldest first.

    Commitments whose window is over stay open until somebody from outside has given one.
    """
    found = []
    wanted = select(Draw).where(is_draw_due(now)).order_by(Draw.announced_at)
    for draw in await session.scalars(wanted):
        if draw.state is not DrawState.COMMITTING or await _has_outside(session, draw.id):
            found.append(await _due(session, draw))
    return found


async def late_commissions(session: AsyncSession, now: datetime) -> Sequence[UUID]:
    """Commissions whose report or correction is overdue (参考价19)."""
    return (await session.scalars(select(Commission.id).where(is_late(now)))).all()


async def served_commissions(session: AsyncSession, now: datetime) -> Sequence[UUID]:
    """Commissions whose time to object may be over (参考价22)."""
    return (await session.scalars(select(Commission.id).where(is_unobjected(now)))).all()


async def registered_keys(session: AsyncSession) -> frozenset[str]:
    """Every VRF key that was ever registered."""
    return frozenset((await session.scalars(select(DrawKey.key))).all())


async def _has_outside(session: AsyncSession, draw_id: DrawId) -> bool:
    given = await session.scalars(
        select(DrawContribution.who).where(DrawContribution.draw_id == draw_id)
    )
    return any(is_outside(who) for who in given)


async def _due(session: AsyncSession, draw: Draw) -> DueDraw:
    proven = await session.scalars(select(DrawProof.role).where(DrawProof.draw_id == draw.id))
    given = set(proven)
    unproven = tuple(role for role in KEY_HOLDERS if role not in given)
    return DueDraw(draw.id, draw.state, draw.alpha or "", unproven)
