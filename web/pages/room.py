"""The live room: to watch, to enter with the 参拍密码, and to fetch tickets for its socket."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from auction.cases.case import Case
from auction.deposits.queries import DepositView, deposit_of
from auction.kernel.ids import BidderCode, ListingId
from auction.kernel.money import FEN_MAX, Money, rmb_upper
from auction.kernel.refusal import Refusal
from auction.listings.listing import Listing
from auction.people.credentials import token_digest
from auction.people.queries import court
from auction.settlement.sale import Sale
from bidding.admission import admit, admitted_code, rank_of_code
from bidding.eligibility.queries import registration_acted_in
from bidding.enrolment_queries import RegistrationView, count_of_listing
from bidding.hall.board import Board
from bidding.hall.ticket import issue_ticket
from bidding.queries import BIDS_A_PAGE, BidLine, last_bids, session_of_listing
from bidding.sealing import private_key_of
from web.forms import read_form
from web.live.messenger import HandedOver, hand_over
from web.live.protocol import Bid
from web.signin import visit_of
from web.views import render, see_other, static
from web.wiring import actor_of, database_of, path_id, person_id_of, reading, unit

SECONDS_A_MINUTE = 60
MILLISECONDS = 1000
REFRESH_SECONDS = 15


class Entering(msgspec.Struct, frozen=True):
    """The 参拍密码."""

    room_password: str
    back: Literal["room", "bid", "receipts"] = "room"
    """The page that asked, which it leads back to."""


class Bidding(msgspec.Struct, frozen=True):
    """A bid by the page without JavaScript."""

    amount: Money
    bid_id: UUID
    price_seen: Annotated[int, msgspec.Meta(ge=0, le=FEN_MAX)]
    is_only_if_unchanged: bool = False


@dataclass(frozen=True, slots=True)
class Seat:
    """What one visitor sees of one room."""

    listing: Listing
    court_name: str
    case_number: str
    board: Board | None
    bids: list[BidLine]
    registrations: int
    registration: RegistrationView | None
    deposit: DepositView | None
    code: BidderCode | None
    rank: int | None
    extend_by: timedelta
    balance_due_at: datetime | None
    """Of the sale to this code, once it is made."""

    @property
    def extend_seconds(self) -> int:
        """How long after a late bid the session ends."""
        return int(self.extend_by.total_seconds())

    @property
    def extend_minutes(self) -> int:
        """The same in minutes; zero when it is counted in seconds, as in a demonstration."""
        return self.extend_seconds // SECONDS_A_MINUTE

    @property
    def standing(self) -> str:
        """As room/hall.js says it; empty when the bids at hand cannot tell."""
        if self.code is None:
            return "watching"
        if self.board is not None and self.board.leading_code == self.code:
            return "leading"
        if any(line.code == self.code for line in self.bids):
            return "outbid"
        return "none" if len(self.bids) < BIDS_A_PAGE else ""

    @property
    def least(self) -> Money:
        """The least this code may offer: a priority holder may match another's price (网拍21)."""
        board = self.board
        if board is None or board.price is None:
            return self.listing.starting_price
        outranks = self.rank is not None and self.rank < (board.leading_rank or self.rank + 1)
        may_match = outranks and board.leading_code != self.code
        return board.price if may_match else board.lowest_next


async def room_page(request: Request) -> Response:
    """The room as a watcher or a bidder sees it; the socket brings it to life."""
    seat = await _seat(request)
    board = seat.board
    return render(
        request,
        "room/room.html",
        seat=seat,
        bids_a_page=BIDS_A_PAGE,
        live=request.state.settings.live_origin,
        script=static("room/main.js"),
        opens_millis=_millis(board.opens_at) if board else 0,
        closes_millis=_millis(board.closes_at) if board else 0,
    )


async def enter(request: Request) -> Response:
    """Open one's own code with the 参拍密码; from then on this browser has a seat."""
    listing_id, person_id = path_id(request, "listing"), person_id_of(request)
    form = await read_form(request, Entering)
    async with reading(request) as session:
        registration = await registration_acted_in(session, listing_id, person_id)
    if registration is None:
        raise Refusal("not_found", what="registration", id=str(listing_id))
    if registration.password_salt is None:
        raise Refusal("hall.not_qualified")
    key = await asyncio.to_thread(private_key_of, form.room_password, registration.password_salt)
    async with unit(request) as work:
        await admit(work, registration.id, private_key=key, secret=_secret(request))
    return see_other(f"/lots/{listing_id}/{form.back}")


async def ticket(request: Request) -> Response:
    """A one-time ticket for the room's socket, for a browser that has a seat."""
    listing_id = path_id(request, "listing")
    return JSONResponse({"ticket": await _ticket(request, listing_id)})


async def amount_in_words(request: Request) -> Response:
    """An amount in 大写: one place says how it is written."""
    text = request.query_params.get("fen", "")
    if not text.isdecimal() or int(text) > FEN_MAX:
        raise Refusal("not_understood")
    return PlainTextResponse(rmb_upper(Money(int(text))))


