"""Claims of pre-emption: one proposes a rank or none, another of the panel decides (网拍19)."""

from typing import Annotated, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.kernel.personal import mask_number
from auction.kernel.refusal import Refusal
from auction.listings.listing import Listing
from auction.people.approvals.action import Action
from auction.people.approvals.queries import open_request
from auction.people.queries import person
from bidding import enrolment_policy as policy
from bidding.eligibility.commands import decide_participant
from bidding.eligibility.queries import participants_waiting
from bidding.enrolment import propose_priority
from bidding.enrolment_queries import priority_claims
from web.forms import FormErrors, read_form
from web.i18n import n_
from web.views import render, see_other
from web.wiring import actor_of, database_of, path_id, reading, require_of, unit


class Deciding(msgspec.Struct, frozen=True):
    """What the panel says of one claim."""

    decision: str
    rank: Annotated[int, msgspec.Meta(ge=1, le=99)] | None = None


class DecidingParticipant(msgspec.Struct, frozen=True):
    """What the court says of an agent or a joint buyer."""

    decision: Literal["confirm", "decline"]


async def priority_page(request: Request) -> Response:
    """Every claim in this court's listings, the undecided first."""
    court_id = actor_of(request).court_id
    require_of(request, policy.SEE_PRIORITY, court_id)
    if court_id is None:
        raise Refusal("forbidden", action="page.read")
    now = database_of(request).clock.now()
    async with reading(request) as session:
        claims = [
            (claim, await session.get(Listing, claim.listing_id),
             await person(session, claim.person_id),
             await open_request(session, Action.PRIORITY, claim.id, now))
            for claim in await priority_claims(session, court_id)
        ]  # fmt: skip
        waiting = [
            (one, await session.get_one(Listing, registration.listing_id),
             await person(session, registration.person_id), mask_number(one.identity_number))
            for one, registration in await participants_waiting(session, court_id)
        ]  # fmt: skip
    return render(
        request,
        "court/priority.html",
        claims=claims,
        waiting=waiting,
        may_decide=bool(actor_of(request).roles & policy.DECIDE_PARTICIPANT.roles),
        may_propose=bool(actor_of(request).roles & policy.PROPOSE_PRIORITY.roles),
    )


async def decide(request: Request) -> Response:
    """Propose to confirm one claim with a rank, or to decline it."""
    registration_id = path_id(request)
    form = await read_form(request, Deciding)
    if form.decision not in {"confirm", "decline"}:
        raise FormErrors({"decision": "form.not_offered"})
    if form.decision == "confirm" and form.rank is None:
        raise FormErrors({"rank": "form.required"})
    rank = form.rank if form.decision == "confirm" else None
    async with unit(request) as work:
        await propose_priority(work, registration_id, rank=rank)
    return see_other("/court/priority", said=n_("已提请合议庭另一成员批准"))


async def decide_on_participant(request: Request) -> Response:
    """Confirm an agent or a joint buyer, or not."""
    form = await read_form(request, DecidingParticipant)
    async with unit(request) as work:
        await decide_participant(work, path_id(request), is_confirmed=form.decision == "confirm")
    return see_other("/court/priority#participants", said=n_("已记录"))


ROUTES: list[BaseRoute] = [
    Route("/court/priority", priority_page),
    Route("/court/priority/{id}", decide, methods=["POST"]),
    Route("/court/participants/{id}", decide_on_participant, methods=["POST"]),
]
