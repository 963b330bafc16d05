"""Confirming one's mail address, and setting a new password by a letter's link."""

from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.kernel.refusal import Refusal
from auction.people.credentials import Passwords
from auction.people.factors import Purpose
from auction.people.mailing import (
    ask_reset,
    confirm_mail,
    give_mail_address,
    is_open,
    letters_of,
    mail_of,
    reset_password,
)
from web.attempts import Attempts, place_of
from web.forms import read_form
from web.i18n import n_
from web.views import render, see_other
from web.wiring import database_of, person_id_of, reading, unit


class Address(msgspec.Struct, frozen=True):
    """Where one reads mail."""

    address: Annotated[str, msgspec.Meta(max_length=200)]


class Forgotten(msgspec.Struct, frozen=True):
    """Whose password is wanted anew."""

    username: Annotated[str, msgspec.Meta(max_length=100)]


class NewPassword(msgspec.Struct, frozen=True):
    """The new password."""

    password: Annotated[str, msgspec.Meta(min_length=12, max_length=200)]


async def mail_page(request: Request) -> Response:
    """One's mail address, and the letters that were sent."""
    person_id = person_id_of(request)
    async with reading(request) as session:
        mail, letters = await mail_of(session, person_id), await letters_of(session, person_id)
    return render(request, "account/mail.html", mail=mail, letters=letters)


async def give_address(request: Request) -> Response:
    """Note an address and send what confirms it."""
    form, person_id = await read_form(request, Address), person_id_of(request)
    async with unit(request) as work:
        await give_mail_address(work, person_id, address=form.address, key=request.state.factor_key)
    return see_other("/account/mail", said=n_("确认信已发出，请在一天内打开信中链接"))


async def confirm_page(request: Request) -> Response:
    """A button: following a link alone changes nothing, since mail scanners follow links."""
    await _open(request, Purpose.CONFIRM_MAIL)
    return render(request, "account/confirm_mail.html", action=request.url.path)


async def confirm_now(request: Request) -> Response:
    """The address is confirmed."""
    async with unit(request) as work:
        await confirm_mail(work, secret=str(request.path_params["secret"]))
    return see_other("/", said=n_("邮箱已确认"))


async def forgotten_page(request: Request) -> Response:
    """Ask for a letter."""
    return render(request, "account/forgotten.html")


async def forgotten(request: Request) -> Response:
    """Send a letter, or not: the answer is the same."""
    form = await read_form(request, Forgotten)
    attempts: Attempts = request.state.attempts
    place, now = place_of(request, form.username), database_of(request).clock.now()
    attempts.check(place, f"reset {form.username}", now)
    attempts.failed(place, f"reset {form.username}", now)
    async with unit(request) as work:
        await ask_reset(work, username=form.username, key=request.state.factor_key)
    return see_other("/sign-in", said=n_("如该账户有已确认的邮箱，重设密码的信件已发出"))


async def reset_page(request: Request) -> Response:
    """The form for a new password."""
    await _open(request, Purpose.RESET)
    return render(request, "account/reset.html", action=request.url.path)


async def reset_now(request: Request) -> Response:
    """Set the new password; signing in still asks for it and for the second factor."""
    form = await read_form(request, NewPassword)
    await _open(request, Purpose.RESET)
    passwords: Passwords = request.state.passwords
    password_hash = await passwords.hash(form.password)
    async with unit(request) as work:
        await reset_password(
            work, secret=str(request.path_params["secret"]), password_hash=password_hash
        )
    return see_other("/sign-in", said=n_("密码已重设，所有设备均已退出，请重新登录"))


async def _open(request: Request, purpose: Purpose) -> None:
    now = database_of(request).clock.now()
    async with reading(request) as session:
        if not await is_open(session, str(request.path_params["secret"]), purpose, now):
            raise Refusal("mail.link_over")


ROUTES: list[BaseRoute] = [
    Route("/account/mail", mail_page),
    Route("/account/mail", give_address, methods=["POST"]),
    Route("/mail/confirm/{secret}", confirm_page),
    Route("/mail/confirm/{secret}", confirm_now, methods=["POST"]),
    Route("/forgotten", forgotten_page),
    Route("/forgotten", forgotten, methods=["POST"]),
    Route("/reset/{secret}", reset_page),
    Route("/reset/{secret}", reset_now, methods=["POST"]),
]
