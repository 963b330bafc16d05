"""Jobs that come by the thousand when a day's sessions end in one second: many in one commit.

They are not handed out by the relay: the worker reads them where they stand, and locks them in
the very transaction that does them. A worker that dies lets go of all of them at once, and what
is done is marked so in the same commit. A job that stops its batch is done by itself like any
other, so that one bad lot keeps nobody else waiting; from then on the relay hands it out.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from sqlalchemy import ColumnElement, exists

from auction.store import outbox
from auction.store.columns import Moment
from auction.store.outbox import Due
from workers import halls
from workers.jobs import JOBS_RUN, attempt
from workers.wiring import Context

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many jobs of one name are done in one commit, and by what."""

    do: Callable[[Context, Sequence[Due]], Awaitable[int]]
    """Does those that are still waiting and finishes them; returns how many those were."""
    most: int


TOGETHER: Final[Mapping[str, Crowd]] = MappingProxyType(
    {
        "pass_in_lot": Crowd(halls.pass_in_lots, most=100),
        "confirm_sale": Crowd(halls.confirm_sales, most=25),
    }
)
"""By the name of the job. A batch must be over well within the time others wait for its locks."""


def has_fresh(name: str) -> Callable[[Moment], ColumnElement[bool]]:
    """The question whether any job of this name is due that never failed."""
    return lambda now: exists().where(outbox.is_fresh(now, name))


def doing(name: str) -> Callable[[Context], Awaitable[None]]:
    """The errand that does every such job."""

    async def do_all(context: Context) -> None:
        while await do_some(context, name):
            pass

    return do_all


async def do_some(context: Context, name: str) -> bool:
    """Do one batch; return whether more may wait than another worker has taken."""
    crowd = TOGETHER[name]
    async with context.database.reading() as session:
        jobs = await outbox.fresh(session, name, context.clock.now(), most=crowd.most)
    if not jobs:
        return False
    try:
        done = await crowd.do(context, jobs)
    except Exception:  # the edge: whichever job it was, the others are done without it
        log.exception("%d jobs %s failed together; each is done by itself", len(jobs), name)
        for job in jobs:
            await attempt(context, job.id)
        return True
    JOBS_RUN.labels(name, "done").inc(done)
    log.info("%d jobs %s done together", done, name)
    return done == crowd.most
