"""A bidder in a real browser, on a phone: signing up, bidding, a cut line; and without scripts."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect
from sqlalchemy import select

from auction.kernel.actor import SYSTEM
from auction.kernel.ids import BidderCode, RegistrationId
from auction.kernel.settings import Settings
from auction.law.warnings import SPECIAL_WARNINGS
from auction.people.identity import check_digit
from auction.store.database import Database
from auction.store.keys import KeyHolder
from bidding.admission import hold_registration, qualify_registrations
from bidding.hall.receipt import verify
from bidding.registration import Registration
from bidding.sealing import about_code, private_key_of, unseal
from bidding.undertakings import UNDERTAKINGS
from tests.conftest import Execute
from tests.web.chromium import shots, visitor
from tests.web.room_site import START, STEP, Site, Tunnel, a_site

pytestmark = pytest.mark.browser
PASSWORD = "参拍密码八位以上"
FIRST17 = "99010119900307001"


@pytest.fixture
async def site(
    settings: Settings, database: Database, as_owner: Execute, chrome: Browser
) -> AsyncIterator[Site]:
    assert database  # it is emptied after the test
    async with a_site(settings, as_owner, chrome) as running:
        yield running


async def signed_up(site: Site, page: Page) -> None:
    """Sign up and do every task of the registration, as a thumb would."""
    await page.goto("/sign-up")
    await page.fill("#f-name", "赵一鸣")
    await page.fill("#f-identity_number", FIRST17 + check_digit(FIRST17))
    await page.fill("#f-username", "zhao")
    await page.fill("#f-password", "correct horse battery")
    await page.check("#f-has_agreed")
    await page.click("#sign-up button.go")
    await page.wait_for_url("**/account")
    await page.goto(f"{site.path}/join")
    await page.click("#start-registration button")
    for text in (*SPECIAL_WARNINGS, *UNDERTAKINGS):
        await page.click(f"#ack-{text.key} button")
    await page.screenshot(path=shots() / "join-acknowledged.png", full_page=True)
    await page.fill("#f-room_password", PASSWORD)
    await page.fill("#f-room_password_again", PASSWORD)
    await page.click("#submit-registration button.go")
    await expect(page.locator("#virtual-account")).to_contain_text("955899")
    await page.screenshot(path=shots() / "join-deposit.png")


async def qualified(site: Site) -> BidderCode:
    """What the worker does once the deposit is held, with the real sealer."""
    async with site.database.reading() as session:
        registration = (await session.scalars(select(Registration))).one()
    async with site.database.unit(SYSTEM) as work:
        await hold_registration(work, registration.id)
    keys = KeyHolder(site.settings.signer_socket)
    told = await keys.ask("code.issue", registration_id=str(registration.id))
    await keys.close()
    box = bytes.fromhex(told["sealed_code"])
    async with site.database.unit(SYSTEM) as work:
        await qualify_registrations(work, boxes={RegistrationId(registration.id): box})
    key = private_key_of(PASSWORD, registration.password_salt or b"")
    about = about_code(str(registration.listing_id), str(registration.id))
    return BidderCode(unseal(key, box, about=about).decode())


async def bid(page: Page, *, steps: int) -> None:
    await page.click(f"[data-steps='{steps}']")
    await page.click("#go")
    if await page.locator("#own").is_visible():
        await expect(page.locator("#question-lead")).to_contain_text("在自己的出价上加价")
        await expect(page.locator("#confirm")).to_be_disabled()
        await page.check("#own-sure")
    await page.click("#confirm")


class TestTheRoomOnAPhone:
    async def test_leads_from_signing_up_to_the_highest_bid(self, site: Site) -> None:
        page = await visitor(site.browser, site.settings)
        dark = await visitor(site.browser, site.settings, scheme="dark")
        await signed_up(site, page)
        code = await qualified(site)
        await dark.goto(f"{site.path}/room")
        tunnel = Tunnel()
        await page.route_web_socket("ws://**", tunnel.through)
        rival = site.room.bidder(site.hall, "A1")
        await rival.enter()
        await rival.bid(START)

        await self.enters(site, page, code)
        await self.bids_and_is_outbid(page, rival)
        await self.comes_back_after_a_cut(page, tunnel)
        await dark.screenshot(path=shots() / "room-dark.png")
        await page.goto(f"{site.path}/receipts")
        await expect(page.locator("tbody tr")).to_have_count(2)
        for person in (page, dark):
            assert person.complaints == []

    async def enters(self, site: Site, page: Page, code: str) -> None:
        await page.goto(f"{site.path}/room")
        await page.fill("#f-room_password", PASSWORD)
        await page.click("#enter-room button.go")
        await expect(page.locator("#bid-title")).to_contain_text(code)
        await expect(page.locator("#net")).to_have_text("已连接")
        await expect(page.locator("#price")).to_have_text("1,180,000.00")
        await expect(page.locator("#price-words")).to_have_text("壹佰壹拾捌万元整")
        await expect(page.locator("#amount")).to_have_value("1,190,000.00")
        await page.screenshot(path=shots() / "room-entered.png")

    async def bids_and_is_outbid(self, page: Page, rival: object) -> None:
        await page.fill("#amount", "99999999999999999")
        await page.click("#go")
        await expect(page.locator("#fault")).to_have_text(
            "金额过高，不得超过 90,000,000,000,000.00 元"
        )
        await page.fill("#amount", "很多")
        await page.click("#go")
        await expect(page.locator("#fault")).to_have_text("请填写金额，例如 1,190,000.00")
        await page.keyboard.press("Escape")
        await expect(page.locator("#fault")).to_be_empty()
        await expect(page.locator("#amount")).to_have_value("1,190,000.00")
        await page.fill("#amount", "1,195,000.00")
        await page.click("#go")
        await expect(page.locator("#fault")).to_contain_text("整数倍")
        await page.click("[data-steps='2']")
        await page.click("#go")
        await expect(page.locator("#question-amount")).to_have_text("1,200,000.00")
        await expect(page.locator("#question-words")).to_have_text("壹佰贰拾万元整")
        await page.screenshot(path=shots() / "room-question.png")
        await page.click("#confirm")
        await expect(page.locator("#mine")).to_have_text("✔ 您目前领先")
        await expect(page.locator("#receipt")).to_contain_text("1,200,000.00")
        await page.screenshot(path=shots() / "room-leading.png")
        await page.fill("#amount", "1,210,000.00")
        await rival.bid(START + 3 * STEP)
        await expect(page.locator("#mine")).to_have_text("✖ 您的出价已被超过")
        await expect(page.locator("#amount")).to_have_value("1,220,000.00")
        await page.screenshot(path=shots() / "room-outbid.png")

    async def comes_back_after_a_cut(self, page: Page, tunnel: Tunnel) -> None:
        """The verdict is lost with the line: the room asks its fate before anything else."""
        tunnel.is_losing = True
        await bid(page, steps=1)
        await expect(page.locator("#receipt")).to_contain_text("1,220,000.00")
        await expect(page.locator("#mine")).to_have_text("✔ 您目前领先")
        await expect(page.locator("#log li.me")).to_have_count(2)
        assert tunnel.cuts == 1


class TestThePageWithoutScripts:
    async def test_bids_by_a_form_through_the_home_of_the_session(self, site: Site) -> None:
        page = await visitor(site.browser, site.settings)
        await signed_up(site, page)
        await qualified(site)
        plain = f"{site.path}/bid"
        await page.goto(plain)
        await page.fill("#f-room_password", PASSWORD)
        await page.click("#enter-room button.go")
        await page.click("#plain-bid button.go")
        await expect(page.locator("#told")).to_contain_text("出价成功")
        await expect(page.locator("#bid")).to_contain_text("确认出价")
        await page.screenshot(path=shots() / "bid-plain.png", full_page=True)
        await page.fill("#f-amount", "1,180,000")
        await page.click("#plain-bid button.go")
        await expect(page.locator("#told")).to_contain_text("出价未被接受")
        await page.goto(f"{site.path}/receipts")
        await expect(page.locator("tbody tr")).to_have_count(2)
        async with page.expect_download() as told:
            await page.locator("tbody a").last.click()
        kept = await (await told.value).path()
        assert verify(kept.read_bytes()) == []
        await page.screenshot(path=shots() / "receipts.png")
        await self.is_shut_out_by_signing_out(site, page)

    async def is_shut_out_by_signing_out(self, site: Site, page: Page) -> None:
        """A second tab in the room loses its socket when this one signs out."""
        room = await page.context.new_page()
        await room.goto(f"{site.path}/room")
        await expect(room.locator("#net")).to_have_text("已连接")
        await page.click("#sign-out button")
        await expect(room.locator("#net")).not_to_have_text("已连接", timeout=3000)
