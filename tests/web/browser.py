"""A browser without a screen: keeps cookies, reads forms off pages, submits them as they stand."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from html.parser import HTMLParser

import httpx2
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

ORIGIN = "http://127.0.0.1:8000"


class _Forms(HTMLParser):
    """The forms of a page: id -> (action, {name: value}) as a browser would send them."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, tuple[str, dict[str, str]]] = {}
        self._fields: dict[str, str] | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._fields = {}
            self.forms[given.get("id", "")] = (given.get("action", ""), self._fields)
        elif self._fields is not None and given.get("name"):
            self._field(tag, given)
        elif tag == "option" and self._fields is not None and self._select:
            self._option(given)

    def _option(self, given: dict[str, str]) -> None:
        assert self._fields is not None
        if "selected" in given or self._select not in self._fields:
            self._fields[self._select] = given.get("value", "")

    def _field(self, tag: str, given: dict[str, str]) -> None:
        assert self._fields is not None
        self._select = given["name"] if tag == "select" else ""
        if tag == "input" and given.get("type") in {"checkbox", "radio"}:
            if "checked" in given:
                self._fields[given["name"]] = given.get("value", "on")
        elif tag == "input" and given.get("type") != "file":
            self._fields[given["name"]] = given.get("value", "")
        elif tag == "textarea":
            self._fields[given["name"]] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._fields = None


def forms_of(text: str) -> dict[str, tuple[str, dict[str, str]]]:
    parser = _Forms()
    parser.feed(text)
    return parser.forms


class Browser:
    """One visitor."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self.client = client

    async def get(self, path: str, **headers: str) -> httpx2.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.get(path, headers=named)

    async def submit(
        self, page: str, form_id: str, fields: Mapping[str, str], **headers: str
    ) -> httpx2.Response:
        shown = await self.client.get(page)
        assert shown.status_code == 200, shown.text
        action, found = forms_of(shown.text)[form_id]
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.post(
            action or page, data={**found, **fields}, headers={"origin": ORIGIN, **named}
        )


@asynccontextmanager
async def serving(app: Starlette) -> AsyncIterator[httpx2.ASGITransport]:
    """Run the application's start and end around what is done with it."""
    async with app.router.lifespan_context(app) as held:

        async def with_state(scope: Scope, receive: Receive, send: Send) -> None:
            await app({**scope, "state": dict(held or {})}, receive, send)

        yield httpx2.ASGITransport(app=with_state)


def browser_of(transport: httpx2.ASGITransport) -> Browser:
    return Browser(httpx2.AsyncClient(transport=transport, base_url=ORIGIN))
