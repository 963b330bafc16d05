"""What the room tells a bidder: why a button waits, what became of the question, what is true."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect
from sqlalchemy import select

from auction.deposits.commands import open_deposit
from auction.kernel.actor import SYSTEM
from auction.kernel.money import Money
from auction.kernel.settings import Settings
from auction.store.database import Database
from bidding.hall.standstill import lock_session
from bidding.registration import Registration
from tests.conftest import Execute
from tests.web.chromium import shots, visitor
from tests.web.room_site import START, STEP, Site, a_site

pytestmark = pytest.mark.browser
GROUND = "案外人对执行标的提出异议，正在审查"


@pytest.fixture
async def site(
    settings: Settings, database: Database, as_owner: Execute, chrome: Browser
) -> AsyncIterator[Site]:
    assert database  # it is emptied after the test
    async with a_site(settings, as_owner, chrome) as running:
        yield running


async def opens(site: Site, page: Page, *, lang: str = "zh-CN") -> None:
    await page.goto(f"{site.path}/room?lang={lang}")
    await expect(page.locator("#net")).to_have_attribute("data-state", "on")


async def the_court_says(site: Site, as_owner: Execute, state: str) -> None:
    """Suspend or withdraw the listing, and let its session obey."""
    await as_owner(f"UPDATE listings SET state = '{state}', ground = '{GROUND}'")
    async with site.database.unit(SYSTEM) as work:
        await lock_session(work, site.hall.session_id)


class TestTheBidButton:
    async def test_says_suspended_while_the_court_has_suspended(
        self, site: Site, as_owner: Execute
    ) -> None:
        page = await site.seated("A1", 1, as_owner)
        await opens(site, page)
        await page.click("#go")
        await expect(page.locator("#confirm")).to_be_enabled()
        await the_court_says(site, as_owner, "suspended")
        await expect(page.locator("#question-wait")).to_have_text("已中止")
        await expect(page.locator("#confirm")).to_be_disabled()
        await page.click("#back")
        await expect(page.locator("#go")).to_have_text("已中止")
        await expect(page.locator("#pause")).to_have_text(GROUND)
        await opens(site, page, lang="en")
        await expect(page.locator("#go")).to_have_text("Suspended")

    async def test_before_the_first_bid_offers_the_starting_price_by_its_name(
        self, site: Site, as_owner: Execute
    ) -> None:
        page = await site.seated("A1", 1, as_owner)
        rival = site.room.bidder(site.hall, "B2")
        await rival.enter()
        await opens(site, page)
        first, second = (page.locator(f"[data-steps='{n}'] span") for n in (1, 2))
        await expect(first).to_have_text("起拍价")
        await page.click("[data-steps='2']")
        await expect(page.locator("#amount")).to_have_value("1,200,000.00")
        await page.click("[data-steps='1']")
        await expect(page.locator("#amount")).to_have_value("1,180,000.00")
        await page.click("#go")
        await expect(page.locator("#question-above")).to_have_text("这是起拍价，还没有人出价")
        await rival.bid(START)
        await opens(site, page, lang="en")
        await expect(first).to_have_text("+1 step")
        await expect(second).to_have_text("+2 steps")
        await expect(page.locator("#bid-count")).to_have_text("1 bid")
        await page.click("#go")
        await expect(page.locator("#question-above")).to_have_text(
            "CNY 10,000.00 above the present price (1 increment)"
        )


class TestTheQuestion:
    async def test_outbid_meanwhile_says_that_the_price_moved_and_nothing_was_sent(
        self, site: Site, as_owner: Execute
    ) -> None:
        page = await site.seated("A1", 1, as_owner)
        rival = site.room.bidder(site.hall, "B2")
        await rival.enter()
        await opens(site, page)
        await page.click("#go")
        await rival.bid(START)
        told = (
            "有人先出价，价格已变为 1,180,000.00 元；您的 1,180,000.00 元没有发出。"
            "现最低 1,190,000.00 元"
        )
        await expect(page.locator("#fault")).to_have_text(told)
        await expect(page.locator("#question")).to_be_hidden()
        await expect(page.locator("#live")).to_have_text(told)
        await page.goto("/practice")
        await expect(page.locator("#net")).to_have_attribute("data-state", "on")
        await page.click("#go")
        await expect(page.locator("#fault")).to_contain_text("您的 1,000,000.00 元没有发出")

    async def test_waiting_for_a_word_looks_it_and_says_for_which(
        self, site: Site, as_owner: Execute
    ) -> None:
        page = await site.seated("A1", 1, as_owner)
        await opens(site, page)
        await page.click("#go")
        await expect(page.locator("#question-wait")).to_be_empty()
        await page.click("#confirm")
        await expect(page.locator("#mine")).to_have_attribute("data-standing", "leading")
        await page.click("#go")
        confirm = page.locator("#confirm")
        await confirm.hover(force=True)
        await page.screenshot(path=shots() / "told-question-waits.png")
        await expect(confirm).to_be_disabled()
        waiting = await confirm.evaluate("it => getComputedStyle(it).backgroundColor")
        await expect(page.locator("#question-wait")).to_have_text(
            "勾选“我确认要抬高自己的出价”后才能确认"
        )
        await page.check("#own-sure")
        await expect(page.locator("#question-wait")).to_be_empty()
        await expect(confirm).to_be_enabled()
        await confirm.hover()
        assert waiting != await confirm.evaluate("it => getComputedStyle(it).backgroundColor")


class TestAWithdrawal:
    async def test_is_told_once_with_its_reason_and_no_word_of_a_sale(
        self, site: Site, as_owner: Execute
    ) -> None:
        bidder = await site.seated("A1", 1, as_owner)
        watcher = await visitor(site.browser, site.settings)
        await opens(site, bidder)
        await opens(site, watcher)
        await the_court_says(site, as_owner, "withdrawn")
        for page in (bidder, watcher):
            await expect(page.locator("#result-title")).to_have_text("拍卖已撤回")
            await self.says_it_once(page)
            await page.reload()
            await expect(page.locator("#net")).to_have_attribute("data-state", "on")
            await self.says_it_once(page)
        await expect(bidder.locator("#result a[href='/me']")).to_be_visible()
        without = await without_scripts(site, watcher)
        await without.goto(f"{site.path}/room")
        await self.says_it_once(without)

    async def says_it_once(self, page: Page) -> None:
        await expect(page.locator("#result-next")).to_contain_text(f"撤回理由：{GROUND}")
        told = await page.inner_text("#room")
        assert told.count("已撤回") == 1
        assert told.count(GROUND) == 1
        assert "成交" not in told


class TestTheRoomWithoutScripts:
    async def test_tells_what_the_server_knows_and_leads_to_the_form(
        self, site: Site, as_owner: Execute
    ) -> None:
        seated = await site.seated("A1", 1, as_owner)
        for code, amount in (("A1", START), ("B2", START + STEP)):
            rival = site.room.bidder(site.hall, code)
            await rival.enter()
            await rival.bid(amount)
        page = await without_scripts(site, seated)
        await page.goto(f"{site.path}/room")
        told = await page.inner_text("#room")
        for false in ("正在连接", "还没有人出价", "您尚未出价", "--:--", "1,180,000.00 元；"):
            assert false not in told
        await expect(page.locator("#mine")).to_have_text("✖ 您的出价已被超过")
        await expect(page.locator("#price")).to_have_text("1,190,000.00")
        await expect(page.locator("#bid-count")).to_have_text("2 次出价")
        await expect(page.locator("#log li")).to_have_count(2)
        await page.screenshot(path=shots() / "told-without-scripts.png", full_page=True)
        await page.click("noscript a.go")
        await self.keeps_a_refused_amount(page)
        await the_court_says(site, as_owner, "suspended")
        await page.goto(f"{site.path}/bid")
        await expect(page.locator("#still")).to_contain_text(GROUND)
        await expect(page.locator("#plain-bid")).to_have_count(0)

    async def keeps_a_refused_amount(self, page: Page) -> None:
        await page.fill("#f-amount", "1,195,000")
        await page.click("#plain-bid button.go")
        await expect(page.locator("#told")).to_contain_text("出价未被接受")
        await expect(page.locator("#f-amount")).to_have_value("1195000.00")
        await expect(page.locator("#plain-bid")).to_contain_text("最低 1,200,000.00 元")


async def without_scripts(site: Site, seated: Page) -> Page:
    """The same visitor with scripts switched off."""
    context = await site.browser.new_context(
        base_url=site.settings.web_origin, java_script_enabled=False, locale="zh-CN"
    )
    await context.add_cookies(await seated.context.cookies())
    return await context.new_page()


class TestTheEnd:
    async def test_tells_the_winner_and_the_others_by_when_and_leads_to_their_own_page(
        self, site: Site, as_owner: Execute
    ) -> None:
        winner = await site.seated("A1", 1, as_owner)
        other = await site.seated("B2", 2, as_owner)
        await is_sold_to_the_first(site, as_owner)
        for page in (winner, other):
            await opens(site, page)
            await expect(page.locator("#result a[href='/me']")).to_be_visible()
        await expect(winner.locator("#result-title")).to_have_text("竞价结束，您以最高价竞得")
        await expect(winner.locator("#result-next")).to_contain_text(
            "请在 2027年1月8日 23:59:59 前付清余款"
        )
        await expect(other.locator("#result-next")).to_have_text(
            "您的保证金最迟 2026年12月30日 16:30:00 退回原账户。"
        )
        without = await without_scripts(site, winner)
        await without.goto(f"{site.path}/room")
        await expect(without.locator("#mine")).to_have_text("✔ 竞得")
        await expect(without.locator("#result-next")).to_contain_text("2027年1月8日 23:59:59")


async def is_sold_to_the_first(site: Site, as_owner: Execute) -> None:
    """The session is over, and what the worker does then is done."""
    bidder = site.room.bidder(site.hall, "A1")
    await bidder.enter()
    await bidder.bid(START)
    await as_owner("UPDATE sessions SET state = 'sold', closed_at = now(), version = version + 1")
    await as_owner(
        "INSERT INTO sale (id, listing_id, lot_id, case_id, court_id, session_id, registration_id,"
        " buyer_id, code, hammer_price, deposit, received, state, virtual_account, closed_at,"
        " balance_due_at, qualification_evidence, ruling_number, tax_vouchers,"
        " certificate_number, confirmation_notice_id) SELECT gen_random_uuid(), s.listing_id,"
        " s.lot_id, l.case_id,"
        " s.court_id, s.id, r.id, r.person_id, 'A1', s.leading_amount, 11800000, 11800000,"
        " 'awaiting_balance', '9558990000000001', now(), '2027-01-08T23:59:59+08',"
        " '', '', '', '', s.id"
        " FROM sessions s JOIN listings l ON l.id = s.listing_id"
        " JOIN registration r ON r.listing_id = l.id ORDER BY r.applied_at LIMIT 1"
    )
    async with site.database.unit(SYSTEM) as work:
        for one in await work.session.scalars(select(Registration)):
            await open_deposit(
                work,
                registration_id=one.id,
                listing_id=one.listing_id,
                court_id=one.court_id,
                person_id=one.person_id,
                amount=Money(11_800_000),
            )
    await as_owner(
        "UPDATE deposits SET state = 'release_ordered', release_due_at = '2026-12-30T16:30:00+08'"
    )
