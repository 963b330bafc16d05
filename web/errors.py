"""A no in words: refusal code -> status, and the page or problem+json that says it.

A wrong form is shown again: each form names the page it stands on (`_page`), and that page
is rendered anew with the input kept and the sentence on top.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Match
from starlette.types import Message

from auction.kernel.logs import correlation
from auction.kernel.refusal import Refusal
from auction.store.database import is_away
from web.forms import FormErrors
from web.i18n import Locale, sentence
from web.signin import FORM_KINDS, LANGUAGE_COOKIE, SAFE_METHODS, locale_of, visit_of
from web.views import Trouble, environment, render

STATUS = {
    "forbidden": 403,
    "form.forged": 403,
    "draw.not_a_contributor": 403,
    "not_found": 404,
    "file.missing": 404,
    "state.not_allowed": 409,
    "approval.spent": 409,
    "approval.rejected": 409,
    "approval.withdrawn": 409,
    "approval.replaced": 409,
    "approval.expired": 409,
    "approval.payload_changed": 409,
    "approval.complete": 409,
    "too_many_requests": 429,
    "signin.try_later": 429,
    "view.too_many": 429,
    "keys.unavailable": 503,
    "platform.not_set_up": 503,
}
NO_PART = frozenset({"forbidden", "notice.not_yours", "objection.not_a_party"})
"""Refusals that say who may and who may not, rather than what is wrong."""
UNREADABLE = frozenset({400, 413})
"""A body that could not be read once is not read again."""
RETRY_SECONDS = 10
HTTP_CODES = {404: "not_found", 405: "method_not_allowed", 413: "form.too_large"}


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, before anybody chose words for it."""

    status: int
    code: str
    facts: Mapping[str, object]
    fields: Mapping[str, str]
    limits: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def said_of_fields(self, locale: Locale) -> dict[str, str]:
        """What is wrong with each field, with the limit it broke."""
        limits = self.limits
        return {
            name: sentence(locale, code, limits.get(name)) for name, code in self.fields.items()
        }


def status_of(code: str) -> int:
    """HTTP status of a refusal."""
    if code in STATUS:
        return STATUS[code]
    if code.startswith("signin."):
        return 401
    return 409 if code.endswith("conflict") else 422


async def refused(request: Request, wrong: Exception) -> Response:
    """Answer a Refusal that a page let through."""
    assert isinstance(wrong, Refusal)  # noqa: S101  (Starlette's handlers are typed loosely)
    return await answer(request, Problem(status_of(wrong.code), wrong.code, wrong.facts, {}))


async def form_refused(request: Request, wrong: Exception) -> Response:
    """Answer a form with wrong fields."""
    assert isinstance(wrong, FormErrors)  # noqa: S101
    return await answer(request, Problem(422, "form.has_errors", {}, wrong.errors, wrong.limits))


async def http_refused(request: Request, wrong: Exception) -> Response:
    """Answer what the router refused: no such page, no such method, too long a body."""
    assert isinstance(wrong, HTTPException)  # noqa: S101
    code = HTTP_CODES.get(wrong.status_code, "not_understood")
    return await answer(request, Problem(wrong.status_code, code, {}, {}))


async def answer(request: Request, problem: Problem) -> Response:
    """Say a problem in the form that the asker reads."""
    is_visitor = visit_of(request).sign_in is None
    if problem.code in NO_PART and not is_visitor:
        problem = _as_seen(request, problem)
    if "application/json" in request.headers.get("accept", ""):
        return _as_json(request, problem)
    if problem.code == "forbidden" and is_visitor:
        return _to_sign_in(request)
    trouble = await _trouble(request, problem)
    shown = await _form_page(request, trouble) if _may_show_again(request, problem) else None
    return shown or render(request, "error.html", status=problem.status, problem=trouble)


def _as_seen(request: Request, problem: Problem) -> Problem:
    """To whoever has no part in a thing it does not exist; colleagues of its court are told no."""
    if not request.path_params or problem.facts.get("at_home"):
        return problem
    return replace(problem, status=STATUS["not_found"], code="not_found")


