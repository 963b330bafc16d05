"""Lives of a lot that end otherwise than the main road's, over HTTP and sockets.

A walk does what people would do and keeps what they were told; the tests look at that.
"""

import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from auction.kernel.money import Money
from tests.journeys import roads
from tests.journeys.conftest import Platform
from workers.demo.browser import Page, PageError
from workers.demo.journey import Journey
from workers.demo.steps import court
from workers.demo.steps.approvals import approval_path, say_yes
from workers.demo.steps.bidding import expect, least

STAY = "案外人提出异议，执行法院审查"
LATE = "第一次流拍后案外人提出执行异议，审查期间不得处分"
FULFILLED = "被执行人已全部履行"
NO_REASON = "未在法定期限内举行第二次拍卖的理由："
_BY = re.compile(NO_REASON + r"\s*(\d+)年(\d+)月(\d+)日 ([\d:]{8})")


async def nobody_wants_it(j: Journey, platform: Platform) -> None:
    """一拍 and 二拍 pass in, the sell-off's first bid wins at the second auction's price."""
    await roads.price_lot(j, 101)
    await roads.offer(j, opens_in=roads.soon(j))
    j.facts["first"] = (await roads.court_page(j)).said
    await roads.lot_says(j, "一拍流拍")
    await roads.draft(j, opens_in=roads.soon(j))
    j.facts["too_cheap"] = await _refused_price(j, Money(55_999_999))
    await _too_late_without_a_reason(j)
    await roads.publish_soon(j)
    j.facts["second"] = (await roads.court_page(j)).said
    await roads.lot_says(j, "二拍流拍")
    await roads.draft(j, opens_in=roads.soon(j))
    j.facts["cheaper"] = await _refused_price(j, Money(55_999_999))
    j.facts["dearer"] = await _refused_price(j, Money(56_000_001))
    await roads.publish_soon(j)
    await _is_sold_off(j, platform)


async def _refused_price(j: Journey, price: Money) -> str:
    """What the court is told when it wants another starting price."""
    terms = {"starting_price": str(price)}
    return (await roads.court_submits(j, court.OFFICER, "listing-terms", terms, expect=422)).text


async def _too_late_without_a_reason(j: Journey) -> None:
    """The last second of the term needs no reason, the next one does."""
    page = await roads.court_page(j)
    opens_at, closes_at = (_chosen(page, name) for name in ("opens_at", "closes_at"))

    async def moved(opens: datetime, **more: str) -> str:
        dates = {"opens_at": opens, "closes_at": opens + (closes_at - opens_at)}
        values = {name: court.local_text(moment) for name, moment in dates.items()}
        return (await roads.court_submits(j, court.OFFICER, "listing-terms", values | more)).said

    much_later = await moved(opens_at + timedelta(days=1))
    found = _BY.search(much_later)
    last = opens_at
    if found:
        last = datetime.fromisoformat("{}-{:0>2}-{:0>2} {}".format(*found.groups()))
    j.facts["much_later"] = much_later
    j.facts["in_time"] = await moved(last)
    j.facts["late"] = await moved(last + timedelta(seconds=1))
    refused = await roads.court_submits(j, court.OFFICER, "publish-listing", {}, expect=422)
    j.facts["unpublished"] = refused.said
    j.facts["explained"] = await moved(last + timedelta(seconds=1), delay_ground=LATE)
    page = await roads.court_page(j)
    j.facts["reason"] = page.forms["listing-terms"].values["delay_ground"]


def _chosen(page: Page, name: str) -> datetime:
    return datetime.fromisoformat(page.forms["listing-terms"].values[name][0])


async def _is_sold_off(j: Journey, platform: Platform) -> None:
    """Whoever pays the whole price may bid; the first bid sets the end."""
    bidder = (await roads.join(j, platform, ["bidder1"]))["bidder1"]
    announced = bidder.number("closes_at")
    await roads.bid_once(bidder)
    j.facts["shortened_by"] = announced - bidder.number("closes_at")
    await roads.ended(bidder, "sold")
    await roads.sold(j)
    j.facts["sale"] = (await (await j.as_(court.OFFICER)).get(j.text("sale_path"))).said
    j.facts["hammer_fen"] = bidder.number("price_fen")


