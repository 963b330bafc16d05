"""Changing one's password while signed in: the present one is asked once, and proves who asks.

Whoever has a second factor proves that first, on a page before the form, so that no password is
carried along by it.
"""

from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.kernel.refusal import Refusal
from auction.people.credentials import Passwords
from auction.people.mailing import change_password
from auction.people.proving import factors_of
from auction.people.queries import SignInView, password_matches
from web.attempts import Attempts, place_of
from web.forms import FormErrors, read_form
from web.i18n import n_
from web.signin import is_proven_lately, visit_of
from web.views import render, see_other
from web.wiring import database_of, person_id_of, reading, unit


class Changing(msgspec.Struct, frozen=True):
    """The present password, and the new one typed twice."""

    present_password: Annotated[str, msgspec.Meta(max_length=200)]
    new_password: Annotated[str, msgspec.Meta(min_length=12, max_length=200)]
    new_password_again: str


async def password_page(request: Request) -> Response:
    """The form, or the button that asks for a proof first."""
    needs_proof = await _needs_proof(request, _sign_in(request))
    return render(request, "account/password.html", needs_proof=needs_proof)


async def begin(request: Request) -> Response:
    """Proven by now: the routes asked for it."""
    person_id_of(request)
    return see_other("/account/password")


async def change(request: Request) -> Response:
    """Set the new password; everywhere else one is signed out."""
    form, sign_in = await read_form(request, Changing), _sign_in(request)
    if await _needs_proof(request, sign_in):
        return see_other("/account/password")
    if form.new_password != form.new_password_again:
        raise FormErrors({"new_password_again": "registration.passwords_differ"})
    await _require_present(request, sign_in, form.present_password)
    passwords: Passwords = request.state.passwords
    password_hash = await passwords.hash(form.new_password)
    async with unit(request) as work:
        await change_password(
            work, person_id_of(request), password_hash=password_hash, sign_in_id=sign_in.id
        )
    return see_other("/account", said=n_("密码已更改，其他设备均已退出"))


async def _needs_proof(request: Request, sign_in: SignInView) -> bool:
    """Whether a second factor comes first: without one, the present password is all there is."""
    if is_proven_lately(request, sign_in):
        return False
    async with reading(request) as session:
        return (await factors_of(session, sign_in.person.id)).is_asked


async def _require_present(request: Request, sign_in: SignInView, password: str) -> None:
    attempts: Attempts = request.state.attempts
    username, now = sign_in.person.username, database_of(request).clock.now()
    place = place_of(request, username)
    attempts.check(place, username, now)
    async with reading(request) as session:
        is_right = await password_matches(
            session, request.state.passwords, person_id=sign_in.person.id, password=password
        )
    if not is_right:
        attempts.failed(place, username, now)
        raise FormErrors({"present_password": "password.wrong"})


def _sign_in(request: Request) -> SignInView:
    sign_in = visit_of(request).sign_in
    if sign_in is None:
        raise Refusal("signin.needed")
    return sign_in


ROUTES: list[BaseRoute] = [
    Route("/account/password", password_page),
    Route("/account/password", change, methods=["POST"]),
    Route("/account/password/begin", begin, methods=["POST"]),
]
