"""Every route x everybody x an object that is there and one that is not: the table and no more."""

import asyncio

import pytest

from tests.web.matrix.asking import ask, served, ways
from tests.web.matrix.conftest import House
from tests.web.matrix.table import ABSENT, ANYBODY, COURT, MAY, SIGNED_IN


def test_every_route_has_its_row() -> None:
    assert set(MAY) == served()


@pytest.mark.parametrize("route", [route for route in sorted(MAY) if MAY[route].who != ANYBODY])
class TestWhoeverIsNotNamed:
    async def test_is_refused_without_a_trace_and_learns_nothing(
        self, house: House, route: str
    ) -> None:
        others = [name for name in house.callers if name not in MAY[route].who]
        for name, got in zip(
            others,
            await asyncio.gather(*(noes(house, name, route) for name in others)),
            strict=True,
        ):
            assert set(got) <= refusals(name, route), f"{name}: {got}"
            may_tell = name in COURT or MAY[route].is_known
            assert may_tell or len(set(got)) == 1, f"{name} can tell whether it is there: {got}"
        assert await house.changed() == set()


async def noes(house: House, name: str, route: str) -> list[tuple[int, str]]:
    """What somebody is answered about what is there, and about what is not."""
    answers = [
        await ask(house, house.callers[name], route, is_there=is_there) for is_there in ways(route)
    ]
    return [(one.status_code, one.headers.get("location", "").partition("?")[0]) for one in answers]


OPEN_TO_SOME = {"GET /notices/{id}/paper"}
"""What visitors may read in part: a paper that the law does not publish is not there for them."""


def refusals(name: str, route: str) -> set[tuple[int, str]]:
    """What a no looks like."""
    if name != "visitor":
        return {(403, ""), (404, "")}
    if MAY[route].of == ABSENT or route in OPEN_TO_SOME:
        return {(404, "")}
    return {(303, "/sign-in")} if route.startswith("GET") else {(401, "")}


A_FEW = ("visitor", "stranger", "officer")
"""Of everybody, where everybody who is signed in may."""
WRONG = ("signin.wrong", "signin.code_wrong", "signin.begin_again", "signin.try_later")
"""What who may try is told: 401 for what was typed, not for who asks."""


@pytest.mark.parametrize("route", sorted(MAY))
class TestWhoeverIsNamed:
    async def test_may(self, house: House, route: str) -> None:
        who = sorted(MAY[route].who)
        if MAY[route].who >= SIGNED_IN:
            who = [name for name in A_FEW if name in who]
        for name in who:
            await house.callers[name].enter()
            for is_there in ways(route):
                answered = await ask(house, house.callers[name], route, is_there=is_there)
                status = answered.status_code
                if is_there:
                    is_typed = status == 401 and any(f'"{code}"' in answered.text for code in WRONG)
                    assert status < 500, name
                    assert is_typed or status not in {401, 403, 404}, f"{name}: {status}"
                else:
                    assert 400 <= status < 500, f"{name}, what is not there: {status}"
        if route.startswith("GET"):
            assert await house.changed() == set()
