"""A line to Valkey that went dead in silence keeps the worker for a moment, not for ever."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import msgspec
import pytest
from arq import create_pool

from auction.kernel.settings import Settings
from tests.faults.line import Line, a_line
from workers.main import limit_waiting, valkey_settings
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
