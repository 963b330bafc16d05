"""The one table of URLs: what every module of web/pages serves, each form guarded."""

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Iterator
from types import ModuleType

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from web import pages
from web.signin import check_form_origin
from web.views import FOLDER

Page = Callable[[Request], Awaitable[Response]]
STATIC_SECONDS = 365 * 24 * 3600


def routes() -> list[BaseRoute]:
    """Every page, then the static files."""
    table = [_guarded(route) for module in _modules(pages) for route in module.ROUTES]
    return [*table, Mount("/static", HashedFiles(directory=FOLDER / "static"), name="static")]


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    """The modules of a package of pages that serve anything, by name, subfolders last."""
    found = sorted(pkgutil.iter_modules(package.__path__), key=lambda info: (info.ispkg, info.name))
    for info in found:
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        if info.ispkg:
            yield from _modules(module)
        elif hasattr(module, "ROUTES"):
            yield module


def _guarded(route: BaseRoute) -> BaseRoute:
    """The same route, whose page is only asked once a form is known to be one of ours."""
    if not isinstance(route, Route):
        return route
    page: Page = route.endpoint

    async def guarded(request: Request) -> Response:
        try:
            await check_form_origin(request)
            return await page(request)
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
