"""审批箱: what waits for one's yes, shown as it would be done; what was proposed, what is done."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Annotated, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.distribution.commands import approve_plan
from auction.distribution.payouts import order_disbursements
from auction.kernel.ids import AssignmentId, DrawId, ListingId
from auction.kernel.refusal import Refusal
from auction.people.approvals.action import EVERYBODY, Action
from auction.people.approvals.commands import name_representative, reject
from auction.people.approvals.queries import (
    RequestView,
    open_requests,
    past_requests,
    request_of,
)
from auction.people.approvals.request import RequestState
from auction.people.role_proposal import grant_proposed
from auction.store.unit import Unit
from bidding.enrolment import decide_priority
from bidding.hall.standstill import resume_auction
from bidding.openings.commands import open_identity
from valuation.commands.draws import void_draw
from valuation.commands.opening import announce_draw
from web.forms import read_form
from web.i18n import n_
from web.pages.account.payload import shown
from web.views import render, see_other
from web.wiring import actor_of, database_of, only, path_id, reading, unit

Effect = Callable[[Unit, RequestView, str], Awaitable[None]]


async def _grant(work: Unit, request: RequestView, seen: str) -> None:
    await grant_proposed(work, request.subject, seen=seen)


async def _represent(work: Unit, request: RequestView, seen: str) -> None:
    await name_representative(work, request.subject, seen=seen)


async def _resume(work: Unit, request: RequestView, seen: str) -> None:
    await resume_auction(work, listing_id=ListingId(request.subject), seen=seen)


async def _approve_plan(work: Unit, request: RequestView, seen: str) -> None:
    await approve_plan(work, request.subject, seen=seen)


async def _pay(work: Unit, request: RequestView, seen: str) -> None:
    await order_disbursements(work, request.subject, action=request.action, seen=seen)


async def _open_draw(work: Unit, request: RequestView, seen: str) -> None:
    assignment_id = AssignmentId(request.subject)
    await announce_draw(work, assignment_id, draw_id=DrawId(request.id), seen=seen)


async def _void_draw(work: Unit, request: RequestView, seen: str) -> None:
    await void_draw(work, DrawId(request.subject), seen=seen)


async def _decide_priority(work: Unit, request: RequestView, seen: str) -> None:
    await decide_priority(work, request.subject, seen=seen)


async def _open_identity(work: Unit, request: RequestView, seen: str) -> None:
    await open_identity(work, request.subject, seen=seen)


EFFECTS: Mapping[Action, Effect] = MappingProxyType(
    {
        Action.ROLE_GRANT: _grant,
        Action.REPRESENTATIVE: _represent,
        Action.LISTING_RESUME: _resume,
        Action.PLAN_APPROVE: _approve_plan,
        Action.DISBURSEMENT: _pay,
        Action.DISBURSEMENT_LARGE: _pay,
        Action.DRAW_OPEN: _open_draw,
        Action.DRAW_VOID: _void_draw,
        Action.PRIORITY: _decide_priority,
        Action.IDENTITY_OPEN: _open_identity,
    }
)
"""What a yes leads to: the command says yes itself, and goes on when it was the last one."""
PLACES: Mapping[Action, str] = MappingProxyType(
    {
        Action.ROLE_GRANT: "/admin",
        Action.REPRESENTATIVE: "/admin/people/{subject}",
        Action.LISTING_RESUME: "/court/listings/{subject}",
        Action.PLAN_APPROVE: "/court/plans/{subject}",
        Action.DISBURSEMENT: "/court/plans/{subject}#payments",
        Action.DISBURSEMENT_LARGE: "/court/plans/{subject}#payments",
        Action.DRAW_OPEN: "/draws",
        Action.DRAW_VOID: "/draws/{subject}",
        Action.PRIORITY: "/court/priority",
        Action.IDENTITY_OPEN: "/supervision/openings/{subject}",
    }
)
"""Where the thing itself is looked at."""


class Approving(msgspec.Struct, frozen=True):
    """The approver's word that he read what he approves, and the digest of that."""

    confirmed: Literal["on"]
    payload_hash: Annotated[str, msgspec.Meta(min_length=64, max_length=64)]


async def box_page(request: Request) -> Response:
    """What waits for me, what I proposed and what others have, what is done."""
    actor = only(request, *EVERYBODY)
    now = database_of(request).clock.now()
    async with reading(request) as session:
        undecided = await open_requests(session, actor, now)
        past = await past_requests(session, actor, now)
    return render(
        request,
        "account/approvals.html",
        waiting=[one for one in undecided if one.waits_for(actor, now)],
        others=[one for one in undecided if not one.waits_for(actor, now)],
        past=past,
    )


async def request_page(request: Request) -> Response:
    """One request: exactly what is to be done, who said yes, and the buttons if it is my turn."""
    actor = only(request, *EVERYBODY)
    now = database_of(request).clock.now()
    async with reading(request) as session:
        seen = await request_of(session, path_id(request), actor)
        readable = await shown(session, seen.payload)
    return render(
        request,
        "account/approval.html",
        seen=seen,
        shown=readable,
        place=PLACES.get(seen.action, "").format(subject=seen.subject),
        may_approve=seen.waits_for(actor, now),
        may_take_back=seen.is_open(now) and seen.proposed_by == actor.person_id,
    )


async def approve(request: Request) -> Response:
    """Say yes to what the page showed; the last yes does it."""
    form = await read_form(request, Approving)
    async with reading(request) as session:
        seen = await request_of(session, path_id(request), actor_of(request))
    effect = EFFECTS.get(seen.action)
    if effect is None:
        raise Refusal("not_found", what="approval_request", id=str(seen.id))
    async with unit(request) as work:
        await effect(work, seen, form.payload_hash)
    is_last = len(seen.given) + 1 == len(seen.rule.seats)
    said = n_("已批准，并已执行。") if is_last else n_("已批准，待下一位审批人。")
    return see_other(f"/approvals/{seen.id}", said=said)


async def refuse(request: Request) -> Response:
    """Say no for good, or take back what one proposed."""
    async with unit(request) as work:
        ended = await reject(work, path_id(request))
        is_withdrawn = ended.state is RequestState.WITHDRAWN
    return see_other("/approvals", said=n_("已撤回提请。") if is_withdrawn else n_("已否决。"))


ROUTES: list[BaseRoute] = [
    Route("/approvals", box_page),
    Route("/approvals/{id}", request_page),
    Route("/approvals/{id}/approve", approve, methods=["POST"]),
    Route("/approvals/{id}/reject", refuse, methods=["POST"]),
]
