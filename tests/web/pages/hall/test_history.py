"""The course of a session as anybody may read it: every bid by its code."""

import re
from datetime import timedelta

import pytest

from auction.kernel.clock import FrozenClock
from auction.store.database import Database
from tests.bidding.halls import AHall, a_hall, a_placed_bid, place
from tests.conftest import Execute
from tests.web.browser import Browser
from web.pages.hall.history import HEIGHT, INSET, WIDTH


@pytest.fixture
async def hall(database: Database, as_owner: Execute) -> AHall:
    made = await a_hall(database, as_owner)
    await as_owner("UPDATE listings SET published_at = drafted_at")
    return made


def numbers(page: str) -> list[str]:
    return re.findall(r'<td class="num" data-label="序号">(\d+)</td>', page)


class TestHistory:
    async def test_shows_every_bid_by_its_code_refused_ones_with_their_reason(
        self, browser: Browser, database: Database, hall: AHall, clock: FrozenClock
    ) -> None:
        await place(database, hall, a_placed_bid(database, 1000, "A1"))
        clock.advance(timedelta(hours=1))
        await place(database, hall, a_placed_bid(database, 1025, "B2"))
        clock.advance(hall.closes_at - clock.now() - timedelta(minutes=1))
        await place(database, hall, a_placed_bid(database, 1100, "B2"))
        page = (await browser.get(f"/lots/{hall.listing_id}/bids")).text
        assert numbers(page) == ["1", "2", "3"]
        for said in ("1,100.00", "未接受", "整数倍", "A1", "B2", "竞价尚未结束"):
            assert said in page
        facts = dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", page))
        assert facts["已接受的出价"] == "2"
        assert facts["未接受的出价"] == "1"
        assert facts["出价人数"] == "2"
        assert facts["延时次数"] == "1"

    async def test_draws_the_price_from_the_first_bid_to_the_last(
        self, browser: Browser, database: Database, hall: AHall, clock: FrozenClock
    ) -> None:
        for yuan in (1000, 1050, 1100):
            await place(database, hall, a_placed_bid(database, yuan, "A1"))
            clock.advance(timedelta(minutes=10))
        page = (await browser.get(f"/lots/{hall.listing_id}/bids")).text
        low, middle, high = HEIGHT - INSET, HEIGHT // 2, INSET
        line = f"M0 {low:.1f}H{WIDTH / 2:.1f}V{middle:.1f}H{WIDTH:.1f}V{high:.1f}"
        assert f'<path d="{line}"/>' in page
        assert "价格从 1,000.00 元到 1,100.00 元，共 3 次出价" in page

    async def test_bids_of_one_instant_and_one_price_are_drawn_too(
        self, browser: Browser, database: Database, hall: AHall
    ) -> None:
        both = [a_placed_bid(database, 1000, code) for code in ("A1", "Y1")]
        await place(database, hall, *both)
        page = (await browser.get(f"/lots/{hall.listing_id}/bids")).text
        assert f"M0 {HEIGHT - INSET:.1f}H{WIDTH:.1f}V{HEIGHT - INSET:.1f}" in page

    async def test_two_hundred_stand_on_a_page_and_the_rest_follow(
        self, browser: Browser, database: Database, hall: AHall
    ) -> None:
        bids = [
            a_placed_bid(database, 1000 + 50 * n, "AB"[n % 2] + "12"[n % 2]) for n in range(203)
        ]
        await place(database, hall, *bids)
        path = f"/lots/{hall.listing_id}/bids"
        first = (await browser.get(path)).text
        assert len(numbers(first)) == 200
        assert f'href="{path}?after=200"' in first
        rest = (await browser.get(f"{path}?after=200")).text
        assert numbers(rest) == ["201", "202", "203"]
        assert f"{path}?after=203" not in rest
        assert "后面没有出价了" in (await browser.get(f"{path}?after=900")).text
        for odd in ("x", "-1", "9" * 16, "%C2%B2"):
            assert numbers((await browser.get(f"{path}?after={odd}")).text)[0] == "1"

    async def test_without_a_bid_it_says_so(self, browser: Browser, hall: AHall) -> None:
        page = (await browser.get(f"/lots/{hall.listing_id}/bids")).text
        assert '<p class="empty">还没有人出价。' in page
        assert "<path" not in page

    async def test_a_listing_that_is_not_published_has_none(
        self, browser: Browser, database: Database, as_owner: Execute
    ) -> None:
        hidden = await a_hall(database, as_owner)
        assert (await browser.get(f"/lots/{hidden.listing_id}/bids")).status_code == 404
