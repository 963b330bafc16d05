"""A browser without a screen: keeps cookies, reads forms off pages, submits them as they stand."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from html.parser import HTMLParser

import httpx2
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from auction.law.rulebook import Rulebook
from web.kept import KeptPages

ORIGIN = "http://127.0.0.1:8000"
SHOWN_CODE = re.compile(r'<output id="shown-code">(\d{6})</output>')


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
        self.is_patient = True
        """Whether it answers a second factor that the page shows, as a person would."""

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
        answered = await self.client.post(
            action or page, data={**found, **fields}, headers={"origin": ORIGIN, **named}
        )
        return await self._proven(answered) if self.is_patient else answered

    async def _proven(self, answered: httpx2.Response) -> httpx2.Response:
        """Enter the one-time code that the page shows, signing in or before an approval."""
        asking = answered
        if answered.headers.get("location", "").startswith("/sign-in/code"):
            asking = await self.client.get(answered.headers["location"])
        shown = SHOWN_CODE.search(asking.text)
        if shown is None:
            return answered
        forms = forms_of(asking.text)
        action, found = forms.get("sign-in-code") or forms["step-up"]
        return await self.client.post(
            action, data={**found, "one_time_code": shown[1]}, headers={"origin": ORIGIN}
        )


async def waiting(browser: Browser) -> list[str]:
    """The pages of what waits for this person's yes, oldest first."""
    box = (await browser.get("/approvals")).text
    section = box.partition('id="waiting"')[2].partition("</section>")[0]
    return re.findall(r'href="(/approvals/[0-9a-f-]{36})"', section)


async def approves(browser: Browser, *, times: int = 1) -> None:
    """Read what waits in either language and say yes to the oldest; nothing lacks its words."""
    for _ in range(times):
        path = (await waiting(browser))[0]
        for language in ("en", "zh-CN"):
            shown = (await browser.get(f"{path}?lang={language}")).text
            assert not re.search(r"(Payload|Action|RequestState|Role|Round)\.\w", shown), shown
        answer = await browser.submit(path, "approve", {"confirmed": "on"})
        assert answer.status_code == 303, answer.text


@asynccontextmanager
async def serving(
    app: Starlette,
    *,
    shows_code: bool = True,
    rules: Rulebook | None = None,
    kept: KeptPages | None = None,
) -> AsyncIterator[httpx2.ASGITransport]:
    """Run the application's start and end around what is done with it.

    It shows its one-time codes as the demonstration does, whatever the rulebook, unless told not.
    It keeps no page unless told, because a test's steps follow each other faster than people's.
    """
    async with app.router.lifespan_context(app) as held:
        state = {**(held or {}), "shows_code": shows_code, "kept": kept or KeptPages(seconds=0)}
        if rules is not None:
            state["rules"] = rules

        async def with_state(scope: Scope, receive: Receive, send: Send) -> None:
            await app({**scope, "state": dict(state)}, receive, send)

        yield httpx2.ASGITransport(app=with_state)


def browser_of(transport: httpx2.ASGITransport) -> Browser:
    return Browser(httpx2.AsyncClient(transport=transport, base_url=ORIGIN))
