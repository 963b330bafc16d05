"""Operations and the table of authority on a telephone and on a desk, in both languages."""

import msgspec
import pytest
from playwright.async_api import Browser
from sqlalchemy import select, update

from auction.kernel.actor import SYSTEM, Role
from auction.kernel.settings import Settings
from auction.store.database import Database
from auction.store.outbox import ATTEMPTS_MAX, OutboxRow, record_failure
from auction.store.pulse import beat
from tests.web.chromium import (
    DESKTOP,
    PHONE,
    free_port,
    served,
    shots,
    signs_in,
    visitor,
)  # fmt: skip
from tests.web.pages.test_finance import PASSWORD, a_member_of_staff

pytestmark = pytest.mark.browser
ERROR = "IntegrityError < UniqueViolationError 23505 uq_sale_listing_id (commands.py:112 confirm)"


async def trouble(database: Database) -> None:
    """Two jobs given up, one that will be tried again, one that nobody tried yet."""
    async with database.unit(SYSTEM) as work:
        for name in ("confirm_sale", "render_notice", "serve_notice", "send_letter"):
            work.enqueue(name, id="7")
        await beat(work.session, "work", started_at=work.now, now=work.now)
    async with database.unit(SYSTEM) as work:
        rows = {row.name: row.id for row in await work.session.scalars(select(OutboxRow))}
        for name, times in (("confirm_sale", ATTEMPTS_MAX), ("render_notice", ATTEMPTS_MAX),
                            ("serve_notice", 2)):  # fmt: skip
            for _ in range(times):
                await record_failure(work.session, rows[name], work.now, ERROR)
        await work.session.execute(update(OutboxRow).values(correlation="0123456789abcdef"))


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desk"])
@pytest.mark.parametrize("lang", ["zh-CN", "en"])
async def test_trouble_is_seen_and_tried_again(
    settings: Settings, database: Database, chrome: Browser, size: dict[str, int], lang: str
) -> None:
    port = free_port()
    here = msgspec.structs.replace(settings, web_port=port, web_origin=f"http://127.0.0.1:{port}")
    username = await a_member_of_staff(database, Role.ADMINISTRATOR, 1)
    await trouble(database)
    async with served(here, database):
        page = await visitor(chrome, here, size=size)
        await signs_in(page, username, PASSWORD)
        for place in ("/ops", "/ops?show=waiting", "/ops?name=no_such_job", "/law/authority"):
            await page.goto(f"{place}{'&' if '?' in place else '?'}lang={lang}")
            spill = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert spill <= 0, place
            file = place.strip("/").replace("/", "_").replace("?", "_").replace("=", "-")
            shot = shots() / f"{file}_{lang}_{size['width']}.png"
            await page.screenshot(path=shot, full_page=not place.startswith("/law"))
        await page.goto("/ops?show=dead&name=confirm_sale")
        await page.click("#rows button")
        await page.wait_for_selector(".said")
        assert await page.locator("#rows").count() == 0
        assert not page.complaints
