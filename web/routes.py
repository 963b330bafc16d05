"""The one table of URLs: what every module of web/pages serves, each form guarded."""

from collections.abc import Awaitable, Callable
from types import ModuleType

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from web.pages import (
    agency,
    assist,
    bidder,
    draws,
    full_views,
    hall,
    law,
    lots,
    oversight,
    party,
    public,
    registration,
    room,
    verify,
)
from web.pages.account import administration, approvals, demo, factors, letters, signing
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
from web.pages.help import formats, guides, personal_data, privacy
from web.pages.ops import board
from web.signin import check_form_origin
from web.stepup import FRESH, ask_again
from web.views import FOLDER

Page = Callable[[Request], Awaitable[Response]]
STATIC_SECONDS = 365 * 24 * 3600


PAGES: tuple[ModuleType, ...] = (
    public,
    guides,
    formats,
    personal_data,
    privacy,
    law,
    lots,
    draws,
    verify,
    signing,
    factors,
    letters,
    administration,
    approvals,
    demo,
    registration,
    room,
    bidder,
    party,
    agency,
    assist,
    oversight,
    full_views,
    hall,
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
    book,
    desk,
    orders,
    statements,
    board,
)
"""Every module of pages. Public ones first, then the desks."""


def routes() -> list[BaseRoute]:
    """Every page, then the static files."""
    table = [_guarded(route) for module in PAGES for route in module.ROUTES]
    return [*table, Mount("/static", HashedFiles(directory=FOLDER / "static"), name="static")]


def _guarded(route: BaseRoute) -> BaseRoute:
    """The same route, whose page is only asked once a form is known to be one of ours."""
    if not isinstance(route, Route):
        return route
    page: Page = route.endpoint
    wants_proof = route.path in FRESH and "POST" in (route.methods or set())

    async def guarded(request: Request) -> Response:
        try:
            await check_form_origin(request)
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
