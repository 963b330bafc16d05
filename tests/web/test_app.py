"""The pages go by PostgreSQL's clock, whatever their machine's says."""

import asyncio
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import msgspec
import pytest

from auction.kernel.clock import SystemClock
from auction.kernel.disciplined import DRIFT_MAX, DisciplinedClock, Reading
from auction.kernel.settings import Settings
from auction.store.database import Database
from tests.faults.line import a_line
from web.app import follow_clock, own_database

SECONDS_MAX = 20.0
right = SystemClock().now


@pytest.mark.parametrize("off", [timedelta(hours=1), timedelta(hours=-1)])
async def test_from_their_start_on(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, off: timedelta
) -> None:
    monkeypatch.setattr(SystemClock, "now", lambda _: right() + off)
    async with own_database(settings) as database:
        assert abs(database.clock.now() - right()) < DRIFT_MAX


class Noticed(DisciplinedClock):
    """A clock that tells when it was set."""

    def __init__(self, instant: datetime) -> None:
        super().__init__(instant)
        self.was_set = asyncio.Event()

    def accept(self, drift: timedelta) -> None:
        super().accept(drift)
        self.was_set.set()


@pytest.mark.parametrize("off", [timedelta(hours=1), timedelta(hours=-1)])
async def test_when_it_jumps(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, off: timedelta
) -> None:
    monkeypatch.setattr("web.app.CLOCK_SECONDS", 0.01)
    clock = Noticed(right() + off)
    database = Database(settings, clock=clock)
    following = asyncio.create_task(follow_clock(database, clock))
    async with asyncio.timeout(SECONDS_MAX):
        await clock.was_set.wait()
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    await database.close()
    assert abs(clock.now() - right()) < DRIFT_MAX


class Asked(Database):
    """PostgreSQL as it is reached by a line; tells when it could not be asked."""

    was_away = asyncio.Event()

    async def compare(self, clock: DisciplinedClock) -> Reading:
        try:
            return await super().compare(clock)
        except OSError:
            self.was_away.set()
            raise


async def test_after_times_when_it_could_not_be_asked(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.app.CLOCK_SECONDS", 0.01)
    clock = Noticed(right() + timedelta(hours=1))
    far = urlsplit(settings.database_url)
    async with a_line(int(far.port or 0)) as line:
        near = far._replace(netloc=f"{far.username}:{far.password}@127.0.0.1:{line.port}")
        database = Asked(msgspec.structs.replace(settings, database_url=near.geturl()))
        await line.cut()
        following = asyncio.create_task(follow_clock(database, clock))
        async with asyncio.timeout(SECONDS_MAX):
            await database.was_away.wait()
            assert not clock.was_set.is_set()
            await line.mend()
            await clock.was_set.wait()
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await database.close()
