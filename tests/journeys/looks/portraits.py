"""Every page in both languages side by side: `python -m tests.journeys.looks.portraits DIR`.

Walks a fresh demonstration (or the one that LUOCHUI_RUNNING names) and writes pictures and an
index.html to look through: on a phone in light, at a desk in dark. People look; nothing compares.
"""

import asyncio
import sys
from html import escape
from pathlib import Path

from playwright.async_api import Page as Tab

from tests.journeys.demonstration import Demonstration, demonstration
from tests.journeys.looks.conftest import add_lots
from tests.journeys.looks.eyes import desk
from tests.journeys.looks.pages import Page, walk
from tests.journeys.looks.test_pages import chosen
from tests.web.chromium import DESKTOP, PHONE, chromium
from web.i18n import Locale

VIEWS = (("phone", PHONE, "light"), ("desk", DESKTOP, "dark"))
HEAD = """<!doctype html><meta charset="utf-8"><title>Luochui</title><style>
body { font: 14px system-ui; background: #888; } figure { display: inline-block; margin: 8px;
vertical-align: top; } img { max-width: 46vw; background: #fff; }</style>
"""


async def portraits(shown: Demonstration, out: Path) -> str:
    """Write the pictures of the pages that the tests look at; return their index."""
    await add_lots(shown)
    pages = await walk(shown)
    lines = [HEAD]
    async with chromium() as browser:
        for role, mine in chosen(pages).items():
            async with desk(browser, shown, role) as tab:
                for number, page in enumerate(mine):
                    lines += await _portrait(tab, page, f"{role or 'visitor'}-{number:02d}", out)
    await shown.leave()
    return "\n".join(lines)


async def _portrait(tab: Tab, page: Page, name: str, out: Path) -> list[str]:
    lines = [f"<h2>{escape(name)} {escape(page.sheet)}</h2>"]
    for view, size, scheme in VIEWS:
        await tab.set_viewport_size(size)
        await tab.emulate_media(color_scheme=scheme)
        for locale in Locale:
            await tab.goto(f"{page.path}{'&' if '?' in page.path else '?'}lang={locale}")
            picture = f"{name}-{page.sheet.replace('/', '-')}-{view}-{locale}.png"
            await tab.screenshot(path=out / picture, full_page=True)
            lines.append(f'<figure><img src="{picture}" loading="lazy" alt=""></figure>')
    return lines


if __name__ == "__main__":
    place = Path(sys.argv[1])
    place.mkdir(parents=True, exist_ok=True)
    with demonstration() as running:
        (place / "index.html").write_text(asyncio.run(portraits(running, place)))
