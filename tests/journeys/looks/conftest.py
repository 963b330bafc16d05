"""The demonstration with two more lots, its pages, and one Chromium for all that look at them."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from playwright.async_api import Browser

from tests.journeys import roads
from tests.journeys.demonstration import Demonstration
from tests.journeys.looks.pages import Page, walk
from tests.web.chromium import chromium
from workers.demo.journey import Journey
from workers.demo.steps import court, registration

FAR = timedelta(hours=2)
"""To an opening that no test waits for."""
DRAFTED, OFFERED = 901, 902
"""The cases of the two lots that are not sold yet."""


@pytest.fixture(scope="session")
async def grown(shown: Demonstration) -> AsyncIterator[Demonstration]:
    await add_lots(shown)
    yield shown
    await shown.leave()


@pytest.fixture(scope="session")
async def pages(grown: Demonstration) -> list[Page]:
    return await walk(grown)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


async def add_lots(demonstration: Demonstration) -> None:
    """One lot that is drafted and one that is on offer, with a bidder registered for it."""
    marker = demonstration.state / "lots.added"
    if marker.exists():
        return
    drafted = demonstration.journey("drafted")
    await roads.price_lot(drafted, DRAFTED)
    await court.draft(drafted, opens_in=FAR, balance_days="")
    offered = demonstration.journey("offered")
    await roads.price_lot(offered, OFFERED)
    await roads.offer(offered, opens_in=FAR.total_seconds())
    await registration.register(offered, "bidder1")
    await ask_whose_code(offered)
    marker.touch()


async def ask_whose_code(j: Journey) -> None:
    """The applicant, whose claim reaches the deposit, comes in; a supervisor asks who that is."""
    await registration.hand_in(j, "applicant")
    code = await registration.enter_hall(j, "applicant")
    asked = {"listing": j.text("listing_id"), "code": code, "reason": "举报围标"}
    await (await j.as_("supervisor")).submit("/supervision/openings", "ask-opening", asked)
