"""Who a bidder is, before the close: asked for by one supervisor, opened by another, on record."""

from typing import Annotated
from uuid import UUID

import msgspec
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.kernel.ids import BidderCode, ListingId
from auction.kernel.refusal import Refusal
from auction.listings.listing import Listing, ListingState
from auction.people.approvals.action import Action
from auction.people.approvals.queries import open_request
from auction.people.queries import person
from auction.store.keys import KeyHolder
from bidding.enrolment_queries import registration_named
from bidding.openings import policy
from bidding.openings.commands import REASON_MAX, REASON_MIN, note_look, propose_opening
from bidding.openings.queries import opening_of, openings_of
from web.forms import read_form
from web.i18n import n_
from web.pages.court.own import fresh_id
from web.views import render, see_other
from web.wiring import actor_of, database_of, path_id, reading, require_of, unit


class Asking(msgspec.Struct, frozen=True):
    """Which code of which listing, and why."""

    id: UUID
    listing: UUID
    code: Annotated[str, msgspec.Meta(min_length=1, max_length=20)]
    reason: Annotated[str, msgspec.Meta(min_length=REASON_MIN, max_length=REASON_MAX)]


async def openings_page(request: Request) -> Response:
    """Every opening of this court, and the form that asks for one."""
    court_id = actor_of(request).court_id
    require_of(request, policy.PROPOSE, court_id)
    if court_id is None:
        raise Refusal("forbidden", action="page.read")
    async with reading(request) as session:
        found = [
            (one, await session.get_one(Listing, one.listing_id))
            for one in await openings_of(session, court_id)
        ]
        offered = await session.scalars(
            select(Listing)
            .where(
                Listing.court_id == court_id,
                Listing.state.in_((ListingState.PUBLISHED, ListingState.SUSPENDED)),
            )
            .order_by(Listing.closes_at)
        )
        options = [(str(listing.id), listing.title) for listing in offered]
    return render(
        request, "live/openings.html", found=found, options=options, new_id=fresh_id(request)
    )


async def ask(request: Request) -> Response:
    """Ask for one opening; a second supervisor decides."""
    form = await read_form(request, Asking)
    async with unit(request) as work:
        await propose_opening(
            work,
            form.id,
            listing_id=ListingId(form.listing),
            code=BidderCode(form.code.strip().upper()),
            reason=form.reason,
        )
    return see_other(f"/supervision/openings/{form.id}", said=n_("已提请，待另一名监督人员批准"))


async def opening_page(request: Request) -> Response:
    """One opening: why, by whom, and whether it may be looked at. It shows nobody by itself."""
    return await _shown(request, None)


async def show(request: Request) -> Response:
    """Note the look, have the sealer open the code, and show who it is; nothing is kept."""
    opening_id = path_id(request)
    async with unit(request) as work:
        await note_look(work, opening_id)
    keys: KeyHolder = request.state.keys
    told = await keys.ask("code.open_approved", opening_id=str(opening_id))
    return await _shown(request, UUID(told["registration_id"]))


async def _shown(request: Request, registration_id: UUID | None) -> Response:
    now = database_of(request).clock.now()
    async with reading(request) as session:
        opening = await opening_of(session, path_id(request))
        actor = require_of(request, policy.LOOK, opening.court_id)
        listing = await session.get_one(Listing, opening.listing_id)
        waiting = await open_request(session, Action.IDENTITY_OPEN, opening.id, now)
        whose = None
        if registration_id is not None:
            registration = await registration_named(session, registration_id)
            whose = await person(session, registration.person_id)
    is_open = opening.opened_at is not None
    return render(
        request,
        "live/opening.html",
        opening=opening,
        listing=listing,
        waiting=waiting,
        whose=whose,
        may_look=is_open and actor.person_id in {opening.proposed_by, opening.opened_by},
    )


ROUTES: list[BaseRoute] = [
    Route("/supervision/openings", openings_page),
    Route("/supervision/openings", ask, methods=["POST"]),
    Route("/supervision/openings/{id}", opening_page),
    Route("/supervision/openings/{id}/show", show, methods=["POST"]),
]
