"""A passkey in a real Chromium with a virtual authenticator: added, signed in with, given up."""

import json

import msgspec
import pytest
from playwright.async_api import Browser, Page, expect

from auction.kernel.settings import Settings
from auction.store.database import Database
from tests.web.chromium import free_port, served, signs_in, visitor
from workers.demo.seed import seed

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


async def with_authenticator(page: Page) -> None:
    tools = await page.context.new_cdp_session(page)
    await tools.send("WebAuthn.enable")
    await tools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})


@pytest.mark.browser
async def test_a_passkey_signs_staff_in_without_password_or_code(
    settings: Settings, database: Database, chrome: Browser
) -> None:
    port = free_port()
    here = msgspec.structs.replace(settings, web_port=port, web_origin=f"http://localhost:{port}")
    await seed(database, settings.luochui_state)
    accounts = json.loads((settings.luochui_state / "accounts.json").read_text())
    async with served(here, database):
        page = await visitor(chrome, here)
        await with_authenticator(page)
        await signs_in(page, "officer", accounts["officer"]["password"])
        await page.goto("/account/factors")
        await page.fill("#f-label", "办公室电脑")
        await page.click("#add-passkey button[data-passkey]")
        await expect(page.locator("tbody")).to_contain_text("办公室电脑")
        await page.click("#sign-out button")
        await page.goto("/sign-in?next=/court")
        await page.click("#sign-in-passkey button[data-passkey]")
        await page.wait_for_url(lambda url: url.endswith("/court") and "sign-in" not in url)
        await page.goto("/account")
        await expect(page.locator("h1")).to_have_text("沈执")
        await page.goto("/account/factors")
        await page.click("tbody form button")  # the last second factor of staff stays
        await expect(page.locator("#trouble")).to_have_attribute("data-code", "factor.last_one")
        assert [said for said in page.complaints if "422" not in said] == []
