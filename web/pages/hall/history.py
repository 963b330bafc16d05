"""The whole course of one session, for anybody: figures, a chart, and every bid by its code."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.kernel.ids import ListingId
from auction.kernel.money import Money
from auction.kernel.refusal import Refusal
from auction.listings.listing import Listing
from bidding.hall.bid_entry import Verdict
from bidding.queries import BIDS_A_PAGE, BidLine, bid_record, session_of_listing
from web.views import render
from web.wiring import path_id, reading

WIDTH: Final = 600
HEIGHT: Final = 160
INSET: Final = 6
"""Above and below the line, so that its ends are not cut."""
NUMBER_MAX: Final = 15
"""Digits of a seq that anybody may mean."""


@dataclass(frozen=True, slots=True)
class Chart:
    """The price as a step line, and where a bid moved the end: paths of an SVG."""

    line: str
    extensions: str
    first: BidLine
    last: BidLine


@dataclass(frozen=True, slots=True)
class Course:
    """A session's figures."""

    accepted: int
    refused: int
    bidders: int
    first_price: Money | None
    chart: Chart | None


def course_of(lines: Sequence[BidLine]) -> Course:
    """Count and draw a record."""
    accepted = [line for line in lines if line.verdict is Verdict.ACCEPTED]
    return Course(
        accepted=len(accepted),
        refused=len(lines) - len(accepted),
        bidders=len({line.code for line in accepted}),
        first_price=accepted[0].amount if accepted else None,
        chart=chart_of(accepted) if len(accepted) > 1 else None,
    )


def chart_of(accepted: Sequence[BidLine]) -> Chart:
    """Draw the prices of at least one bid, each standing until the next."""
    first, last = accepted[0], accepted[-1]
    points = [
        (_along(line.entered_at, first, last), _up(line.amount, first, last)) for line in accepted
    ]
    steps = "".join(f"H{x:.1f}V{y:.1f}" for x, y in points[1:])
    marks = "".join(
        f"M{x:.1f} 0V{HEIGHT}"
        for line, (x, _) in zip(accepted, points, strict=True)
        if line.is_extended
    )
    return Chart(f"M0 {points[0][1]:.1f}{steps}", marks, first, last)


def _along(at: datetime, first: BidLine, last: BidLine) -> float:
    span = (last.entered_at - first.entered_at).total_seconds()
    return WIDTH * (at - first.entered_at).total_seconds() / span if span else WIDTH


def _up(amount: Money, first: BidLine, last: BidLine) -> float:
    span = (last.amount - first.amount).fen
    share = (amount - first.amount).fen / span if span else 0
    return HEIGHT - INSET - share * (HEIGHT - 2 * INSET)


async def history_page(request: Request) -> Response:
    """The record 竞价记录 (网拍20(3)), some two hundred bids a page, oldest first."""
    listing_id = ListingId(path_id(request, "listing"))
    after = _number(request.query_params.get("after", ""))
    async with reading(request) as session:
        listing = await session.get(Listing, listing_id)
        board = await session_of_listing(session, listing_id)
        if listing is None or listing.published_at is None or board is None:
            raise Refusal("not_found", what="session", id=str(listing_id))
        lines = await bid_record(session, board.session_id)
    page = [line for line in lines if line.seq > after][:BIDS_A_PAGE]
    return render(
        request,
        "room/history.html",
        listing=listing,
        board=board,
        course=course_of(lines),
        bids=page,
        after=after,
        more_after=page[-1].seq if page and page[-1].seq < lines[-1].seq else 0,
        width=WIDTH,
        height=HEIGHT,
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= NUMBER_MAX else 0


ROUTES: list[BaseRoute] = [Route("/lots/{listing}/bids", history_page)]
