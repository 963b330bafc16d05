"""Make the papers of notices and serve them: slow work first, then one short commit."""

import asyncio
from uuid import UUID

from auction.kernel.actor import SYSTEM
from auction.kernel.canonical import sha256_hex
from auction.notices import commands
from auction.notices.notice import Notice, NoticeState, SignedPaper
from auction.notices.render import Paper, paper_of, render
from auction.notices.signing import Certificates, Statement, sign_pdf
from auction.store import outbox
from auction.store.keys import KeyHolder
from auction.store.unit import Unit
from workers.wiring import Context


async def render_notice(context: Context, row_id: UUID, *, notice_id: str) -> None:
    """Set and sign the PDF with no unit open, put it on disk, then commit the row that names it."""
    key = UUID(notice_id)
    async with context.database.reading() as session:
        notice = await session.get_one(Notice, key)
    made = None
    if notice.state is NoticeState.ISSUED:
        made = await _make(context, paper_of(notice))
    async with context.database.unit(SYSTEM) as work:
        if await outbox.lock_waiting(work.session, row_id) is None:
            return  # another worker was quicker; this one's file is an orphan and is swept
        if made is not None:
            await commands.record_rendering(work, key, paper=made)
        await work.finish_job(row_id)


async def serve_notice(_context: Context, work: Unit, *, notice_id: str) -> None:
    """Put a rendered notice into the inbox of its addressee."""
    await commands.serve_notice(work, UUID(notice_id))


async def _make(context: Context, paper: Paper) -> SignedPaper:
    """The paper as a signed file in the store."""
    unsigned = await asyncio.to_thread(render, paper, context.settings.web_origin)
    certificates = await certificates_of(context.keys)

    async def sign(attributes: bytes) -> bytes:
        told = await context.keys.ask("document.sign", attributes=attributes.hex())
        return bytes.fromhex(told["signature"])

    statement = Statement(
        name=str(paper.facts["court_name"]),
        reason=f"{paper.title} {paper.code}",
        signed_at=context.clock.now(),
    )
    signed = await sign_pdf(unsigned, certificates=certificates, statement=statement, sign=sign)
    return SignedPaper(
        digest=await context.files.put(signed),
        unsigned_digest=sha256_hex(unsigned),
        certificate=certificates.fingerprint,
    )


async def certificates_of(keys: KeyHolder) -> Certificates:
    """The certificates that papers are signed under."""
    told = await keys.ask("document.certificates")
    return Certificates(signer=told["signer"].encode(), authority=told["authority"].encode())
