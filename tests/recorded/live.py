"""Recorded auctions held again on the live path, by a clock that is moved from bid to bid.

The sockets, the home, the engine and PostgreSQL are the platform's own; only the counter
under its clock is not the machine's. Time stands still while a bid is on its way, so each
enters at exactly the second at which it once did.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import heapify, heappop, heappush

import msgspec

from auction.kernel.actor import SYSTEM, Actor, Role
from auction.kernel.disciplined import DisciplinedClock
from auction.kernel.ids import BidderCode, CourtId, ListingId, LotId, PersonId, SessionId, new_id
from auction.kernel.settings import Settings
from auction.store.database import Database
from auction.store.keys import KeyHolder
from bidding.commands import make_session
from bidding.hall.bid_entry import Verdict
from bidding.hall.session import SessionTerms
from bidding.hall.ticket import issue_ticket
from bidding.queries import bid_record
from bidding.sequencer import read_board
from tests.recorded.auctions import RecordedAuction, RecordedBid, Result
from web.live.hall import Hall
from web.live.keeper import Keeper, signing_by
from web.live.server import Reception, open_server
from workers.demo.bidder import Bidder
from workers.embedded.postgres import free_port

Execute = Callable[[str], Awaitable[None]]
BEFORE = timedelta(hours=1)
FOR_EVER = datetime.max.replace(tzinfo=UTC)
MESSAGES_A_SECOND = 10_000
"""A second of the record may be an hour of ours and holds what the test sends in it."""


@dataclass
class Theatre:
    """A live server whose time is moved, and the auctions held in it."""

    settings: Settings
    database: Database
    keeper: Keeper
    as_owner: Execute
    counter: list[float]
    halls: dict[str, tuple[SessionId, ListingId]] = field(default_factory=dict)
    to_come: dict[str, int] = field(default_factory=dict)
    """How many bids of each auction were not placed yet."""
    seats: dict[tuple[str, str], Bidder] = field(default_factory=dict)

    async def hold(self, auctions: Iterable[RecordedAuction]) -> dict[str, Result]:
        """Hold auctions of one place and time again, bid by bid; return what came of each."""
        by_key = {auction.key: auction for auction in auctions}
        await self._announce(list(by_key.values()))
        order = [
            (bid.entered_at, number, auction.key, bid)
            for auction in by_key.values()
            for number, bid in enumerate(auction.bids)
        ]
        self.to_come = {key: len(auction.bids) for key, auction in by_key.items()}
        ends = [(auction.first_close_at, key) for key, auction in by_key.items()]
        heapify(ends)
        for at, _, key, bid in sorted(order, key=lambda one: one[:3]):
            await self._end_what_ends_by(at, ends, by_key)
            self._move_to(at)
            await self._bid(by_key[key], bid)
        await self._end_what_ends_by(FOR_EVER, ends, by_key)
        return {key: await self._result(key) for key in by_key}

    async def _bid(self, auction: RecordedAuction, bid: RecordedBid) -> None:
        seat = self.seats.get((auction.key, bid.code))
        if seat is None:
            seat = self.seats[auction.key, bid.code] = await self._seat(auction, bid.code)
        await seat.bid(bid.amount.fen)
        self.to_come[auction.key] -= 1
        await self._leave(auction.key)

    async def _end_what_ends_by(
        self,
        at: datetime,
        ends: list[tuple[datetime, str]],
        auctions: Mapping[str, RecordedAuction],
    ) -> None:
        """Let each session close at its own end, before time goes on past it.

        Who bids after it was there before it: no page gives a ticket to a session that is over.
        """
        while ends and ends[0][0] <= at:
            _, key = heappop(ends)
            hall = self._hall(key)
            if hall.board.is_over:
                continue
            if hall.board.closes_at > at:
                heappush(ends, (hall.board.closes_at, key))
                continue
            for code in auctions[key].codes - {code for one, code in self.seats if one == key}:
                self.seats[key, code] = await self._seat(auctions[key], code)
            self._move_to(hall.board.closes_at)
            await self._until_over(hall)
            await self._leave(key)

    async def _until_over(self, hall: Hall) -> None:
        sequencer = hall.sequencer
        assert sequencer is not None
        while not hall.board.is_over:
            sequencer._wake.set()  # it sleeps by the machine's time, and its own was moved
            await asyncio.sleep(0.001)

    def _move_to(self, at: datetime) -> None:
        """Move time, never back."""
        ahead = (at - self.keeper.clock.now()).total_seconds()
        self.counter[0] += max(0.0, ahead)

    def _hall(self, key: str) -> Hall:
        return self.keeper._halls[self.halls[key][0]]

    async def _seat(self, auction: RecordedAuction, code: str) -> Bidder:
        session_id, listing_id = self.halls[auction.key]

        async def get_ticket() -> str:
            actor = Actor(PersonId(new_id(self.keeper.clock.now())), frozenset({Role.BIDDER}))
            async with self.database.unit(actor) as work:
                return await issue_ticket(
                    work, session_id=session_id, code=BidderCode(code),
                    sign_in=secrets.token_bytes(8),
                )  # fmt: skip

        seat = Bidder(
            self.settings.live_origin, self.settings.web_origin, str(listing_id), get_ticket
        )
        await seat.enter()
        return seat

    async def _leave(self, key: str) -> None:
        """Let everybody go once it is over and no bid is to come."""
        if self.to_come[key] or not self._hall(key).board.is_over:
            return
        for one in [place for place in self.seats if place[0] == key]:
            await self.seats.pop(one).leave()

    async def _announce(self, auctions: Sequence[RecordedAuction]) -> None:
        """Publish the listings of auctions, and make their sessions."""
        now = self.keeper.clock.now()
        listings = {auction.key: ListingId(new_id(now)) for auction in auctions}
        await self.as_owner("".join(_listing(one, listings[one.key]) for one in auctions))
        for one in auctions:
            terms = SessionTerms(
                listings[one.key], LotId(new_id(now)), CourtId("浙0199"), one.opens_at,
                one.scheduled_close_at, one.rules,
            )  # fmt: skip
            async with self.database.unit(SYSTEM) as work:
                self.halls[one.key] = (await make_session(work, terms=terms), listings[one.key])

    async def _result(self, key: str) -> Result:
        session_id, _ = self.halls[key]
        board = await read_board(self.database, session_id)
        async with self.database.reading() as session:
            lines = await bid_record(session, session_id)
        assert board.price is not None
        refused = sum(line.verdict is Verdict.REFUSED for line in lines)
        return Result(str(board.leading_code), board.price, board.closes_at, refused)


def _listing(auction: RecordedAuction, listing: ListingId) -> str:
    """Statements that put a published listing and its codes into the tables."""
    rules = auction.rules
    codes = ",".join(f"'{code}'" for code in sorted(auction.codes))
    return (
        "INSERT INTO listings (id, lot_id, case_id, court_id, round, state, title,"
        " starting_price, increment, deposit, opens_at, closes_at, balance_days, rulebook,"
        " drafted_by, drafted_at, ground) SELECT made.id, made.id, made.id, '浙0199',"
        f" 'first_auction', 'published', 'a lot', {rules.starting_price.fen},"
        f" {rules.increment.fen}, 1, '{auction.opens_at}',"
        f" '{auction.opens_at + timedelta(days=1)}', 15, 'law', made.id, now(), ''"
        f" FROM (SELECT '{listing}'::uuid AS id) AS made;"
        " INSERT INTO hall_code (listing_id, code, priority_rank, sealed_registration,"
        f" issued_on_hour) SELECT '{listing}', code, NULL, '', now()"
        f" FROM unnest(ARRAY[{codes}]) AS code;"
    )


async def hold_beside(
    settings: Settings, as_owner: Execute, auctions: Sequence[RecordedAuction], *, theatres: int
) -> dict[str, Result]:
    """Hold auctions in several theatres of one platform at once, each with a time of its own."""

    async def hold(part: Sequence[RecordedAuction]) -> dict[str, Result]:
        begins_at = min(auction.opens_at for auction in part)
        async with a_theatre(settings, as_owner, begins_at=begins_at) as theatre:
            return await theatre.hold(part)

    parts = [auctions[first::theatres] for first in range(min(theatres, len(auctions)))]
    told: dict[str, Result] = {}
    for held in await asyncio.gather(*(hold(part) for part in parts)):
        told |= held
    return told


@asynccontextmanager
async def a_theatre(
    settings: Settings, as_owner: Execute, *, begins_at: datetime
) -> AsyncIterator[Theatre]:
    """A live server whose clock begins before an instant and is moved by hand from then on."""
    counter = [0.0]
    clock = DisciplinedClock(begins_at - BEFORE, count=lambda: counter[0])
    port = free_port()
    own = msgspec.structs.replace(
        settings, live_port=port, live_origin=f"ws://127.0.0.1:{port}",
        live_messages_a_second=MESSAGES_A_SECOND,
        live_sockets_by_address=100_000,
    )  # fmt: skip
    database = Database(own, clock=clock, application="luochui-live")
    keys = KeyHolder(own.signer_socket)
    keeper = Keeper(database, clock, signing_by(keys), own.live_origin)
    await keeper.look()
    server = await open_server(own, clock, Reception(keeper, clock, own))
    theatre = Theatre(own, database, keeper, as_owner, counter)
    try:
        yield theatre
    finally:
        for seat in theatre.seats.values():
            await seat.leave()
        await keeper.leave()
        server.close()
        await server.wait_closed()
        await keys.close()
        await database.close()
