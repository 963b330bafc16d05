"""What every answer carries and what no request may do: headers, CSP, and a limit on bodies."""

import logging
import secrets
import time

from prometheus_client import Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from auction.kernel.logs import correlated, correlation
from auction.kernel.settings import Settings
from web.errors import fault_answer

FORM_BYTES_MAX = 256 * 1024
UPLOAD_BYTES_MAX = 64 * 1024 * 1024
"""Reports and photographs; a single file is limited again by its page."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Others are counted as one: a visitor must not make labels."""
QUIET = frozenset({"/static", "/healthz", "/readyz"})

REQUEST_SECONDS = Histogram(
    "luochui_request_seconds",
    "Time from a request to the start of its answer.",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)

log = logging.getLogger("web")


CSP_REPORT_PATH = "/csp"
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "object-src": "'none'",
    "require-trusted-types-for": "'script'",
    "report-uri": CSP_REPORT_PATH,
}
"""Nothing but our own files."""


def content_security_policy(settings: Settings) -> str:
    """The policy of every page; sockets only to the one live origin."""
    told = POLICY | {"connect-src": f"{POLICY['connect-src']} {settings.live_origin}"}
    return "; ".join(f"{directive} {source}" for directive, source in told.items())


def security_headers(settings: Settings) -> dict[str, str]:
    """The headers of every answer."""
    headers = {
        "Content-Security-Policy": content_security_policy(settings),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    }
    if settings.is_secure:
        headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
    return headers


class Guard:
    """Outermost: adds the headers, limits the body, and answers a fault with its own page."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.headers = security_headers(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        with correlated(secrets.token_hex(8)):
            await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_started = False
        began = time.monotonic()

        async def send_guarded(message: Message) -> None:
            nonlocal has_started
            if message["type"] == "http.response.start":
                has_started = True
                _measure(scope, message["status"], time.monotonic() - began)
                headers = MutableHeaders(scope=message)
                headers["X-Correlation-Id"] = correlation()
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            await self.app(scope, _limited(scope, receive), send_guarded)
        except Exception as wrong:
            log.exception("a request failed: %s %s", scope["method"], template_of(scope))
            if has_started:
                raise
            await fault_answer(HTTPConnection(scope), wrong)(scope, receive, send_guarded)


def template_of(scope: Scope) -> str:
    """The route that answers, as it is written: ids, codes and tokens in paths name somebody."""
    return str(getattr(scope.get("route"), "path", "none"))


def _measure(scope: Scope, status: int, took: float) -> None:
    """Count and say what was asked and how it went; never who asked."""
    template = template_of(scope)
    method = scope["method"] if scope["method"] in METHODS else "other"
    REQUEST_SECONDS.labels(method, template, str(status)).observe(took)
    if template not in QUIET:
        log.info("%s %s %d %d ms", method, template, status, took * 1000)


def _limited(scope: Scope, receive: Receive) -> Receive:
    """Receive that stops at the limit for the kind of body, whatever Content-Length says."""
    kind = Headers(scope=scope).get("content-type", "")
    most = UPLOAD_BYTES_MAX if kind.startswith("multipart/form-data") else FORM_BYTES_MAX
    seen = 0

    async def receive_limited() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most:
            raise HTTPException(413)
        return message

    return receive_limited
