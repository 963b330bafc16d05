"""The demonstration's bank: one click pays a deposit, once, and nowhere but there."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from auction.kernel.settings import Settings
from auction.law.rulebook import DEMONSTRATION, LAW
from auction.law.warnings import SPECIAL_WARNINGS
from auction.ledger.statement import StatementLine
from auction.listings.listing import Listing
from auction.store.database import Database
from bidding.undertakings import UNDERTAKINGS
from tests.builders import a_listing
from tests.web.browser import Browser, browser_of, forms_of, serving
from web.app import build_app
from workers.demo.seed import seed

ROOM_PASSWORD = {"room_password": "参拍密码八位以上", "room_password_again": "参拍密码八位以上"}


@pytest.fixture
async def listing(database: Database, settings: Settings) -> Listing:
    await seed(database, settings.luochui_state)
    return await a_listing(database)


@pytest.fixture
async def bidder(
    listing: Listing, database: Database, settings: Settings
) -> AsyncIterator[Browser]:
    """Signed in by one click, registered, and about to pay."""
    join = f"/lots/{listing.id}/join"
    async with serving(build_app(settings, database), rules=DEMONSTRATION) as transport:
        browser = browser_of(transport)
        await browser.submit("/demo", "be-bidder1", {})
        await browser.submit(join, "start-registration", {})
        for text in (*SPECIAL_WARNINGS, *UNDERTAKINGS):
            if f"ack-{text.key}" in forms_of((await browser.get(join)).text):
                await browser.submit(join, f"ack-{text.key}", {})
        await browser.submit(join, "submit-registration", ROOM_PASSWORD)
        yield browser


async def lines(database: Database) -> list[tuple[str, int]]:
    async with database.reading() as session:
        rows = await session.execute(select(StatementLine.virtual_account, StatementLine.amount))
        return [(account, amount.fen) for account, amount in rows]


async def test_one_click_pays_what_the_page_asks_for_and_a_second_nothing(
    bidder: Browser, listing: Listing, database: Database
) -> None:
    join = f"/lots/{listing.id}/join"
    page = (await bidder.get(join)).text
    account = page.partition('id="virtual-account">')[2].partition("<")[0]
    action, fields = forms_of(page)["pay-deposit"]
    for _ in range(2):
        answer = await bidder.client.post(action, data=fields)
        assert answer.headers["location"] == f"{join}#deposit", answer.text
    assert await lines(database) == [(account, listing.deposit.fen)]


async def test_under_the_law_nobody_pays_by_a_click(
    bidder: Browser, listing: Listing, database: Database, settings: Settings
) -> None:
    join = f"/lots/{listing.id}/join"
    async with serving(build_app(settings, database), rules=LAW) as transport:
        elsewhere = browser_of(transport)
        elsewhere.client.cookies = bidder.client.cookies
        page = (await elsewhere.get(join)).text
        assert 'id="virtual-account"' in page
        assert "pay-deposit" not in forms_of(page)
        fields = {"csrf": forms_of(page)["sign-out"][1]["csrf"]}
        answer = await elsewhere.client.post(f"/demo/deposits/{listing.id}", data=fields)
    assert (answer.status_code, await lines(database)) == (404, [])
