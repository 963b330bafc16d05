"""The one table of jobs, and how a job is run: at least once, its effect and its end in one commit.

arq carries only the id of the outbox row. A job in JOBS gets a Unit whose commit also marks
the row done, so its effect happens once. A job in SLOW_JOBS (rendering, signing) must not hold
locks while it works: it opens its own units and ends the last of them with `work.finish_job`.
"""

import logging
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import UUID

from prometheus_client import Counter
from sqlalchemy import select

from auction.kernel.actor import SYSTEM
from auction.kernel.logs import chain, correlated, described
from auction.store import outbox
from auction.store.outbox import OutboxRow, OutboxState
from workers import bank, delivery, halls, registrations
from workers.upkeep import mail
from workers.wiring import JOB_SECONDS_MAX, Context

log = logging.getLogger(__name__)

JOBS_RUN = Counter("luochui_jobs", "Jobs that ended, by how they ended.", ["job", "outcome"])

Job = Callable[..., Awaitable[None]]

JOBS: dict[str, Job] = {
    "send_letter": mail.send_letter,
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
    await attempt(context, UUID(row_id))


async def attempt(context: Context, row_id: UUID) -> None:
    """Do one job unless it is done or another worker has it; count its failure."""
    found = await _find(context, row_id)
    if found is None:
        return
    with correlated(found.correlation):
        try:
            await _perform(context, found)
        except Exception as failure:  # the edge: whatever a job raises is counted and looked at
            await _count_failure(context, found, failure)
        else:
            JOBS_RUN.labels(found.name, "done").inc()
            log.info("job %s %s done", found.name, found.id)


async def perform(context: Context, row_id: UUID) -> None:
    """Do one job unless it is done or another worker has it."""
    found = await _find(context, row_id)
    if found is not None:
        await _perform(context, found)


async def _find(context: Context, row_id: UUID) -> OutboxRow | None:
    async with context.database.reading() as session:
        return (
            await session.scalars(
                select(OutboxRow).where(
                    OutboxRow.id == row_id, OutboxRow.state == OutboxState.WAITING
                )
            )
        ).one_or_none()


async def _perform(context: Context, found: OutboxRow) -> None:
    if found.name in SLOW_JOBS:
        await SLOW_JOBS[found.name](context, found.id, **found.body)
        return
    async with context.database.unit(SYSTEM, seconds_max=JOB_SECONDS_MAX) as work:
        row = await outbox.lock_waiting(work.session, found.id)
        if row is None:
            return
        await JOBS[found.name](context, work, **found.body)
        await work.finish_job(found.id)


def _told(failure: Exception) -> str:
    """What the operations page says of a failure: kinds and place; the words may name people."""
    kinds = " < ".join(described(error) for error in chain(failure))
    last = traceback.extract_tb(failure.__traceback__)[-1]
    return f"{kinds} ({Path(last.filename).name}:{last.lineno} {last.name})"


async def _count_failure(context: Context, found: OutboxRow, failure: Exception) -> None:
    log.exception("job %s %s failed", found.name, found.id)
    async with context.database.unit(SYSTEM, seconds_max=JOB_SECONDS_MAX) as work:
        state = await outbox.record_failure(work.session, found.id, work.now, _told(failure))
    JOBS_RUN.labels(found.name, "dead" if state is OutboxState.DEAD else "failed").inc()
    if state is OutboxState.DEAD:
        log.error("job %s is dead: a person must look at it", found.id)
