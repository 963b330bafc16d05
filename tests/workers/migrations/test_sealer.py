"""A database in which codes came with a box in the hall: upgraded, each box is still there."""

import asyncio
from pathlib import Path
from uuid import UUID

import asyncpg

from auction.kernel.settings import SUBJECT_KEYS_FILE
from auction.law.rulebook import LAW
from tests.conftest import NOON, Server
from workers.migrations.upgrade import upgrade

BEFORE, NAME = "0024", "before_the_sealer"
LISTING, BOX = UUID(int=7), b"a box that only the sealer opens"


async def _run(url: str, statement: str, *values: object) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        return list(await connection.fetch(statement, *values))
    finally:
        await connection.close()


def test_an_old_box_is_kept_for_the_sealer_and_closed_to_everybody_else(
    server: Server, tmp_path: Path
) -> None:
    url, keys = server.postgres.url(name=NAME), tmp_path / SUBJECT_KEYS_FILE
    asyncio.run(_run(server.postgres.url(), f"CREATE DATABASE {NAME}"))
    upgrade(url, LAW, subject_keys=keys, to=BEFORE)
    asyncio.run(
        _run(url, "INSERT INTO hall_code VALUES ($1, 'M4T9K2QX', 1, $2, $3)", LISTING, BOX, NOON)
    )
    upgrade(url, LAW, subject_keys=keys)
    asked = "SELECT sealed_registration FROM hall_code WHERE listing_id = $1"
    sealer = server.sealer_url.rsplit("/", 1)[0] + f"/{NAME}"
    (kept,) = asyncio.run(_run(sealer, asked, LISTING))
    assert kept["sealed_registration"] == BOX
    assert asyncio.run(_run(sealer, "SELECT tag FROM code_holder")) == []
