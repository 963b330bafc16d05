"""The pages that each role reaches by links in the demonstration, in both languages."""

import asyncio
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser

from starlette.routing import Match, Route

from tests.journeys.demonstration import Demonstration
from web.i18n import Locale
from web.routes import routes
from web.views import FOLDER
from workers.demo.browser import Browser

ROLES = (
    "", "officer", "panel1", "supervisor", "clerk", "approver", "registry", "tax", "admin",
    "applicant", "respondent", "bidder1", "bidder5",
)  # fmt: skip
"""One person for each desk; the agency that was drawn is added when it is known."""
AGENCIES = tuple(f"agency{n:02d}" for n in range(1, 13))
LINK = re.compile(r'href="(/[^"#]*)')
SHEET = re.compile(r'data-sheet="([^"]+)"')
FORM_ID = re.compile(r'<form [^>]*\bid="([^"]+)"')
LEFT_ALONE = ("/static/", "/demo/", "/account/present")
SAMPLES = 2
"""So many pages of one route are opened as each role: the second has other data."""
SAMPLES_OF = {"/help/{role}": 20, "/verify/{code}": 1}
PUBLIC_AGAIN = frozenset({"officer", "bidder1"})
"""Who also opens, once more, what a visitor may read; for the others only the frame differs."""
TABLE = [route for route in routes() if isinstance(route, Route)]


@dataclass(frozen=True, slots=True)
class Page:
    """One page as one role met it."""

    role: str
    path: str
    route: str
    sheet: str
    """The template that made it."""
    texts: dict[Locale, str]
    """Its HTML in each language."""

    @property
    def forms(self) -> frozenset[str]:
        """Its forms, without the numbers in their ids."""
        return frozenset(re.sub(r"[0-9a-f-]*\d[0-9a-f-]*$", "", f) for f in self.form_ids)

    @property
    def form_ids(self) -> list[str]:
        return FORM_ID.findall(self.texts[Locale.ZH])


def route_of(path: str) -> str:
    """The route that answers a path, as it is written."""
    asked = {
        "type": "http",
        "method": "GET",
        "path": path.split("?", maxsplit=1)[0],
        "root_path": "",
    }
    for route in TABLE:
        if route.matches({**asked, "headers": []})[0] is Match.FULL:
            return str(route.path)
    return ""


def sheets() -> set[str]:
    """Every template that is a page of its own, not a part of one."""
    folder = FOLDER / "templates"
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*.html")
        if path.read_text().startswith("{% extends") and not path.name.startswith("_")
    }


async def walk(demonstration: Demonstration) -> list[Page]:
    """Open what can be opened, as everybody."""
    journey = demonstration.journey("walk")
    agency = [name for name in AGENCIES if await _is_commissioned(await journey.as_(name))]
    browsers = {name: await journey.as_(name) for name in (*ROLES[1:], *agency[:1])}
    visitor = await _walk("", await journey.visitor(), frozenset())
    public = frozenset(page.route for page in visitor)
    walks = [
        _walk(name, browser, frozenset() if name in PUBLIC_AGAIN else public)
        for name, browser in browsers.items()
    ]
    return [page for found in (visitor, *await asyncio.gather(*walks)) for page in found]


async def _is_commissioned(browser: Browser) -> bool:
    return "/agency/commissions/" in (await browser.get("/agency")).text


async def _walk(role: str, browser: Browser, known: frozenset[str]) -> list[Page]:
    waiting = ["/", *(route.path for route in TABLE if _is_page(route))]
    seen, opened = set(waiting), defaultdict[str, int](int)
    found: list[Page] = []
    for path in waiting:  # grows while it is walked
        route = route_of(path)
        if route in known - {"/"} or opened[route] >= SAMPLES_OF.get(route, SAMPLES):
            continue
        page = await _open(role, browser, path, route)
        if page is None:
            continue
        opened[route] += 1
        found.append(page)
        links = {unescape(link) for link in LINK.findall(page.texts[Locale.ZH])} - seen
        fresh = sorted(link for link in links if not link.startswith(LEFT_ALONE))
        seen.update(fresh)
        waiting += fresh
    return found


def _is_page(route: Route) -> bool:
    return "GET" in (route.methods or set()) and "{" not in route.path


async def _open(role: str, browser: Browser, path: str, route: str) -> Page | None:
    """The page in both languages; nothing when it is a file, or not for this role."""
    texts: dict[Locale, str] = {}
    for locale in (Locale.EN, Locale.ZH):  # the last one stays chosen
        answer = await browser.peek(f"{path}{'&' if '?' in path else '?'}lang={locale}")
        if answer.status != 200 or not (sheet := SHEET.search(answer.text)):
            return None
        texts[locale] = answer.text
    return Page(role, path, route, sheet[1], texts)


class _Words(HTMLParser):
    """The words of a page: each run of text with what it stands in."""

    def __init__(self) -> None:
        super().__init__()
        self.inside: list[tuple[str, dict[str, str]]] = []
        self.found: list[tuple[str, Sequence[tuple[str, dict[str, str]]]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.found += [
            (given[name], (*self.inside, (tag, given)))
            for name in ("aria-label", "placeholder", "alt", "title")
            if given.get(name)
        ]
        if tag not in VOID:
            self.inside.append((tag, given))

    def handle_endtag(self, tag: str) -> None:
        while self.inside and self.inside.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.found.append((" ".join(data.split()), tuple(self.inside)))


VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
NOT_WORDS = {"script", "style", "pre", "code", "textarea", "svg"}


def words_of(html: str, *, but: str) -> Iterator[str]:
    """What a reader reads, without code, hashes, and what is marked to be in the language `but`."""
    reader = _Words()
    reader.feed(html)
    for text, inside in reader.found:
        tags = {tag for tag, _ in inside}
        marks = {attrs.get("lang", "") for tag, attrs in inside if tag != "html"}
        classes = {name for _, attrs in inside for name in attrs.get("class", "").split()}
        if not (tags & NOT_WORDS or but in marks or "mono" in classes):
            yield text
