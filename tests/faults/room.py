"""One session to bid in, its crowd of clients, and the history of what they did and saw."""

import asyncio
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from auction.kernel.actor import SYSTEM, Actor, Role
from auction.kernel.ids import BidderCode, CourtId, ListingId, LotId, PersonId, SessionId, new_id
from auction.kernel.money import Money
from auction.kernel.refusal import Refusal
from auction.store.database import Database
from bidding.commands import make_session
from bidding.engine import Extension, Ladder, Rules
from bidding.hall.session import SessionTerms
from bidding.hall.ticket import issue_ticket
from tests.faults.history import Ending, History, Recorded
from tests.faults.platform import Platform

SPARE = "S000"
"""A code that is nobody's in the crowd: a case may bid under it."""
STARTING, STEP = Money.yuan(1000), Money.yuan(50)
EXTENSION = timedelta(seconds=3)
_ENTRIES = """
    SELECT seq, code, bid_id, amount, extract(epoch FROM entered_at) * 1000 AS entered_ms,
        verdict, reason, extract(epoch FROM closes_at_after) * 1000 AS closes_ms
    FROM bid_entries WHERE session_id = $1 ORDER BY seq
"""
_ENDING = """
    SELECT state, leading_code, leading_amount, extract(epoch FROM closes_at) * 1000 AS closes_ms,
        extract(epoch FROM closed_at) * 1000 AS closed_ms,
        extract(epoch FROM scheduled_close_at) * 1000 AS scheduled_ms,
        (SELECT count(*) FROM journal WHERE stream = 'session:' || $1::uuid::text
            AND kind = 'session.closed') AS times_closed
    FROM sessions WHERE id = $1
"""


class NoTicket(Exception):
    """The pages give none at the moment, or none any more."""


@dataclass
class Room:
    """A session under faults."""

    platform: Platform
    database: Database
    session_id: SessionId
    listing_id: ListingId
    codes: list[str]
    """Those of the crowd; `SPARE` has none of it."""
    history: History
    origins: list[str]
    """Where the live processes are; a client goes to the next one when one does not answer."""
    clock_step_ms: float = 0.0
    """How far the platform's clock was stepped on purpose."""
    is_bidding: bool = True
    """Whether its bidders still make new bids."""
    is_spread: bool = False
    """Whether its bidders come in by any of the live processes, not by the first."""
    redirected: int = 0
    """How many were told that the home is elsewhere, and where."""
    strange: list[str] = field(default_factory=list)
    """What clients were told that no client should be."""
    opens_ms: float = 0.0
    offset_ms: float = field(default_factory=lambda: (time.time() - time.monotonic()) * 1000)

    def now(self) -> float:
        """The harness's own seconds, which no fault touches."""
        return time.monotonic()

    def told_over(self, at: float) -> None:
        """A socket was told that it is over: the first time counts."""
        if self.history.told_over_ms is None:
            self.history.told_over_ms = self.offset_ms + at * 1000 + self.clock_step_ms

    async def ticket(self, code: str) -> str:
        """A one-time ticket, as a bidder's page fetches it."""
        actor = Actor(PersonId(new_id(self.database.clock.now())), frozenset({Role.BIDDER}))
        try:
            async with self.database.unit(actor) as work:
                return await issue_ticket(
                    work, session_id=self.session_id, code=BidderCode(code),
                    sign_in=secrets.token_bytes(8),
                )  # fmt: skip
        except (SQLAlchemyError, OSError, TimeoutError, Refusal) as no:
            raise NoTicket(str(no)) from no

    async def look_back(self) -> None:
        """Read what the database holds when all is over."""
        rows = await self.platform.fetch(_ENTRIES, self.session_id)
        self.history.recorded = [
            Recorded(
                row["seq"], row["code"], row["bid_id"], row["amount"], float(row["entered_ms"]),
                row["verdict"] == "accepted", row["reason"], float(row["closes_ms"]),
            )
            for row in rows
        ]  # fmt: skip
        (end,) = await self.platform.fetch(_ENDING, self.session_id)
        closed = end["closed_ms"]
        self.history.scheduled_close_ms = float(end["scheduled_ms"])  # rounded like the others
        self.history.ending = Ending(
            end["state"], end["leading_code"], end["leading_amount"], float(end["closes_ms"]),
            None if closed is None else float(closed), end["times_closed"],
        )  # fmt: skip

    async def is_over(self) -> bool:
        """Whether the database holds the end."""
        (row,) = await self.platform.fetch(
            "SELECT closed_at IS NOT NULL AS is_over FROM sessions WHERE id = $1", self.session_id
        )
        return bool(row["is_over"])


async def a_room(
    platform: Platform,
    database: Database,
    *,
    bidders: int,
    lasts: float,
    origins: Iterable[str],
    opens_in: float = 0.0,
    extension: timedelta = EXTENSION,
) -> Room:
    """Make a session that opens now, with so many codes; it lasts so many seconds."""
    codes = [f"F{number:03d}" for number in range(bidders)]
    now = database.clock.now() + timedelta(seconds=opens_in)
    listing, closes_at = ListingId(new_id(now)), now + timedelta(seconds=lasts)
    await put_listing(platform, listing, [*codes, SPARE], (STARTING, STEP))
    rules = Rules(Ladder.MULTIPLE, Extension.RESET, STARTING, STEP, extension, extension)
    terms = SessionTerms(listing, LotId(new_id(now)), CourtId("浙0199"), now, closes_at, rules)
    async with database.unit(SYSTEM) as work:
        session_id = await make_session(work, terms=terms)
    history = History(STARTING.fen, STEP.fen, closes_at.timestamp() * 1000)
    return Room(
        platform, database, session_id, listing, codes, history, list(origins),
        opens_ms=now.timestamp() * 1000,
    )  # fmt: skip


async def put_listing(
    platform: Platform, listing: ListingId, codes: Iterable[str], amounts: tuple[Money, Money]
) -> None:
    """Put a published listing and its codes into the tables.

    The owner's connection steps around foreign keys: the lot and its case are others' business.
    """
    starting, step = amounts
    await platform.as_owner(
        "INSERT INTO listings (id, lot_id, case_id, court_id, round, state, title, starting_price,"
        " increment, deposit, opens_at, closes_at, balance_days, rulebook, drafted_by, drafted_at,"
        " ground) SELECT made.id, made.id, made.id, '浙0199', 'first_auction', 'published',"
        f" 'a flat', {starting.fen}, {step.fen}, 1, now(), now() + interval '1 day', 15, 'law',"
        f" made.id, now(), '' FROM (SELECT '{listing}'::uuid AS id) AS made;"
        " INSERT INTO hall_code (listing_id, code, priority_rank, sealed_registration,"
        f" issued_on_hour) SELECT '{listing}', code, NULL, '', now()"
        f" FROM unnest(ARRAY[{','.join(repr(code) for code in codes)}]) AS code"
    )


async def until_over(room: Room, seconds: float) -> bool:
    """Wait until the database holds the end; say whether it came."""
    deadline = room.now() + seconds
    while room.now() < deadline:
        if await room.is_over():
            return True
        await asyncio.sleep(0.1)
    return False
