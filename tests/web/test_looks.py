"""Pages in a real Chromium, on a phone and a desk, in both languages: nothing spills or breaks."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from playwright.async_api import Browser, Page

from auction.kernel.settings import Settings
from auction.store.database import Database
from tests.builders import a_listing
from tests.web.chromium import DESKTOP, PHONE, free_port, served, shots, signs_in, visitor
from workers.demo.seed import seed

pytestmark = pytest.mark.browser

PLACES = {
    "": ("/", "/lots", "/lots?q=nothing", "/calendar", "/lots/{listing}", "/draws", "/verify",
         "/law", "/help", "/sign-up", "/sign-in", "/no-such-page"),
    "officer": ("/court", "/court/cases", "/court/priority"),
    "clerk": ("/finance", "/finance/statements", "/finance/ledger", "/finance/orders"),
    "supervisor": ("/oversight", "/supervision"),
    "registry": ("/assist",),
    "agency01": ("/agency",),
    "bidder1": ("/me", "/inbox", "/account", "/lots/{listing}/join", "/party"),
}  # fmt: skip
NOT_A_FAULT = "Failed to load resource: the server responded with a status of 404"


@dataclass(frozen=True, slots=True)
class Site:
    browser: Browser
    settings: Settings
    passwords: dict[str, str]
    listing: str


@pytest.fixture
async def site(
    settings: Settings, database: Database, tmp_path: Path, chrome: Browser
) -> AsyncIterator[Site]:
    port = free_port()
    here = msgspec.structs.replace(settings, web_port=port, web_origin=f"http://127.0.0.1:{port}")
    await seed(database, tmp_path)
    accounts = json.loads((tmp_path / "accounts.json").read_text())
    passwords = {name: account["password"] for name, account in accounts.items()}
    listing = await a_listing(database)
    async with served(here, database):
        yield Site(chrome, here, passwords, str(listing.id))


async def signed_in(site: Site, username: str, size: dict[str, int], scheme: str) -> Page:
    page = await visitor(site.browser, site.settings, size=size, scheme=scheme)
    if username:
        await signs_in(page, username, site.passwords[username])
    return page


async def look(site: Site, page: Page, place: str, lang: str, name: str) -> list[str]:
    """Open a page; say what is wrong with it."""
    path = place.format(listing=site.listing)
    answered = await page.goto(f"{path}{'&' if '?' in path else '?'}lang={lang}")
    assert answered is not None
    wrong: list[str] = []
    if answered.status >= 500:
        wrong.append(f"{name} {path}: {answered.status}")
    spill = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    if spill > 0:
        wrong.append(f"{name} {path}: wider than the window by {spill} px")
    nameless = await page.evaluate(
        "[...document.querySelectorAll('input:not([type=hidden]),select,textarea')]"
        ".filter(e => !e.labels.length && !e.ariaLabel).map(e => e.name)"
    )
    wrong += [f"{name} {path}: {field} has no label" for field in nameless]
    complaints: list[str] = page.complaints
    wrong += [f"{name} {path}: {said}" for said in complaints if not said.startswith(NOT_A_FAULT)]
    complaints.clear()
    file = "_".join(part for part in place.split("?", maxsplit=1)[0].split("/") if part) or "home"
    await page.screenshot(path=shots() / f"{name}_{file.replace('{listing}', 'lot')}.png")
    return wrong


@pytest.mark.parametrize(
    ("size", "lang", "scheme"),
    [(PHONE, "zh-CN", "light"), (PHONE, "en", "dark"), (DESKTOP, "zh-CN", "dark")],
    ids=["phone-zh", "phone-en-dark", "desk-zh-dark"],
)
async def test_no_page_spills_or_breaks(
    site: Site, size: dict[str, int], lang: str, scheme: str
) -> None:
    wrong: list[str] = []
    for username, places in PLACES.items():
        page = await signed_in(site, username, size, scheme)
        for place in places:
            name = f"{username or 'visitor'}_{size['width']}_{lang}"
            wrong += await look(site, page, place, lang, name)
        await page.context.close()
    assert not wrong, "\n".join(wrong)


async def test_the_summary_of_errors_takes_focus_and_names_its_fields(site: Site) -> None:
    page = await visitor(site.browser, site.settings)
    await page.goto("/sign-up")
    await page.fill("#f-name", "林小满")
    await page.click("#sign-up button")
    assert await page.evaluate("document.activeElement.id") == "trouble"
    said = await page.inner_text("#trouble")
    assert "用户名" in said
    assert "密码" in said
    assert await page.input_value("#f-name") == "林小满"
    await page.screenshot(path=shots() / "sign_up_errors.png", full_page=True)


async def test_a_phone_shows_price_and_registration_of_a_lot_on_its_first_screen(
    site: Site,
) -> None:
    page = await signed_in(site, "", PHONE, "light")
    for lang in ("zh-CN", "en"):
        await page.goto(f"/lots/{site.listing}?lang={lang}")
        for what in ("#offer .price", f'a[href="/lots/{site.listing}/join"]'):
            box = await page.locator(what).bounding_box()
            assert box is not None
            assert box["y"] + box["height"] <= PHONE["height"], (lang, what, box)
