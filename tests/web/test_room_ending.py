"""Two bidders and a watcher in one room, on phones, to the end of an ending that moves twice."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from playwright.async_api import Browser, Page, expect

from auction.kernel.settings import Settings
from auction.store.database import Database
from tests.conftest import Execute
from tests.journeys.looks.eyes import axe, faults
from tests.web.chromium import DESKTOP, shots, visitor
from tests.web.room_site import NEAR, Site, Tunnel, a_site

pytestmark = pytest.mark.browser
LASTS = timedelta(seconds=16)


@pytest.fixture
async def site(
    settings: Settings, database: Database, as_owner: Execute, chrome: Browser
) -> AsyncIterator[Site]:
    assert database  # it is emptied after the test
    async with a_site(settings, as_owner, chrome) as running:
        yield running


async def bids(page: Page) -> None:
    """The least that is legal, confirmed on the same spot."""
    await page.click("[data-steps='1']")
    spot = await page.locator("#go").bounding_box()
    await page.click("#go")
    there = await page.locator("#confirm").bounding_box()
    assert spot is not None
    assert there is not None
    assert there["y"] < spot["y"] + spot["height"], "the answer is not where the thumb is"
    if await page.locator("#own").is_visible():
        await page.check("#own-sure")
    await page.click("#confirm")
    await expect(page.locator("#receipt")).to_be_visible()


async def shown(page: Page, name: str) -> list[str]:
    """A picture of how it looks now; and what axe finds wrong with it."""
    await page.screenshot(path=shots() / f"{name}.png", full_page=True)
    return [f"{name}: {fault}" for fault in await axe(page)]


async def opens(site: Site, page: Page, *, lang: str = "zh-CN") -> None:
    await page.goto(f"{site.path}/room?lang={lang}")
    await expect(page.locator("#net")).to_have_attribute("data-state", "on")


async def extensions(page: Page) -> int:
    """How often the end has moved, as the room says it."""
    told = re.search(r"第 (\d+) 次延时", await page.inner_text("#extension"))
    return int(told[1]) if told else 0


class TestTheEnding:
    async def test_moves_twice_and_everybody_sees_the_same(
        self, site: Site, as_owner: Execute
    ) -> None:
        first = await site.seated("A1", 1, as_owner)
        second = await site.seated("B2", 2, as_owner, scheme="dark")
        watcher = await visitor(site.browser, site.settings, size=DESKTOP)
        tunnel = Tunnel()
        await second.route_web_socket("ws://**", tunnel.through)
        await site.closes_in(LASTS, as_owner)
        await opens(site, first)
        await opens(site, second, lang="en")
        await opens(site, watcher)

        await bids(first)
        await expect(second.locator("#mine")).to_have_attribute("data-standing", "none")
        await self.is_outbid_while_typing(first, second)
        await self.is_cut_off_and_comes_back(first, second, tunnel)
        await first.screenshot(path=shots() / "two-first-outbid.png")
        await second.screenshot(path=shots() / "two-second-leading-en-dark.png")
        await self.moves_the_end(site, first, second, watcher)
        await watcher.screenshot(path=shots() / "two-watcher-extended.png")
        await self.ends(first, second, watcher)
        faults: list[str] = []
        for page, name in ((first, "lost"), (second, "won-en-dark"), (watcher, "watched")):
            faults += await shown(page, f"two-{name}")
            assert page.complaints == []
        assert faults == []

    async def is_outbid_while_typing(self, first: Page, second: Page) -> None:
        """The field keeps what is still legal; what is not any more is put right, and said."""
        await second.fill("#amount", "1,250,000")
        await bids(first)
        await expect(second.locator("#price")).to_have_text("1,190,000.00")
        await expect(second.locator("#amount")).to_have_value("1,250,000")
        await second.fill("#amount", "1,200,000")
        await second.click("#go")
        await expect(second.locator("#question-amount")).to_have_text("1,200,000.00")
        await bids(first)
        await expect(second.locator("#question")).to_be_hidden()
        await expect(second.locator("#fault")).to_contain_text("1,210,000.00")
        await expect(second.locator("#amount")).to_have_value("1,210,000.00")

    async def is_cut_off_and_comes_back(self, first: Page, second: Page, tunnel: Tunnel) -> None:
        tunnel.is_losing = True
        await second.click("[data-steps='1']")
        await second.click("#go")
        await second.click("#confirm")
        await expect(second.locator("#receipt")).to_contain_text("1,210,000.00")
        assert tunnel.cuts == 1
        await expect(first.locator("#mine")).to_have_attribute("data-standing", "outbid")
        await expect(first).to_have_title(re.compile("^✖ 1,210,000.00 · 竞价大厅"))

    async def moves_the_end(self, site: Site, first: Page, second: Page, watcher: Page) -> None:
        """Two bids near the end move it twice; a slow machine has moved it before."""
        left = (site.hall.closes_at - site.database.clock.now()).total_seconds()
        await asyncio.sleep(max(0.0, left - NEAR.total_seconds() / 2))
        before = await extensions(watcher)
        await bids(first)
        await expect(watcher.locator("#extension")).to_contain_text(f"第 {before + 1} 次延时")
        await bids(second)
        for page in (first, watcher):
            await expect(page.locator("#extension")).to_contain_text(f"第 {before + 2} 次延时")
            await expect(page.locator("#price")).to_have_text("1,230,000.00")
        await expect(second.locator("#live")).to_contain_text("1,230,000.00")

    async def ends(self, first: Page, second: Page, watcher: Page) -> None:
        patience = NEAR.total_seconds() * 2000
        await expect(second.locator("#result")).to_be_visible(timeout=patience)
        await expect(first.locator("#mine")).to_have_text("未竞得")
        await expect(first.locator("#result a[href$='/receipts']")).to_be_visible()
        await expect(second.locator("#mine")).to_have_text("✔ Won")
        await expect(second.locator("#result-price")).to_contain_text("1,230,000.00")
        await expect(watcher.locator("#result-title")).to_have_text("竞价结束，成交")
        await expect(watcher.locator("#result-code")).to_contain_text("B2")
        await expect(watcher.locator("#mine")).to_have_text("已结束")
        await expect(watcher.locator("#price-label")).to_have_text("成交价")
        await self.uses_the_width(watcher)
        await watcher.screenshot(path=shots() / "two-watched-result.png")
        await watcher.click("#result a[href$='/bids']")
        await expect(watcher.locator("tbody tr")).to_have_count(6)
        drawn = await watcher.locator(".course path").last.get_attribute("d")
        assert str(drawn).count("H") == 5, "six prices, five steps"

    async def uses_the_width(self, watcher: Page) -> None:
        """On a wide screen the record stands beside the price, not below an empty half."""
        now = await watcher.locator(".now").bounding_box()
        log = await watcher.locator(".log").bounding_box()
        assert now is not None
        assert log is not None
        assert log["x"] >= now["x"] + now["width"]


class TestThePagesBesideTheRoom:
    @pytest.mark.parametrize("place", ["/practice", "/hall/protocol", "/lots/{listing}/bids"])
    async def test_fit_a_phone_in_light_and_dark_and_large_type(
        self, site: Site, place: str
    ) -> None:
        path = place.replace("{listing}", str(site.hall.listing_id))
        for lang in ("en", "zh-CN"):
            page = await visitor(site.browser, site.settings)
            await page.goto(f"{path}?lang={lang}")
            name = f"beside-{place.rpartition('/')[2]}-{lang}.png"
            await page.screenshot(path=shots() / name, full_page=True)
            assert await faults(page) == []
            await page.context.close()


class TestThePracticeHall:
    async def test_is_the_room_with_nothing_at_stake(self, site: Site) -> None:
        page = await visitor(site.browser, site.settings)
        await page.goto("/practice")
        await expect(page.locator("#net")).to_have_attribute("data-state", "on")
        await expect(page.locator("#price-words")).to_have_text("壹佰万元整")
        await bids(page)
        await expect(page.locator("#mine")).to_have_attribute("data-standing", "leading")
        faults = await shown(page, "practice")
        await expect(page.locator("#mine")).to_have_attribute("data-standing", "outbid")
        await page.goto("/practice?lang=en")
        await expect(page.locator("#net")).to_have_attribute("data-state", "on")
        await page.set_viewport_size(DESKTOP)
        await page.check("#sound-on")
        await self.listens_to_keys(page)
        faults += await shown(page, "practice-en-desktop")
        assert faults == []
        assert page.complaints == []

    async def listens_to_keys(self, page: Page) -> None:
        """Single keys set the amount only once they are asked for (WCAG 2.1.4)."""
        await expect(page.locator("#price-words")).to_have_text("壹佰万元整")
        await expect(page.locator("#log li")).to_have_count(1)  # now the robots wait for a bid
        await page.keyboard.press("2")
        await expect(page.locator("#amount")).to_have_value("1,010,000.00")
        await page.check("#keys-on")
        await page.locator("#keys-on").blur()
        await page.keyboard.press("2")
        await expect(page.locator("#amount")).to_have_value("1,020,000.00")
        await page.click("#go")
        await expect(page.locator("#question")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.locator("#question")).to_be_hidden()


class TestTheClock:
    SHOWS = """async ([state, left]) => {
        const { drawClock } = await import('/static/room/board.js');
        const { EMPTY } = await import('/static/room/hall.js');
        drawClock(Object.assign({}, EMPTY, { phase: state, closesAt: 1e9, opensAt: 1e9 }),
                  1e9 - left, 300000);
        return [document.getElementById('clock-label').textContent,
                document.getElementById('left').textContent];
    }"""

    async def test_shows_tenths_in_the_last_minute_and_waits_for_the_servers_word(
        self, site: Site
    ) -> None:
        page = await visitor(site.browser, site.settings)
        await page.goto("/practice")
        told = [
            await page.evaluate(self.SHOWS, [state, left])
            for state, left in (
                ("open", 61_000),
                ("open", 59_940),
                ("open", 90_061_000),
                ("open", 0),
                ("open", -5_000),
                ("scheduled", 1_000),
                ("scheduled", 0),
                ("paused", 9_000),
            )
        ]
        assert told == [
            ["距结束", "01:01"],
            ["距结束", "00:59.9"],
            ["距结束", "1天 01:01:01"],
            ["等待服务器确认结果", "00:00.0"],
            ["等待服务器确认结果", "00:00.0"],
            ["距开始", "00:01.0"],
            ["等待服务器宣布开始", "00:00.0"],
            ["竞价已暂停", "—"],
        ]


class TestComingBack:
    STILL = """
        Math.random = () => 0.5;
        const later = window.setTimeout;
        window.waits = [];
        window.setTimeout = (call, wait, ...facts) => {
            window.waits.push(wait);
            return later(call, Math.min(wait, 20), ...facts);
        };
    """
    """Chance that is always the middle, and waits that are noted instead of waited for."""

    @pytest.mark.parametrize(("code", "wait"), [(1012, 1500), (1011, 500)])
    async def test_is_spread_over_three_seconds_after_a_restart(
        self, site: Site, code: int, wait: int
    ) -> None:
        page = await visitor(site.browser, site.settings)
        tunnel = Tunnel()
        await page.add_init_script(self.STILL)
        await page.route_web_socket("ws://**", tunnel.through)
        await page.goto(f"{site.path}/room")
        await expect(page.locator("#net")).to_have_attribute("data-state", "on")
        await tunnel.close(code)
        await page.wait_for_function("wait => window.waits.includes(wait)", arg=wait)
        await expect(page.locator("#net")).to_have_attribute("data-state", "on")
        assert len(tunnel.routes) == 2
