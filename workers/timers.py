"""What happens when its time has come: every timer reads the database, none keeps time itself."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from sqlalchemy import ColumnElement, Label, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from auction.kernel.disciplined import DisciplinedClock
from auction.kernel.logs import correlated
from auction.store.columns import Instant
from workers import bank, halls, relay, sales, together, valuations
from workers.upkeep import nightly, openings, originals, probing, sweeping
from workers.wiring import Context, answered

log = logging.getLogger(__name__)


ASK_SECONDS = 0.5
"""How often it is asked whether anything is due."""
ASKED_IN_FULL = 4
"""Every so many times the questions that are not urgent are asked as well."""
TROUBLE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Timer:
    """A look at the database every so often. Each must be safe to run twice at once."""

    name: str
    period_seconds: float
    look: Callable[[Context], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Errand:
    """A look that is taken only when its question says so: what is asked costs next to nothing."""

    name: str
    question: Callable[[ColumnElement[datetime]], ColumnElement[bool]]
    look: Callable[[Context], Awaitable[None]]
    is_urgent: bool = True
    """Whether it is asked every time; a question that reads every listing is asked less often."""


async def set_clock(context: Context) -> None:
    """Follow PostgreSQL's clock: nothing opens, closes or falls due by this machine's own.

    What a jump ahead passes over is given back to the sessions first: none ends early by it.
    """
    clock = context.clock
    if not isinstance(clock, DisciplinedClock):
        return
    reading = await context.database.compare(clock)
    if not reading.is_followed:
        log.error("the clock is off by %s: it is set", reading.drift)
        if reading.drift > timedelta():
            await halls.outlast_jump(context, reading.drift)
        clock.accept(reading.drift)


ERRANDS: tuple[Errand, ...] = (
    Errand("draws", valuations.has_draws, valuations.advance_draws),
    Errand("appraisals", valuations.has_appraisals, valuations.settle_appraisals),
    Errand("sessions_made", halls.has_unmade, halls.make_sessions, is_urgent=False),
    Errand("sessions_opened", halls.has_due_to_open, halls.open_sessions),
    Errand("sessions_closed", halls.has_due_to_close, halls.close_sessions),
    Errand("lots_passed_in", together.has_fresh("pass_in_lot"), together.doing("pass_in_lot")),
    Errand("sales_confirmed", together.has_fresh("confirm_sale"), together.doing("confirm_sale")),
    Errand("listings_followed", halls.has_unfollowed, halls.follow_listings, is_urgent=False),
)

TIMERS: tuple[Timer, ...] = (
    Timer("clock", 5.0, set_clock),
    Timer("draw_keys", 10.0, valuations.register_keys),
    Timer("deposits", 5.0, bank.release_ended),
    Timer("sales_overdue", 5.0, sales.note_missed_terms),
    Timer("titles_passed", 2.0, sales.pass_signed_titles),
    Timer("pulse", 5.0, relay.beat),
    Timer("service", probing.PERIOD_SECONDS, probing.probe_live),
    Timer("openings_told", openings.PERIOD_SECONDS, openings.tell_subjects),
    Timer("originals", originals.PERIOD_SECONDS, originals.seal_originals),
    Timer("orphans", sweeping.PERIOD_SECONDS, sweeping.sweep_orphans),
    Timer("books", nightly.PERIOD_SECONDS, nightly.check_books),
)


def _questions(errands: Iterable[Errand]) -> "list[Label[bool]]":
    now = bindparam("now", type_=Instant)
    return [one.question(now).label(one.name) for one in errands]


_ALL = select(*_questions(ERRANDS))
"""One small statement for all of them; each taking its own look made half of the idle load."""
_URGENT = select(*_questions(errand for errand in ERRANDS if errand.is_urgent))


def start(context: Context) -> "list[asyncio.Task[None]]":
    """Run every timer and every errand until cancelled."""
    told = {errand.name: asyncio.Event() for errand in ERRANDS}
    running = [run_timer(context, timer) for timer in TIMERS]
    running += [run_errand(context, errand, told[errand.name]) for errand in ERRANDS]
    return [asyncio.create_task(one) for one in (ask_on(context, told), *running)]


async def run_timer(context: Context, timer: Timer) -> None:
    """Look for ever."""
    while True:
        await _look(context, timer.name, timer.look)
        await asyncio.sleep(timer.period_seconds)


async def run_errand(context: Context, errand: Errand, told: asyncio.Event) -> None:
    """Look whenever told: beside the others, so that a slow one keeps none of them waiting."""
    while True:
        await told.wait()
        told.clear()
        await _look(context, errand.name, errand.look)


async def ask_on(context: Context, told: Mapping[str, asyncio.Event]) -> None:
    """Ask for ever what is due, and tell whom it concerns; trouble only delays the answer."""
    while True:
        try:
            async with context.database.watching() as connection:
                for turn in count():
                    is_full = turn % ASKED_IN_FULL == 0
                    look = asked(connection, context.clock.now(), is_full=is_full)
                    for name in await answered(context, look):
                        told[name].set()
                    await asyncio.sleep(ASK_SECONDS)
        except Exception:  # the edge: PostgreSQL may be away for a while
            log.exception("it could not be asked what is due; the next question comes")
            await asyncio.sleep(TROUBLE_SECONDS)


async def asked(
    connection: AsyncConnection, now: datetime, *, is_full: bool = True
) -> frozenset[str]:
    """The names of the errands that are due, of all or of the urgent ones."""
    row = (await connection.execute(_ALL if is_full else _URGENT, {"now": now})).one()
    return frozenset(name for name, is_due in row._mapping.items() if is_due)


async def _look(context: Context, name: str, look: Callable[[Context], Awaitable[None]]) -> None:
    """One look; one that failed is logged and the next one comes."""
    try:
        with correlated(f"{name}-{secrets.token_hex(4)}"):
            await look(context)
    except Exception:  # the edge: one bad row must not stop the clock for the others
        log.exception("timer %s stumbled; it goes on", name)
