"""Draws and appraisals move on when their time has come: closes, proofs, results, prices."""

import logging
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_

from auction.kernel.actor import SYSTEM
from auction.kernel.refusal import Refusal
from valuation.commands import draws, reports, roster
from valuation.drawing import KEY_HOLDERS
from valuation.messages import DrawState
from valuation.queries import due
from valuation.queries.due import DueDraw
from workers.wiring import Context

log = logging.getLogger(__name__)


async def register_keys(context: Context) -> None:
    """Publish the VRF keys that the signer holds, so that a later draw may use them."""
    for role in KEY_HOLDERS:
        told = await context.keys.ask("vrf.public", role=role)
        async with context.database.reading() as session:
            known = await due.registered_keys(session)
        if told["pk"] not in known:
            async with context.database.unit(SYSTEM) as work:
                await roster.register_draw_key(work, role=role, key=told["pk"])


def has_draws(now: due.Moment) -> ColumnElement[bool]:
    """Whether a draw may wait for the worker."""
    return exists().where(due.is_draw_due(now))


def has_appraisals(now: due.Moment) -> ColumnElement[bool]:
    """Whether an agency is late or a price may be fixed."""
    return or_(exists().where(due.is_late(now)), exists().where(due.is_unobjected(now)))


async def advance_draws(context: Context) -> None:
    """Take every draw one step further for which the worker is next."""
    async with context.database.reading() as session:
        waiting = await due.draws(session, context.clock.now())
    for draw in waiting:
        try:
            await _advance(context, draw)
        except Refusal as no:
            # Another worker was faster, or the signer is away: the next look tries again.
            log.info("draw %s waits: %s", draw.id, no)


async def settle_appraisals(context: Context) -> None:
    """Replace agencies that are late, fix prices that nobody may object to any more."""
    now = context.clock.now()
    async with context.database.reading() as session:
        late = await due.late_commissions(session, now)
        served = await due.served_commissions(session, now)
    for commission_id in late:
        await _try(context, commission_id, is_late=True)
    for commission_id in served:
        await _try(context, commission_id, is_late=False)


async def _advance(context: Context, draw: DueDraw) -> None:
    if draw.state is DrawState.COMMITTING:
        async with context.database.unit(SYSTEM) as work:
            await draws.close_commits(work, draw.id)
        return
    if draw.state is DrawState.REVEALING:
        async with context.database.unit(SYSTEM) as work:
            await draws.close_reveals(work, draw.id)
        return
    for role in draw.unproven:
        told = await context.keys.ask("vrf.prove", role=role, alpha=draw.alpha)
        async with context.database.unit(SYSTEM) as work:
            await draws.record_proof(work, draw.id, role=role, proof=told["pi"])
    async with context.database.unit(SYSTEM) as work:
        await draws.hold_draw(work, draw.id)


async def _try(context: Context, commission_id: UUID, *, is_late: bool) -> None:
    try:
        async with context.database.unit(SYSTEM) as work:
            if is_late:
                await reports.replace_late_agency(work, commission_id)
            else:
                await reports.settle_reference_price(work, commission_id)
    except Refusal as no:
        log.info("commission %s waits: %s", commission_id, no)
