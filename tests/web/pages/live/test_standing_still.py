"""What the pages say of a lot whose clock stands still, and of one that was taken back."""

import re
from datetime import timedelta

import pytest

from auction.kernel.actor import Role
from auction.kernel.clock import FrozenClock
from auction.store.database import Database
from tests.bidding.halls import AHall, Execute, a_hall, a_placed_bid, place
from tests.builders import a_listing
from tests.web.browser import Browser, approves
from tests.web.conftest import NewBrowser
from tests.web.pages.test_finance import a_member_of_staff, signs_in
from web.i18n import Locale
from web.views import instant_text

TEN = timedelta(minutes=10)


@pytest.fixture
async def username(database: Database) -> str:
    """An officer of the court, which is founded with him."""
    return await a_member_of_staff(database, Role.OFFICER, 1)


@pytest.fixture
async def hall(username: str, database: Database, as_owner: Execute, clock: FrozenClock) -> AHall:
    """The session of a listing that opened ten minutes ago, with one bid."""
    del username
    listing = await a_listing(database)
    clock.instant = listing.opens_at
    offered = (listing.id, listing.lot_id)
    lasts = listing.closes_at - listing.opens_at
    made = await a_hall(database, as_owner, offered=offered, lasts=lasts)
    clock.advance(TEN)
    await place(database, made, a_placed_bid(database, 1000))
    return made


@pytest.fixture
async def officer(hall: AHall, username: str, new_browser: NewBrowser) -> Browser:
    """Signed in while the session runs."""
    del hall
    return await signs_in(new_browser(), username)


async def stop(officer: Browser, hall: AHall, how: str) -> None:
    page = f"/court/live/{hall.listing_id}"
    answer = await officer.submit(page, f"{how}-session", {"ground": "案外人异议"})
    assert answer.status_code == 303, answer.text


async def text_of(browser: Browser, path: str) -> str:
    """A page as it is read, its marks taken away."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", (await browser.get(path)).text))


def said(clock: FrozenClock) -> str:
    return re.sub(r"<[^>]+>", "", instant_text(clock.now(), Locale.ZH))


class TestSuspended:
    async def test_the_lot_says_why_and_since_when_and_keeps_its_ways_in(
        self, officer: Browser, browser: Browser, hall: AHall, clock: FrozenClock
    ) -> None:
        await stop(officer, hall, "suspend")
        stopped_at = said(clock)
        clock.advance(TEN)
        lot = f"/lots/{hall.listing_id}"
        page = await text_of(browser, lot)
        assert "拍卖已中止：案外人异议" in page
        assert f"计时已停止，自 {stopped_at}" in page
        assert "竞价截止于" not in page
        links = (await browser.get(lot)).text
        assert f'href="{lot}/join"' in links
        assert f'href="{lot}/room"' in links
        assert "竞价截止于" not in await text_of(browser, "/lots")

    async def test_no_page_names_an_end_to_come(
        self, officer: Browser, browser: Browser, hall: AHall, clock: FrozenClock
    ) -> None:
        await stop(officer, hall, "suspend")
        for reader, path in (
            (browser, f"/lots/{hall.listing_id}/bids"),
            (officer, f"/court/live/{hall.listing_id}"),
            (officer, "/court/live"),
        ):
            page = (await text_of(reader, path)).replace(" ", "")
            assert f"计时已停止，自{said(clock)}".replace(" ", "") in page, path

    async def test_the_court_s_desk_names_it_and_the_panel_s_menu_counts_the_resumption(
        self, officer: Browser, database: Database, hall: AHall, new_browser: NewBrowser
    ) -> None:
        panel = await signs_in(new_browser(), await a_member_of_staff(database, Role.PANEL, 2))
        assert 'class="count"' not in (await panel.get("/court")).text
        await stop(officer, hall, "suspend")
        live = f"/court/live/{hall.listing_id}"
        assert (
            f'<a href="{live}">拍卖已中止：恢复或者撤回</a>' in (await officer.get("/court")).text
        )
        await officer.submit(live, "resume-session", {})
        assert '审批箱 <b class="count">1<' in (await panel.get("/court")).text
        assert 'class="count"' not in (await officer.get("/court")).text
        await approves(panel)
        assert 'class="count"' not in (await panel.get("/court")).text
        assert "拍卖已中止" not in (await officer.get("/court")).text


class TestWithdrawn:
    async def test_every_page_tells_the_instant_at_which_it_was_taken_back(
        self, officer: Browser, browser: Browser, hall: AHall, clock: FrozenClock
    ) -> None:
        await stop(officer, hall, "suspend")
        clock.advance(TEN)
        await stop(officer, hall, "withdraw")
        ended_at = said(clock)
        clock.advance(TEN)
        for reader, path in (
            (browser, f"/lots/{hall.listing_id}"),
            (browser, f"/lots/{hall.listing_id}/bids"),
            (officer, f"/court/live/{hall.listing_id}"),
            (officer, "/court/live"),
        ):
            page = (await text_of(reader, path)).replace(" ", "")
            assert f"竞价截止于{ended_at}".replace(" ", "") in page, path
            assert "计时已停止" not in page, path


class TestTheRounds:
    async def test_name_the_starting_price_and_the_highest_bid_apart(
        self, browser: Browser, database: Database, hall: AHall
    ) -> None:
        await place(database, hall, a_placed_bid(database, 5000, "B2"))
        page = (await browser.get(f"/lots/{hall.listing_id}")).text
        rounds = re.sub(r"<[^>]+>", "", page.partition("本标的历次拍卖")[2].partition("</ol>")[0])
        assert re.search(r"起拍价 [\d,]+\.00 元 · 当前价 5,000\.00 元", rounds)
