"""How a route is asked about an object of the stage, or about one that is not there."""

import re

import httpx2

from tests.web.matrix.cast import Caller
from tests.web.matrix.conftest import House
from tests.web.matrix.forms import form_of
from tests.web.matrix.table import ABSENT, MAY
from tests.web.test_routes import table

NOBODY = "01920000-0000-7000-8000-00000000dead"
_HOLE = re.compile(r"\{(\w+)\}")


def served() -> set[str]:
    """Every method and path that the application answers."""
    return {
        f"{method} {route.path}"
        for route in table()
        for method in (route.methods or set()) - {"HEAD"}
    }


def path_to(route: str, holes: dict[str, str]) -> str:
    return _HOLE.sub(lambda hole: holes.get(hole[1], NOBODY), route.split(" ")[1])


async def ask(house: House, caller: Caller, route: str, *, is_there: bool) -> httpx2.Response:
    """Send what the route takes about its object of the stage, or about none."""
    of = MAY[route].of
    holes = house.stage.objects.get(of, {}) if is_there else {}
    path = path_to(route, holes)
    if "seal" in holes:
        path += f"?seal={holes['seal']}"
    if route.startswith("GET"):
        return await caller.get(path)
    return await caller.post(path, form_of(route, holes, house.stage.objects))


def ways(route: str) -> tuple[bool, ...]:
    """About an object that is there, and about none; a path without holes has no object."""
    of = MAY[route].of
    return (False,) if of == ABSENT else (True, False) if of else (True,)
