"""What the shorter journeys have in common: a lot on offer, bidders in its hall, its end."""

import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from auction.kernel.money import Money
from tests.journeys.conftest import Platform
from workers.demo.bidder import Bidder
from workers.demo.browser import Page, PageError
from workers.demo.journey import Journey, StepError
from workers.demo.steps import court, finance, registration
from workers.demo.steps.bidding import expect, hall_client, least

AGREED = Money.yuan(1_000_000)
NEGOTIATED = {"held_on": "2026-03-01", "note": "双方当庭议价，笔录附卷"}
SOON, WITH_BIDDERS, OPENING_MAX = 6.0, 10.0, 60.0
"""Seconds from the choice of the date to the opening; more where the machine needs more."""
NOTICE = 3.0
"""The seconds that a publication comes before its opening, and one for rounding."""
TRIES = 4
SECONDS_MAX = 90.0


async def price_lot(j: Journey, number: int) -> None:
    """A case of its own with one lot, whose price the parties agree on (参考价4)."""
    began = time.monotonic()
    thing = court.Thing(
        case_number=f"（2026）浙0199执{number}号",
        title=f"杭湾市潮声路{number}号住宅",
        registry_number=f"浙（2019）杭湾市不动产权第000{number}号",
    )
    await court.open_case(j, thing, AGREED)
    await court.seize(j, thing)
    await court.investigate(j)
    await court.make_lot(j)
    officer = await j.as_(court.OFFICER)
    desk = f"/court/lots/{j.text('lot_id')}/valuation"
    await officer.submit(desk, "open-assignment")
    prices = {"applicant_price": str(AGREED), "respondent_price": str(AGREED), **NEGOTIATED}
    await officer.submit(desk, "record-negotiation", prices)
    j.facts["took"] = time.monotonic() - began


def soon(j: Journey) -> float:
    """Seconds to the opening in which an offer can be published on this machine just now."""
    published = j.facts.get("publishing")
    needed = float(str(published)) + NOTICE if published else 1.5 * float(j.text("took"))
    return min(max(SOON, needed), OPENING_MAX)


def with_bidders(j: Journey) -> float:
    """Seconds to the opening in which bidders can register and pay, too."""
    return min(max(WITH_BIDDERS, 2.5 * float(j.text("took"))), OPENING_MAX)


async def offer(j: Journey, *, opens_in: float, balance_days: str = "") -> None:
    """Draft, decide and publish the next round; choose a later date where it came too soon."""
    began = time.monotonic()
    await draft(j, opens_in=opens_in, balance_days=balance_days)
    await _publish(j, opens_in)
    j.facts["publishing"] = 1.5 * (time.monotonic() - began)


async def draft(j: Journey, *, opens_in: float, balance_days: str = "") -> None:
    """Draft the next round and complete what is published with it."""
    await court.draft(j, opens_in=timedelta(seconds=opens_in), balance_days=balance_days)
    await court.complete(j)


async def publish_soon(j: Journey) -> None:
    """Choose the dates of a draft, decide and publish it."""
    began, opens_in = time.monotonic(), soon(j)
    await court.choose_opening(j, opens_in=timedelta(seconds=opens_in))
    await _publish(j, opens_in)
    j.facts["publishing"] = 1.5 * (time.monotonic() - began)


async def _publish(j: Journey, opens_in: float) -> None:
    for _ in range(TRIES):
        await court.approve(j)
        try:
            await court.publish(j)
        except PageError as late:
            if "listing.opens_too_early" not in str(late):
                raise
            opens_in *= 2
            await court.choose_opening(j, opens_in=timedelta(seconds=opens_in))
        else:
            return
    raise StepError(f"nothing could be published within {opens_in:.0f} s")


async def join(j: Journey, platform: Platform, names: Sequence[str]) -> dict[str, Bidder]:
    """Register, pay, open the codes and enter the hall."""
    for name in names:
        await registration.register(j, name)
    async with platform.at_bank:
        await finance.pay_deposits(j, names)
    hall = {}
    for name in names:
        await registration.enter_hall(j, name)
        hall[name] = hall_client(j, name)
        platform.sockets.append(hall[name])
        await hall[name].enter()
    return hall


async def watch(j: Journey, platform: Platform) -> Bidder:
    """Somebody who looks on at the listing's hall, once its session is made."""
    visitor = await j.visitor()

    async def is_made() -> bool:
        found = re.search(r'data-session="([^"]+)"', (await visitor.get(_public(j, "/room"))).text)
        j.facts["session_id"] = found[1] if found else ""
        return found is not None

    await j.until(is_made, "the session to be made", seconds=SECONDS_MAX)
    watcher = Bidder(j.address.live_origin, j.address.web_origin, j.text("listing_id"))
    platform.sockets.append(watcher)
    await watcher.enter()
    return watcher


