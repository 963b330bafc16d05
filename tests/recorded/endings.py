"""The endings of art sessions held again at twenty times their speed, all at once, as load."""

import asyncio
import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby

import msgspec

from auction.kernel.actor import SYSTEM, Actor, Role
from auction.kernel.ids import BidderCode, CourtId, ListingId, LotId, PersonId, SessionId, new_id
from auction.kernel.money import Money
from auction.store.database import Database
from bidding.commands import make_session
from bidding.engine import Accepted, Bid, Hall, Rules, decide, open_hall
from bidding.hall.session import SessionTerms
from bidding.hall.ticket import issue_ticket
from tests.faults.platform import Platform
from tests.faults.room import put_listing
from tests.recorded.auctions import RecordedAuction, RecordedBid, Result, code_of
from workers.demo.bidder import Bidder

SPEED = 20
ENDING = timedelta(minutes=5)
TAIL_MAX = timedelta(minutes=10)
"""Sessions that went on longer than this after their scheduled end are left out."""
MARGIN = timedelta(seconds=2)
"""Two seconds of the record are 100 ms here: what came nearer to an end might fall either way."""
SECONDS_MAX = 75.0

Said = Mapping[str, str]
"""The body of an entry of the journal."""
Ending = tuple[str, Money]
"""Who won, and at what price."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of the endings."""

    sessions: int
    bids: int
    left_out: int
    lagged: int
    """Sessions that the platform itself left an extension, because it had stood still: what the
    house recorded may end otherwise by right, and a replay that is told of it is asked instead."""
    otherwise: int
    """How many of those ended otherwise than the house recorded."""
    differing: list[str]
    seconds: float
    latest_seconds: float
    """The longest from the end of a session to its close."""


def fit(auctions: Sequence[RecordedAuction], most: int) -> list[RecordedAuction]:
    """The first sessions whose ending has bids and leaves room on both sides of every end."""
    found = []
    for auction in auctions:
        ending = [bid for bid in auction.bids if bid.entered_at >= begin(auction)]
        is_short = auction.bids[-1].entered_at - auction.scheduled_close_at < TAIL_MAX
        if ending and is_short and margin(auction) >= MARGIN:
            found.append(replace(auction, bids=tuple(ending)))
        if len(found) == most:
            break
    return found


def begin(auction: RecordedAuction) -> datetime:
    """Where an ending begins."""
    return auction.scheduled_close_at - ENDING


def margin(auction: RecordedAuction) -> timedelta:
    """How near a bid came to the end that stood before it."""
    hall = open_hall(
        auction.rules, opens_at=auction.opens_at, scheduled_close=auction.scheduled_close_at
    )
    nearest = timedelta.max
    for bid in auction.bids:
        nearest = min(nearest, abs(hall.closes_at - bid.entered_at))
        verdict = decide(hall, Bid(BidderCode(bid.code), bid.amount, bid.entered_at), auction.rules)
        hall = verdict.hall if isinstance(verdict, Accepted) else hall
    return nearest


@dataclass(frozen=True, slots=True)
class Staged:
    """One ending, made ready on the running platform."""

    auction: RecordedAuction
    session_id: SessionId
    listing_id: ListingId
    closes_at: datetime
    """Its announced end, at the new speed."""
    seats: dict[str, Bidder]

    @property
    def stream(self) -> str:
        """Its chain in the journal."""
        return f"session:{self.session_id}"


async def hold(
    platform: Platform,
    auctions: Sequence[RecordedAuction],
    replayed: dict[str, Result],
    *,
    most: int,
) -> Compared:
    """Hold so many endings at once on a running platform, and compare each with the replay."""
    began = time.monotonic()
    chosen = fit(auctions, most)
    (settings,) = await platform.have_lives(1)
    async with platform.database() as database:
        opens_at = database.clock.now()
        starts_at = opens_at + timedelta(seconds=2 + len(chosen) * 0.25)
        staged = [await _stage(platform, database, one, starts_at) for one in chosen]
        for one in staged:
            await _seat(database, settings.live_origin, settings.web_origin, one)
        wait = (starts_at - database.clock.now()).total_seconds()
        if wait < 0:
            raise RuntimeError(f"the crowd came {-wait:.1f} s too late to its seats")
        start = time.monotonic() + wait
        await asyncio.gather(*(_play(one, start) for one in staged))
        await _until_closed(platform, [one.session_id for one in staged])
        for one in staged:
            await asyncio.gather(*(seat.leave() for seat in one.seats.values()))
    wanted = {one.auction.key: _named(replayed[one.auction.key]) for one in staged}
    told = await _replayed_with_lag(platform, staged)
    otherwise = sum(told[key] != wanted[key] for key in told)
    differing, latest = await _compare(platform, staged, wanted | told)
    bids = sum(len(one.bids) for one in chosen)
    left_out = len(auctions) - len(chosen)
    taken = time.monotonic() - began
    return Compared(len(chosen), bids, left_out, len(told), otherwise, differing, taken, latest)


def _named(result: Result) -> Ending:
    return code_of(result.winner), result.price


def _fast(rules: Rules) -> Rules:
    return replace(
        rules, extend_trigger=rules.extend_trigger / SPEED, extend_by=rules.extend_by / SPEED
    )


