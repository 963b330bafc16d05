"""Real Valkey for the tests of what crosses it."""

import secrets
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import pytest

from auction.kernel.settings import Settings
from auction.store.database import Database
from auction.store.keys import KeyHolder
from workers.embedded.leash import Leash
from workers.embedded.valkey import EmbeddedValkey
from workers.wiring import Context, build_context, close_context


@pytest.fixture(scope="session")
def valkey_url() -> Iterator[str]:
    folder = Path("/var/tmp") / f"luochui-valkey-{secrets.token_hex(4)}"
    valkey = EmbeddedValkey(folder)
    leash = Leash()
    valkey.start()
    leash.hold(valkey.pid)  # a suite that is killed leaves no server behind either
    yield valkey.url
    leash.let_go(valkey.pid)
    valkey.stop()
    leash.close()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def context(
    settings: Settings,
    valkey_url: str,
    database: Database,
    signer: KeyHolder,  # noqa: ARG001  (papers are signed)
) -> AsyncIterator[Context]:
    built = build_context(msgspec.structs.replace(settings, valkey_url=valkey_url), database.clock)
    yield built
    await built.valkey.flushall()
    await close_context(built)
