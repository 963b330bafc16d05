"""The pages, served inside the test over the suite's PostgreSQL."""

from collections.abc import AsyncIterator, Callable

import pytest
from playwright.async_api import Browser as Chromium

from auction.kernel.settings import Settings
from auction.store.database import Database
from auction.store.keys import KeyHolder
from tests.web.browser import Browser, browser_of, serving
from tests.web.chromium import chromium
from web.app import build_app

NewBrowser = Callable[[], Browser]


@pytest.fixture
async def new_browser(
    settings: Settings,
    database: Database,
    signer: KeyHolder,  # noqa: ARG001  (papers are signed)
) -> AsyncIterator[NewBrowser]:
    """Makes visitors of one running site."""
    async with serving(build_app(settings, database)) as transport:
        yield lambda: browser_of(transport)


@pytest.fixture(scope="session")
async def chromium_process() -> AsyncIterator[Chromium]:
    """One Chromium for all browser tests of a process."""
    async with chromium() as opened:
        yield opened


@pytest.fixture
async def chrome(chromium_process: Chromium) -> AsyncIterator[Chromium]:
    """The Chromium; what a test's people left open in it is closed when the test is over."""
    yield chromium_process
    for context in chromium_process.contexts:
        await context.close()


@pytest.fixture
def browser(new_browser: NewBrowser) -> Browser:
    return new_browser()
