"""Orphans go after a day; whatever a row names, or is young, stays."""

import os
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import String

from auction.kernel.clock import FrozenClock
from auction.kernel.refusal import Refusal
from tests.conftest import NOON
from tests.workers.test_delivery import issued, the, work_off
from workers.migrations.models import metadata
from workers.upkeep.sweeping import NAMING, sweep_orphans
from workers.wiring import Context

NO_FILES = {
    "draws.digest",
    "notice.unsigned_digest",
    "panel_votes.terms_digest",
    "party_notifications.terms_digest",
    "photographs.original_digest",
    "postings.payload_digest",
    "roster_snapshots.digest",
    "statement_lines.digest",
}


def aged(context: Context, digest: str, age: timedelta) -> None:
    """Make a file look as if it had been put so long ago."""
    assert context.files.folder is not None
    put_at = (NOON - age).timestamp()
    os.utime(context.files.folder / digest[:2] / digest, (put_at, put_at))


async def is_there(context: Context, digest: str) -> bool:
    try:
        await context.files.get(digest)
    except Refusal:
        return False
    return True


async def test_only_old_files_without_a_row_go(context: Context, clock: FrozenClock) -> None:
    assert clock.now() == NOON
    key: UUID = await issued(context)
    await work_off(context, "render_notice")
    named = (await the(context, key)).digest or ""
    old, young = await context.files.put(b"old"), await context.files.put(b"young")
    aged(context, named, timedelta(days=9))
    aged(context, old, timedelta(days=1, seconds=1))
    aged(context, young, timedelta(hours=23))
    await sweep_orphans(context)
    assert [await is_there(context, digest) for digest in (named, old, young)] == [
        True,
        False,
        True,
    ]


async def test_a_file_put_again_is_young_again(context: Context) -> None:
    digest = await context.files.put(b"again")
    aged(context, digest, timedelta(days=9))
    (found,) = [file async for file in context.files.stored_before(NOON)]
    await context.files.put(b"again")
    assert not await context.files.discard(found)
    assert await is_there(context, digest)


async def test_many_orphans_go_in_one_look(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.upkeep.sweeping.BATCH", 3)
    digests = [await context.files.put(b"%d" % number) for number in range(7)]
    for digest in digests:
        aged(context, digest, timedelta(days=2))
    await sweep_orphans(context)
    assert not any([await is_there(context, digest) for digest in digests])


def test_every_column_that_names_a_file_is_known_to_the_sweep() -> None:
    """A new digest either names a file, and is in NAMING, or stands here and names none."""
    columns = {
        f"{table.name}.{column.name}"
        for table in metadata().tables.values()
        for column in table.columns
        if column.name.endswith("digest") and isinstance(column.type, String)
    }
    swept = {f"{column.class_.__table__.name}.{column.key}" for column in NAMING}
    assert swept <= columns
    assert columns - swept == NO_FILES
