"""What every job and timer works with, built once when the worker starts."""

import asyncio
import logging
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as ValkeyConnectionError
from redis.exceptions import TimeoutError as ValkeyTimeoutError

from auction.kernel.clock import Clock, SystemClock
from auction.kernel.settings import Settings
from auction.store.database import Database
from auction.store.files import FileStore
from auction.store.keys import KeyHolder

log = logging.getLogger(__name__)

LookT = TypeVar("LookT")

VALKEY_RETRIES = 3
VALKEY_SECONDS_MAX = 5.0
"""So long Valkey may take to answer; then its line is dead and it is dialled again."""
JOB_SECONDS_MAX = 15
"""Shorter than the relay's lease: a job is not handed out again while it runs."""
UNIT_SECONDS_MAX = 120.0
"""The longest unit gives thousands of deposits back; none of a job may take longer than the job."""
LOOK_SECONDS_MAX = 4.0
"""So long a small look at the database may take before its line is taken for dead."""
URGENT_SECONDS_MAX = 6.0
"""The same for a unit that opens or closes sessions, or hands events on: a dead line must not keep
a session from its end."""
VALKEY_ERRORS = (ValkeyConnectionError, ValkeyTimeoutError, OSError)


@dataclass(frozen=True, slots=True)
class Context:
    """The worker's connections. Commands get a Unit from it, never the whole."""

    settings: Settings
    clock: Clock
    database: Database
    keys: KeyHolder
    files: FileStore
    valkey: Redis
    started_at: datetime


def build_context(settings: Settings, clock: Clock | None = None) -> Context:
    """Build the worker's connections; nothing is dialled before it is used."""
    ticking = clock or SystemClock()
    retry = Retry(ExponentialBackoff(cap=2, base=0.1), VALKEY_RETRIES)
    return Context(
        settings=settings,
        clock=ticking,
        database=Database(
            settings, clock=ticking, application="luochui-work", unit_seconds=UNIT_SECONDS_MAX
        ),
        keys=KeyHolder(settings.signer_socket),
        files=FileStore(settings.files_place),
        valkey=Redis.from_url(
            settings.valkey_url, retry=retry, retry_on_error=list(VALKEY_ERRORS),
            socket_timeout=VALKEY_SECONDS_MAX, socket_connect_timeout=VALKEY_SECONDS_MAX,
        ),
        started_at=ticking.now(),
    )  # fmt: skip


async def answered(context: Context, look: Awaitable[LookT]) -> LookT:
    """What a small look at the database says; when it says nothing in time, dead lines are freed.

    Raises TimeoutError then. Longer work that was not done in time proves nothing about its line.
    """
    try:
        async with asyncio.timeout(LOOK_SECONDS_MAX):
            return await look
    except TimeoutError:
        log.warning("PostgreSQL does not answer a small look: the line may be dead")
        await context.database.redial()
        raise


async def close_context(context: Context) -> None:
    """Give everything back."""
    await context.keys.close()
    await context.valkey.aclose()
    await context.database.close()
