"""Signing up with a real name, signing in and out, and one's own sign-ins."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from auction.kernel.ids import PersonId
from auction.kernel.refusal import Refusal
from auction.people.commands import Enrolment, enroll_person, sign_out
from auction.people.credentials import Passwords, new_token
from auction.people.factors import Purpose
from auction.people.person import PersonKind
from auction.people.proving import (
    FactorKey,
    answer_code,
    challenge_of,
    factors_of,
    generator_secret_of,
    open_challenge,
)
from auction.people.queries import authenticate, live_sign_ins, person
from web.attempts import Attempts, place_of
from web.forms import read_form
from web.i18n import n_
from web.pages.account.demo import is_offered
from web.pages.account.entering import generator_of, local, signed_in
from web.pages.account.factors import passkey_options
from web.signin import cookie_name, drop_cookie, set_cookie, visit_of
from web.views import render, see_other
from web.wiring import database_of, only, path_id, person_id_of, reading, unit

PENDING = "pending"
SIGNING_UP = ""
"""What refused sign-ups of an address are counted under: no account has an empty name."""
USERNAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{2,39}$"


class SignUp(msgspec.Struct, frozen=True):
    """The sign-up form. The password is not trimmed by the platform, only by its ends."""

    username: Annotated[str, msgspec.Meta(pattern=USERNAME)]
    kind: PersonKind
    name: Annotated[str, msgspec.Meta(min_length=2, max_length=100)]
    identity_number: Annotated[str, msgspec.Meta(min_length=15, max_length=18)]
    password: Annotated[str, msgspec.Meta(min_length=12, max_length=200)]
    has_agreed: bool = False
    next: str = ""


class Code(msgspec.Struct, frozen=True):
    """A one-time code."""

    one_time_code: Annotated[str, msgspec.Meta(min_length=6, max_length=12)]
    next: str = ""


class SigningIn(msgspec.Struct, frozen=True):
    """The sign-in form."""

    username: Annotated[str, msgspec.Meta(max_length=100)]
    password: Annotated[str, msgspec.Meta(max_length=200)]
    next: str = ""


async def sign_up_page(request: Request) -> Response:
    """The form for signing up."""
    back = local(request.query_params.get("next", ""))
    return render(request, "account/sign_up.html", kinds=list(PersonKind), back=back)


async def sign_up(request: Request) -> Response:
    """Enroll a person, sign the browser in, and lead to where he came from."""
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
    attempts: Attempts = request.state.attempts
    address, now = request.client.host if request.client else "", database_of(request).clock.now()
    attempts.check(address, SIGNING_UP, now)
    try:
        async with unit(request) as work:
            person_id = await enroll_person(work, work.new_id(), enrolment=enrolment)
    except Refusal:
        attempts.failed(address, SIGNING_UP, now)  # whoever tries numbers is slowed down
        raise
    return await signed_in(request, person_id, local(form.next) or "/account")


async def sign_in_page(request: Request) -> Response:
    """The form for signing in."""
    return render(
        request,
        "account/sign_in.html",
        back=local(request.query_params.get("next", "")),
        has_demo=is_offered(request),
        passkey=passkey_options(request),
    )


async def sign_in_now(request: Request) -> Response:
    """Check a password and sign the browser in."""
    form = await read_form(request, SigningIn)
    attempts: Attempts = request.state.attempts
    place, now = place_of(request, form.username), database_of(request).clock.now()
    attempts.check(place, form.username, now)
    try:
        async with reading(request) as session:
            person_id = await authenticate(
                session, request.state.passwords, username=form.username, password=form.password
            )
    except Refusal:
        attempts.failed(place, form.username, now)
        raise
    async with reading(request) as session:
        factors = await factors_of(session, person_id)
    if not factors.is_asked:
        return await signed_in(request, person_id, local(form.next))
    return await _ask_second_factor(request, person_id, local(form.next))


async def _ask_second_factor(request: Request, person_id: PersonId, path: str) -> Response:
    """The password was right: what follows is known by a cookie of its own, for ten minutes."""
    secret = new_token()
    async with unit(request) as work:
        await open_challenge(work, purpose=Purpose.SIGN_IN, person_id=person_id, secret=secret)
    response = see_other(f"/sign-in/code?next={quote(path)}" if path else "/sign-in/code")
    set_cookie(response, request.state.settings, PENDING, secret)
    return response


async def code_page(request: Request) -> Response:
    """The form for the second factor; whoever must have one and has none sets it up here."""
    challenge = await _pending(request)
    key: FactorKey = request.state.factor_key
    person_id = challenge.person_id
    shown, secret = "", ""
    async with reading(request) as session:
        who = await person(session, person_id)
        factors = await factors_of(session, person_id)
    if request.state.shows_code:
        shown = key.shown_code(challenge.id)
    elif not factors.is_enrolled:
        async with reading(request) as session:
            secret = await generator_secret_of(session, person_id, key)
    return render(
        request,
        "account/code.html",
        back=local(request.query_params.get("next", "")),
        shown=shown,
        factors=factors,
        passkey=passkey_options(request) if factors.passkeys else "",
        generator=generator_of(secret, who.username),
    )


async def code_now(request: Request) -> Response:
    """Check the second factor and sign the browser in."""
    form = await read_form(request, Code)
    challenge = await _pending(request)
    async with unit(request) as work:
        factor = await answer_code(
            work,
            challenge.id,
            code=form.one_time_code,
            key=request.state.factor_key,
            is_shown=request.state.shows_code,
        )
    if factor is None:
        raise Refusal("signin.code_wrong")
    response = await signed_in(
        request, PersonId(challenge.person_id), local(form.next), factor=factor
    )
    drop_cookie(response, request.state.settings, PENDING)
    return response


@dataclass(frozen=True, slots=True)
class Pending:
    """A sign-in whose password was right."""

    id: UUID
    person_id: UUID


async def _pending(request: Request) -> Pending:
    secret = request.cookies.get(cookie_name(request.state.settings, PENDING), "")
    now = database_of(request).clock.now()
    async with reading(request) as session:
        found = await challenge_of(session, secret, Purpose.SIGN_IN, now)
    if found is None or found.person_id is None:
        raise Refusal("signin.begin_again")
    return Pending(found.id, found.person_id)


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


ROUTES: list[BaseRoute] = [
    Route("/sign-up", sign_up_page),
    Route("/sign-up", sign_up, methods=["POST"]),
    Route("/sign-in", sign_in_page),
    Route("/sign-in", sign_in_now, methods=["POST"]),
    Route("/sign-in/code", code_page),
    Route("/sign-in/code", code_now, methods=["POST"]),
    Route("/sign-out", sign_out_now, methods=["POST"]),
    Route("/account", account_page),
    Route("/account/present", present),
    Route("/account/sign-ins/{id}/end", end_sign_in, methods=["POST"]),
]
