"""The officer's live desk: what runs, its log by code, alerts, and what may be done now.

It never shows who bids: nobody at the court knows before the close (网拍18(2)).
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from auction.kernel.actor import Role
from auction.kernel.ids import ListingId
from auction.kernel.refusal import Refusal
from auction.law.rulebook import BY_NAME
from auction.listings.listing import Listing, ListingState
from auction.people.approvals.action import Action
from auction.people.approvals.queries import open_request
from bidding.availability.commands import certify_service
from bidding.availability.queries import certificate_of
from bidding.desk.alerts import Alert, Event, EventKind, alerts, limits_of
from bidding.desk.commands import start_session
from bidding.desk.queries import DeskLine, desk_line, desk_lines, events, history, log
from bidding.hall.board import SessionState
from bidding.hall.policy import START
from bidding.queries import BidLine, session_of_listing
from web.i18n import n_
from web.pages.court.own import court_of, own
from web.pages.stopping import resume, suspend, withdraw
from web.views import render, see_other
from web.wiring import actor_of, database_of, path_id, reading, unit

REFRESH_SECONDS = 15
"""How often the page asks for itself anew where scripts are off and the reader wants it."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One session as the desk shows it."""

    line: DeskLine
    alerts: list[Alert]
    log: list[BidLine]
    events: list[Event]

    @property
    def picture(self) -> str:
        """Changes whenever the page would: what its script compares."""
        version = self.line.board.version if self.line.board else 0
        ended = sum(one.ended_at is not None for one in self.alerts)
        return f"{self.line.listing_state}.{version}.{len(self.alerts)}.{ended}"


async def sessions_page(request: Request) -> Response:
    """Every session of this court that runs, is to come, or ended within a day."""
    court_id, now = court_of(request), database_of(request).clock.now()
    async with reading(request) as session:
        lines = [
            (line, await _alerts(session, line, now))
            for line in await desk_lines(session, court_id, now)
        ]
    return render(request, "live/sessions.html", lines=lines)


async def session_page(request: Request) -> Response:
    """One session: state, alerts with what to do, log, and the buttons that its state allows."""
    now = database_of(request).clock.now()
    async with reading(request) as session:
        listing = await _own_listing(request, session)
        scene = await _scene(session, listing, now)
        resumption = await open_request(session, Action.LISTING_RESUME, listing.id, now)
        board = scene.line.board
        certificate = await certificate_of(session, listing, board) if board else None
    is_watched = bool(request.query_params.get("watch"))
    return render(
        request,
        "live/session.html",
        listing=listing,
        scene=scene,
        resumption=resumption,
        certificate=certificate,
        was_opened=any(one.kind is EventKind.OPENED for one in scene.events),
        is_officer=Role.OFFICER in actor_of(request).roles,
        may_start=_may_start(scene.line, now),
        refresh=REFRESH_SECONDS if is_watched else 0,
        refresh_every=REFRESH_SECONDS,
        extend_by=scene.line.board.extend_by if scene.line.board else None,
    )


async def session_state(request: Request) -> Response:
    """What the page's script asks again and again: whether the page would look different."""
    now = database_of(request).clock.now()
    async with reading(request) as session:
        listing = await _own_listing(request, session)
        scene = await _scene(session, listing, now)
    return JSONResponse({"picture": scene.picture})


async def start(request: Request) -> Response:
    """Open what is due."""
    listing_id = ListingId(path_id(request))
    async with unit(request) as work:
        listing = await work.load(Listing, listing_id)
        work.require(START, listing.court_id)
        board = await session_of_listing(work.session, listing_id)
        if board is None:
            raise Refusal("session.not_open")
        await start_session(work, session_id=board.session_id)
    return see_other(_page(listing_id), said=n_("竞价已开始"))


async def certify(request: Request) -> Response:
    """Have the record of how the hall ran issued as a signed paper; a second time it is there."""
    listing_id = ListingId(path_id(request))
    async with unit(request) as work:
        await certify_service(work, listing_id=listing_id)
    return see_other(_page(listing_id), said=n_("运行记录证明已签发，正在制作"))


async def _own_listing(request: Request, session: AsyncSession) -> Listing:
    """A published listing of the asker's own court; to others it is not there."""
    found = await session.get(Listing, path_id(request))
    if found is None or found.published_at is None:
        raise Refusal("not_found", what="listing", id=str(path_id(request)))
    own(request, found.court_id)
    return found


async def _scene(session: AsyncSession, listing: Listing, now: datetime) -> Scene:
    line = await desk_line(session, listing)
    board = line.board
    return Scene(
        line=line,
        alerts=await _alerts(session, line, now),
        log=await log(session, board.session_id) if board else [],
        events=await events(session, board.session_id) if board else [],
    )


async def _alerts(session: AsyncSession, line: DeskLine, now: datetime) -> list[Alert]:
    if line.board is None:
        return []
    found = alerts(await history(session, line.board), limits_of(BY_NAME[line.rulebook]), now)
    return found[::-1]


def _may_start(line: DeskLine, now: datetime) -> bool:
    is_due = line.board is not None and now >= line.board.opens_at
    is_waiting = line.board is not None and line.board.state is SessionState.SCHEDULED
    return is_due and is_waiting and line.listing_state is ListingState.PUBLISHED


def _page(listing_id: ListingId) -> str:
    return f"/court/live/{listing_id}"


ROUTES: list[BaseRoute] = [
    Route("/court/live", sessions_page),
    Route("/court/live/{id}", session_page),
    Route("/court/live/{id}/state.json", session_state),
    Route("/court/live/{id}/start", start, methods=["POST"]),
    Route("/court/live/{id}/suspend", suspend, methods=["POST"]),
    Route("/court/live/{id}/resume", resume, methods=["POST"]),
    Route("/court/live/{id}/withdraw", withdraw, methods=["POST"]),
    Route("/court/live/{id}/certificate", certify, methods=["POST"]),
]