async def bid_once(bidder: Bidder) -> None:
    """Wait for the opening and offer the least."""
    await bidder.until(lambda: bidder.phase == "open", "the opening", seconds=SECONDS_MAX)
    expect(await bidder.bid(least(bidder)), "")
    await bidder.until(lambda: bidder.leader == bidder.code, "the own bid to lead")


async def ended(bidder: Bidder, phase: str) -> None:
    """Wait for an end of the session."""
    await bidder.until(lambda: bidder.phase == phase, phase, seconds=SECONDS_MAX)


async def sold(j: Journey) -> None:
    """Wait until the public page names the buyer."""
    await j.until_page("", _public(j), "成交公示", seconds=SECONDS_MAX)
    page = await (await j.as_(court.OFFICER)).get(f"/court/lots/{j.text('lot_id')}/sale")
    j.facts["sale_path"] = page.path


async def pay_balance(j: Journey, platform: Platform, username: str) -> None:
    """Have the buyer pay what his own page asks for; wait until the sale is paid."""
    page = await (await j.as_(username)).get("/me")
    async with platform.at_bank:
        await finance.pay_balance(j, username, page)
    await j.until_page(court.OFFICER, j.text("sale_path"), "余款 0.00", seconds=SECONDS_MAX)


async def lot_says(j: Journey, words: str) -> None:
    """Wait until the court's page of the lot says where it stands."""
    path = f"/court/lots/{j.text('lot_id')}"
    await j.until_page(court.OFFICER, path, words, seconds=SECONDS_MAX)


async def court_page(j: Journey) -> Page:
    """The court's page of the listing."""
    return await (await j.as_(court.OFFICER)).get(_listing(j))


async def court_submits(
    j: Journey, username: str, form: str, fields: dict[str, str], *, expect: int = 200
) -> Page:
    """One act on the court's page of the listing."""
    return await (await j.as_(username)).submit(_listing(j), form, fields, expect=expect)


async def public_page(j: Journey) -> Page:
    """What anybody sees of the listing."""
    return await (await j.visitor()).get(_public(j))


@dataclass(frozen=True, slots=True)
class Fact:
    """One entry of the journal, as a supervisor takes it away."""

    stream: str
    kind: str
    at: str
    body: dict[str, object]


async def journal(j: Journey) -> list[Fact]:
    """The whole journal, each stream in its order."""
    page = await (await j.as_("supervisor")).get("/oversight/journal.jsonl")
    leaves = [json.loads(line) for line in page.content.splitlines()]
    return [Fact(leaf["stream"], leaf["kind"], leaf["at"], leaf["body"]) for leaf in leaves]


async def held_in(j: Journey, account: str) -> list[int]:
    """What the accounts of a name hold in the book that leaves for hledger, in fen owed."""
    page = await (await j.as_("supervisor")).get("/oversight/ledger.hledger")
    sums: dict[str, int] = {}
    for line in page.text.splitlines():
        found = re.fullmatch(rf"    (Liabilities:{account}:\S+)  (-?\d+) FEN", line)
        if found:
            sums[found[1]] = sums.get(found[1], 0) - int(found[2])
    return list(sums.values())


async def deposit_of(j: Journey, username: str) -> str:
    """What a bidder's own page says of his deposit."""
    page = await (await j.as_(username)).get(_public(j, "/join"))
    found = re.search(r'id="deposit">(.*?)</section>', page.text, re.DOTALL)
    if found is None:
        raise StepError(f"{page.path} says nothing of a deposit")
    return found.group(1)


async def refunds_of(j: Journey, username: str) -> list[str]:
    """The amounts of the payment orders made out to somebody, in yuan as the desk shows them."""
    page = await (await j.as_(finance.CLERK)).get("/finance/orders")
    name = j.accounts[username]["name"]
    rows = [row for row in page.text.split("<tr>") if f">{name}</td>" in row]
    return [amount for row in rows for amount in re.findall(r">([\d,]+\.\d{2})</td>", row)]


async def deposit_says(j: Journey, username: str, words: str) -> None:
    """Wait until a bidder's own page says that of his deposit."""

    async def says() -> bool:
        return words in await deposit_of(j, username)

    await j.until(says, f"the deposit of {username} to be {words}", seconds=SECONDS_MAX)


def _listing(j: Journey) -> str:
    return f"/court/listings/{j.text('listing_id')}"


def _public(j: Journey, rest: str = "") -> str:
    return f"/lots/{j.text('listing_id')}{rest}"