async def bid_page(request: Request) -> Response:
    """The room without JavaScript: bids by a form; refreshes itself, without one, when asked to."""
    seat = await _seat(request)
    is_watched = bool(request.query_params.get("watch")) and not (seat.board and seat.board.is_over)
    async with unit(request) as work:
        bid_id = work.new_id()
    return render(
        request,
        "room/bid.html",
        seat=seat,
        bid_id=bid_id,
        refresh=REFRESH_SECONDS if is_watched else 0,
        told=None,
    )


async def bid(request: Request) -> Response:
    """Hand a bid to the session's home as its sockets do, and show the verdict."""
    listing_id = path_id(request, "listing")
    form = await read_form(request, Bidding)
    told = await _hand_over(request, listing_id, form)
    seat = await _seat(request)
    async with unit(request) as work:
        bid_id = work.new_id()
    return render(
        request,
        "room/bid.html",
        seat=seat,
        bid_id=bid_id,
        refresh=0,
        told=told,
    )


async def _hand_over(request: Request, listing_id: UUID, form: Bidding) -> HandedOver:
    only_if_price = form.price_seen if form.is_only_if_unchanged else None

    async def fetch_ticket() -> str:
        return await _ticket(request, listing_id)

    return await hand_over(
        request.state.settings,
        listing_id=listing_id,
        bid=Bid(form.bid_id, form.amount.fen, only_if_price),
        fetch_ticket=fetch_ticket,
        forwarded_for=_forwarded_for(request),
    )


def _forwarded_for(request: Request) -> str:
    """Who asks, as the next proxy in the row says it."""
    told = request.headers.getlist("x-forwarded-for")
    return ", ".join([*told, request.client.host] if request.client else told)


async def _ticket(request: Request, listing_id: UUID) -> str:
    person_id = person_id_of(request)
    async with reading(request) as session:
        if await registration_acted_in(session, listing_id, person_id) is None:
            raise Refusal("not_found", what="registration", id=str(listing_id))
        code = await _code(request, session, listing_id)
        board = await session_of_listing(session, ListingId(listing_id))
    if code is None:
        raise Refusal("hall.password_needed")
    if board is None:
        raise Refusal("session.not_open")
    async with unit(request) as work:
        return await issue_ticket(
            work,
            session_id=board.session_id,
            code=code,
            sign_in=token_digest(visit_of(request).secret),
        )


async def _seat(request: Request) -> Seat:
    listing_id = path_id(request, "listing")
    person_id = actor_of(request).person_id
    announced: timedelta = request.state.rules.duration("auction.extend_by")
    async with reading(request) as session:
        listing = await session.get(Listing, listing_id)
        if listing is None or listing.published_at is None:
            raise Refusal("not_found", what="listing", id=str(listing_id))
        case = await session.get(Case, listing.case_id)
        board = await session_of_listing(session, listing.id)
        registration = (
            await registration_acted_in(session, listing_id, person_id) if person_id else None
        )
        code = await _code(request, session, listing_id) if registration else None
        return Seat(
            listing=listing,
            court_name=(await court(session, listing.court_id)).name,
            case_number=case.number if case else "",
            board=board,
            bids=await last_bids(session, board.session_id) if board else [],
            registrations=await count_of_listing(session, listing_id),
            registration=registration,
            deposit=await deposit_of(session, registration.id) if registration else None,
            code=code,
            rank=await rank_of_code(session, listing_id, code) if code else None,
            extend_by=board.extend_by if board else announced,
            balance_due_at=await _balance_due_at(session, board, code),
        )


async def _balance_due_at(
    session: AsyncSession, board: Board | None, code: BidderCode | None
) -> datetime | None:
    """By when the winner pays: shown to nobody else."""
    if board is None or code is None or board.leading_code != code or not board.is_over:
        return None
    due_at = select(Sale.balance_due_at).where(Sale.listing_id == board.listing_id)
    return await session.scalar(due_at)


async def _code(request: Request, session: AsyncSession, listing_id: UUID) -> BidderCode | None:
    if visit_of(request).sign_in is None:
        return None
    now = database_of(request).clock.now()
    return await admitted_code(session, listing_id, secret=_secret(request), now=now)


def _secret(request: Request) -> bytes:
    """The token of this browser's sign-in: the database holds digests of it only."""
    return visit_of(request).secret.encode()


def _millis(moment: datetime) -> int:
    """As JavaScript counts time."""
    return int(moment.timestamp() * MILLISECONDS)


ROUTES: list[BaseRoute] = [
    Route("/amount-in-words", amount_in_words),
    Route("/lots/{listing}/room", room_page),
    Route("/lots/{listing}/room/enter", enter, methods=["POST"]),
    Route("/lots/{listing}/room/ticket", ticket, methods=["POST"]),
    Route("/lots/{listing}/bid", bid_page),
    Route("/lots/{listing}/bid", bid, methods=["POST"]),
]
