"""Files that no row names: an upload whose commit failed, a paper that was made twice."""

import logging
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from auction.ledger.statement import Statement
from auction.listings.listing import ListingItem
from auction.lots.asset import Photograph
from auction.notices.notice import Notice
from auction.store.files import StoredFile
from valuation.drawing import Draw
from valuation.report import Report
from workers.wiring import Context

PERIOD_SECONDS = 3600.0
ORPHAN_AGE = timedelta(days=1)
"""So long a file may lie before the row that names it commits."""
BATCH = 500

NAMING: tuple[InstrumentedAttribute[str] | InstrumentedAttribute[str | None], ...] = (
    Notice.digest,
    Photograph.digest,
    Photograph.sealed_digest,
    ListingItem.digest,
    Report.pdf_digest,
    Draw.void_ruling_digest,
    Statement.file_digest,
)
"""Every column that names a file of the store. A file named by none of them is an orphan."""

_log = logging.getLogger(__name__)


async def sweep_orphans(context: Context) -> None:
    """Discard every old file that no row names."""
    batch: list[StoredFile] = []
    gone = 0
    async for file in context.files.stored_before(context.clock.now() - ORPHAN_AGE):
        batch.append(file)
        if len(batch) == BATCH:
            gone += await _discard_orphans(context, batch)
            batch = []
    gone += await _discard_orphans(context, batch)
    if gone:
        _log.info("discarded %d files that no row names", gone)


async def _discard_orphans(context: Context, batch: Sequence[StoredFile]) -> int:
    async with context.database.reading() as session:
        named = await _named(session, [file.digest for file in batch])
    gone = 0
    for file in batch:
        if file.digest not in named:
            gone += await context.files.discard(file)
    return gone


async def _named(session: AsyncSession, digests: Sequence[str]) -> set[str]:
    named: set[str] = set()
    for column in NAMING:
        found = await session.scalars(select(column).where(column.in_(digests)))
        named |= {digest for digest in found if digest}
    lying_open = select(Photograph.original_digest).where(
        Photograph.sealed_digest.is_(None), Photograph.original_digest.in_(digests)
    )
    return named | set(await session.scalars(lying_open))
