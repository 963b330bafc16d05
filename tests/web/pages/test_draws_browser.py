"""A contributor's number is made in his own browser, and his browser holds the draw again."""

from datetime import timedelta

import msgspec
import pytest
from playwright.async_api import Browser, Page

from auction.kernel.actor import SYSTEM
from auction.kernel.clock import FrozenClock
from auction.kernel.settings import Settings
from auction.store.database import Database
from tests.valuation.stage import OFFICER, Stage
from tests.web.chromium import free_port, served, shots, visitor
from tests.web.pages.valuing import PASSWORD, enrol
from valuation.commands import draws
from valuation.drawing import KEY_HOLDERS


async def sign_in(page: Page) -> None:
    await page.goto("/sign-in")
    await page.fill("[name=username]", "applicant")
    await page.fill("[name=password]", PASSWORD)
    await page.click("#sign-in button")
    await page.wait_for_url("**/party")


@pytest.mark.browser
async def test_the_number_stays_in_the_browser_until_it_is_revealed(
    settings: Settings, database: Database, clock: FrozenClock, chrome: Browser
) -> None:
    stage = Stage(database, clock)
    await stage.announced()
    await enrol(stage)
    port = free_port()
    here = msgspec.structs.replace(settings, web_port=port, web_origin=f"http://127.0.0.1:{port}")
    async with served(here, database):
        page = await visitor(chrome, here)
        await sign_in(page)
        await page.goto(f"/draws/{stage.draw_id}")
        await page.wait_for_selector("#made:not([hidden])")
        number = await page.inner_text("#nonce")
        await page.screenshot(path=shots() / "draw-commit.png", full_page=True)
        await page.click("#commit button")
        await page.wait_for_selector(".said")
        assert number not in await page.content()
        await stage.commit(OFFICER, "officer")
        await stage.close_commits()
        await sign_in(page)
        await page.goto(f"/draws/{stage.draw_id}")
        assert await page.input_value("#reveal [name=secret]") == number
        await page.click("#reveal button")
        await page.wait_for_selector(".said")
        clock.advance(timedelta(hours=1))
        async with stage.by(SYSTEM) as work:
            await draws.close_reveals(work, stage.draw_id)
        for role in KEY_HOLDERS:
            await stage.prove(role)
        async with stage.by(SYSTEM) as work:
            await draws.hold_draw(work, stage.draw_id)
        await page.goto(f"/draws/{stage.draw_id}")
        await page.wait_for_selector("#in-browser.said")
        await page.screenshot(path=shots() / "draw-held.png", full_page=True)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.complaints == []
