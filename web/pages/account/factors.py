"""One's own second factors: a generator of codes and passkeys; and signing in by a passkey."""

from ipaddress import ip_address
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.kernel.ids import PersonId
from auction.kernel.refusal import Refusal
from auction.people.credentials import Factor, new_token
from auction.people.factors import Purpose
from auction.people.passkeys import (
    Site,
    add_passkey,
    creation_options,
    drop_passkey,
    new_challenge,
    request_options,
    use_passkey,
)
from auction.people.proving import (
    FactorKey,
    answer_code,
    drop_generator,
    factors_of,
    generator_secret_of,
    open_challenge,
)
from auction.people.queries import person
from web.forms import read_form
from web.i18n import n_
from web.pages.account.entering import generator_of, local, signed_in
from web.signin import is_own_origin
from web.views import render, see_other
from web.wiring import database_of, path_id, person_id_of, reading, unit

SIGN_IN = "sign in"
REPLY_CHARS_MAX = 20_000


class NewPasskey(msgspec.Struct, frozen=True):
    """What the browser made."""

    credential: Annotated[str, msgspec.Meta(max_length=REPLY_CHARS_MAX)]
    label: Annotated[str, msgspec.Meta(max_length=60)]


class ByPasskey(msgspec.Struct, frozen=True):
    """What the browser signed."""

    credential: Annotated[str, msgspec.Meta(max_length=REPLY_CHARS_MAX)]
    next: str = ""


class FirstCode(msgspec.Struct, frozen=True):
    """The first code of a generator."""

    first_code: Annotated[str, msgspec.Meta(min_length=6, max_length=12)]


async def factors_page(request: Request) -> Response:
    """What one can prove to be there with, and the forms for more."""
    person_id, key = person_id_of(request), _key(request)
    async with reading(request) as session:
        who = await person(session, person_id)
        factors = await factors_of(session, person_id)
        secret = await generator_secret_of(session, person_id, key)
    generator = None if factors.has_generator else generator_of(secret, who.username)
    site = site_of(request)
    challenge = new_challenge(key, f"add {person_id}", database_of(request).clock.now())
    options = (
        creation_options(
            site, challenge, person_id=person_id, username=who.username, known=factors.passkeys
        )
        if site
        else ""
    )
    return render(
        request, "account/factors.html", factors=factors, generator=generator, options=options
    )


async def confirm_generator(request: Request) -> Response:
    """Enter the first code of a generator."""
    form, person_id = await read_form(request, FirstCode), person_id_of(request)
    async with unit(request) as work:
        challenge_id = await open_challenge(
            work, purpose=Purpose.STEP_UP, person_id=person_id, secret=new_token()
        )
    async with unit(request) as work:
        factor = await answer_code(
            work, challenge_id, code=form.first_code, key=_key(request), is_shown=False
        )
    if factor is None:
        raise Refusal("signin.code_wrong")
    return see_other("/account/factors", said=n_("验证器已启用，下次登录须填写验证码"))


async def give_generator_up(request: Request) -> Response:
    """Stop using the generator."""
    async with unit(request) as work:
        await drop_generator(work)
    return see_other("/account/factors", said=n_("验证器已停用"))


async def add(request: Request) -> Response:
    """Keep a new passkey."""
    form = await read_form(request, NewPasskey)
    async with unit(request) as work:
        await add_passkey(
            work,
            reply=form.credential,
            label=form.label,
            site=_site(request),
            key=_key(request),
        )
    return see_other("/account/factors", said=n_("通行密钥已登记"))


async def drop(request: Request) -> Response:
    """Give a passkey up."""
    async with unit(request) as work:
        await drop_passkey(work, path_id(request))
    return see_other("/account/factors", said=n_("通行密钥已停用"))


async def sign_in_by_passkey(request: Request) -> Response:
    """Sign in whose passkey signed: the device checked its owner, so nothing more is asked."""
    form = await read_form(request, ByPasskey)
    async with unit(request) as work:
        found = await use_passkey(
            work,
            reply=form.credential,
            about=SIGN_IN,
            site=_site(request),
            key=_key(request),
        )
    return await signed_in(request, PersonId(found), local(form.next), factor=Factor.PASSKEY)


def passkey_options(request: Request, about: str = SIGN_IN) -> str:
    """What the page gives the browser to ask for a passkey; nothing where there can be none."""
    site = site_of(request)
    if site is None:
        return ""
    now = database_of(request).clock.now()
    return request_options(site, new_challenge(_key(request), about, now))


def site_of(request: Request) -> Site | None:
    """The site as this browser names it; None at an address of digits, which can hold no keys."""
    host = request.url.hostname or ""
    origin = f"{request.url.scheme}://{request.url.netloc}"
    settings = request.state.settings
    if settings.is_secure:
        origin = settings.web_origin
    if not is_own_origin(settings, origin):
        return None
    try:
        ip_address(host)
    except ValueError:
        return Site(host, origin)
    return None


def _site(request: Request) -> Site:
    site = site_of(request)
    if site is None:
        raise Refusal("passkey.not_accepted")
    return site


def _key(request: Request) -> FactorKey:
    key: FactorKey = request.state.factor_key
    return key


ROUTES: list[BaseRoute] = [
    Route("/account/factors", factors_page),
    Route("/account/generator", confirm_generator, methods=["POST"]),
    Route("/account/generator/drop", give_generator_up, methods=["POST"]),
    Route("/account/passkeys", add, methods=["POST"]),
    Route("/account/passkeys/{id}/drop", drop, methods=["POST"]),
    Route("/sign-in/passkey", sign_in_by_passkey, methods=["POST"]),
]