async def a_stay_interrupts_it(j: Journey, platform: Platform) -> None:
    """One officer stops the live session; two persons resume it; the lost time comes back."""
    await roads.price_lot(j, 102)
    await roads.offer(j, opens_in=roads.with_bidders(j))
    bidder = (await roads.join(j, platform, ["bidder2"]))["bidder2"]
    watcher = await roads.watch(j, platform)
    await roads.bid_once(bidder)
    j.facts["before"] = bidder.number("closes_at")
    await roads.court_submits(j, court.OFFICER, "suspend-listing", {"ground": STAY})
    j.facts["bid"] = (await bidder.bid(least(bidder)))["reason"]  # nobody waits for any news first
    for one in (bidder, watcher):
        await one.until(lambda one=one: one.phase == "suspended", "the stay")
    j.facts["told"] = watcher.state["pause_ground"]
    j.facts["public"] = (await roads.public_page(j)).said
    await roads.court_submits(j, court.OFFICER, "resume-listing", {})
    proposal = approval_path(await roads.court_page(j))
    j.facts["again"] = "approve" in (await (await j.as_(court.OFFICER)).get(proposal)).forms
    j.facts["after_one"] = (await bidder.bid(least(bidder)))["reason"]
    await say_yes(j, "panel1", (await roads.court_page(j)).path)
    await bidder.until(lambda: bidder.phase == "open", "the resumption")
    j.facts["after"] = bidder.number("closes_at")
    expect(await bidder.bid(least(bidder)), "")
    await roads.ended(bidder, "sold")
    await roads.sold(j)
    stream = f"session:{j.text('session_id')}"
    j.facts["journal"] = {
        fact.kind: fact for fact in await roads.journal(j) if fact.stream == stream
    }


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
    j.facts["forfeited"] = await roads.held_in(j, "Forfeited")
    j.facts["refunds"] = [await roads.refunds_of(j, name) for name in ("bidder3", "bidder4")]
    await roads.offer(j, opens_in=roads.soon(j))
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
        except PageError as early:
            if "422" not in str(early):
                raise
            return False

    await j.until(tried, "the last term to pass", seconds=roads.SECONDS_MAX)


async def the_court_takes_it_back(j: Journey, platform: Platform) -> None:
    """The case is stayed and the lot withdrawn while people bid: all money goes back."""
    await roads.price_lot(j, 104)
    officer, lot = await j.as_(court.OFFICER), f"/court/lots/{j.text('lot_id')}"
    opened_before = await officer.get(lot)
    await roads.offer(j, opens_in=roads.with_bidders(j))
    bidder = (await roads.join(j, platform, ["bidder5"]))["bidder5"]
    await roads.bid_once(bidder)
    j.facts["offered"] = sorted((await officer.get(lot)).forms)
    on_offer = await officer.fill(opened_before, "withdraw-lot", {"ground": STAY}, expect=422)
    j.facts["on_offer"] = on_offer.said
    case = f"/court/cases/{j.text('case_id')}"
    await officer.submit(case, "stay-case", {"ground": STAY})
    j.facts["stayed_bid"] = (await bidder.bid(least(bidder)))["reason"]
    await roads.ended(bidder, "suspended")
    refused = await roads.court_submits(j, court.OFFICER, "resume-listing", {}, expect=422)
    j.facts["stayed"] = refused.text
    await roads.court_submits(j, court.OFFICER, "withdraw-listing", {"ground": FULFILLED})
    refused_at_once = await bidder.bid(least(bidder))
    await roads.ended(bidder, "stopped")
    last = await bidder.bid(least(bidder))
    j.facts["bids"] = [refused_at_once["is_accepted"], last["reason"]]
    j.facts["public"] = (await roads.public_page(j)).said
    await roads.lot_says(j, "已撤回")
    await roads.deposit_says(j, "bidder5", "退还中")
    await _take_evidence(j)
    j.facts["refunds"] = await roads.refunds_of(j, "bidder5")


async def _take_evidence(j: Journey) -> None:
    """The published paper with the authority's certificate, and a photograph as handed in."""
    officer = await j.as_(court.OFFICER)
    papers = await officer.get(f"/court/cases/{j.text('case_id')}/notices")
    announcement = re.search(
        r'href="(/notices/[^"]+/paper)" data-kind="auction_announcement"', papers.text
    )
    visitor = await j.visitor()
    j.write(
        "announcement.pdf", (await visitor.get(announcement[1] if announcement else "")).content
    )
    j.write("authority.cer", (await visitor.get("/verify/authority.cer")).content)
    asset = f"/court/assets/{j.text('asset_id')}"
    first = re.search(r'<option value="([^"]+)"[^>]*>第 1 张', (await officer.get(asset)).text)
    wanted = {"photograph": first[1] if first else "", "reason": "核对拍摄地点"}
    j.write("original.jpg", (await officer.submit(asset, "open-original", wanted)).content)


WALKS = (
    nobody_wants_it,
    a_stay_interrupts_it,
    the_buyer_does_not_pay,
    the_court_takes_it_back,
)
