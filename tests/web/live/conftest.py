"""A live server on a clock that runs, and a hall that it may make its home in."""

from collections.abc import AsyncIterator

import pytest

from auction.kernel.settings import Settings
from auction.store.database import Database
from tests.bidding.halls import AHall, Execute, a_hall
from tests.web.live.rooms import ARoom, a_room, a_signer, real_time


@pytest.fixture
async def now_database(database: Database, settings: Settings) -> AsyncIterator[Database]:
    assert database  # it is emptied after the test
    async with real_time(settings) as opened:
        yield opened


@pytest.fixture
async def room(settings: Settings, now_database: Database) -> AsyncIterator[ARoom]:
    async with a_signer(settings), a_room(settings, now_database) as running:
        yield running


@pytest.fixture
async def hall(now_database: Database, as_owner: Execute) -> AHall:
    return await a_hall(now_database, as_owner, has_home=False)
