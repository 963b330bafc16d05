"""The page of the live hall's messages says what the types say, in both languages."""

import ast
import json
from html import unescape
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from auction.kernel.settings import Settings
from tests.web.browser import Browser
from web.i18n import Locale, catalogue
from web.live import protocol
from web.pages.hall.protocol import PARTS, SAID, TICKET_REFUSALS, TOLD, conversation, shown

HALL = Path("web/live")
KINDS = (*SAID, *TOLD, *PARTS)


def words() -> list[str]:
    messages = [shown(kind) for kind in KINDS]
    fields = [field.about for message in messages for field in message.fields]
    tables = [*protocol.FAULTS.values(), *protocol.CLOSES.values()]
    return [*(message.about for message in messages), *fields, *tables]


@pytest.mark.parametrize("locale", list(Locale))
def test_every_message_field_and_code_has_its_words(locale: Locale) -> None:
    assert all(words())
    assert not [text for text in words() if text not in catalogue(locale)]


def test_every_message_is_there() -> None:
    assert set(SAID) == set(get_args(protocol.Said))
    assert set(TOLD) == set(get_args(protocol.Told))


def test_every_message_that_is_told_carries_the_servers_time() -> None:
    assert all("now" in kind.__struct_fields__ for kind in TOLD)


def codes_in(path: Path) -> set[str]:
    """The codes with which a module of the hall makes faults."""
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    named = [
        call for call in calls if ast.unparse(call.func).rpartition(".")[2] in {"Fault", "_fault"}
    ]
    texts = [arg for call in named for arg in call.args if isinstance(arg, ast.Constant)]
    return {text.value for text in texts if isinstance(text.value, str)}


def test_every_fault_that_is_told_is_explained() -> None:
    told = set[str]().union(*(codes_in(path) for path in HALL.glob("*.py")))
    assert {"too_fast", "not_a_bidder", "hello_first"} <= told
    assert told <= set(protocol.FAULTS)


def test_the_example_is_made_of_messages_that_the_types_read() -> None:
    said = msgspec.json.Decoder(protocol.Said)
    told = msgspec.json.Decoder(protocol.Told)
    for is_said, text in conversation():
        message = (said if is_said else told).decode(text)
        assert msgspec.json.encode(message).decode() == text


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_the_page_names_every_field_and_limit(browser: Browser, language: str) -> None:
    page = unescape((await browser.get(f"/hall/protocol?lang={language}")).text)
    for kind in KINDS:
        assert all(f"<code>{name}</code>" in page for name in kind.__struct_fields__), kind
    for number in ("4096", "256 KiB", "50 ", "100 ", "1000 ", "<code>1013</code>"):
        assert number in page
    assert ("A conversation" in page) == (language == "en")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_the_page_says_how_a_program_comes_in_and_how_it_ends(
    browser: Browser, settings: Settings, language: str
) -> None:
    page = unescape((await browser.get(f"/hall/protocol?lang={language}")).text)
    assert f"Origin <code>{settings.web_origin}</code>" in page
    assert f"POST {settings.web_origin}/lots/ID/room/ticket" in page
    assert "Cookie: signin=" in page
    assert all(f"<code>{code}</code>" in page for code in TICKET_REFUSALS)
    for word in (
        "X-CSRF-Token",
        "data-token",
        "from_seq",
        "is_over",
        "passed_in",
        "not_understood",
    ):
        assert word in page


async def test_programs_read_the_schema(browser: Browser) -> None:
    answer = await browser.get("/hall/protocol.json")
    schema = json.loads(answer.text)
    assert schema["v"] == protocol.VERSION
    assert {"Hello", "Bid"} <= set(schema["said"]["$defs"])
    assert answer.headers["content-type"] == "application/json"
