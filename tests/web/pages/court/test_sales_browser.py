"""The pages of sale, plan and purchase in a real Chromium: nothing spills, nothing is nameless."""

from collections.abc import AsyncIterator

import msgspec
import pytest
from playwright.async_api import Browser, Page

from auction.distribution.commands import draft_plan, serve_plan
from auction.kernel.clock import FrozenClock
from auction.kernel.settings import Settings
from auction.store.database import Database
from tests.sales import CHOICES, OFFICER, SaleDesk
from tests.web.chromium import DESKTOP, PHONE, free_port, served, shots, visitor
from tests.web.chromium import signs_in as enters

pytestmark = pytest.mark.browser
PASSWORD = "correct horse battery"


@pytest.fixture
async def desk(database: Database, clock: FrozenClock) -> SaleDesk:
    made = SaleDesk(database, clock)
    await made.found()
    await made.let_in(PASSWORD)
    return made


@pytest.fixture
async def site(
    settings: Settings, database: Database, chrome: Browser
) -> AsyncIterator[tuple[Browser, Settings]]:
    port = free_port()
    here = msgspec.structs.replace(settings, web_port=port, web_origin=f"http://127.0.0.1:{port}")
    async with served(here, database):
        yield chrome, here


async def looks(page: Page, path: str, name: str) -> None:
    answered = await page.goto(path)
    assert answered is not None
    assert answered.status == 200, path
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
    nameless = await page.evaluate(
        "[...document.querySelectorAll('input:not([type=hidden]),select,textarea')]"
        ".filter(e => !e.labels.length && !e.ariaLabel).map(e => e.name)"
    )
    assert nameless == [], path
    await page.screenshot(path=shots() / f"{name}.png", full_page=True)


async def signs_in(site: tuple[Browser, Settings], serial: int, size: dict[str, int]) -> Page:
    page = await visitor(site[0], site[1], size=size)
    await enters(page, f"p{serial}", PASSWORD)
    return page


@pytest.mark.parametrize(("size", "name"), [(PHONE, "phone"), (DESKTOP, "desk")])
async def test_the_road_of_a_sale_fits_the_window(
    desk: SaleDesk, site: tuple[Browser, Settings], size: dict[str, int], name: str
) -> None:
    sale = await desk.a_taxed_sale()
    async with desk.database.unit(OFFICER) as work:
        plan = await draft_plan(work, sale_id=sale.id, choices=CHOICES)
    async with desk.database.unit(OFFICER) as work:
        await serve_plan(work, plan.id)
    officer = await signs_in(site, 101, size)
    for place in (
        "sales",
        f"sales/{sale.id}",
        "plans",
        f"plans/{plan.id}",
        f"sales/{sale.id}/plan",
    ):
        file = place.replace(str(sale.id), "one").replace(str(plan.id), "one").replace("/", "_")
        await looks(officer, f"/court/{place}", f"{name}_court_{file}")
    await looks(await signs_in(site, 104, size), f"/party/purchases/{sale.id}", f"{name}_purchase")
    await looks(await signs_in(site, 105, size), f"/party/plans/{plan.id}", f"{name}_party_plan")
