"""Every form x every way in which another site could send it: refused, and nothing happened."""

import pytest

from tests.web.browser import ORIGIN
from tests.web.matrix.asking import path_to
from tests.web.matrix.cast import Caller
from tests.web.matrix.conftest import House
from tests.web.matrix.forms import form_of
from tests.web.matrix.table import MAY

UNGUARDED = {"POST /csp"}
"""What a browser sends by itself; it changes nothing."""
GUARDED = [route for route in sorted(MAY) if route.startswith("POST") and route not in UNGUARDED]
OWN = {"origin": ORIGIN, "sec-fetch-site": "same-origin"}


def forgeries(own: Caller, other: Caller) -> list[tuple[str | None, dict[str, str]]]:
    """The token that is sent, and the headers: each wrong in one way alone."""
    token = own.form_token
    return [
        (None, OWN),
        ("", OWN),
        ("0" * 64, OWN),
        ("不是令牌", OWN),
        (token[:-1], OWN),
        (other.form_token, OWN),
        (token, OWN | {"origin": "https://evil.example"}),
        (token, OWN | {"origin": f"{ORIGIN}.evil.example"}),
        (token, OWN | {"origin": "https://127.0.0.1:8000"}),
        (token, OWN | {"origin": "null"}),
        (token, OWN | {"origin": "http://["}),
        (token, OWN | {"sec-fetch-site": "cross-site"}),
        (token, OWN | {"sec-fetch-site": "same-site"}),
        (token, OWN | {"sec-fetch-site": "none"}),
    ]


@pytest.mark.parametrize("route", GUARDED)
async def test_no_form_is_taken_from_elsewhere(house: House, route: str) -> None:
    await house.changed()
    row = MAY[route]
    caller = house.callers[min(row.who, default="visitor")]
    await caller.enter()
    holes = house.stage.objects.get(row.of, {})
    path = path_to(route, holes)
    form = {
        name: value
        for name, value in form_of(route, holes, house.stage.objects).items()
        if not isinstance(value, bytes)
    }
    for token, headers in forgeries(caller, house.callers["debtor"]):
        data = form if token is None else {**form, "csrf": token}
        answered = await caller.client.post(path, data=data, headers=headers)
        assert answered.status_code == 403, (token, headers)
    plain = OWN | {"content-type": "text/plain"}
    body = f"csrf={caller.form_token}"
    assert (await caller.client.post(path, content=body, headers=plain)).status_code == 403
    assert (await caller.client.post(path, json={}, headers=OWN)).status_code == 403
    assert await house.changed() == set()
