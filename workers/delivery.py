"""Make the papers of notices and serve them: slow work first, then one short commit."""

import asyncio
from uuid import UUID

from auction.kernel.actor import SYSTEM
from auction.notices import commands
from auction.notices.notice import Notice, NoticeState
from auction.notices.render import paper_of, render
from auction.store import outbox
from auction.store.unit import Unit
from workers.wiring import Context


async def render_notice(context: Context, row_id: UUID, *, notice_id: str) -> None:
    """Set the PDF with no unit open, put it on disk, then commit the row that names it."""
    key = UUID(notice_id)
    async with context.database.reading() as session:
        notice = await session.get_one(Notice, key)
    digest = ""
    if notice.state is NoticeState.ISSUED:
        made = await asyncio.to_thread(render, paper_of(notice), context.settings.web_origin)
        digest = await context.files.put(made)
    async with context.database.unit(SYSTEM) as work:
        if await outbox.lock_waiting(work.session, row_id) is None:
            return  # another worker was quicker; the same facts made the same file
        if digest:
            await commands.record_rendering(work, key, digest=digest)
        await work.finish_job(row_id)


async def serve_notice(_context: Context, work: Unit, *, notice_id: str) -> None:
    """Put a rendered notice into the inbox of its addressee."""
    await commands.serve_notice(work, UUID(notice_id))
