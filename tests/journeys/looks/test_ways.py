"""Other ways to read the pages: without scripts, and on paper."""

import re

import pytest
from playwright.async_api import Browser, expect

from tests.journeys.demonstration import Demonstration
from tests.journeys.looks.eyes import SPILL, axe, desk
from tests.journeys.looks.pages import Page
from tests.journeys.looks.test_pages import chosen
from tests.web.chromium import shots
from web.i18n import Locale

pytestmark = [pytest.mark.journey, pytest.mark.browser]

PAPER = {"width": 794, "height": 1123}
"""A4 in CSS pixels."""
PRINTED = {
    "public/lot.html": "", "room/room.html": "", "room/receipts.html": "bidder5",
    "finance/account.html": "clerk", "finance/ledger.html": "clerk", "court/plan.html": "officer",
}  # fmt: skip
SCREEN_ONLY = ".places, .who, .skip, .foot, form, .actions, .banner"
DEAD = """() => [...document.querySelectorAll('form')].filter(f => f.id !== 'bid-form').filter(f =>
    ![...f.querySelectorAll('button')].some(b => !b.disabled && !b.hidden && b.type === 'submit')
).map(f => f.id)"""


class TestWithoutScripts:
    async def test_every_page_says_the_same_and_every_form_can_be_sent(
        self, browser: Browser, grown: Demonstration, pages: list[Page]
    ) -> None:
        wrong: list[str] = []
        for role, mine in chosen(pages).items():
            async with desk(browser, grown, role, scripts=False) as tab:
                for page in mine:
                    answer = await tab.goto(page.path)
                    assert answer is not None
                    title = await tab.locator("main h1, main h2").count()
                    dead = await tab.evaluate(DEAD)
                    if answer.status != 200 or not title or dead:
                        wrong.append(f"{role} {page.path}: {answer.status} {title} {dead}")
        assert not wrong, "\n".join(wrong)

    async def test_a_bidder_signs_in_and_finds_the_room_that_takes_bids_by_a_form(
        self, browser: Browser, grown: Demonstration, pages: list[Page]
    ) -> None:
        account, bids = grown.accounts["bidder1"], open_bids(pages)
        async with desk(browser, grown, "", scripts=False) as tab:
            await tab.goto("/sign-in")
            await tab.fill("#f-username", "bidder1")
            await tab.fill("#f-password", account["password"])
            await tab.click("#sign-in button")
            await expect(tab.locator(".who")).to_contain_text(account["name"])
            await tab.goto(bids.replace("/bid", "/room"))
            await tab.click("text=不用脚本的出价页")
            await expect(tab).to_have_url(re.compile("/bid$"))

    async def test_the_page_of_bids_reloads_itself_only_for_whoever_asks_and_has_then_no_form(
        self, browser: Browser, grown: Demonstration, pages: list[Page]
    ) -> None:
        reloading, bids = "meta[http-equiv=refresh]", open_bids(pages)
        async with desk(browser, grown, "bidder1", scripts=False) as tab:
            await tab.goto(bids)
            assert not await tab.locator(reloading).count()
            await tab.click("text=围观：自动刷新")
            assert await tab.locator(reloading).count() == 1
            assert not await tab.locator("main form").count()
            await tab.click("text=停止自动刷新")
            assert not await tab.locator(reloading).count()


def path_of(pages: list[Page], sheet: str, role: str) -> str:
    found = [page.path for page in pages if (page.sheet, page.role) == (sheet, role)]
    assert found, f"{role} met no {sheet}"
    return found[0]


def open_bids(pages: list[Page]) -> str:
    """The page of bids of the lot that is still on offer."""
    mine = (page for page in pages if page.sheet == "room/bid.html" and page.role == "bidder1")
    return next(page.path for page in mine if "watch=1" in page.texts[Locale.ZH])


class TestOnPaper:
    @pytest.mark.parametrize(("sheet", "role"), PRINTED.items())
    async def test_the_matter_is_printed_and_the_frame_is_not(
        self, browser: Browser, grown: Demonstration, pages: list[Page], sheet: str, role: str
    ) -> None:
        path = path_of(pages, sheet, role)
        async with desk(browser, grown, role) as tab:
            await tab.set_viewport_size(PAPER)
            await tab.goto(path)
            await tab.emulate_media(media="print", color_scheme="dark")
            seen = await tab.locator(SCREEN_ONLY).evaluate_all(
                "all => all.filter(e => e.getClientRects().length).map(e => e.outerHTML)"
            )
            assert seen == []
            assert await tab.locator("main h1, main h2").first.is_visible()
            assert await tab.evaluate(SPILL) <= 0
            assert not await axe(tab, ["color-contrast"])
            ink = await tab.evaluate("getComputedStyle(document.documentElement).color")
            assert ink == "rgb(0, 0, 0)"
            await tab.pdf(path=shots() / f"print_{sheet.replace('/', '_')}.pdf", format="A4")
