"""A worker that does one job in a process of its own and is killed at a statement of it.

The statements and commits of the job are counted as they are about to be sent; at the fatal
one the process gets SIGKILL: nothing is cleaned up, its connections break as they stand.
"""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from datetime import datetime
from itertools import count
from multiprocessing import get_context
from uuid import UUID

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from auction.kernel.clock import FrozenClock
from auction.kernel.settings import Settings
from workers.jobs import perform
from workers.wiring import Context, build_context, close_context

Work = Callable[[Context, str], Awaitable[None]]
"""What the process does, and what it is told beside its settings: picklable both."""

_processes = get_context("forkserver")
_processes.set_forkserver_preload([__name__])


async def do_job(context: Context, row_id: str) -> None:
    """Do the job of an outbox row."""
    await perform(context, UUID(row_id))


async def survives(context: Context, work: Work, told: str, *, fatal: int) -> bool:
    """Whether the process ended well; else it was killed at the statement of that number."""
    args = (context.settings, context.clock.now(), work, told, fatal)
    process = _processes.Process(target=_live, args=args)
    process.start()
    await asyncio.to_thread(process.join)
    ended, killed = process.exitcode, -signal.SIGKILL
    process.close()
    if ended not in {0, killed}:
        raise RuntimeError(f"the worker ended by itself with {ended}")
    return ended == 0


def _live(settings: Settings, now: datetime, work: Work, told: str, fatal: int) -> None:
    asyncio.run(_work(settings, now, work, told, fatal))


async def _work(settings: Settings, now: datetime, work: Work, told: str, fatal: int) -> None:
    context = build_context(settings, FrozenClock(now))
    await context.database.rulebook()
    _die_at(context.database.engine, fatal)
    await work(context, told)
    await close_context(context)


def _die_at(engine: AsyncEngine, fatal: int) -> None:
    sent = count(1)

    def look(*_: object) -> None:
        if next(sent) == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine.sync_engine, "before_cursor_execute", look)
    event.listen(engine.sync_engine, "commit", look)
