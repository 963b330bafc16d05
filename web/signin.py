"""Who is asking: the sign-in cookie, the visitor's cookie, and the token that guards forms.

The cookie holds 256 random bits, the database their digest. Each form carries a token made
from the cookie's secret: another site can neither read it nor make it.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from auction.kernel.actor import SYSTEM, VISITOR, Actor
from auction.kernel.refusal import Refusal
from auction.kernel.settings import Settings
from auction.people.approvals.queries import count_waiting
from auction.people.commands import touch_sign_in
from auction.people.credentials import TOUCH_EVERY, new_token
from auction.people.queries import SignInView, sign_in_of
from auction.store.database import Database
from web.i18n import Locale

LANGUAGE_COOKIE = "lang"
LANGUAGE_SECONDS = 365 * 24 * 3600
PROBES = frozenset({"/healthz", "/readyz"})
"""Asked by machines every few seconds: like static files, nobody in particular asks."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FORM_KINDS = ("application/x-www-form-urlencoded", "multipart/form-data")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(slots=True)
class Visit:
    """What the shell knows about one request."""

    locale: Locale
    sign_in: SignInView | None
    secret: str
    """The sign-in's token, or the visitor's: forms are guarded by what is made from it."""
    is_secret_new: bool
    is_secret_used: bool = False
    waiting: int = 0
    """How many approvals wait for this person."""

    @property
    def actor(self) -> Actor:
        """Who acts."""
        return self.sign_in.actor if self.sign_in else VISITOR

    def form_token(self) -> str:
        """The token that this browser's forms must carry."""
        self.is_secret_used = True
        return hmac.new(self.secret.encode(), b"form", hashlib.sha256).hexdigest()


def visit_of(request: HTTPConnection) -> Visit:
    """The visit that the middleware established."""
    visit: Visit = request.state.visit
    return visit


def is_proven_lately(request: HTTPConnection, sign_in: SignInView) -> bool:
    """Whether a person proved to be there not long ago, as money and one's own account ask."""
    settings: Settings = request.state.settings
    database: Database = request.state.database
    return database.clock.now() - sign_in.proven_at < timedelta(minutes=settings.step_up_minutes)


def cookie_name(settings: Settings, name: str) -> str:
    """`__Host-` binds the cookie to this host and to TLS; plain only on a loopback bind."""
    return f"__Host-{name}" if settings.is_secure else name


def set_cookie(
    response: Response,
    settings: Settings,
    name: str,
    value: str,
    *,
    lasts: timedelta | None = None,
) -> None:
    """Give the browser a secret that scripts cannot read and other sites cannot send."""
    response.set_cookie(
        cookie_name(settings, name),
        value,
        max_age=int(lasts.total_seconds()) if lasts else None,
        path="/",
        secure=settings.is_secure,
        httponly=True,
        samesite="lax",
    )


def drop_cookie(response: Response, settings: Settings, name: str) -> None:
    """Take a secret back."""
    response.delete_cookie(
        cookie_name(settings, name),
        path="/",
        secure=settings.is_secure,
        httponly=True,
        samesite="lax",
    )


class Visits:
    """Establishes the visit of each request, and keeps a chosen language."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        chosen = connection.query_params.get("lang")
        if scope["path"].startswith("/static/") or scope["path"] in PROBES:
            visit = Visit(locale_of(chosen or ""), None, new_token(), is_secret_new=False)
        else:
            visit = await self._visit(connection, chosen)
        scope["state"]["visit"] = visit

        async def send_with_language(message: Message) -> None:
            if message["type"] == "http.response.start" and chosen == visit.locale.value:
                self._keep_language(message, visit.locale)
            await send(message)

        await self.app(scope, receive, send_with_language)

    async def _visit(self, connection: HTTPConnection, chosen: str | None) -> Visit:
        locale = locale_of(chosen or connection.cookies.get(LANGUAGE_COOKIE, ""))
        token = connection.cookies.get(cookie_name(self.settings, "signin"), "")
        sign_in, waiting = await self._sign_in(connection.state.database, token)
        if sign_in:
            return Visit(locale, sign_in, token, is_secret_new=False, waiting=waiting)
        visitor = connection.cookies.get(cookie_name(self.settings, "visitor"), "")
        return Visit(locale, None, visitor or new_token(), is_secret_new=not visitor)

    @staticmethod
    async def _sign_in(database: Database, token: str) -> tuple[SignInView | None, int]:
        """Who signed in with this token, and how many approvals wait for him."""
        if not token:
            return None, 0
        now = database.clock.now()
        async with database.reading() as session:
            found = await sign_in_of(session, token, now)
            waiting = await count_waiting(session, found.actor, now) if found else 0
        if found and now - found.seen_at >= TOUCH_EVERY:
            async with database.unit(SYSTEM) as work:
                await touch_sign_in(work, found.id)
        return found, waiting

    def _keep_language(self, message: Message, locale: Locale) -> None:
        cookie = f"{LANGUAGE_COOKIE}={locale}; Path=/; Max-Age={LANGUAGE_SECONDS}; SameSite=lax"
        secure = "; Secure" if self.settings.is_secure else ""
        MutableHeaders(scope=message).append("Set-Cookie", cookie + secure)


def locale_of(text: str) -> Locale:
    """The language of a cookie or an address; Chinese when it names none of ours."""
    return Locale.EN if text == Locale.EN else Locale.ZH


async def check_form_origin(request: Request) -> None:
    """Refuse a state-changing request that did not come from one of our own pages."""
    if request.method in SAFE_METHODS:
        return
    settings: Settings = request.state.settings
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise Refusal("form.forged")
    if not is_own_origin(settings, request.headers.get("origin", settings.web_origin)):
        raise Refusal("form.forged")
    sent = await _sent_token(request)
    if not hmac.compare_digest(sent.encode(), visit_of(request).form_token().encode()):
        raise Refusal("form.forged")


def is_on_loopback(settings: Settings) -> bool:
    """Whether nobody beyond this machine can reach the pages."""
    return settings.web_host in LOOPBACK and urlsplit(settings.web_origin).hostname in LOOPBACK


def is_own_origin(settings: Settings, origin: str) -> bool:
    """Whether a browser's Origin is ours; on loopback the names of this machine are one."""
    if origin == settings.web_origin:
        return True
    own = urlsplit(settings.web_origin)
    try:
        other = urlsplit(origin)
        is_own_port = own.port == other.port
    except ValueError:  # `http://[` is no address, `8000.evil.example` no port
        return False
    return (
        own.scheme == other.scheme == "http"
        and is_own_port
        and own.hostname in LOOPBACK
        and other.hostname in LOOPBACK
    )


async def _sent_token(request: Request) -> str:
    if request.headers.get("content-type", "").startswith(FORM_KINDS):
        return str((await request.form()).get("csrf", ""))
    return request.headers.get("x-csrf-token", "")
