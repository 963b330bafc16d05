"""Whatever is put into paths, queries and forms: a no in words, and never a fault of ours."""

import string
from collections.abc import Iterable
from urllib.parse import quote, urlencode

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.web.browser import ORIGIN
from tests.web.matrix.asking import path_to
from tests.web.matrix.cast import Caller
from tests.web.matrix.conftest import House
from tests.web.matrix.forms import form_of
from tests.web.matrix.table import MAY

ODD = (
    "", " ", "0", "-1", "1e400", "9" * 400, "\x00", "a\x00b", "\x1b[31m", "\r\nSet-Cookie: a=b",
    "../../etc/passwd", "%2e%2e%2f", "'; DROP TABLE cases; --", "{{ 7*7 }}", "<script>", "NaN",
    "\ud7ff\U0010ffff", "張\u202e三", "00000000-0000-0000-0000-000000000000", "١٢٣", "²", "٣٫٥",
    "2026-02-30", "0001-01-01", "9999-12-31", "9999-12-31T23:59:59", "0001-01-01T00:00:00+14:00",
    "true", "null", "[]", "x" * 5000, "-0.01", "1.234", "1_000", "９９", "infinity", "-1e-9",
)  # fmt: skip
VALUES = st.one_of(
    st.sampled_from(ODD),
    st.text(max_size=40),
    st.integers(min_value=-(2**70), max_value=2**70).map(str),
    st.uuids().map(str),
)
NASTY = (
    "http://[",    "a\x00b", "9" * 400, "0001-01-01T00:00:00+14:00", "x" * 3000, "\ud800",
)  # fmt: skip
"""What each field, query and path was once seen to stumble over somewhere."""
ASKED = ("q", "min", "max", "stage", "kind", "round", "lang", "next", "state", "fen", "court",
         "name", "seal", "outbox")  # fmt: skip
"""Every name that some page reads from its query."""
NAMES = st.one_of(
    st.sampled_from(ASKED),
    st.text(string.ascii_lowercase + "_-[]", min_size=1, max_size=12),
)
PAIRS = st.lists(st.tuples(NAMES, VALUES), max_size=6)


def encoded(pairs: list[tuple[str, str]]) -> str:
    return urlencode(pairs, errors="surrogatepass")


@pytest.mark.parametrize(
    "path",
    ["/healthz?q=%00", "/healthzzz", "/static/none.css", "/static/%00", "/static/../x", "//"],
)
async def test_what_is_not_there_is_not_found_even_where_nobody_is_looked_up(
    house: House, path: str
) -> None:
    asked = await house.callers["visitor"].get(path)
    assert asked.status_code in {200, 404, 422}


class TestWhateverIsTyped:
    @pytest.mark.parametrize("route", sorted(MAY))
    @given(data=st.data())
    @settings(max_examples=3, deadline=None, derandomize=True, database=None)
    async def test_is_no_fault_of_ours(self, house: House, route: str, data: st.DataObject) -> None:
        row = MAY[route]
        caller = house.callers[data.draw(st.sampled_from(sorted(row.who or {"visitor"})))]
        holes = house.stage.objects.get(row.of, {})
        path = f"{path_to(route, holes)}?{encoded(data.draw(PAIRS))}"
        pairs = [("csrf", data.draw(VALUES)), *data.draw(PAIRS)]
        for name in form_of(route, holes, house.stage.objects):
            pairs += [(name, data.draw(VALUES)) for _ in range(data.draw(st.integers(0, 3)))]
        check(await send(caller, route, path, pairs))

    @pytest.mark.parametrize("route", sorted(MAY))
    async def test_in_any_one_place_is_no_fault_of_ours(self, house: House, route: str) -> None:
        row = MAY[route]
        caller = house.callers[min(row.who, default="visitor")]
        holes = house.stage.objects.get(row.of, {})
        known = form_of(route, holes, house.stage.objects)
        fields = {name: text for name, text in known.items() if isinstance(text, str)}
        for odd in NASTY:
            in_path = dict.fromkeys(holes, quote(odd, safe="", errors="surrogatepass"))
            in_query = f"{path_to(route, holes)}?{encoded([(name, odd) for name in ASKED])}"
            check(await send(caller, route, path_to(route, in_path), fields.items()))
            check(await send(caller, route, in_query, fields.items()))
            for name in (*fields, "_page", "_form"):
                pairs = (fields | {name: odd}).items()
                check(await send(caller, route, path_to(route, holes), pairs))


async def send(
    caller: Caller, route: str, path: str, pairs: Iterable[tuple[str, str]]
) -> httpx2.Response:
    """Ask a page, or send a form with these fields in this order."""
    await caller.enter()
    if route.startswith("GET"):
        return await caller.get(path)
    headers = {"origin": ORIGIN, "content-type": "application/x-www-form-urlencoded"}
    body = encoded([("csrf", caller.form_token), *pairs])
    return await caller.client.post(path, content=body, headers=headers)


def check(answered: httpx2.Response) -> None:
    # 503: the hall's home or a keeper of keys is not there in this suite
    assert answered.status_code < 500 or answered.status_code == 503, answered.text[:200]
    assert "Traceback" not in answered.text