def _as_json(request: Request, problem: Problem) -> Response:
    locale = visit_of(request).locale
    said = {
        "type": "about:blank",
        "title": sentence(locale, problem.code, _plain(problem.facts)),
        "status": problem.status,
        "code": problem.code,
        "fields": problem.said_of_fields(locale),
    }
    return JSONResponse(said, problem.status, media_type="application/problem+json")


def _to_sign_in(request: Request) -> Response:
    """A visitor who asks for more than a visitor may have is asked to sign in."""
    if request.method not in SAFE_METHODS:
        return render(
            request, "error.html", status=401, problem=Trouble.of(401, "signin.needed", request)
        )
    back = quote(f"{request.url.path}?{request.url.query}".rstrip("?"), safe="/")
    return RedirectResponse(f"/sign-in?next={back}", 303)


async def _trouble(request: Request, problem: Problem) -> Trouble:
    locale = visit_of(request).locale
    posted: dict[str, list[str]] = {}
    if problem.status not in UNREADABLE and _is_form(request):
        form = await request.form()
        posted = {
            name: [text for text in form.getlist(name) if isinstance(text, str)] for name in form
        }
    return Trouble(
        status=problem.status,
        code=problem.code,
        sentence=sentence(locale, problem.code, _plain(problem.facts)),
        fields=problem.said_of_fields(locale),
        posted=posted,
    )


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").startswith(FORM_KINDS)


def _plain(facts: Mapping[str, object]) -> dict[str, str | int | None]:
    return {
        name: fact if isinstance(fact, str | int) or fact is None else str(fact)
        for name, fact in facts.items()
    }


def _may_show_again(request: Request, problem: Problem) -> bool:
    return request.method == "POST" and problem.status in {401, 409, 422, 429, 503}


async def _form_page(request: Request, trouble: Trouble) -> Response | None:
    """Render the page that the form stands on, as its GET would, with the trouble on it."""
    try:
        place = urlsplit((trouble.posted.get("_page") or [""])[0])
    except ValueError:
        return None
    if place.scheme or place.netloc or not place.path.startswith("/"):
        return None
    scope = {
        **request.scope,
        "method": "GET",
        "path": place.path,
        "raw_path": place.path.encode(),
        "query_string": place.query.encode(),
        "path_params": {},
        "state": {**request.scope["state"], "trouble": trouble},
    }
    for route in request.app.router.routes:
        match, found = route.matches(scope)
        if match is Match.FULL and "endpoint" in found:
            return await _shown({**scope, **found}, trouble)
    return None


async def _shown(scope: dict[str, object], trouble: Trouble) -> Response | None:
    async def nothing() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    endpoint = scope["endpoint"]
    try:
        response: Response = await endpoint(Request(scope, nothing))  # type: ignore[operator]
    except (Refusal, HTTPException):
        return None
    if response.status_code == 200:  # noqa: PLR2004
        response.status_code = trouble.status
        return response
    return None


def fault_answer(asked: HTTPConnection, wrong: Exception) -> Response:
    """Answer a request that failed, without the database: 503 when that is away, else 500."""
    code, status = ("platform.database_away", 503) if is_away(wrong) else ("platform.failed", 500)
    chosen = asked.query_params.get("lang") or asked.cookies.get(LANGUAGE_COOKIE, "")
    locale = locale_of(chosen)
    headers = {"Retry-After": str(RETRY_SECONDS)} if status == 503 else {}  # noqa: PLR2004
    if "application/json" in asked.headers.get("accept", ""):
        return _fault_as_json(locale, code, status, headers)
    text = (
        environment(locale)
        .get_template("fault.html")
        .render(
            code=code,
            status=status,
            has_posted=asked.scope["method"] not in SAFE_METHODS,
            path=asked.url.path,
            correlation=correlation(),
        )
    )
    return Response(text, status, headers, media_type="text/html")


def _fault_as_json(locale: Locale, code: str, status: int, headers: dict[str, str]) -> Response:
    said = {
        "type": "about:blank",
        "title": sentence(locale, code),
        "status": status,
        "code": code,
        "fields": {},
    }
    return JSONResponse(said, status, headers, media_type="application/problem+json")
