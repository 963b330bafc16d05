"""The keeper of originals lends a key for one recorded opening, and for nothing else."""

from pathlib import Path
from uuid import UUID, uuid5

import asyncpg
import pytest

from auction.kernel.canonical import sha256_hex
from auction.kernel.ids import AssetId
from auction.kernel.refusal import Refusal
from auction.kernel.sealed_file import WRAPPED_BYTES, open_file, seal_file
from auction.kernel.settings import Settings
from auction.lots.photographs import Opening, add_photograph, record_opening
from auction.store.database import Database
from tests.builders import OFFICER, a_case, an_asset
from tests.conftest import Server
from tests.signers import sealer_url
from workers.signers import originals
from workers.signers.key_folder import KeyFolder

SPACE = UUID("018f0000-0000-7000-8000-000000000000")


@pytest.fixture
def keys(tmp_path: Path) -> KeyFolder:
    return KeyFolder(tmp_path / "keys")


def sealed(keys: KeyFolder, content: bytes) -> bytes:
    public = bytes.fromhex(originals.public(keys, {})["public_key"])
    return seal_file(public, content)


async def an_opening(database: Database, asset_id: AssetId, content: bytes) -> Opening:
    async with database.unit(OFFICER) as work:
        photograph = await add_photograph(
            work, asset_id, digest=sha256_hex(content + b"shown"),
            original_digest=sha256_hex(content), sealed_digest="d" * 64,
        )  # fmt: skip
    async with database.unit(OFFICER) as work:
        return await record_opening(work, asset_id, photograph_id=photograph.id, reason="核对")


async def lent(keys: KeyFolder, settings: Settings, opening: object, box: bytes) -> bytes:
    question = {"opening_id": str(opening), "wrapped_key": box[:WRAPPED_BYTES].hex()}
    told = await originals.lend_key(keys, sealer_url(settings.database_url), question)
    return bytes.fromhex(told["key"])


async def test_lends_the_key_of_the_picture_that_the_opening_names(
    database: Database, settings: Settings, keys: KeyFolder
) -> None:
    asset_id = await an_asset(database, await a_case(database))
    box = sealed(keys, b"one")
    opening = await an_opening(database, asset_id, b"one")
    key = await lent(keys, settings, opening.id, box)
    assert open_file(key, box, digest=opening.original_digest) == b"one"


async def test_an_opening_of_one_picture_lends_no_key_of_another(
    database: Database, settings: Settings, keys: KeyFolder
) -> None:
    asset_id = await an_asset(database, await a_case(database))
    opening = await an_opening(database, asset_id, b"one")
    with pytest.raises(Refusal, match=r"file\.seal_broken"):
        await lent(keys, settings, opening.id, sealed(keys, b"another"))


async def test_without_a_recorded_opening_nothing_is_lent(
    database: Database, settings: Settings, keys: KeyFolder
) -> None:
    del database
    with pytest.raises(Refusal, match=r"originals\.no_opening"):
        await lent(keys, settings, uuid5(SPACE, "never"), sealed(keys, b"one"))
    with pytest.raises(ValueError, match="UUID"):
        await lent(keys, settings, "", sealed(keys, b"one"))


async def test_says_so_when_the_database_is_away(keys: KeyFolder) -> None:
    question = {"opening_id": str(SPACE), "wrapped_key": "00" * WRAPPED_BYTES}
    with pytest.raises(Refusal, match="database_away"):
        await originals.lend_key(keys, "postgresql://nobody@127.0.0.1:1/none", question)


async def test_waits_for_a_silent_database_no_longer_than_its_asker(
    database: Database, server: Server, keys: KeyFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert database  # it is there
    monkeypatch.setattr(originals, "ANSWER_SECONDS_MAX", 2.0)
    holding = await asyncpg.connect(server.owner_url)
    await holding.execute("BEGIN; LOCK TABLE original_openings IN ACCESS EXCLUSIVE MODE")
    question = {"opening_id": str(SPACE), "wrapped_key": "00" * WRAPPED_BYTES}
    with pytest.raises(Refusal, match="database_away"):
        await originals.lend_key(keys, server.sealer_url, question)
    await holding.close()
