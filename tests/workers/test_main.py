"""The worker outlasts lines to Valkey that die, and cancellations that are lost."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import msgspec
import pytest
from arq import ArqRedis, Worker, create_pool
from redis.asyncio.client import Pipeline
from redis.exceptions import WatchError

from auction.kernel.settings import Settings
from tests.faults.line import Line, a_line
from workers.jobs import run_job
from workers.main import SteadyWorker, end, limit_waiting, valkey_settings
from workers.wiring import build_context, close_context

SECONDS_MAX = 20.0


@pytest.fixture
async def line(valkey_url: str) -> AsyncIterator[Line]:
    async with a_line(int(urlsplit(valkey_url).port or 0)) as laid:
        yield laid


@pytest.fixture
def behind(settings: Settings, valkey_url: str, line: Line) -> Settings:
    """Valkey as it is reached by the line."""
    far = urlsplit(valkey_url)
    near = far._replace(netloc=f":{far.password}@127.0.0.1:{line.port}")
    return msgspec.structs.replace(settings, valkey_url=near.geturl())


async def test_the_queue_is_reached_again(
    behind: Settings, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.main.VALKEY_SECONDS_MAX", 0.3)
    queue = await create_pool(valkey_settings(behind))
    await limit_waiting(queue)
    assert await queue.enqueue_job("run_job", "one") is not None
    line.deaden()
    async with asyncio.timeout(SECONDS_MAX):
        assert await queue.enqueue_job("run_job", "two") is not None
    await queue.flushall()
    await queue.aclose()


async def test_the_relay_publishes_again(
    behind: Settings, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.wiring.VALKEY_SECONDS_MAX", 0.3)
    context = build_context(behind)
    assert await context.valkey.publish("somewhere", "one") == 0
    line.deaden()
    async with asyncio.timeout(SECONDS_MAX):
        assert await context.valkey.publish("somewhere", "two") == 0
    await close_context(context)


class Breaking(ArqRedis):
    """Valkey by a line that breaks after every watch."""

    line: Line

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:
        pipe = super().pipeline(transaction, shard_hint)
        watch = pipe.watch

        async def watch_and_break(*names: str) -> bool:
            watched: bool = await watch(*names)
            self.line.break_all()
            return watched

        pipe.watch = watch_and_break
        return pipe


async def test_a_line_that_breaks_as_a_job_begins_takes_no_place_from_others(
    behind: Settings, line: Line
) -> None:
    pool = Breaking.from_url(behind.valkey_url)
    pool.line = line
    with pytest.raises(WatchError):
        await Worker(functions=[run_job], redis_pool=pool).start_jobs([b"one"])
    worker = SteadyWorker(functions=[run_job], redis_pool=pool, max_jobs=1)
    await worker.start_jobs([b"one"])
    await worker.start_jobs([b"two"])
    assert (worker.job_counter, worker.tasks) == (0, {})
    await pool.aclose()


async def test_a_task_that_loses_a_cancellation_is_cancelled_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("workers.main.CANCELLED_SECONDS", 0.01)
    has_lost = asyncio.Event()

    async def lose_one() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            has_lost.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(lose_one())
    await asyncio.sleep(0)
    async with asyncio.timeout(SECONDS_MAX):
        await end([task])
    assert has_lost.is_set()
    assert task.cancelled()
