"""A small look that is not answered frees whoever waits on the same dead line."""

import asyncio
from dataclasses import replace
from urllib.parse import urlsplit

import msgspec
import pytest
from sqlalchemy import text

from auction.store.database import Database, is_away
from tests.faults.line import a_line
from workers.wiring import Context, answered


async def test_who_waits_is_freed_with_it(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.wiring.LOOK_SECONDS_MAX", 0.3)
    far = urlsplit(context.settings.database_url)
    async with a_line(int(far.port or 0)) as line:
        near = far._replace(netloc=f"{far.username}:{far.password}@127.0.0.1:{line.port}")
        database = Database(msgspec.structs.replace(context.settings, database_url=near.geturl()))
        behind, has_begun = replace(context, database=database), asyncio.Event()

        async def work_long() -> None:
            async with database.reading() as session:
                await session.execute(text("SELECT 1"))
                has_begun.set()
                await session.execute(text("SELECT pg_sleep(30)"))

        working = asyncio.create_task(work_long())
        async with database.watching() as connection:
            await has_begun.wait()
            assert (await answered(behind, connection.execute(text("SELECT 2")))).scalar() == 2
            line.deaden()
            with pytest.raises(TimeoutError):
                await answered(behind, connection.execute(text("SELECT 3")))
        (wrong,) = await asyncio.gather(working, return_exceptions=True)
        assert isinstance(wrong, BaseException)
        assert is_away(wrong)
        await database.close()
