"""Originals from before sealing began: sealed by the worker, the open ones swept a day later."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from sqlalchemy import select

from auction.kernel.canonical import sha256_hex
from auction.lots.asset import Photograph
from auction.lots.photographs import add_photograph
from tests.builders import OFFICER, a_case, an_asset
from tests.workers.upkeep.test_sweeping import aged, is_there
from workers.upkeep.originals import seal_originals
from workers.upkeep.sweeping import sweep_orphans
from workers.wiring import Context

Execute = Callable[[str], Awaitable[None]]
DAYS = timedelta(days=9)


async def an_open_original(context: Context, as_owner: Execute, content: bytes) -> str:
    """As a database of an earlier version holds it."""
    asset_id = await an_asset(context.database, await a_case(context.database))
    digest = await context.files.put(content)
    aged(context, digest, DAYS)
    async with context.database.unit(OFFICER) as work:
        await add_photograph(
            work, asset_id, digest=sha256_hex(b"shown"), original_digest=digest, sealed_digest="x"
        )
    await as_owner("UPDATE photographs SET sealed_digest = NULL")
    return digest


async def the_photo(context: Context) -> Photograph:
    async with context.database.reading() as session:
        return (await session.scalars(select(Photograph))).one()


async def test_is_sealed_once_and_only_then_taken(context: Context, as_owner: Execute) -> None:
    digest = await an_open_original(context, as_owner, b"SpyPhone")
    await sweep_orphans(context)
    assert await is_there(context, digest)
    for _ in range(2):
        await seal_originals(context)
    row = await the_photo(context)
    assert row.sealed_digest is not None
    assert b"SpyPhone" not in await context.files.get(row.sealed_digest)
    aged(context, row.sealed_digest, DAYS)
    await sweep_orphans(context)
    assert not await is_there(context, digest)
    assert await is_there(context, row.sealed_digest)


async def test_one_that_is_lost_keeps_no_other_from_being_sealed(
    context: Context, as_owner: Execute
) -> None:
    await an_open_original(context, as_owner, b"SpyPhone")
    await as_owner(f"UPDATE photographs SET original_digest = '{'0' * 64}'")
    await seal_originals(context)
    assert (await the_photo(context)).sealed_digest is None
