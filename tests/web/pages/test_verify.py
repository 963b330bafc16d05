"""The verification page: the code and the file prove a paper; a changed file is told apart."""

import asyncio
from pathlib import Path
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import select

from auction.kernel.actor import SYSTEM
from auction.kernel.settings import Settings
from auction.notices.commands import issue_notice, serve_notice
from auction.notices.notice import Notice
from auction.notices.queries import PUBLIC_KINDS
from auction.notices.signing import read_signature
from auction.notices.wording import NoticeKind
from auction.store.database import Database
from auction.store.outbox import OutboxRow
from tests.auction.notices.test_commands import OFFICER, a_draft
from tests.auction.notices.test_render import codes_on
from tests.web.browser import ORIGIN, Browser, forms_of
from workers.delivery import render_notice
from workers.wiring import build_context, close_context


async def served(database: Database, settings: Settings, kind: NoticeKind) -> tuple[Notice, bytes]:
    """A notice on its way through the worker's own job, signed by the keeper of the key."""
    async with database.unit(OFFICER) as work:
        notice = await issue_notice(work, draft=a_draft(kind))
    context = build_context(settings, database.clock)
    async with database.reading() as session:
        row = await session.scalar(select(OutboxRow.id).where(OutboxRow.name == "render_notice"))
    assert row is not None
    await render_notice(context, row, notice_id=str(notice.id))
    async with database.unit(SYSTEM) as work:
        digest = (await serve_notice(work, notice.id)).digest or ""
    content = await context.files.get(digest)
    await close_context(context)
    return notice, content


async def upload(browser: Browser, path: str, content: bytes) -> httpx2.Response:
    page = await browser.get(path)
    action, fields = forms_of(page.text)["compare"]
    return await browser.client.post(
        action,
        data=fields,
        files={"file": ("notice.pdf", content, "application/pdf")},
        headers={"origin": ORIGIN},
    )


class TestVerify:
    async def test_the_page_shows_what_is_public_and_no_more(
        self, browser: Browser, database: Database, settings: Settings
    ) -> None:
        notice, content = await served(database, settings, NoticeKind.ASSIST_EXECUTION)
        page = await browser.get(f"/verify/{notice.code}")
        assert page.status_code == 200
        for words in ("协助执行通知书", "（2026）浙0199执123号", "杭湾市人民法院"):
            assert words in page.text
        assert "欧阳示范" not in page.text
        assert (await browser.get(f"/notices/{notice.id}/paper")).status_code == 404
        assert content.startswith(b"%PDF")

    async def test_the_qr_code_of_a_signed_paper_leads_to_its_page(
        self, browser: Browser, database: Database, settings: Settings, tmp_path: Path
    ) -> None:
        notice, content = await served(database, settings, NoticeKind.ASSIST_EXECUTION)
        (address,) = codes_on(content, tmp_path)
        assert address.startswith(settings.web_origin)
        page = await browser.get(address.removeprefix(settings.web_origin))
        assert page.status_code == 200
        assert notice.code in page.text

    async def test_the_original_matches(
        self, browser: Browser, database: Database, settings: Settings
    ) -> None:
        notice, content = await served(database, settings, NoticeKind.ASSIST_EXECUTION)
        answer = await upload(browser, f"/verify/{notice.code}", content)
        assert 'id="match"' in answer.text
        signature = answer.text.split('id="signature"')[1].split("</section>")[0]
        for words in ("有效", "可信", "整份文件", "落槌电子文书专用章"):
            assert words in signature

    async def test_the_authority_is_there_for_anybody(
        self, browser: Browser, database: Database, settings: Settings
    ) -> None:
        notice, content = await served(database, settings, NoticeKind.ASSIST_EXECUTION)
        assert "/verify/authority.cer" in (await browser.get(f"/verify/{notice.code}")).text
        given = (await browser.get("/verify/authority.cer")).content
        told = await asyncio.to_thread(read_signature, content, given)
        assert told is not None
        assert (told.is_intact, told.is_trusted, told.is_whole) == (True, True, True)

    async def test_one_changed_byte_does_not(
        self, browser: Browser, database: Database, settings: Settings
    ) -> None:
        notice, content = await served(database, settings, NoticeKind.ASSIST_EXECUTION)
        tampered = content[:-20] + bytes([content[-20] ^ 1]) + content[-19:]
        answer = await upload(browser, f"/verify/{notice.code}", tampered)
        assert 'id="mismatch"' in answer.text
        assert 'id="match"' not in answer.text

    @pytest.mark.parametrize("kind", sorted(PUBLIC_KINDS))
    async def test_a_published_paper_can_be_downloaded_by_anybody(
        self, browser: Browser, database: Database, settings: Settings, kind: NoticeKind
    ) -> None:
        notice, content = await served(database, settings, kind)
        assert (await browser.get(f"/notices/{notice.id}/paper")).content == content

    @pytest.mark.parametrize("spoil", [str.lower, lambda code: code.replace("-", " ")])
    async def test_a_code_typed_by_hand_is_found(
        self, browser: Browser, database: Database, settings: Settings, spoil: object
    ) -> None:
        notice, _ = await served(database, settings, NoticeKind.ASSIST_EXECUTION)
        assert callable(spoil)
        answer = await browser.submit("/verify", "find-notice", {"code": str(spoil(notice.code))})
        assert answer.headers["location"] == f"/verify/{notice.code}"

    async def test_an_unknown_code_is_one_clear_sentence(self, browser: Browser) -> None:
        page = await browser.get("/verify/00000-00000-00000")
        assert page.status_code == 422
        assert "00000-00000-00000" in page.text

    async def test_a_notice_nobody_has_seen_yet_has_no_paper(
        self, browser: Browser, database: Database
    ) -> None:
        async with database.unit(OFFICER) as work:
            notice = await issue_notice(work, draft=a_draft(NoticeKind.AUCTION_ANNOUNCEMENT))
        assert (await browser.get(f"/notices/{notice.id}/paper")).status_code == 404
        assert (await browser.get(f"/notices/{UUID(int=1)}/paper")).status_code == 404
