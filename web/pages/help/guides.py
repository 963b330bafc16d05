"""The guides: one for each kind of visitor, with the deadlines of the rulebook in force."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.kernel.refusal import Refusal
from web.pages.law import rule_line
from web.signin import visit_of
from web.views import render

GUIDES: Final = (
    "bidder", "officer", "panel", "agency", "finance", "party", "assist", "supervisor", "anyone",
)  # fmt: skip
"""Whom a guide is for; each has a template of its name."""


async def index_page(request: Request) -> Response:
    """Which guides there are."""
    return render(request, "help/index.html")


async def guide_page(request: Request) -> Response:
    """One guide."""
    role = str(request.path_params["role"])
    if role not in GUIDES:
        raise Refusal("not_found", what="page", id=role)
    locale = visit_of(request).locale
    lines = {rule.key: rule_line(rule, locale) for rule in request.state.rules}
    return render(request, f"help/{role}.html", lines=lines)


ROUTES: list[BaseRoute] = [Route("/help", index_page), Route("/help/{role}", guide_page)]
