"""Sessions to bid in: a listing, its session, its codes, a keeper of the receipts' key."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from auction.kernel.actor import SYSTEM
from auction.kernel.ids import BidderCode, BidId, CourtId, ListingId, LotId, SessionId, new_id
from auction.kernel.money import Money
from auction.store.database import Database
from bidding.commands import make_session, place_bids
from bidding.engine import Extension, Ladder, Rules
from bidding.hall.batch import PlacedBid
from bidding.hall.bid_entry import Decision
from bidding.hall.receipt import Batch, Signed
from bidding.hall.session import Home, SessionTerms
from bidding.hall.standstill import become_home

Execute = Callable[[str], Awaitable[None]]

KEY = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
PUBLIC_KEY = KEY.public_key().public_bytes_raw()
FIVE = timedelta(minutes=5)
LAW = Rules(Ladder.MULTIPLE, Extension.RESET, Money.yuan(1000), Money.yuan(50), FIVE, FIVE)
CODES = {"A1": None, "B2": None, "C3": None, "Y1": 1, "Y2": 2}


async def sign(batch: Batch) -> Signed:
    return Signed(KEY.sign(batch.statement()), PUBLIC_KEY)


@dataclass(frozen=True)
class AHall:
    """A session with five codes, and its home."""

    session_id: SessionId
    listing_id: ListingId
    opens_at: datetime
    closes_at: datetime
    home_id: UUID
    epoch: int


async def a_listing(
    database: Database,
    as_owner: Execute,
    *,
    rules: Rules = LAW,
    lasts: timedelta = timedelta(hours=24),
    opens_in: timedelta = timedelta(),
) -> ListingId:
    """Put a published listing into the table.

    The owner's connection steps around foreign keys: the lot and its case are others' business.
    """
    now = database.clock.now()
    listing, other = ListingId(new_id(now)), new_id(now)
    opens_at = now + opens_in
    await as_owner(
        "INSERT INTO listings (id, lot_id, case_id, court_id, round, state, title, starting_price,"
        " increment, deposit, opens_at, closes_at, balance_days, rulebook, drafted_by, drafted_at,"
        f" ground) VALUES ('{listing}', '{new_id(now)}', '{other}', '浙0199', 'first_auction',"
        f" 'published', 'a flat', {rules.starting_price.fen}, {rules.increment.fen}, 1,"
        f" '{opens_at}', '{opens_at + lasts}', 15, 'law', '{other}', '{now}', '')"
    )
    return listing


async def a_hall(
    database: Database,
    as_owner: Execute,
    *,
    rules: Rules = LAW,
    lasts: timedelta = timedelta(hours=24),
    opens_in: timedelta = timedelta(),
    has_home: bool = True,
    offered: tuple[ListingId, LotId] | None = None,
) -> AHall:
    """Make a listing that is published, if none is given, its session with codes, and a home."""
    now = database.clock.now()
    opens_at, closes_at = now + opens_in, now + opens_in + lasts
    listing, lot = offered or (
        await a_listing(database, as_owner, rules=rules, lasts=lasts, opens_in=opens_in),
        LotId(new_id(now)),
    )
    for code, rank in CODES.items():
        await as_owner(
            "INSERT INTO hall_code (listing_id, code, priority_rank, sealed_registration,"
            f" issued_on_hour) VALUES ('{listing}', '{code}', {rank or 'NULL'}, '', '{now}')"
        )
    terms = SessionTerms(listing, lot, CourtId("浙0199"), opens_at, closes_at, rules)
    async with database.unit(SYSTEM) as work:
        session_id = await make_session(work, terms=terms)
    hall = AHall(session_id, listing, opens_at, closes_at, new_id(now), 0)
    return replace(hall, epoch=await home(database, hall)) if has_home else hall


async def home(database: Database, hall: AHall, home_id: UUID | None = None) -> int:
    """Let a process be the home of a hall; return the epoch."""
    process = home_id or hall.home_id
    async with database.unit(SYSTEM) as work:
        if await work.session.get(Home, process) is None:
            row = Home(id=process, origin="ws://here", started_at=work.now, seen_at=work.now)
            work.add(row)
    async with database.unit(SYSTEM) as work:
        return (await become_home(work, session_id=hall.session_id, home_id=process)).epoch


def a_placed_bid(
    database: Database, yuan: int, code: str = "A1", bid_id: UUID | None = None
) -> PlacedBid:
    """A bid entering now."""
    now = database.clock.now()
    return PlacedBid(BidId(bid_id or new_id(now)), BidderCode(code), Money.yuan(yuan), now)


async def place(database: Database, hall: AHall, *bids: PlacedBid) -> list[Decision]:
    """Have bids decided by the hall's home, all in one commit."""
    async with database.unit(SYSTEM) as work:
        decided, _ = await place_bids(
            work, session_id=hall.session_id, epoch=hall.epoch, bids=bids, sign=sign
        )
    return decided
