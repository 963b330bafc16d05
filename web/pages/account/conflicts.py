"""Declaring who may not bid (网拍34): by number, without a list that could be read."""

from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.kernel.actor import Role
from auction.kernel.refusal import Refusal
from auction.people.conflicts import policy
from auction.people.conflicts.barred import Relation
from auction.people.conflicts.commands import declare_barred, end_declaration
from auction.people.conflicts.queries import count_declared
from auction.people.person import PersonKind
from auction.people.queries import court
from web.forms import read_form
from web.i18n import n_
from web.views import render, see_other
from web.wiring import reading, require_of, unit


class Declared(msgspec.Struct, frozen=True):
    """Whose number, and why he may not bid."""

    person_kind: PersonKind
    identity_number: Annotated[str, msgspec.Meta(min_length=15, max_length=18)]
    relation: Relation


class Ended(msgspec.Struct, frozen=True):
    """Whose declaration ends."""

    person_kind: PersonKind
    identity_number: Annotated[str, msgspec.Meta(min_length=15, max_length=18)]


async def conflicts_page(request: Request) -> Response:
    """How many are declared, and the forms; whom, nobody can look up."""
    actor = require_of(request, policy.DECLARE)
    court_id = None if Role.ADMINISTRATOR in actor.roles else actor.court_id
    if court_id is None and Role.ADMINISTRATOR not in actor.roles:
        raise Refusal("forbidden", action=policy.DECLARE.action)
    async with reading(request) as session:
        counts = await count_declared(session, court_id)
        declarer = (await court(session, court_id)).name if court_id else ""
    return render(
        request,
        "account/conflicts.html",
        counts=[(relation, counts.get(relation, 0)) for relation in Relation],
        declarer=declarer,
    )


async def declare(request: Request) -> Response:
    """Declare one."""
    form = await read_form(request, Declared)
    async with unit(request) as work:
        await declare_barred(
            work,
            work.new_id(),
            kind=form.person_kind,
            number=form.identity_number,
            relation=form.relation,
        )
    return see_other("/conflicts", said=n_("已申报；号码不保存，只用于报名时比对"))


async def end(request: Request) -> Response:
    """End what was declared of one."""
    form = await read_form(request, Ended)
    async with unit(request) as work:
        await end_declaration(work, kind=form.person_kind, number=form.identity_number)
    return see_other("/conflicts", said=n_("申报已解除"))


ROUTES: list[BaseRoute] = [
    Route("/conflicts", conflicts_page),
    Route("/conflicts", declare, methods=["POST"]),
    Route("/conflicts/end", end, methods=["POST"]),
]
