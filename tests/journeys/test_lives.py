"""Lives that end otherwise than the main road's, over HTTP and sockets, on one platform at once.

They run beside one another, as auctions do; each test then looks at how its own life went.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest

from auction.kernel.money import Money
from tests.journeys import roads
from tests.journeys.conftest import Platform
from workers.demo.journey import Journey, StepError
from workers.demo.steps import court
from workers.demo.steps.bidding import expect, least

pytestmark = [pytest.mark.journey, pytest.mark.long]

STAY = "案外人提出异议，执行法院审查"
LATE = "第一次流拍后案外人提出执行异议，审查期间不得处分"


async def nobody_wants_it(j: Journey, platform: Platform) -> None:
    """一拍 and 二拍 pass in, the sell-off's first bid wins at the second auction's price."""
    await roads.price_lot(j, 101)
    await roads.offer(j, opens_in=roads.SOON)
    first = await roads.court_page(j)
    await roads.lot_says(j, "一拍流拍")
    await court.draft(j, opens_in=timedelta(seconds=roads.SOON))
    await _figures_of_the_second(j)
    await _too_late_without_a_reason(j)
    await roads.lot_says(j, "二拍流拍")
    j.facts["first"], j.facts["second"] = first.said, (await roads.court_page(j)).said
    await roads.offer(j, opens_in=roads.with_bidders(j))
    hall = await roads.join(j, platform, ["bidder1"])
    bidder = hall["bidder1"]
    announced = bidder.number("closes_at")
    await roads.bid_once(bidder)
    j.facts["shortened_by"] = announced - bidder.number("closes_at")
    await roads.ended(bidder, "sold")
    await roads.sold(j)
    j.facts["sale"] = (await (await j.as_(court.OFFICER)).get(j.text("sale_path"))).said
    j.facts["hammer_fen"] = bidder.number("price_fen")


async def _figures_of_the_second(j: Journey) -> None:
    """The second auction may be a fifth cheaper and not a fen more."""
    terms = {"starting_price": str(Money.yuan(559_999))}
    page = await roads.court_submits(j, court.OFFICER, "listing-terms", terms, expect=422)
    j.facts["too_cheap"] = page.text


async def _too_late_without_a_reason(j: Journey) -> None:
    """A second auction after its term is not published until the reason is on record."""
    page = await roads.court_page(j)
    values = {name: value[0] for name, value in page.forms["listing-terms"].values.items()}
    late = {
        name: court.local_text(datetime.fromisoformat(values[name]) + timedelta(days=1))
        for name in ("opens_at", "closes_at")
    }
    await roads.court_submits(j, court.OFFICER, "listing-terms", late)
    await court.complete(j)
    page = await roads.court_submits(j, court.OFFICER, "publish-listing", {}, expect=422)
    j.facts["too_late"] = page.said
    page = await roads.court_submits(j, court.OFFICER, "listing-terms", {"delay_ground": LATE})
    j.facts["explained"] = page.said
    j.facts["reason"] = page.forms["listing-terms"].values["delay_ground"]
    await roads.publish_soon(j)


async def a_stay_interrupts_it(j: Journey, platform: Platform) -> None:
    """One officer stops the live session; two persons resume it; the lost time comes back."""
    await roads.price_lot(j, 102)
    await roads.offer(j, opens_in=roads.with_bidders(j))
    bidder = (await roads.join(j, platform, ["bidder2"]))["bidder2"]
    watcher = await roads.watch(j, platform)
    await roads.bid_once(bidder)
    before = bidder.number("closes_at")
    asked = time.monotonic()
    await roads.court_submits(j, court.OFFICER, "suspend-listing", {"ground": STAY})
    stopped = time.monotonic()
    for one in (bidder, watcher):
        await one.until(lambda one=one: one.phase == "suspended", "the stay")  # type: ignore[misc]
    j.facts["seen_after"] = time.monotonic() - stopped
    j.facts["told"] = watcher.state["pause_ground"]
    j.facts["public"] = (await roads.public_page(j)).said
    j.facts["bid"] = (await bidder.bid(least(bidder)))["reason"]
    await roads.court_submits(j, court.OFFICER, "resume-listing", {})
    page = await roads.court_page(j)
    j.facts["again"] = "resume-listing" in page.forms
    await asyncio.sleep(1.0)
    j.facts["after_one"] = bidder.phase
    resuming = time.monotonic()
    await roads.court_submits(j, "panel1", "resume-listing", {})
    resumed = time.monotonic()
    await bidder.until(lambda: bidder.phase == "open", "the resumption")
    j.facts["given_back"] = (bidder.number("closes_at") - before) / 1000
    j.facts["lost"] = (resuming - stopped, resumed - asked)
    expect(await bidder.bid(least(bidder)), "")
    await roads.ended(bidder, "sold")
    await roads.sold(j)


async def the_buyer_does_not_pay(j: Journey, platform: Platform) -> None:
    """悔拍: a last notice, the default declared, the deposit kept, the defaulter barred."""
    await roads.price_lot(j, 103)
    await roads.offer(j, opens_in=roads.with_bidders(j), balance_days="1")
    hall = await roads.join(j, platform, ["bidder3", "bidder4"])
    await roads.bid_once(hall["bidder3"])
    await roads.ended(hall["bidder3"], "sold")
    await roads.sold(j)
    officer, sale = await j.as_(court.OFFICER), j.text("sale_path")
    await j.until_page(court.OFFICER, sale, "余款逾期", seconds=roads.SECONDS_MAX)
    page = await officer.submit(sale, "send-last-notice")
    early = await officer.fill(page, "declare-default", {"confirmed": "on"}, expect=422)
    j.facts["early"] = early.said

    async def is_over() -> bool:
        await officer.submit(sale, "declare-default", {"confirmed": "on"})
        return True

    await _once_allowed(j, is_over)
    j.facts["sale"] = (await officer.get(sale)).said
    j.facts["deposit"] = await roads.deposit_of(j, "bidder3")
    j.facts["public"] = (await roads.public_page(j)).said
    await roads.deposit_says(j, "bidder4", "退还中")
    await roads.offer(j, opens_in=roads.SOON)
    j.facts["again"] = (await roads.court_page(j)).said
    join = f"/lots/{j.text('listing_id')}/join"
    page = await (await j.as_("bidder3")).submit(join, "start-registration", expect=422)
    j.facts["barred"] = page.said
    await (await j.as_("bidder4")).submit(join, "start-registration")


async def _once_allowed(j: Journey, act: Callable[[], Awaitable[bool]]) -> None:
    """Try an act until its term is over."""

    async def tried() -> bool:
        try:
            return await act()
        except roads.PageError as early:
            if "422" not in str(early):
                raise
            return False

    await j.until(tried, "the last term to pass", seconds=roads.SECONDS_MAX)


async def the_court_takes_it_back(j: Journey, platform: Platform) -> None:
    """The case is stayed and the lot withdrawn while people bid: all money goes back."""
    await roads.price_lot(j, 104)
    await roads.offer(j, opens_in=roads.with_bidders(j))
    bidder = (await roads.join(j, platform, ["bidder5"]))["bidder5"]
    await roads.bid_once(bidder)
    officer, case = await j.as_(court.OFFICER), f"/court/cases/{j.text('case_id')}"
    await officer.submit(case, "stay-case", {"ground": STAY})
    await roads.ended(bidder, "suspended")
    refused = await roads.court_submits(j, court.OFFICER, "resume-listing", {}, expect=422)
    j.facts["stayed"] = refused.text
    lot = f"/court/lots/{j.text('lot_id')}"
    j.facts["on_offer"] = (
        await officer.submit(lot, "withdraw-lot", {"ground": STAY}, expect=422)
    ).said
    await roads.court_submits(
        j, court.OFFICER, "withdraw-listing", {"ground": "被执行人已全部履行"}
    )
    await roads.ended(bidder, "stopped")
    j.facts["bid"] = (await bidder.bid(least(bidder)))["reason"]
    j.facts["public"] = (await roads.public_page(j)).said
    await roads.deposit_says(j, "bidder5", "退还中")
    await roads.lot_says(j, "已撤回")


LIVES = {
    life.__name__: life
    for life in (
        nobody_wants_it,
        a_stay_interrupts_it,
        the_buyer_does_not_pay,
        the_court_takes_it_back,
    )
}


@pytest.fixture(scope="module")
async def lives(platform: Platform) -> dict[str, Journey | BaseException]:
    """Every life walked to its end, or what stopped it."""
    walks = {name: platform.journey(name) for name in LIVES}
    ends = await asyncio.gather(
        *(LIVES[name](walk, platform) for name, walk in walks.items()), return_exceptions=True
    )
    return {name: end or walks[name] for name, end in zip(walks, ends, strict=True)}


def walked(lives: dict[str, Journey | BaseException], life: Callable[..., object]) -> Journey:
    """The journey of a life that came to its end; else what stopped it."""
    end = lives[life.__name__]
    if isinstance(end, BaseException):
        raise StepError(f"{life.__name__}: {end}") from end
    return end


Lives = dict[str, Journey | BaseException]


class TestNobodyWantsIt:
    def test_the_second_auction_is_a_fifth_cheaper_at_most(self, lives: Lives) -> None:
        j = walked(lives, nobody_wants_it)
        assert "700,000.00" in j.text("first")
        assert "560,000.00" in j.text("second")
        assert 'data-code="listing.starting_price_too_low"' in j.text("too_cheap")

    def test_a_second_auction_out_of_time_is_refused_until_its_reason_is_on_record(
        self, lives: Lives
    ) -> None:
        j = walked(lives, nobody_wants_it)
        assert "举行第二次拍卖的理由" in j.text("too_late")
        assert "举行第二次拍卖的理由" not in j.text("explained")
        assert j.facts["reason"] == [LATE]

    def test_the_sell_off_is_prepaid_in_full_and_begins_with_its_first_bid(
        self, lives: Lives
    ) -> None:
        j = walked(lives, nobody_wants_it)
        assert j.facts["hammer_fen"] == Money.yuan(560_000).fen
        assert int(j.text("shortened_by")) > 0
        assert "余款 0.00" in j.text("sale")
        assert "核查" in j.text("sale")


class TestAStay:
    def test_every_socket_sees_it_at_once_and_no_bid_counts(self, lives: Lives) -> None:
        j = walked(lives, a_stay_interrupts_it)
        assert float(j.text("seen_after")) < 5
        assert j.facts["bid"] == "paused"

    def test_its_reason_is_published(self, lives: Lives) -> None:
        j = walked(lives, a_stay_interrupts_it)
        assert j.facts["told"] == STAY
        assert STAY in j.text("public")

    def test_one_person_alone_does_not_resume_it(self, lives: Lives) -> None:
        j = walked(lives, a_stay_interrupts_it)
        assert j.facts["again"] is False
        assert j.facts["after_one"] == "suspended"

    def test_the_lost_time_is_given_back(self, lives: Lives) -> None:
        j = walked(lives, a_stay_interrupts_it)
        least_lost, most_lost = j.facts["lost"]  # type: ignore[misc]
        assert least_lost - 0.1 <= float(j.text("given_back")) <= most_lost + 0.1


class TestADefault:
    def test_is_declared_only_after_the_last_term(self, lives: Lives) -> None:
        j = walked(lives, the_buyer_does_not_pay)
        assert "期限" in j.text("early")
        assert "悔拍" in j.text("sale")

    def test_keeps_the_deposit_and_says_so_in_public(self, lives: Lives) -> None:
        j = walked(lives, the_buyer_does_not_pay)
        assert "不予退还" in j.text("deposit")
        assert "买受人悔拍，保证金不予退还" in j.text("public")

    def test_repeats_the_round_at_its_price_and_bars_the_defaulter(self, lives: Lives) -> None:
        j = walked(lives, the_buyer_does_not_pay)
        assert "700,000.00" in j.text("again")
        assert "网拍24" in j.text("barred")


class TestAWithdrawal:
    def test_a_stayed_case_stops_its_session_and_nothing_resumes_it(self, lives: Lives) -> None:
        j = walked(lives, the_court_takes_it_back)
        assert 'data-code="case.not_open"' in j.text("stayed")
        assert "撤回该次拍卖" in j.text("on_offer")

    def test_ends_the_session_and_the_page_says_why(self, lives: Lives) -> None:
        j = walked(lives, the_court_takes_it_back)
        assert j.facts["bid"] in {"over", "paused"}
        assert "被执行人已全部履行" in j.text("public")
