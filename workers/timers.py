"""What happens when its time has come: every timer reads the database, none keeps time itself."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from auction.kernel.logs import correlated
from workers import bank, halls, nightly, relay, sales, valuations
from workers.upkeep import sweeping
from workers.wiring import Context

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Timer:
    """A look at the database every so often. Each must be safe to run twice at once."""

    name: str
    period_seconds: float
    look: Callable[[Context], Awaitable[None]]


TIMERS: tuple[Timer, ...] = (
    Timer("draw_keys", 10.0, valuations.register_keys),
    Timer("draws", 0.5, valuations.advance_draws),
    Timer("appraisals", 0.5, valuations.settle_appraisals),
    Timer("sessions_made", 1.0, halls.make_sessions),
    Timer("sessions_opened", 0.5, halls.open_sessions),
    Timer("sessions_closed", 0.5, halls.close_sessions),
    Timer("listings_followed", 1.0, halls.follow_listings),
    Timer("deposits", 5.0, bank.release_ended),
    Timer("sales_overdue", 5.0, sales.note_missed_terms),
    Timer("titles_passed", 2.0, sales.pass_signed_titles),
    Timer("pulse", 5.0, relay.beat),
    Timer("orphans", sweeping.PERIOD_SECONDS, sweeping.sweep_orphans),
    Timer("books", nightly.PERIOD_SECONDS, nightly.check_books),
)


async def run_timer(context: Context, timer: Timer) -> None:
    """Look for ever; a look that failed is logged and the next one comes."""
    while True:
        try:
            with correlated(f"{timer.name}-{secrets.token_hex(4)}"):
                await timer.look(context)
        except Exception:  # the edge: one bad row must not stop the clock for the others
            log.exception("timer %s stumbled; it goes on", timer.name)
        await asyncio.sleep(timer.period_seconds)
