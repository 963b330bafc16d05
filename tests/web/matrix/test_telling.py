"""What requests leave in the log: lines of JSON under one id each, and nothing that was sent."""

import json
import logging
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from auction.kernel.logs import JsonLines
from tests.web.browser import ORIGIN
from tests.web.matrix.asking import path_to
from tests.web.matrix.conftest import House
from tests.web.matrix.forms import form_of
from tests.web.matrix.table import MAY

CANARY = "甄有信990101199003070014canary@example.org"
FORGED = f'{CANARY}\r\n{{"level": "forged"}}'
OF_THE_CLIENT = ("httpx2", "httpcore2", "httpx", "httpcore", "hypothesis", "asyncio")
"""The tests' own browser says which addresses it asks; no process of ours loads it."""


@pytest.fixture
def written() -> Iterator[list[str]]:
    """Each line as a process would write it, from every logger at every level from INFO on."""
    lines: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if not record.name.startswith(OF_THE_CLIENT):
                lines.append(JsonLines("web").format(record))

    handler, root = Kept(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield lines
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.mark.parametrize("route", sorted(MAY))
async def test_nothing_that_was_sent_is_told(house: House, route: str, written: list[str]) -> None:
    row = MAY[route]
    caller = house.callers[min(row.who, default="visitor")]
    await caller.enter()
    written.clear()
    holes = house.stage.objects.get(row.of, {})
    query = f"?q={quote(FORGED)}&next={quote(FORGED)}"
    headers = {"user-agent": quote(CANARY), "referer": f"{ORIGIN}/?{quote(CANARY)}"}
    if route.startswith("GET"):
        asked = [await caller.client.get(path_to(route, holes) + query, headers=headers)]
        asked.append(
            await caller.client.get(path_to(route, dict.fromkeys(holes, quote(FORGED, safe=""))))
        )
    else:
        known = form_of(route, holes, house.stage.objects)
        asked = []
        for name in ["", *(name for name, text in known.items() if isinstance(text, str))]:
            form = {key: text for key, text in known.items() if isinstance(text, str)}
            if name:
                form[name] = FORGED
            asked.append(
                await caller.client.post(
                    path_to(route, holes) + query,
                    data={**form, "csrf": caller.form_token},
                    headers={"origin": ORIGIN, **headers},
                )
            )
    told = [json.loads(line) for line in written]
    ids = {one.headers["x-correlation-id"] for one in asked}
    assert {line["correlation"] for line in told} <= ids
    for line in written:
        assert "\n" not in line
        assert "forged" not in line
        for part in ("甄有信", "990101199003070014", "canary", quote("甄有信"), caller.secret):
            assert part not in line, line
        for text in holes.values():
            assert text == "bidder" or text not in json.loads(line)["message"], line
