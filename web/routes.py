"""The one table of URLs: what every module of web/pages serves, each form guarded."""

from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from web.forms import refuse_nul
from web.pages import (
    agency,
    assist,
    bidder,
    draws,
    full_views,
    law,
    lots,
    oversight,
    party,
    public,
    registration,
    room,
    verify,
)
from web.pages.account import (
    administration,
    approvals,
    conflicts,
    demo,
    demo_bank,
    factors,
    letters,
    password,
    signing,
)
from web.pages.court import (
    assets,
    cases,
    imports,
    listings,
    notices,
    photos,
    plans,
    priority,
    sales,
    valuation,
)
from web.pages.finance import book, desk, orders, statements
from web.pages.hall import history, papers, practice, protocol, reminder
from web.pages.help import authority, formats, guides, personal_data, privacy
from web.pages.live import openings, service, sessions
from web.pages.ops import board, violations
from web.security import CSP_REPORT_PATH
from web.signin import check_form_origin
from web.stepup import FRESH, ask_again
from web.views import FOLDER
from web.wiring import person_id_of

Page = Callable[[Request], Awaitable[Response]]
STATIC_SECONDS = 365 * 24 * 3600


PAGES: tuple[ModuleType, ...] = (
    public,
    guides,
    formats,
    personal_data,
    privacy,
    law,
    authority,
    lots,
    draws,
    verify,
    signing,
    factors,
    letters,
    password,
    administration,
    approvals,
    conflicts,
    demo,
    demo_bank,
    registration,
    room,
    bidder,
    party,
    agency,
    assist,
    oversight,
    full_views,
    papers,
    history,
    reminder,
    practice,
    protocol,
    assets,
    cases,
    imports,
    listings,
    notices,
    photos,
    plans,
    priority,
    sales,
    valuation,
    sessions,
    service,
    openings,
    book,
    desk,
    orders,
    statements,
    board,
    violations,
)
"""Every module of pages. Public ones first, then the desks."""

PUBLIC: Final = frozenset(
    {
        "/",
        "/healthz",
        "/readyz",
        "/help",
        "/help/{role}",
        "/formats",
        "/personal-data",
        "/privacy",
        "/law",
        "/law/authority",
        # lots and their halls
        "/lots",
        "/calendar",
        "/lots/{listing}",
        "/lots/{listing}/files/{key}",
        "/lots/{listing}/bids",
        "/lots/{listing}/bids.csv",
        "/lots/{listing}/terms.json",
        "/lots/{listing}/service",
        "/lots/{listing}/room",
        "/lots/{listing}/bid",
        "/lots/{listing}/reminder.ics",
        "/photos/{id}",
        "/practice",
        "/hall/protocol",
        "/hall/protocol.json",
        "/hall/keys",
        "/hall/keys.json",
        "/amount-in-words",
        # draws and papers
        "/draws",
        "/draws/{id}",
        "/draws/{id}/state.json",
        "/draws/{id}/transcript.json",
        "/verify",
        "/verify/authority.cer",
        "/verify/{code}",
        "/notices/{id}/paper",  # those that the law publishes
        # signing up and in, and what a letter's link leads to
        "/sign-up",
        "/sign-in",
        "/sign-in/code",
        "/sign-in/passkey",
        "/sign-out",
        "/mail/confirm/{secret}",
        "/forgotten",
        "/reset/{secret}",
        "/demo",
        # what a browser sends by itself
        CSP_REPORT_PATH,
    }
)
"""The paths that answer visitors. Every other asks to sign in before it looks at anything."""


def routes() -> list[BaseRoute]:
    """Every page, then the static files."""
    table = [_guarded(route) for module in PAGES for route in module.ROUTES]
    return [*table, Mount("/static", HashedFiles(directory=FOLDER / "static"), name="static")]


def _guarded(route: BaseRoute) -> BaseRoute:
    """The same route, whose page is only asked once a form is known to be one of ours."""
    if not isinstance(route, Route):
        return route
    page: Page = route.endpoint
    is_public = route.path in PUBLIC
    wants_proof = route.path in FRESH and "POST" in (route.methods or set())

    async def guarded(request: Request) -> Response:
        try:
            if route.path != CSP_REPORT_PATH:  # a browser's report carries no form's token
                await check_form_origin(request)
                await refuse_nul(request)
            if not is_public:
                person_id_of(request)
            asked = await ask_again(request) if wants_proof else None
            return asked or await page(request)
        finally:
            await request.close()  # uploads lie in temporary files; nobody else closes them

    methods = sorted((route.methods or {"GET"}) - {"HEAD"})
    return Route(route.path, guarded, methods=methods, name=f"{page.__module__}.{page.__name__}")


class HashedFiles(StaticFiles):
    """Static files; one asked for with its hash may be kept for a year."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Serve one file."""
        response = await super().get_response(path, scope)
        if scope.get("query_string", b"").startswith(b"v="):
            response.headers["Cache-Control"] = f"public, max-age={STATIC_SECONDS}, immutable"
        else:
            response.headers["Cache-Control"] = "no-cache"
        return response
