"""Public pages kept for a second, so that a crowd before one lot asks the database once.

Kept is only what everybody gets who is not signed in: no page of a person, none with a message
from the last step, none with a form's token in it. What staleness means: such a visitor may
read a state that ended at most KEPT_SECONDS before he asked. The room's price comes by socket
and its page is never kept; nothing is decided from a kept page, and a browser keeps none.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from web.signin import visit_of
from web.views import SAID_COOKIE

KEPT_SECONDS = 1.0
KEPT_MAX = 256
"""Pages of some 10 kB: a visitor who asks for lot after lot must not fill the memory."""

HTTP_OK = 200

Page = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class _Look:
    """A page as it was made for the first who asked, or is being made; None: not for others."""

    began_at: float
    body: "asyncio.Task[bytes | None]"


class KeptPages:
    """The kept pages of one process. With `seconds=0` every page is made anew."""

    def __init__(
        self, seconds: float = KEPT_SECONDS, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds = seconds
        self._monotonic = monotonic
        self._made: dict[Hashable, _Look] = {}
        self._coming: dict[Hashable, _Look] = {}

    async def answer(self, request: Request, subject: Hashable, page: Page) -> Response:
        """The kept page about a subject in the visitor's language, or `page` for this request.

        Who asks while a page is being made waits for it, unless it was begun too long ago. One
        in its second half is made anew while it is still given out, so that a crowd never waits.
        """
        visit = visit_of(request)
        if visit.sign_in is not None or SAID_COOKIE in request.cookies:
            return await page(request)
        key = (subject, visit.locale)
        look = self._fresh(self._made.get(key))
        if look is None or self._age(look) * 2 >= self._seconds:
            coming = self._fresh(self._coming.get(key)) or self._begin(key, request, page)
            look = look or coming
        body = await asyncio.shield(look.body)  # one visitor who leaves does not end it for all
        return await page(request) if body is None else HTMLResponse(body)

    async def close(self) -> None:
        """End what is still being made."""
        making = [look.body for look in self._coming.values()]
        for body in making:
            body.cancel()
        await asyncio.gather(*making, return_exceptions=True)

    def _age(self, look: _Look) -> float:
        """Counted from the beginning: what it read later is younger than it is said to be."""
        return self._monotonic() - look.began_at

    def _fresh(self, look: _Look | None) -> _Look | None:
        return look if look is not None and self._age(look) < self._seconds else None

    def _begin(self, key: Hashable, request: Request, page: Page) -> _Look:
        look = _Look(self._monotonic(), asyncio.create_task(_body(request, page)))
        self._coming[key] = look
        look.body.add_done_callback(lambda _: self._settle(key, look))
        return look

    def _settle(self, key: Hashable, look: _Look) -> None:
        """A refusal or a fault is for those who waited for it, never for the next one."""
        failed = look.body.cancelled() or look.body.exception() is not None
        if self._coming.get(key) is not look:
            return
        del self._coming[key]
        if failed:
            return
        self._made.pop(key, None)  # the oldest stay first
        while len(self._made) >= KEPT_MAX:
            del self._made[next(iter(self._made))]
        self._made[key] = look


async def _body(request: Request, page: Page) -> bytes | None:
    response = await page(request)
    is_for_all = response.status_code == HTTP_OK and not visit_of(request).is_secret_used
    return bytes(response.body) if is_for_all else None
