"""The short form of `make faults`: three faults at small size, on processes of their own."""

import asyncio

import pytest

from tests.faults.cases import CASES, SHORT, SHORT_NAMES
from tests.faults.course import Case, Outcome, play
from tests.faults.platform import a_platform

CASES_SECONDS_MAX = 150.0
CHOSEN = [case for case in CASES if case.name in SHORT_NAMES]


async def _play_all() -> dict[str, Outcome]:
    async with a_platform() as platform, asyncio.timeout(CASES_SECONDS_MAX):
        return {case.name: await play(platform, case, SHORT) for case in CHOSEN}


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Outcome]:
    """All of them on one platform: starting it takes longer than any of them."""
    return asyncio.run(_play_all())


@pytest.mark.parametrize("case", CHOSEN, ids=[case.name for case in CHOSEN])
def test_every_promise_is_kept(case: Case, outcomes: dict[str, Outcome]) -> None:
    outcome = outcomes[case.name]
    assert {name: why for name, why in outcome.broken.items() if why} == {}


@pytest.mark.parametrize("case", CHOSEN, ids=[case.name for case in CHOSEN])
def test_there_was_something_to_lose(case: Case, outcomes: dict[str, Outcome]) -> None:
    counts = outcomes[case.name].counts
    assert counts["acknowledged"] > 0
    assert counts["accepted"] > 0
