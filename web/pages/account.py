"""Signing up with a real name, signing in and out, and one's own sign-ins."""

from typing import Annotated
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from auction.kernel.ids import PersonId, new_id
from auction.kernel.refusal import Refusal
from auction.people.commands import Enrolment, enroll_person, sign_in, sign_out
from auction.people.credentials import Passwords, new_token
from auction.people.person import PersonKind
from auction.people.queries import authenticate, live_sign_ins
from web.attempts import Attempts
from web.forms import read_form
from web.i18n import n_
from web.signin import drop_cookie, set_cookie, visit_of
from web.views import render, see_other
from web.wiring import database_of, only, path_id, person_id_of, reading, unit

USERNAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{2,39}$"


class SignUp(msgspec.Struct, frozen=True):
    """The sign-up form. The password is not trimmed by the platform, only by its ends."""

    username: Annotated[str, msgspec.Meta(pattern=USERNAME)]
    kind: PersonKind
    name: Annotated[str, msgspec.Meta(min_length=2, max_length=100)]
    identity_number: Annotated[str, msgspec.Meta(min_length=18, max_length=18)]
    password: Annotated[str, msgspec.Meta(min_length=12, max_length=200)]
    has_agreed: bool = False


class SigningIn(msgspec.Struct, frozen=True):
    """The sign-in form."""

    username: Annotated[str, msgspec.Meta(max_length=100)]
    password: Annotated[str, msgspec.Meta(max_length=200)]
    next: str = "/"


async def sign_up_page(request: Request) -> Response:
    """The form for signing up."""
    return render(request, "account/sign_up.html", kinds=list(PersonKind))


async def sign_up(request: Request) -> Response:
    """Enroll a person and sign the browser in."""
    form = await read_form(request, SignUp)
    if not form.has_agreed:
        raise Refusal("person.consent_missing")
    passwords: Passwords = request.state.passwords
    enrolment = Enrolment(
        username=form.username,
        kind=form.kind,
        name=form.name,
        identity_number=form.identity_number,
        password_hash=await passwords.hash(form.password),
    )
    async with unit(request) as work:
        person_id = await enroll_person(work, work.new_id(), enrolment=enrolment)
    return await _signed_in(request, person_id, "/account")


async def sign_in_page(request: Request) -> Response:
    """The form for signing in."""
    return render(
        request, "account/sign_in.html", back=_local(request.query_params.get("next", "/"))
    )


async def sign_in_now(request: Request) -> Response:
    """Check a password and sign the browser in."""
    form = await read_form(request, SigningIn)
    attempts: Attempts = request.state.attempts
    address = request.client.host if request.client else ""
    now = database_of(request).clock.now()
    attempts.check(address, form.username, now)
    try:
        async with reading(request) as session:
            person_id = await authenticate(
                session, request.state.passwords, username=form.username, password=form.password
            )
    except Refusal:
        attempts.failed(address, form.username, now)
        raise
    return await _signed_in(request, person_id, _local(form.next))


async def _signed_in(request: Request, person_id: PersonId, path: str) -> Response:
    token = new_token()
    browser = request.headers.get("user-agent", "")
    sign_in_id = new_id(database_of(request).clock.now())
    async with unit(request) as work:
        await sign_in(work, sign_in_id, person_id=person_id, token=token, browser=browser)
    response = see_other(path)
    set_cookie(response, request.state.settings, "signin", token)
    return response


async def sign_out_now(request: Request) -> Response:
    """End this browser's sign-in."""
    visit = visit_of(request)
    if visit.sign_in:
        async with unit(request) as work:
            await sign_out(work, visit.sign_in.id)
    response = see_other("/")
    drop_cookie(response, request.state.settings, "signin")
    return response


async def account_page(request: Request) -> Response:
    """Who one is here, and where one is signed in."""
    person_id = person_id_of(request)
    async with reading(request) as session:
        sign_ins = await live_sign_ins(session, person_id, database_of(request).clock.now())
    current = visit_of(request).sign_in
    return render(
        request, "account/account.html", sign_ins=sign_ins, current=current.id if current else None
    )


async def end_sign_in(request: Request) -> Response:
    """End another of one's own sign-ins."""
    only(request, *visit_of(request).actor.roles)
    sign_in_id: UUID = path_id(request)
    async with unit(request) as work:
        await sign_out(work, sign_in_id)
    return see_other("/account", said=n_("已退出该登录"))


async def present(request: Request) -> Response:
    """Say that one is still there; the visit itself keeps the sign-in from idling out."""
    person_id_of(request)
    return PlainTextResponse("")


def _local(path: str) -> str:
    """A path of this site, or the home page: nobody is sent elsewhere after signing in."""
    is_local = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if is_local and path.isprintable() else "/"


ROUTES: list[BaseRoute] = [
    Route("/sign-up", sign_up_page),
    Route("/sign-up", sign_up, methods=["POST"]),
    Route("/sign-in", sign_in_page),
    Route("/sign-in", sign_in_now, methods=["POST"]),
    Route("/sign-out", sign_out_now, methods=["POST"]),
    Route("/account", account_page),
    Route("/account/present", present),
    Route("/account/sign-ins/{id}/end", end_sign_in, methods=["POST"]),
]
