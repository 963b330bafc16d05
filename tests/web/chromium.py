"""A real Chromium over a really served site, for the tests marked `browser`."""

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn
from playwright.async_api import Browser, Page, async_playwright
from starlette.types import Receive, Scope, Send

from auction.kernel.settings import Settings
from auction.store.database import Database
from web.app import build_app
from web.kept import KeptPages

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 860}
_FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium_path() -> str:
    """Where Chromium is; skips the test when there is none, unless CI says that there must be."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no Chromium: set CHROMIUM or install the package chromium")
        pytest.skip("no Chromium here: set CHROMIUM or install the package chromium")
    return found


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@asynccontextmanager
async def served(settings: Settings, database: Database) -> AsyncIterator[None]:
    """The pages on their port."""
    app = build_app(settings, database)

    async def with_codes(scope: Scope, receive: Receive, send: Send) -> None:
        """Show one-time codes as the demonstration does, whatever the rulebook; keep no page."""
        if scope["type"] != "lifespan":
            scope["state"] |= {"shows_code": True, "kept": KeptPages(seconds=0)}
        await app(scope, receive, send)

    config = uvicorn.Config(with_codes, port=settings.web_port, log_level="warning", lifespan="on")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    try:
        yield
    finally:
        server.should_exit = True
        await task


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    path = chromium_path()
    flags = _FLAGS + (["--no-sandbox"] if os.geteuid() == 0 else [])
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=path, args=flags)
        try:
            yield browser
        finally:
            await browser.close()


async def visitor(
    browser: Browser, settings: Settings, *, size: dict[str, int] = PHONE, scheme: str = "light"
) -> Page:
    """A person with a browser of their own; complaints of the page fail the test at its end."""
    context = await browser.new_context(
        base_url=settings.web_origin,
        viewport=size,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        color_scheme=scheme,
    )
    page = await context.new_page()
    page.set_default_timeout(8000)
    complaints: list[str] = []
    page.on("pageerror", lambda wrong: complaints.append(str(wrong)))
    page.on(
        "console",
        lambda said: complaints.append(said.text) if said.type == "error" else None,
    )
    page.complaints = complaints
    return page


async def signs_in(page: Page, username: str, password: str) -> None:
    """Sign a person in, with the one-time code that the page shows if it asks for one."""
    await page.goto("/sign-in")
    await page.fill("#f-username", username)
    await page.fill("#f-password", password)
    await page.click("#sign-in button")
    await page.wait_for_url(lambda url: not url.endswith("/sign-in"))
    if "/sign-in/code" in page.url:
        await page.fill("#f-one_time_code", await page.inner_text("#shown-code"))
        await page.click("#sign-in-code button")
    await page.wait_for_url(lambda url: "/sign-in" not in url)


def shots() -> Path:
    """Where screenshots are kept; looked at by people, compared by nobody."""
    folder = Path(os.environ.get("SHOTS", "var/shots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
