"""What is wrong with a page in Chromium: spilt, clipped, nameless, unreadable, complaining."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page

from tests.journeys.demonstration import Demonstration
from tests.web.chromium import DESKTOP, PHONE

NARROW = {"width": 320, "height": 640}
"""What WCAG 1.4.10 asks a page to fit into."""
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SPILL = "document.documentElement.scrollWidth - innerWidth"
CLIPPED = """[...document.querySelectorAll('main *')].filter(e => {
    const style = getComputedStyle(e);
    return style.overflowX === 'hidden' && style.clipPath === 'none'
        && e.scrollWidth > e.clientWidth + 1 && e.textContent.trim();
}).map(e => e.tagName + '.' + e.className)"""
NAMELESS = """[...document.querySelectorAll('input:not([type=hidden]),select,textarea')]
    .filter(e => !e.labels.length && !e.ariaLabel).map(e => e.name)"""
LARGE_TYPE = "document.documentElement.style.fontSize = '200%'"
EXPECTED = "Failed to load resource: the server responded with a status of 4"
"""Chromium's own word for an answer of 4xx that a test has asked for."""

_AXE = Axe()


@asynccontextmanager
async def desk(
    browser: Browser, demonstration: Demonstration, role: str, *, scripts: bool = True
) -> AsyncIterator[Page]:
    """A page of somebody who is signed in as in the walk, with what it complained about."""
    context = await browser.new_context(
        base_url=demonstration.origin,
        viewport=PHONE,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        java_script_enabled=scripts,
        reduced_motion="reduce",  # what fades in is judged when it is there
    )
    held = demonstration.browsers[role].cookies if role else ""
    pairs = (pair.split("=", 1) for pair in held.split("; ") if pair)
    await context.add_cookies(
        [
            {"name": name, "value": value, "url": demonstration.origin}
            for name, value in pairs
            if name != "lang"
        ]
    )
    page = await context.new_page()
    page.set_default_timeout(15_000)
    complaints: list[str] = []
    page.on("pageerror", lambda wrong: complaints.append(str(wrong)))
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.complaints = complaints
    yield page
    await context.close()


def complaints(page: Page) -> list[str]:
    """What the browser complained about since it was asked last: policy, scripts, sources."""
    said: list[str] = page.complaints
    found = [line for line in said if not line.startswith(EXPECTED)]
    said.clear()
    return found


async def axe(page: Page, rules: Sequence[str] = ()) -> list[str]:
    """The rules of WCAG 2.2 AA that the page breaks, with the first element that does."""
    only = {"type": "rule", "values": list(rules)} if rules else {"type": "tag", "values": WCAG}
    found = await _AXE.run(page, options={"runOnly": only, "resultTypes": ["violations"]})
    return [
        f"axe {broken['id']}: {broken['nodes'][0]['html'][:160]}"
        for broken in found.response["violations"]
    ]


async def faults(page: Page) -> list[str]:
    """What is wrong with an open page: on a phone, in the dark, in large type, narrow, wide."""
    wrong = [f"{field} has no label" for field in await page.evaluate(NAMELESS)]
    wrong += await _spilt(page, "390 px")
    wrong += await axe(page)
    await page.emulate_media(color_scheme="dark")
    wrong += [f"dark: {fault}" for fault in await axe(page, ["color-contrast"])]
    await page.emulate_media(color_scheme="light")
    await page.set_viewport_size(NARROW)
    wrong += await _spilt(page, "320 px")
    await page.set_viewport_size(PHONE)
    await page.evaluate(LARGE_TYPE)
    wrong += await _spilt(page, "large type")
    return wrong + complaints(page)


async def _spilt(page: Page, how: str) -> list[str]:
    spill = await page.evaluate(SPILL)
    wrong = [f"{how}: wider than the window by {spill} px"] if spill > 0 else []
    return wrong + [f"{how}: {element} is cut off" for element in await page.evaluate(CLIPPED)]


async def spills_wide(page: Page) -> list[str]:
    """The same at a desk, for another language."""
    await page.set_viewport_size(DESKTOP)
    wrong = await _spilt(page, "1280 px")
    await page.set_viewport_size(PHONE)
    return wrong + await _spilt(page, "390 px") + complaints(page)
