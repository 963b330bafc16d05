"""A brake on guessing: failed sign-ins counted by account and place, in this process.

A place is the browser, where it has signed this very account in before, and else the address.
So a stranger locks nobody out of his own account: from elsewhere he is counted elsewhere, and
from behind the same address he is counted apart from the browsers that the person uses.
"""

import hmac
import secrets
from collections import deque
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from auction.kernel.refusal import Refusal
from auction.people.proving import FactorKey
from web.signin import cookie_name, set_cookie

WINDOW = timedelta(minutes=15)
KNOWN_COOKIE = "known"
KNOWN_FOR = timedelta(days=180)
NONCE_BYTES = 16
FAILURES_MAX = 10
KEYS_MAX = 10_000


class Attempts:
    """Failures of the last quarter of an hour, for an account at a place."""

    def __init__(self) -> None:
        self._failures: dict[tuple[str, str], deque[datetime]] = {}

    def check(self, place: str, username: str, now: datetime) -> None:
        """Refuse with `signin.try_later` after too many failures."""
        failures = self._failures.get((place, username.strip().lower()), deque())
        while failures and failures[0] <= now - WINDOW:
            failures.popleft()
        if len(failures) >= FAILURES_MAX:
            minutes = -(-(failures[0] + WINDOW - now) // timedelta(minutes=1))
            raise Refusal("signin.try_later", minutes=minutes)

    def failed(self, place: str, username: str, now: datetime) -> None:
        """Count one failure."""
        if len(self._failures) >= KEYS_MAX:
            self._forget(now)
        self._failures.setdefault((place, username.strip().lower()), deque()).append(now)

    def _forget(self, now: datetime) -> None:
        """Drop what is old; and everything, when a flood of names left nothing old."""
        fresh = {
            key: failures
            for key, failures in self._failures.items()
            if failures and failures[-1] > now - WINDOW
        }
        self._failures = fresh if len(fresh) < KEYS_MAX else {}


def place_of(request: Request, username: str) -> str:
    """Where a try to sign an account in comes from."""
    key: FactorKey = request.state.factor_key
    told = request.cookies.get(cookie_name(request.state.settings, KNOWN_COOKIE), "")
    nonce, _, mark = told.partition(".")
    expected = key.browser_mark(username.strip(), nonce)
    if nonce and hmac.compare_digest(mark.encode(), expected.encode()):
        return f"browser {nonce}"
    return request.client.host if request.client else ""


def know_browser(request: Request, response: Response, username: str) -> None:
    """Leave the browser what shows that it has signed this account in; it tells nobody whose."""
    key: FactorKey = request.state.factor_key
    nonce = secrets.token_hex(NONCE_BYTES)
    told = f"{nonce}.{key.browser_mark(username, nonce)}"
    set_cookie(response, request.state.settings, KNOWN_COOKIE, told, lasts=KNOWN_FOR)
