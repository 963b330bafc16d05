"""The worker: arq's settings, the relay and the timers. `python -m workers.main` runs it."""

import asyncio
import json
import logging
from collections.abc import Iterable
from typing import ClassVar

import uvloop
from arq import ArqRedis, create_pool
from arq.connections import RedisSettings
from arq.worker import Worker
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import WatchError

from auction.kernel.clock import SystemClock
from auction.kernel.disciplined import DisciplinedClock
from auction.kernel.logs import log_as_json
from auction.kernel.settings import Settings, read_settings
from auction.store.metrics import expose
from workers import timers
from workers.jobs import run_job
from workers.relay import run_relay
from workers.wiring import (
    JOB_SECONDS_MAX,
    VALKEY_ERRORS,
    VALKEY_SECONDS_MAX,
    Context,
    build_context,
    close_context,
)

log = logging.getLogger(__name__)

CANCELLED_SECONDS = 1.0
"""After so long a task that is still there is cancelled again."""
TRIES_MAX = 1_000_000
"""arq counts tries even of a worker that was killed; the outbox row counts for us."""


def _write(value: object) -> bytes:
    # arq's default is pickle, and whoever can write to Valkey would run code here
    return json.dumps(value, default=repr).encode()


def _read(raw: bytes) -> dict[str, object]:
    told: dict[str, object] = json.loads(raw)
    return told


def valkey_settings(settings: Settings) -> RedisSettings:
    """How arq reaches Valkey; without the retries its worker dies when Valkey restarts."""
    reached = RedisSettings.from_dsn(settings.valkey_url)
    reached.retry = Retry(ExponentialBackoff(cap=2, base=0.1), 60)
    reached.retry_on_error = list(VALKEY_ERRORS)
    reached.retry_on_timeout = True
    return reached


async def limit_waiting(pool: ArqRedis) -> None:
    """Have Valkey answer in time: arq has no setting for it, and would wait for ever."""
    pool.connection_pool.connection_kwargs["socket_timeout"] = VALKEY_SECONDS_MAX
    await pool.connection_pool.disconnect()
    # Those made before would be dialled again as they were. (The library gives it no types.)
    pool.connection_pool.reset()  # type: ignore[no-untyped-call]


class Running:
    """The background tasks of one worker, from start-up to shutdown."""

    tasks: ClassVar[list[asyncio.Task[None]]] = []


async def _start(ctx: dict[str, object]) -> None:
    settings = read_settings()
    clock = DisciplinedClock(SystemClock().now())
    context = build_context(settings, clock)
    await context.database.refuse_owner()
    await context.database.set_at_start(clock)
    await context.database.require_keys()
    queue = await create_pool(
        valkey_settings(settings), job_serializer=_write, job_deserializer=_read
    )
    await limit_waiting(queue)
    own = ctx["redis"]  # the worker's own pool, from which it takes its jobs
    if isinstance(own, ArqRedis):
        await limit_waiting(own)
    ctx["context"] = context
    ctx["queue"] = queue
    Running.tasks = [asyncio.create_task(run_relay(context, queue))]
    Running.tasks += timers.start(context)


async def end(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel tasks until all are over: a library on a dying line may lose a cancellation."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=CANCELLED_SECONDS)


class SteadyWorker(Worker):
    """arq's worker, which is not ended by a line that breaks between two words to Valkey."""

    async def start_jobs(self, job_ids: list[bytes]) -> None:
        """Begin jobs; one that was lost sight of meanwhile is begun at a later look."""
        try:
            await super().start_jobs(job_ids)
        except (WatchError, *VALKEY_ERRORS):
            log.warning("Valkey was lost while a job was about to begin; it is looked at again")
            self.job_counter -= 1
            self.sem.release()


async def _stop(ctx: dict[str, object]) -> None:
    await end(Running.tasks)
    context = ctx["context"]
    if isinstance(context, Context):
        await close_context(context)


def main() -> None:
    """Run the worker until it is told to stop."""
    log_as_json("work")
    logging.getLogger("arq").setLevel(logging.WARNING)
    settings = read_settings()
    expose(settings)
    asyncio.set_event_loop(uvloop.new_event_loop())
    worker = SteadyWorker(
        functions=[run_job],
        redis_settings=valkey_settings(settings),
        on_startup=_start,
        on_shutdown=_stop,
        job_timeout=JOB_SECONDS_MAX,
        keep_result=0,
        max_tries=TRIES_MAX,
        poll_delay=0.15,
        job_serializer=_write,
        job_deserializer=_read,
        health_check_interval=60,
    )
    worker.run()


if __name__ == "__main__":
    main()
