"""The contest: five sockets at once, refused and accepted, cut off and back, extended, closed."""

import asyncio
import csv
import io
from functools import partial
from uuid import UUID

from auction.kernel.clock import SystemClock
from workers.demo.bidder import Bidder, HallError, Message
from workers.demo.journey import Journey, StepError
from workers.demo.steps.registration import BIDDERS, hall_ticket

OPENING_SECONDS_MAX = 60.0
ENDING_SECONDS_MAX = 90.0
LEFT_AT_MOST = 2.0
"""So many seconds before the end somebody bids, to extend it."""
EXTENSIONS_WANTED = 2

Hall = dict[str, Bidder]


async def bidders_bid(j: Journey) -> None:
    """Step 6: live bidding through the hall's own sockets."""
    hall = {username: hall_client(j, username) for username in BIDDERS}
    try:
        await _contest(j, hall)
    except HallError as wrong:
        raise StepError(f"the live hall: {wrong}") from wrong
    finally:
        for bidder in hall.values():
            await bidder.leave()


async def _contest(j: Journey, hall: Hall) -> None:
    async with j.step("Five bidders enter the hall by one-time tickets and see it open"):
        await _enter(j, hall)
    async with j.step("A bid too low and one off the ladder are refused with their reasons"):
        await _refused(hall)
    async with j.step("All five bid at once and see one order (网拍20)"):
        await _all_at_once(hall)
    async with j.step("The priority holder matches the price; nobody else may (网拍21)"):
        await _match(j, hall)
    async with j.step(
        "A bidder cut off in the middle of a bid comes back, misses and doubles nothing"
    ):
        await _cut_off(j, hall)
    async with j.step("Bids in the last moments extend the session (网拍20(2))"):
        await _extend(j, hall)
    async with j.step("The session ends by itself; a bid after the end is late"):
        await _end(j, hall)
    async with j.step("The record of every bid is public, gap-free, and is what all bidders saw"):
        await _keep_record(j, hall)


def hall_client(j: Journey, username: str) -> Bidder:
    """A socket client of the listing's hall, under the code of a bidder."""
    address = j.address
    return Bidder(
        address.live_origin,
        address.web_origin,
        j.text("listing_id"),
        partial(hall_ticket, j, username),
    )


async def _enter(j: Journey, hall: Hall) -> None:
    codes = j.facts["codes"]
    for username, bidder in hall.items():
        await bidder.enter()
        if not isinstance(codes, dict) or bidder.code != codes[username]:
            raise StepError(f"{username} was let in under another code")
    await _first(hall).until(
        lambda: _first(hall).phase == "open", "the opening", seconds=OPENING_SECONDS_MAX
    )


async def _refused(hall: Hall) -> None:
    bidder = _first(hall)
    start, step = bidder.number("starting_fen"), bidder.number("increment_fen")
    expect(await bidder.bid(start - step), "below_starting_price")
    expect(await bidder.bid(start + 1), "off_ladder")
    expect(await bidder.bid(start), "")


async def _all_at_once(hall: Hall) -> None:
    first = _first(hall)
    price, step = first.number("starting_fen"), first.number("increment_fen")
    verdicts = await asyncio.gather(
        *(bidder.bid(price + step * (n + 1)) for n, bidder in enumerate(hall.values()))
    )
    seqs = [verdict["seq"] for verdict in verdicts]
    if len(set(map(str, seqs))) < len(hall) or not any(v["is_accepted"] for v in verdicts):
        raise StepError(f"five bids at once were given the numbers {seqs}")
    last = max(int(str(seq)) for seq in seqs)
    for bidder in hall.values():
        await bidder.until(lambda one=bidder: one.number("seq") >= last, "all five bids")  # type: ignore[misc]
    orders = {tuple(sorted(bidder.bids)) for bidder in hall.values()}
    if len(orders) != 1:
        raise StepError("the bidders saw different bids")


async def _match(j: Journey, hall: Hall) -> None:
    holder = hall[j.text("priority_holder")]
    ordinary = [bidder for bidder in hall.values() if bidder is not holder]
    leading = next((one for one in ordinary if one.code == one.leader), ordinary[0])
    expect(await leading.bid(least(leading)), "")
    await holder.until(lambda: holder.leader == leading.code, "the ordinary bidder to lead")
    price = holder.number("price_fen")
    other = next(one for one in ordinary if one is not leading)
    expect(await other.bid(price), "below_next_price")
    expect(await holder.bid(price), "")
    await other.until(lambda: other.leader == holder.code, "the priority holder to lead")


