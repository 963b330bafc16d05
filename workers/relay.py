"""Outbox to Valkey: events to their channels, jobs to arq by row id; at least once.

Jobs of a crowd (`workers/together.py`) are not handed to anybody unless one failed.
"""

import asyncio
import json
import logging
from collections.abc import Sequence
from datetime import timedelta

from arq import ArqRedis
from prometheus_client import Gauge
from sqlalchemy.ext.asyncio import AsyncConnection

from auction.kernel.actor import SYSTEM
from auction.store import outbox, pulse
from auction.store.outbox import Due, OutboxKind
from workers.together import TOGETHER
from workers.wiring import URGENT_SECONDS_MAX, VALKEY_ERRORS, Context, answered

log = logging.getLogger(__name__)

BATCH = 200
IDLE_SECONDS = 0.15
"""An event is on its way at most so long after its commit; the rooms' pages wait for it."""
TROUBLE_SECONDS = 1.0
LEASE = timedelta(seconds=20)
"""How long a handed-out job may take before it is handed out again."""

PAPERS = frozenset({"render_notice"})
"""Jobs that wait while a crowd is settled: first the sales and the deposits, then their papers."""
CROWD_MAX = timedelta(minutes=1)
"""No longer than this: a job that nobody can do keeps no paper back."""

_IS_ANYTHING_DUE = outbox.anything_due(but_fresh=TOGETHER)

PROCESS = "work"

WAITING = Gauge("luochui_outbox_waiting", "Rows that wait to be handed on.")
DEAD = Gauge("luochui_outbox_dead", "Rows given up: a person must look at them.")
OLDEST_SECONDS = Gauge("luochui_outbox_oldest_seconds", "Age of the oldest row that is due.")


async def run_relay(context: Context, queue: ArqRedis) -> None:
    """Hand rows on for ever; trouble with Valkey or PostgreSQL only delays them."""
    while True:
        try:
            async with context.database.watching() as connection:
                await _relay_on(context, queue, connection)
        except Exception:  # the edge: a relay that died would stop the platform quietly
            log.exception("the relay stumbled; it goes on")
            await asyncio.sleep(TROUBLE_SECONDS)


async def _relay_on(context: Context, queue: ArqRedis, connection: AsyncConnection) -> None:
    """Look by one small query; only what is due is worth a transaction that locks.

    Rows that come one by one are handed on together: a hot lot has dozens a second.
    """
    while True:
        now = context.clock.now()
        look = connection.scalar(_IS_ANYTHING_DUE, {"now": now})
        is_due = await answered(context, look)
        if not is_due or await relay_once(context, queue) < BATCH:
            await asyncio.sleep(IDLE_SECONDS)


async def relay_once(context: Context, queue: ArqRedis) -> int:
    """Hand on what is due now; return how many rows that were."""
    async with context.database.unit(SYSTEM, seconds_max=URGENT_SECONDS_MAX) as work:
        kept = set(TOGETHER)
        if await outbox.is_any_fresh(work.session, kept, work.now, since=work.now - CROWD_MAX):
            kept |= PAPERS
        due = await outbox.claim_due(
            work.session, work.now, lease=LEASE, most=BATCH, but_fresh=kept
        )
    if not due:
        return 0
    sent = await _publish(context, [row for row in due if row.kind is OutboxKind.EVENT])
    if sent:
        async with context.database.unit(SYSTEM, seconds_max=URGENT_SECONDS_MAX) as work:
            await outbox.mark_done(work.session, [row.id for row in sent], work.now)
    for row in due:
        if row.kind is OutboxKind.JOB:
            await queue.enqueue_job("run_job", str(row.id), _job_id=str(row.id))
    return len(due)


async def _publish(context: Context, events: Sequence[Due]) -> Sequence[Due]:
    """Publish events in order, in one exchange; when Valkey is away, all of them come again."""
    try:
        async with context.valkey.pipeline(transaction=False) as exchange:
            for event in events:
                exchange.publish(event.channel, json.dumps(event.body, ensure_ascii=False))
            await exchange.execute()
    except VALKEY_ERRORS:
        log.warning("Valkey is away; %d events wait", len(events))
        return ()
    return events


async def beat(context: Context) -> None:
    """Say that the worker lives, and how much waits for it."""
    async with context.database.unit(SYSTEM) as work:
        await pulse.beat(work.session, PROCESS, started_at=context.started_at, now=work.now)
        found = await outbox.backlog(work.session, work.now)
    WAITING.set(found.waiting)
    DEAD.set(found.dead)
    oldest = found.oldest_due_at
    OLDEST_SECONDS.set((work.now - oldest).total_seconds() if oldest else 0)
