"""Administrators: people, their roles (granted by two) and sign-ins, organisations' members."""

from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.kernel.actor import Role
from auction.kernel.ids import CourtId, OrganisationId, PersonId
from auction.people import policy
from auction.people.approvals.action import Action
from auction.people.approvals.commands import propose_representative
from auction.people.approvals.queries import natural_person_of, open_requests
from auction.people.commands import found_organisation, revoke_role, revoke_sign_ins
from auction.people.organisation import OrganisationKind
from auction.people.queries import (
    courts,
    live_sign_ins,
    organisation,
    organisations,
    people_matching,
    person,
    person_named,
    staff,
)
from auction.people.role_proposal import (
    COURT_ROLES,
    ROLE_OF,
    grants_of,
    propose_role,
)
from web.forms import read_form
from web.i18n import n_
from web.views import render, see_other
from web.wiring import database_of, path_id, reading, require_of, unit

SAID_PROPOSED = n_("已提出，须另一位管理员批准")
PEOPLES = frozenset({Action.ROLE_GRANT, Action.REPRESENTATIVE})


class ForCourt(msgspec.Struct, frozen=True):
    """A role at a court."""

    role: Role
    court: Annotated[str, msgspec.Meta(min_length=1, max_length=20)]


class Member(msgspec.Struct, frozen=True):
    """Who is to act for an organisation."""

    username: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class Founded(msgspec.Struct, frozen=True):
    """A new organisation."""

    kind: OrganisationKind
    name: Annotated[str, msgspec.Meta(min_length=2, max_length=100)]
    code: Annotated[str, msgspec.Meta(min_length=18, max_length=18)]


class Representing(msgspec.Struct, frozen=True):
    """The natural person who is to act for a legal person's account."""

    username: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


async def people_page(request: Request) -> Response:
    """What waits for a second administrator, and people by name."""
    actor = require_of(request, policy.ADMINISTER)
    now = database_of(request).clock.now()
    text = request.query_params.get("q", "")
    async with reading(request) as session:
        waiting = [one for one in await open_requests(session, actor, now) if one.action in PEOPLES]
        found = await people_matching(session, text)
    return render(request, "account/people.html", waiting=waiting, found=found, text=text)


async def person_page(request: Request) -> Response:
    """One person: roles and sign-ins, each with its end."""
    require_of(request, policy.ADMINISTER)
    person_id = path_id(request)
    async with reading(request) as session:
        who = await person(session, person_id)
        grants = await grants_of(session, person_id)
        sign_ins = await live_sign_ins(session, person_id, database_of(request).clock.now())
        places = await courts(session)
        natural_id = await natural_person_of(session, person_id)
        behind = await person(session, natural_id) if natural_id else None
    return render(
        request,
        "account/person.html",
        who=who,
        grants=grants,
        sign_ins=sign_ins,
        places=places,
        roles=sorted(COURT_ROLES),
        behind=behind,
    )


async def propose(request: Request) -> Response:
    """Propose a role at a court."""
    form, person_id = await read_form(request, ForCourt), PersonId(path_id(request))
    async with unit(request) as work:
        await propose_role(work, person_id, role=form.role, court_id=CourtId(form.court))
    return see_other("/admin", said=SAID_PROPOSED)


async def revoke(request: Request) -> Response:
    """Take a role back; one administrator is enough for less power."""
    form, person_id = await read_form(request, Revoked), PersonId(path_id(request))
    async with unit(request) as work:
        await revoke_role(work, person_id, role=form.role)
    return see_other(f"/admin/people/{person_id}", said=n_("角色已收回，立即生效"))


class Revoked(msgspec.Struct, frozen=True):
    """The role that is taken back."""

    role: Role


async def end_sign_ins(request: Request) -> Response:
    """End every sign-in of a person; hall sockets close too."""
    person_id = PersonId(path_id(request))
    async with unit(request) as work:
        await revoke_sign_ins(work, person_id)
    return see_other(f"/admin/people/{person_id}", said=n_("该人员的所有登录均已结束"))


async def represent(request: Request) -> Response:
    """Propose who acts for the account of a legal person."""
    form, account_id = await read_form(request, Representing), PersonId(path_id(request))
    async with reading(request) as session:
        natural = await person_named(session, form.username)
    async with unit(request) as work:
        await propose_representative(work, account_id, natural_id=natural.id)
    return see_other("/admin", said=SAID_PROPOSED)


async def organisations_page(request: Request) -> Response:
    """Every organisation, and the form for a new one."""
    require_of(request, policy.ADMINISTER)
    async with reading(request) as session:
        listed = [one for kind in OrganisationKind for one in await organisations(session, kind)]
    return render(
        request, "account/organisations.html", listed=listed, kinds=list(OrganisationKind)
    )


async def found(request: Request) -> Response:
    """Enter an organisation."""
    form = await read_form(request, Founded)
    async with unit(request) as work:
        made = await found_organisation(
            work, work.new_id(), kind=form.kind, name=form.name, code=form.code
        )
    return see_other(f"/admin/organisations/{made}")


async def organisation_page(request: Request) -> Response:
    """One organisation and its members."""
    require_of(request, policy.ADMINISTER)
    organisation_id = path_id(request)
    async with reading(request) as session:
        shown = await organisation(session, organisation_id)
        members = await staff(session, role=ROLE_OF[shown.kind], organisation_id=organisation_id)
    return render(
        request,
        "account/organisation.html",
        shown=shown,
        members=members,
        role=ROLE_OF[shown.kind].value,
    )


async def add_member(request: Request) -> Response:
    """Propose that a person act for an organisation."""
    form, organisation_id = await read_form(request, Member), path_id(request)
    async with reading(request) as session:
        shown = await organisation(session, organisation_id)
        who = await person_named(session, form.username)
    async with unit(request) as work:
        await propose_role(
            work,
            who.id,
            role=ROLE_OF[shown.kind],
            organisation_id=OrganisationId(organisation_id),
        )
    return see_other("/admin", said=SAID_PROPOSED)


ROUTES: list[BaseRoute] = [
    Route("/admin", people_page),
    Route("/admin/people/{id}", person_page),
    Route("/admin/people/{id}/roles", propose, methods=["POST"]),
    Route("/admin/people/{id}/roles/revoke", revoke, methods=["POST"]),
    Route("/admin/people/{id}/sign-ins/end", end_sign_ins, methods=["POST"]),
    Route("/admin/people/{id}/representative", represent, methods=["POST"]),
    Route("/admin/organisations", organisations_page),
    Route("/admin/organisations", found, methods=["POST"]),
    Route("/admin/organisations/{id}", organisation_page),
    Route("/admin/organisations/{id}/members", add_member, methods=["POST"]),
]
