"""The worker's look at itself: its pulse for the operations page, the outbox for Prometheus."""

from prometheus_client import Gauge

from auction.kernel.actor import SYSTEM
from auction.store import outbox, pulse
from workers.wiring import Context

PROCESS = "work"

WAITING = Gauge("luochui_outbox_waiting", "Rows that wait to be handed on.")
DEAD = Gauge("luochui_outbox_dead", "Rows given up: a person must look at them.")
OLDEST_SECONDS = Gauge("luochui_outbox_oldest_seconds", "Age of the oldest row that is due.")


async def beat(context: Context) -> None:
    """Say that the worker lives, and how much waits for it."""
    async with context.database.unit(SYSTEM) as work:
        await pulse.beat(work.session, PROCESS, started_at=context.started_at, now=work.now)
        found = await outbox.backlog(work.session, work.now)
    WAITING.set(found.waiting)
    DEAD.set(found.dead)
    oldest = found.oldest_due_at
    OLDEST_SECONDS.set((work.now - oldest).total_seconds() if oldest else 0)
