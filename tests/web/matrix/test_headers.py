"""The headers of every answer, whoever asks and however it ends: all of them, and no others."""

import httpx2
import msgspec
import pytest
from prometheus_client import generate_latest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from auction.store.database import Database
from tests.web.browser import ORIGIN, serving
from tests.web.matrix.asking import ask, path_to
from tests.web.matrix.conftest import House
from tests.web.matrix.table import MAY
from web.app import build_app

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self' ws://127.0.0.1:8001; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'; "
    "report-uri /csp"
)
OF_FILES = "default-src 'none'; sandbox"
"""Files that people brought in are shown alone and run nothing."""
GUARDING = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
MAY_STAND = {
    *GUARDING, "content-security-policy", "cache-control", "x-correlation-id", "content-type",
    "content-length", "content-disposition", "location", "set-cookie", "allow", "etag",
    "last-modified", "accept-ranges", "vary", "content-range",
}  # fmt: skip
PUBLIC_FILES = {"GET /photos/{id}": "public, max-age=86400"}


def check(answered: httpx2.Response, route: str = "") -> None:
    """All the guarding headers, none that tells what we are made of, and nothing kept."""
    shown = answered.headers
    assert {name: shown.get(name) for name in GUARDING} == GUARDING, route
    assert shown["content-security-policy"] in {POLICY, OF_FILES}, route
    is_html = shown.get("content-type", "").startswith("text/html")
    assert shown["content-security-policy"] == POLICY or not is_html, route
    kept = PUBLIC_FILES.get(route, "") if answered.status_code == 200 else ""
    assert shown["cache-control"] in {kept or "no-store", "private, no-store"}, route
    assert len(shown["x-correlation-id"]) == 16, route
    assert set(shown) <= MAY_STAND, route


@pytest.mark.parametrize("route", sorted(MAY))
async def test_every_route_answers_with_them_well_or_badly(house: House, route: str) -> None:
    for name in {"visitor", "stranger", *sorted(MAY[route].who)[:1]}:
        if route.startswith("GET"):
            for is_there in (True, False):
                asked = await ask(house, house.callers[name], route, is_there=is_there)
                check(asked, route)
        else:
            check(await house.callers[name].client.post(path_to(route, {})), route)


class TestErrors:
    async def test_carry_them(self, house: House) -> None:
        visitor, officer = house.callers["visitor"], house.callers["officer"]
        await officer.enter()
        huge = {"origin": ORIGIN, "content-type": "application/x-www-form-urlencoded"}
        case = house.stage.objects["case"]["id"]
        asked = {
            403: await officer.get("/ops"),
            404: await visitor.get("/no/such/page"),
            405: await visitor.client.request("PUT", "/"),
            413: await visitor.client.post("/sign-in", content=b"a" * 300_000, headers=huge),
            422: await officer.post(f"/court/cases/{case}/stay", {"ground": ""}),
        }
        for status, answered in asked.items():
            assert answered.status_code == status, answered.text
            check(answered)

    async def test_a_bug_carries_them_and_tells_nothing(self, house: House) -> None:
        database = Database(house.settings)
        app = build_app(house.settings, database)
        async with serving(app) as transport:
            await database.close()
            client = httpx2.AsyncClient(transport=transport, base_url=ORIGIN)
            app.router.routes.insert(0, _broken_route())
            answered = await client.get("/broken")
        assert answered.status_code == 500
        assert "secret" not in answered.text
        check(answered)


def _broken_route() -> Route:
    async def broken(_: Request) -> Response:
        raise RuntimeError("a secret")

    return Route("/broken", broken)


async def test_over_tls_browsers_are_told_to_stay_there(house: House) -> None:
    secure = msgspec.structs.replace(house.settings, web_origin="https://luochui.example")
    async with serving(build_app(secure, house.stage.database)) as transport:
        client = httpx2.AsyncClient(transport=transport, base_url="https://luochui.example")
        for path in ("/", "/no/such/page", "/static/site.css", "/court"):
            told = (await client.get(path)).headers["strict-transport-security"]
            assert told == "max-age=63072000; includeSubDomains", path
    plain = await house.callers["visitor"].get("/")
    assert "strict-transport-security" not in plain.headers


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "BREW"])
async def test_no_route_takes_a_method_that_it_does_not_serve(house: House, method: str) -> None:
    client = house.callers["visitor"].client
    for route in sorted(MAY):
        answered = await client.request(method, path_to(route, {}))
        assert answered.status_code == 405, route
        check(answered)


async def test_a_page_without_a_form_takes_no_post_and_a_form_no_get(house: House) -> None:
    client = house.callers["visitor"].client
    for route in sorted(MAY):
        method, path = route.split(" ")
        other = {"GET": "POST", "POST": "GET"}[method]
        if f"{other} {path}" not in MAY and not _has_sibling(other, path):
            answered = await client.request(other, path_to(route, {}))
            assert answered.status_code == 405, route


def _has_sibling(method: str, path: str) -> bool:
    """Whether a path with a hole also fits this one."""
    filled = path_to(f"{method} {path}", {})
    return any(
        other.startswith(method) and fits(other.split(" ")[1], filled) for other in sorted(MAY)
    )


def fits(template: str, path: str) -> bool:
    parts, given = template.split("/"), path.split("/")
    return len(parts) == len(given) and all(
        part.startswith("{") or part == one for part, one in zip(parts, given, strict=True)
    )


class TestReports:
    async def test_are_counted_by_our_own_directives_and_keep_nobody(self, house: House) -> None:
        client = house.callers["visitor"].client
        for directive in ("script-src-elem", "style-src-attr 'self'", "bob@example.org"):
            told = {"csp-report": {
                "document-uri": "https://x/reset/5ecret", "effective-directive": directive,
            }}  # fmt: skip
            answered = await client.post(
                "/csp", json=told, headers={"content-type": "application/csp-report"}
            )
            assert answered.status_code == 204
        assert (await client.post("/csp", content=b"no report")).status_code == 204
        shown = generate_latest().decode()
        for directive in ("script-src", "style-src", "other"):
            assert f'luochui_csp_reports_total{{directive="{directive}"}} 1.0' in shown
        assert "bob@example.org" not in shown
