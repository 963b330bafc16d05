"""One click per role, in the demonstration on this very machine and nowhere else."""

import json
from pathlib import Path
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.kernel.refusal import Refusal
from auction.kernel.settings import Settings
from auction.law.rulebook import DEMONSTRATION
from auction.people.credentials import Factor
from auction.people.queries import person_named
from web.forms import read_form
from web.pages.account.entering import signed_in
from web.signin import LOOPBACK, is_on_loopback
from web.views import render
from web.wiring import reading

ACCOUNTS_FILE = "accounts.json"


class Chosen(msgspec.Struct, frozen=True):
    """Whom to be."""

    username: Annotated[str, msgspec.Meta(max_length=100)]


async def demo_page(request: Request) -> Response:
    """Everybody whom the demonstration made up, each with a button."""
    return render(request, "account/demo.html", accounts=_accounts(request))


async def demo_sign_in(request: Request) -> Response:
    """Be one of them."""
    accounts = _accounts(request)
    form = await read_form(request, Chosen)
    if form.username not in accounts:
        raise Refusal("not_found", what="account", id=form.username)
    async with reading(request) as session:
        found = await person_named(session, form.username)
    return await signed_in(request, found.id, "", factor=Factor.SHOWN_CODE)


def is_offered(request: Request) -> bool:
    """Whether this is the demonstration, bound to loopback and asked from loopback."""
    settings: Settings = request.state.settings
    address = request.client.host if request.client else ""
    return (
        request.state.rules is DEMONSTRATION
        and is_on_loopback(settings)
        and address in LOOPBACK
        and _place(settings).exists()
    )


def _accounts(request: Request) -> dict[str, dict[str, str]]:
    """The accounts as the seed wrote them; a page that is not there otherwise."""
    if not is_offered(request):
        raise Refusal("not_found", what="page", id="/demo")
    told: dict[str, dict[str, str]] = json.loads(_place(request.state.settings).read_text())
    return told


def _place(settings: Settings) -> Path:
    return settings.luochui_state / ACCOUNTS_FILE


ROUTES: list[BaseRoute] = [
    Route("/demo", demo_page),
    Route("/demo", demo_sign_in, methods=["POST"]),
]
