"""The one table of jobs, and how a job is run: at least once, its effect and its end in one commit.

arq carries only the id of the outbox row. A job in JOBS gets a Unit whose commit also marks
the row done, so its effect happens once. A job in SLOW_JOBS (rendering, signing) must not hold
locks while it works: it opens its own units and ends the last of them with `work.finish_job`.
"""

import logging
from collections.abc import Awaitable, Callable
from uuid import UUID

from sqlalchemy import select

from auction.kernel.actor import SYSTEM
from auction.store import outbox
from auction.store.outbox import OutboxRow, OutboxState
from workers import bank, delivery, halls, registrations
from workers.wiring import Context

log = logging.getLogger(__name__)

Job = Callable[..., Awaitable[None]]

JOBS: dict[str, Job] = {
    "serve_notice": delivery.serve_notice,
    "qualify_registration": registrations.qualify_registration,
    "pass_in_lot": halls.pass_in_lot,
}
"""name -> async def job(context, work, **body): runs inside one unit."""

SLOW_JOBS: dict[str, Job] = {
    "match_lines": bank.match_lines,
    "render_notice": delivery.render_notice,
    "issue_codes": registrations.issue_codes,
    "confirm_sale": halls.confirm_sale,
}
"""name -> async def job(context, row_id, **body): opens its own units."""


async def run_job(ctx: dict[str, object], row_id: str) -> None:
    """Do the job of one outbox row; count its failure instead of raising, the relay tries again."""
    context = ctx["context"]
    if not isinstance(context, Context):
        raise TypeError("the worker was started without its context")
    try:
        await perform(context, UUID(row_id))
    except Exception as failure:  # the edge: whatever a job raises is counted and looked at
        log.exception("job %s failed", row_id)
        async with context.database.unit(SYSTEM) as work:
            state = await outbox.record_failure(
                work.session, UUID(row_id), work.now, f"{type(failure).__name__}: {failure}"
            )
        if state is OutboxState.DEAD:
            log.error("job %s is dead: a person must look at it", row_id)  # noqa: TRY400


async def perform(context: Context, row_id: UUID) -> None:
    """Do one job unless it is done or another worker has it."""
    async with context.database.reading() as session:
        found = (
            await session.execute(
                select(OutboxRow.name, OutboxRow.body).where(
                    OutboxRow.id == row_id, OutboxRow.state == OutboxState.WAITING
                )
            )
        ).one_or_none()
    if found is None:
        return
    name, body = found
    if name in SLOW_JOBS:
        await SLOW_JOBS[name](context, row_id, **body)
        return
    async with context.database.unit(SYSTEM) as work:
        row = await outbox.lock_waiting(work.session, row_id)
        if row is None:
            return
        await JOBS[name](context, work, **body)
        await work.finish_job(row_id)
