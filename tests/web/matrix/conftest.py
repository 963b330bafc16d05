"""One stage for the whole folder: it takes seconds to build, and is asked thousands of times."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import httpx2
import pytest

from auction.kernel.clock import FrozenClock
from auction.kernel.settings import SUBJECT_KEYS_FILE, Settings
from auction.people.proving import FactorKey
from auction.store.database import Database
from auction.store.files import FileStore
from tests.conftest import NO_VALKEY, NOON, Server, empty
from tests.signers import answering
from tests.web.browser import ORIGIN, serving
from tests.web.matrix.cast import Caller
from tests.web.matrix.stage import Stage
from web.app import build_app
from workers.migrations.models import metadata


@dataclass(slots=True)
class House:
    """A running site over a full stage, and everybody who may come to its door."""

    stage: Stage
    settings: Settings
    owner: asyncpg.Connection
    transport: httpx2.ASGITransport
    callers: dict[str, Caller]
    seen: dict[str, str] = field(default_factory=dict)

    async def changed(self) -> set[str]:
        """The tables that are not as they were when this was asked last."""
        before, self.seen = self.seen, await self._prints()
        return {name for name, mark in self.seen.items() if before.get(name) != mark}

    async def _prints(self) -> dict[str, str]:
        """A digest of each table, as their owner reads them."""
        one_by_one = " UNION ALL ".join(
            f"SELECT '{name}', md5(coalesce(string_agg(t::text, ' ' ORDER BY t::text), ''))"
            f" FROM {name} t"
            for name in metadata().tables
        )
        return {row[0]: row[1] for row in await self.owner.fetch(one_by_one)}


@pytest.fixture(scope="package")
async def house(
    server: Server,
    key_file: Path,
    broom: asyncpg.Connection,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[House]:
    state = tmp_path_factory.mktemp("house")
    shutil.copy(key_file, state / SUBJECT_KEYS_FILE)
    settings = Settings(
        database_url=server.app_url,
        migration_database_url=server.owner_url,
        valkey_url=NO_VALKEY,
        luochui_state=state,
    )
    clock, key = FrozenClock(NOON), FactorKey(settings.factor_key_path)
    database = Database(settings, clock=clock)
    try:
        async with (
            answering(settings) as keeper,
            serving(build_app(settings, database), shows_code=False) as transport,
        ):
            files = FileStore(settings.files_place)
            stage = Stage(database, clock, files, key, keeper, server.execute)
            await stage.build()
            yield await _entered(House(stage, settings, broom, transport, {}))
    finally:
        await database.close()
        await empty(broom)


async def _entered(house: House) -> House:
    """Everybody at the door, each with a browser signed in."""
    for name, actor in house.stage.people.items():
        client = httpx2.AsyncClient(transport=house.transport, base_url=ORIGIN)
        house.callers[name] = Caller(name, actor, client, house.stage.database)
        await house.callers[name].enter()
    await house.changed()
    return house
