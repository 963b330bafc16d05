"""The practice hall: the real room and the real rules, on a lot that does not exist."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.kernel.ids import BidderCode, ListingId
from auction.kernel.money import Money
from bidding.hall.board import SessionState
from bidding.queries import BIDS_A_PAGE
from web.i18n import n_
from web.live.practice import INCREMENT, PRACTICE, STARTING_PRICE, VISITOR, Pace
from web.views import render, static
from web.wiring import database_of

TITLE = n_("虚构的住宅一套")


@dataclass(frozen=True, slots=True)
class PracticeLot:
    """What the room shows of a listing."""

    id: ListingId
    title: str
    starting_price: Money
    increment: Money


@dataclass(frozen=True, slots=True)
class PracticeBoard:
    """What the page shows until the socket tells the session's state."""

    session_id: UUID
    price: Money | None = None
    is_over: bool = False
    leading_code: BidderCode | None = None
    leading_rank: int | None = None
    state: SessionState = SessionState.OPEN


@dataclass(frozen=True, slots=True)
class PracticeSeat:
    """The rules' times, as of a seat in a real room."""

    extend_by: timedelta

    @property
    def extend_seconds(self) -> int:
        """How long after a late bid the practice ends."""
        return int(self.extend_by.total_seconds())


async def practice_page(request: Request) -> Response:
    """The room before an invented lot; the socket makes a session for this page alone."""
    pace = Pace()
    now = int(database_of(request).clock.now().timestamp() * 1000)
    return render(
        request,
        "room/practice.html",
        listing=PracticeLot(PRACTICE, TITLE, STARTING_PRICE, INCREMENT),
        board=PracticeBoard(PRACTICE),
        seat=PracticeSeat(pace.extend_by),
        code=VISITOR,
        bids_a_page=BIDS_A_PAGE,
        lasts_seconds=int(pace.lasts.total_seconds()),
        live=request.state.settings.live_origin,
        script=static("room/main.js"),
        opens_millis=now,
        closes_millis=now + int(pace.lasts.total_seconds() * 1000),
    )


ROUTES: list[BaseRoute] = [Route("/practice", practice_page)]