async def _stage(
    platform: Platform, database: Database, auction: RecordedAuction, starts_at: datetime
) -> Staged:
    now = database.clock.now()
    listing, rules = ListingId(new_id(now)), _fast(auction.rules)
    await put_listing(platform, listing, auction.codes, (rules.starting_price, rules.increment))
    closes_at = starts_at + ENDING / SPEED
    terms = SessionTerms(listing, LotId(listing), CourtId("浙0199"), now, closes_at, rules)
    async with database.unit(SYSTEM) as work:
        return Staged(auction, await make_session(work, terms=terms), listing, closes_at, {})


async def _seat(database: Database, live: str, web: str, one: Staged) -> None:
    for code in sorted(one.auction.codes):

        async def get_ticket(code: str = code) -> str:
            actor = Actor(PersonId(new_id(database.clock.now())), frozenset({Role.BIDDER}))
            async with database.unit(actor) as work:
                return await issue_ticket(
                    work, session_id=one.session_id, code=BidderCode(code),
                    sign_in=secrets.token_bytes(8),
                )  # fmt: skip

        one.seats[code] = Bidder(live, web, str(one.listing_id), get_ticket)
        await one.seats[code].enter()


async def _play(one: Staged, start: float) -> None:
    """Send each bid at its instant; those of one second spread over it, in their order."""
    for at, bid in _instants(one.auction):
        await asyncio.sleep(start + at - time.monotonic())
        await one.seats[bid.code].send_bid(bid.amount.fen)


def _instants(auction: RecordedAuction) -> list[tuple[float, RecordedBid]]:
    """Seconds after the start of the ending, at its new speed."""
    seconds: dict[datetime, list[RecordedBid]] = {}
    for bid in auction.bids:
        seconds.setdefault(bid.entered_at, []).append(bid)
    return [
        (((at - begin(auction)).total_seconds() + number / (len(bids) + 1)) / SPEED, bid)
        for at, bids in seconds.items()
        for number, bid in enumerate(bids)
    ]


async def _until_closed(platform: Platform, sessions: list[SessionId]) -> None:
    async with asyncio.timeout(SECONDS_MAX):
        while True:
            (row,) = await platform.fetch(
                "SELECT count(*) AS open FROM sessions WHERE id = ANY($1) AND closed_at IS NULL",
                sessions,
            )
            if not row["open"]:
                return
            await asyncio.sleep(0.5)


async def _replayed_with_lag(platform: Platform, staged: Sequence[Staged]) -> dict[str, Ending]:
    """What the pure engine makes of the bids as they entered here, told of each extension for lag.

    Only of sessions that were left one; by the key of their auction.
    """
    by_stream = {one.stream: one for one in staged}
    rows = await platform.fetch(
        "SELECT stream, kind, leaf FROM journal WHERE stream IN (SELECT stream FROM journal"
        " WHERE kind = 'session.lagged' AND stream = ANY($1)) ORDER BY stream, seq",
        list(by_stream),
    )
    told = {}
    for stream, entries in groupby(rows, key=lambda row: str(row["stream"])):
        one = by_stream[stream]
        said = [(row["kind"], msgspec.json.decode(row["leaf"])["body"]) for row in entries]
        told[one.auction.key] = told_ending(said, _fast(one.auction.rules), one.closes_at)
    return told


def told_ending(entries: Iterable[tuple[str, Said]], rules: Rules, closes_at: datetime) -> Ending:
    """How a session ends by the engine alone, from the kinds and bodies of its journal."""
    hall = open_hall(rules, opens_at=closes_at - ENDING, scheduled_close=closes_at)
    for kind, said in entries:
        if kind == "session.lagged":
            hall = msgspec.structs.replace(
                hall, closes_at=datetime.fromisoformat(said["closes_at"])
            )
        elif kind.startswith("bid."):
            hall = _after(hall, said, rules)
    leading = hall.leading
    return (str(leading.code), leading.amount) if leading else ("", Money(0))


def _after(hall: Hall, said: Said, rules: Rules) -> Hall:
    entered_at = datetime.fromisoformat(said["entered_at"])
    bid = Bid(BidderCode(said["code"]), Money(int(said["amount_fen"])), entered_at)
    verdict = decide(hall, bid, rules)
    return verdict.hall if isinstance(verdict, Accepted) else hall


async def _compare(
    platform: Platform, staged: Sequence[Staged], wanted: dict[str, Ending]
) -> tuple[list[str], float]:
    rows = await platform.fetch(
        "SELECT id, leading_code, leading_amount,"
        " extract(epoch FROM closed_at - closes_at)::float AS late FROM sessions"
        " WHERE id = ANY($1)",
        [one.session_id for one in staged],
    )
    ended = {row["id"]: row for row in rows}
    differing = []
    for one in staged:
        row, (winner, price) = ended[one.session_id], wanted[one.auction.key]
        told = (row["leading_code"] or "", Money(row["leading_amount"] or 0))
        if told != (winner, price):
            differing.append(
                f"{one.auction.key}: {told[0]} at {told[1]}, the replay says {winner} at {price}"
            )
    return differing, max(row["late"] for row in rows)
