import re
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

import msgspec
import pytest
from starlette.requests import Request
from starlette.types import Message

from auction.kernel.money import Money
from web.forms import FormErrors, form_file, read_form

PAGES = Path(__file__).resolve().parents[2] / "web" / "pages"


class Colour(StrEnum):
    RED = "red"


class Everything(msgspec.Struct, frozen=True):
    name: Annotated[str, msgspec.Meta(min_length=2, max_length=5)]
    count: Annotated[int, msgspec.Meta(ge=1, le=90)]
    price: Money
    on: date
    at: datetime
    colour: Colour
    who: UUID
    is_sure: bool = False
    note: str = "none"
    rest: Money | None = None
    parts: list[Money] = []
    odd: list[Money | None] = []


GOOD = {
    "name": " 林小满 ",
    "count": "3",
    "price": "1,234.5",
    "on": "2026-03-02",
    "at": "2026-03-02T10:00",
    "colour": "red",
    "who": "01920000-0000-7000-8000-000000000000",
}


def posted(fields: list[tuple[str, str]]) -> Request:
    body = urlencode(fields).encode()

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [(b"content-type", b"application/x-www-form-urlencoded")]
    return Request({"type": "http", "method": "POST", "headers": headers, "path": "/"}, receive)


async def errors_of(**change: str) -> dict[str, str]:
    with pytest.raises(FormErrors) as wrong:
        await read_form(posted(list({**GOOD, **change}.items())), Everything)
    return wrong.value.errors


class TestReading:
    async def test_every_kind_of_field_is_read(self) -> None:
        more = [("is_sure", "on"), ("parts", "1"), ("parts", "2.50"), ("odd", ""), ("odd", "3")]
        read = await read_form(posted([*GOOD.items(), *more]), Everything)
        assert (read.name, read.count, read.price) == ("林小满", 3, Money(123450))
        assert read.at.astimezone(UTC) == datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
        assert (read.on, read.colour, read.is_sure) == (date(2026, 3, 2), Colour.RED, True)
        assert read.parts == [Money(100), Money(250)]
        assert read.odd == [None, Money(300)]

    async def test_what_is_left_out_has_its_default(self) -> None:
        read = await read_form(posted(list(GOOD.items())), Everything)
        assert (read.is_sure, read.note, read.rest, read.parts) == (False, "none", None, [])

    async def test_all_that_is_wrong_is_told_at_once(self) -> None:
        with pytest.raises(FormErrors) as wrong:
            await read_form(posted([]), Everything)
        needed = {"name", "count", "price", "on", "at", "colour", "who"}
        assert wrong.value.errors == dict.fromkeys(needed, "form.required")

    @pytest.mark.parametrize(
        ("field", "text", "code"),
        [
            ("name", "林", "form.too_short"),
            ("name", "林小满林小满", "form.too_long"),
            ("count", "3.5", "form.not_a_number"),
            ("count", "0", "form.too_small"),
            ("count", "91", "form.too_large_number"),
            ("price", "-1", "form.not_an_amount"),
            ("price", "1.005", "form.not_an_amount"),
            ("price", "1e9", "form.not_an_amount"),
            ("on", "2026-02-30", "form.not_a_date"),
            ("at", "tomorrow", "form.not_a_date"),
            ("colour", "green", "form.not_offered"),
            ("who", "nobody", "form.not_offered"),
            ("rest", "much", "form.not_an_amount"),
        ],
    )
    async def test_each_wrong_field_has_its_code(self, field: str, text: str, code: str) -> None:
        assert await errors_of(**{field: text}) == {field: code}

    async def test_a_length_that_is_wrong_is_told_with_its_limit(self) -> None:
        for name, text, limit in (
            ("name", "林", {"least": 2}),
            ("name", "林小满林小满", {"most": 5}),
            ("count", "0", {"least": 1}),
            ("count", "91", {"most": 90}),
        ):
            with pytest.raises(FormErrors) as wrong:
                await read_form(posted(list({**GOOD, name: text}.items())), Everything)
            assert wrong.value.limits == {name: limit}

    async def test_a_text_where_a_file_belongs_is_no_file(self) -> None:
        with pytest.raises(FormErrors):
            await form_file(posted([("report", "x")]), "report")


def test_only_the_page_that_compares_reads_an_upload_without_judging_it() -> None:
    unjudged = re.compile(r"\bform_files?\(")
    found = {path.name for path in PAGES.rglob("*.py") if unjudged.search(path.read_text())}
    assert found == {"verify.py"}  # it takes a digest and opens only our own papers