async def _cut_off(j: Journey, hall: Hall) -> None:
    """Cut in the instant of a bid: whatever came of it, it is found out and counts once."""
    unlucky, other = hall["bidder3"], hall["bidder4"]
    bid_id = await unlucky.send_bid(least(unlucky))
    await unlucky.cut()
    await _overbid(other)
    await unlucky.enter()
    verdict = await unlucky.fate(bid_id)
    if verdict is None:  # the cut was faster than the bid: the same bid_id is still good
        verdict = await unlucky.bid(least(unlucky), bid_id=UUID(bid_id))
    expect(verdict, "")
    again = await unlucky.bid(least(unlucky), bid_id=UUID(bid_id))
    if again != verdict:
        raise StepError("the same bid_id was answered in two ways")
    await unlucky.until(lambda: set(unlucky.bids) == set(other.bids), "what was missed")
    told = (unlucky.code, verdict["amount_fen"])
    shown = [bid for bid in other.bids.values() if (bid["code"], bid["amount_fen"]) == told]
    if len(shown) != 1:
        raise StepError(f"the bid counted {len(shown)} times")
    j.facts["cut_off"] = "bidder3"


async def _overbid(bidder: Bidder) -> None:
    """Bid until a bid stands: another one may come in at the same time."""
    for _ in range(5):
        if (await bidder.bid(least(bidder)))["is_accepted"]:
            return
        await asyncio.sleep(0.2)  # the board of what overtook it is on its way
    raise StepError("five bids in a row were overtaken")


async def _extend(j: Journey, hall: Hall) -> None:
    """Bid when little is left, until it was extended twice; the priority holder matches last."""
    holder = hall[j.text("priority_holder")]
    rivals = [hall["bidder1"], hall["bidder2"]]
    turn = 0
    while holder.number("extensions") < EXTENSIONS_WANTED:
        rival = rivals[turn % len(rivals)]
        await until_little_is_left(rival)
        expect(await rival.bid(least(rival)), "")
        turn += 1
        await holder.until(lambda: holder.leader == rival.code, "the bid")  # noqa: B023
    await until_little_is_left(holder)
    expect(await holder.bid(holder.number("price_fen")), "")


async def _end(j: Journey, hall: Hall) -> None:
    first = _first(hall)
    await first.until(lambda: first.phase == "sold", "the end", seconds=ENDING_SECONDS_MAX)
    expect(await first.bid(least(first)), "late")
    winner = next(name for name, bidder in hall.items() if bidder.code == first.leader)
    j.facts["winner"] = winner
    j.facts["winner_code"] = str(first.leader)
    j.facts["hammer_price_fen"] = first.number("price_fen")
    j.amounts["hammer_price"] = first.number("price_fen")


async def _keep_record(j: Journey, hall: Hall) -> None:
    page = await (await j.visitor()).get(f"/lots/{j.text('listing_id')}/bids.csv")
    j.write("bids.csv", page.content)
    terms = await (await j.visitor()).get(f"/lots/{j.text('listing_id')}/terms.json")
    j.write("terms.json", terms.content)
    rows = list(csv.DictReader(io.StringIO(page.content.decode())))
    if [row["seq"] for row in rows] != [str(n + 1) for n in range(len(rows))]:
        raise StepError("the record has a gap")
    accepted = {int(row["seq"]) for row in rows if row["verdict"] == "accepted"}
    for username, bidder in hall.items():
        if set(bidder.bids) != accepted:
            raise StepError(f"{username} saw other bids than the record holds")
    reasons = {row["reason"] for row in rows}
    missing = {"below_starting_price", "off_ladder", "below_next_price", "late"} - reasons
    if missing:
        raise StepError(f"no bid was refused as {', '.join(sorted(missing))}")


async def until_little_is_left(bidder: Bidder) -> None:
    """Wait by the wall clock, as a person would look at the countdown."""
    while True:
        left = _seconds_left(bidder)
        if left <= LEFT_AT_MOST:
            return
        await asyncio.sleep(left - LEFT_AT_MOST + 0.02)


def _seconds_left(bidder: Bidder) -> float:
    return bidder.number("closes_at") / 1000 - SystemClock().now().timestamp()


def least(bidder: Bidder) -> int:
    """The least that he may offer now."""
    return bidder.number("least_fen")


def _first(hall: Hall) -> Bidder:
    return next(iter(hall.values()))


def expect(verdict: Message, reason: str) -> None:
    """Raise StepError unless the verdict is `reason`; empty means accepted."""
    if verdict.get("type") == "fault" or verdict.get("reason") != reason:
        said = verdict.get("reason") or verdict.get("code") or "accepted"
        raise StepError(f"expected {reason or 'accepted'}, was told {said}")
