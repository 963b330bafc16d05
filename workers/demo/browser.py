"""A person's browser, as far as the journey needs one: cookies, pages, forms found by their id."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin

import httpx2

REDIRECTS_MAX = 8
SHOWN_CODE = re.compile(r'<output id="shown-code">(\d{6})</output>')
SECONDS_MAX = 30.0

_TROUBLE = re.compile(r'id="trouble" data-code="([^"]*)">(.*?)</div>', re.DOTALL)

Fields = Mapping[str, str | list[str]]
Upload = tuple[str, bytes, str]
"""File name, content, type."""


class PageError(Exception):
    """A page did not do what a person would expect; the sentence says which and what it said."""


@dataclass(slots=True)
class Form:
    """A form of a page with the values that it would send untouched."""

    id: str
    action: str
    method: str
    values: dict[str, list[str]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Page:
    """What came back, and what a person could fill in there."""

    path: str
    status: int
    text: str
    content: bytes
    forms: Mapping[str, Form]
    said: str
    """The text that a person reads, without markup."""


class _Reader(HTMLParser):
    """Collects forms and readable text from a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: dict[str, Form] = {}
        self.words: list[str] = []
        self._form: Form | None = None
        self._select: str | None = None
        self._textarea: str | None = None
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note forms and their controls."""
        told = {name: value or "" for name, value in attrs}
        if tag in {"script", "style"}:
            self._hidden += 1
        elif tag == "form":
            self._form = Form(told.get("id", ""), told.get("action", ""), told.get("method", "get"))
            self.forms[self._form.id] = self._form
        elif self._form is not None:
            self._control(self._form, tag, told, {name for name, _ in attrs})

    def _control(self, form: Form, tag: str, told: dict[str, str], given: set[str]) -> None:
        name = told.get("name", "")
        if tag in {"input", "select", "textarea", "button"} and name and "disabled" not in given:
            form.names.add(name)
        if tag == "input" and name:
            kind = told.get("type", "text")
            is_ticked = kind not in {"checkbox", "radio"} or "checked" in given
            if is_ticked and kind not in {"submit", "file", "image", "button"}:
                form.values.setdefault(name, []).append(told.get("value", ""))
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in given:
            form.values[self._select] = [told.get("value", "")]
        elif tag == "textarea":
            self._textarea = name
            form.values[name] = [""]

    def handle_endtag(self, tag: str) -> None:
        """Leave forms and controls."""
        if tag in {"script", "style"}:
            self._hidden -= 1
        elif tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._textarea = None

    def handle_data(self, data: str) -> None:
        """Keep what a person would read."""
        if self._textarea is not None and self._form is not None:
            self._form.values[self._textarea][0] += data
        elif not self._hidden and data.strip():
            self.words.append(data.strip())


class Browser:
    """One person at one browser."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self._http = httpx2.AsyncClient(
            base_url=origin, timeout=SECONDS_MAX, headers={"Accept-Language": "zh-CN"}
        )

    async def get(self, path: str, *, expect: int = 200) -> Page:
        """Open a page, following redirects; raise PageError on another status."""
        return await self._read(await self._http.get(path, follow_redirects=True), expect)

    async def peek(self, path: str) -> Page:
        """Open a page without going where it leads, whatever it answers."""
        answer = await self._http.get(path)
        return await self._read(answer, answer.status_code)

    async def submit(
        self,
        path: str,
        form_id: str,
        fields: Fields | None = None,
        *,
        files: Mapping[str, Upload] | None = None,
        expect: int = 200,
    ) -> Page:
        """Open a page, fill in one of its forms, send it, and return where that leads."""
        return await self.fill(
            await self.get(path), form_id, fields or {}, files=files, expect=expect
        )

    async def fill(
        self,
        page: Page,
        form_id: str,
        fields: Fields,
        *,
        files: Mapping[str, Upload] | None = None,
        expect: int = 200,
    ) -> Page:
        """The same on a page that is open already."""
        form = page.forms.get(form_id)
        if form is None:
            found = ", ".join(sorted(page.forms)) or "none"
            said = f"{page.path} has no form {form_id!r} (there are: {found}): {excerpt(page)}"
            raise PageError(said)
        filled = _fill(page.path, form, fields, set(files or {}))
        return await self._send(page, form, filled, files, expect)

    async def ask(self, path: str, token: str, *, expect: int = 200) -> Page:
        """Post without a form, as a script of a page does with the page's token."""
        answer = await self._http.post(
            path,
            headers={
                "Origin": self.origin,
                "Sec-Fetch-Site": "same-origin",
                "X-CSRF-Token": token,
            },
        )
        return await self._read(answer, expect)

    async def _send(
        self,
        page: Page,
        form: Form,
        filled: dict[str, list[str]],
        files: Mapping[str, Upload] | None,
        expect: int,
    ) -> Page:
        target = urljoin(page.path, form.action) if form.action else page.path
        if form.method.lower() == "get":
            answer = await self._http.get(target, params=filled, follow_redirects=True)
        else:
            answer = await self._http.post(
                target,
                data=filled,
                files=dict(files) if files else None,
                headers={"Origin": self.origin, "Sec-Fetch-Site": "same-origin"},
                follow_redirects=True,
            )
        return await self._read(await self._proven(answer), expect)

    async def _proven(self, answer: httpx2.Response) -> httpx2.Response:
        """Enter the one-time code that the demonstration shows, as a person would."""
        shown = SHOWN_CODE.search(answer.text)
        if shown is None:
            return answer
        reader = _Reader()
        reader.feed(answer.text)
        form = reader.forms.get("sign-in-code") or reader.forms["step-up"]
        return await self._http.post(
            urljoin(answer.url.raw_path.decode(), form.action),
            data={**form.values, "one_time_code": [shown[1]]},
            headers={"Origin": self.origin, "Sec-Fetch-Site": "same-origin"},
            follow_redirects=True,
        )

    async def _read(self, answer: httpx2.Response, expect: int) -> Page:
        is_text = "text" in answer.headers.get("content-type", "")
        reader = _Reader()
        if is_text:
            reader.feed(answer.text)
        page = Page(
            path=answer.url.raw_path.decode(),
            status=answer.status_code,
            text=answer.text if is_text else "",
            content=answer.content,
            forms=reader.forms,
            said=" ".join(reader.words),
        )
        if page.status != expect:
            asked = f"{answer.request.method} {page.path}"
            raise PageError(f"{asked} answered {page.status}, not {expect}: {excerpt(page)}")
        return page

    @property
    def cookies(self) -> str:
        """The Cookie header that this browser would send."""
        return "; ".join(f"{name}={value}" for name, value in self._http.cookies.items())

    async def close(self) -> None:
        """Close the browser."""
        await self._http.aclose()


def excerpt(page: Page, most: int = 600) -> str:
    """What the page says, cut to a readable length; of a refusal, its code and its sentence."""
    trouble = _TROUBLE.search(page.text)
    if trouble is not None:
        return " ".join(f"{trouble.group(1)} {trouble.group(2)}".split())[:most]
    return page.said[:most]


def _fill(path: str, form: Form, fields: Fields, uploads: set[str]) -> dict[str, list[str]]:
    unknown = (set(fields) | uploads) - form.names
    if unknown:
        raise PageError(
            f"form {form.id!r} of {path} has no field {', '.join(sorted(unknown))}"
            f" (there are: {', '.join(sorted(form.names))})"
        )
    filled = {name: list(values) for name, values in form.values.items()}
    for name, value in fields.items():
        filled[name] = value if isinstance(value, list) else [value]
    return filled


def read_file(path: Path, kind: str) -> Upload:
    """A file of the disk as an upload."""
    return path.name, path.read_bytes(), kind
