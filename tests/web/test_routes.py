import importlib
import pkgutil

from starlette.routing import Route

from auction.kernel.settings import Settings
from auction.store.database import Database
from tests.web.browser import ORIGIN
from tests.web.conftest import NewBrowser
from web import pages
from web.app import build_app
from web.routes import PAGES, routes
from web.security import CSP_REPORT_PATH

HEADERS = {
    "content-security-policy": "default-src 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=()",
}
NOBODY = "01920000-0000-7000-8000-000000000000"


def table() -> list[Route]:
    return [route for route in routes() if isinstance(route, Route)]


def path_of(route: Route) -> str:
    """A path of the route, with an id that names nothing."""
    filled = route.path
    for name in route.param_convertors:
        for hole in (f"{{{name}}}", f"{{{name}:path}}", f"{{{name}:int}}", f"{{{name}:uuid}}"):
            filled = filled.replace(hole, "1" if "int" in hole else NOBODY)
    return filled


class TestEveryRoute:
    async def test_answers_a_visitor_with_all_headers_and_without_a_fault(
        self, new_browser: NewBrowser
    ) -> None:
        browser = new_browser()
        for route in table():
            if "GET" not in (route.methods or set()):
                continue
            answered = await browser.get(path_of(route))
            assert answered.status_code < 500, route.path
            for name, start in HEADERS.items():
                assert answered.headers[name].startswith(start), route.path
            assert "Traceback" not in answered.text

    async def test_no_form_is_taken_without_its_token(self, new_browser: NewBrowser) -> None:
        browser = new_browser()
        for route in table():
            if "POST" not in (route.methods or set()) or route.path == CSP_REPORT_PATH:
                continue
            answered = await browser.client.post(path_of(route), headers={"origin": ORIGIN})
            assert answered.status_code == 403, route.path

    async def test_every_method_that_is_not_served_is_refused(
        self, new_browser: NewBrowser
    ) -> None:
        browser = new_browser()
        for method in ("PUT", "DELETE", "PATCH", "TRACE"):
            assert (await browser.client.request(method, "/")).status_code == 405

    def test_every_module_of_pages_is_in_the_table(self) -> None:
        found = {
            info.name
            for info in pkgutil.walk_packages(pages.__path__, "web.pages.")
            if hasattr(importlib.import_module(info.name), "ROUTES")
        }
        assert found == {module.__name__ for module in PAGES}

    def test_no_two_pages_share_an_address(self) -> None:
        seen = [(r.path, m) for r in table() for m in (r.methods or set()) if m != "HEAD"]
        assert len(seen) == len(set(seen))


class TestStatic:
    async def test_a_file_asked_for_with_its_hash_is_kept_for_a_year(
        self, new_browser: NewBrowser
    ) -> None:
        page = await new_browser().get("/")
        place = page.text.split('rel="stylesheet" href="')[1].split('"')[0]
        answered = await new_browser().get(place)
        assert answered.status_code == 200
        assert "immutable" in answered.headers["cache-control"]

    async def test_what_is_not_asked_with_its_hash_is_asked_again(
        self, new_browser: NewBrowser
    ) -> None:
        answered = await new_browser().get("/static/site.css")
        assert answered.headers["cache-control"] == "no-cache"


def test_an_application_can_be_built_twice(settings: Settings, database: Database) -> None:
    assert build_app(settings, database) is not build_app(settings, database)
