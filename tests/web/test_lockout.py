"""Guessing is slowed down where it comes from, and never locks out whose account it is."""

from collections.abc import Callable
from datetime import timedelta

import httpx2
import pytest

from auction.kernel.clock import FrozenClock
from auction.kernel.settings import Settings
from auction.store.database import Database
from tests.web.browser import Browser, browser_of, serving
from web.app import build_app
from web.attempts import KNOWN_COOKIE, KNOWN_FOR
from workers.demo.cast import resident

VICTIM = {
    "kind": "natural", "name": "林小满", "identity_number": resident(901),
    "username": "linxiaoman", "password": "correct horse battery", "has_agreed": "on",
}  # fmt: skip
STRANGER = {**VICTIM, "name": "陌生人", "identity_number": resident(902), "username": "stranger"}
WRONG = {"username": "linxiaoman", "password": "not the password"}
RIGHT = {"username": "LinXiaoman", "password": VICTIM["password"]}
At = Callable[[str], Browser]


@pytest.fixture
async def at(settings: Settings, database: Database):
    """Makes browsers that reach the site from an address."""
    async with serving(build_app(settings, database)) as transport:

        def browser_at(address: str) -> Browser:
            return browser_of(httpx2.ASGITransport(app=transport.app, client=(address, 40000)))

        yield browser_at


async def signed_up(browser: Browser, who: dict[str, str]) -> Browser:
    assert (await browser.submit("/sign-up", "sign-up", who)).status_code == 303
    assert (await browser.submit("/account", "sign-out", {})).status_code == 303
    return browser


async def guesses(browser: Browser, times: int = 10) -> None:
    for _ in range(times):
        assert (await browser.submit("/sign-in", "sign-in", WRONG)).status_code == 401


async def tries(browser: Browser) -> int:
    return (await browser.submit("/sign-in", "sign-in", RIGHT)).status_code


async def test_a_stranger_is_slowed_down_at_his_own_address(at: At) -> None:
    await signed_up(at("192.0.2.1"), VICTIM)
    await guesses(at("192.0.2.66"))
    assert await tries(at("192.0.2.66")) == 429
    assert await tries(at("192.0.2.2")) == 303


async def test_behind_one_address_the_persons_own_browser_is_not_locked_out(at: At) -> None:
    own = await signed_up(at("192.0.2.1"), VICTIM)
    await guesses(at("192.0.2.1"))
    assert await tries(at("192.0.2.1")) == 429
    assert await tries(own) == 303


async def test_having_signed_in_as_oneself_helps_to_guess_nobody_else(at: At) -> None:
    own = await signed_up(at("192.0.2.1"), VICTIM)
    guessing = await signed_up(at("192.0.2.1"), STRANGER)
    await guesses(guessing)
    assert await tries(guessing) == 429
    assert await tries(own) == 303


async def test_a_made_up_mark_is_no_mark(at: At) -> None:
    await signed_up(at("192.0.2.1"), VICTIM)
    guessing = at("192.0.2.66")
    for number in range(10):
        guessing.client.cookies.set(KNOWN_COOKIE, f"{number:032x}.{'0' * 64}")
        await guesses(guessing, times=1)
    assert await tries(guessing) == 429


async def test_the_own_browser_is_slowed_down_too(at: At) -> None:
    """A stolen device does not guess without end."""
    own = await signed_up(at("192.0.2.1"), VICTIM)
    await guesses(own)
    assert await tries(own) == 429
    assert await tries(at("192.0.2.2")) == 303


async def test_a_flood_of_resets_for_somebody_stops_none_of_his_own(
    at: At, clock: FrozenClock
) -> None:
    own = await signed_up(at("192.0.2.1"), VICTIM)
    asked = {"username": "linxiaoman"}
    for _ in range(10):
        await at("192.0.2.1").submit("/forgotten", "forgotten", asked)
    assert (await at("192.0.2.1").submit("/forgotten", "forgotten", asked)).status_code == 429
    assert (await own.submit("/forgotten", "forgotten", asked)).status_code == 303
    clock.advance(timedelta(minutes=15))
    assert (await at("192.0.2.1").submit("/forgotten", "forgotten", asked)).status_code == 303


async def test_the_mark_lasts_and_names_nobody(at: At) -> None:
    browser = at("192.0.2.1")
    answer = await browser.submit("/sign-up", "sign-up", VICTIM)
    (cookie,) = [c for c in answer.headers.get_list("set-cookie") if c.startswith(KNOWN_COOKIE)]
    assert f"Max-Age={int(KNOWN_FOR.total_seconds())}" in cookie
    assert "HttpOnly" in cookie
    assert "linxiaoman" not in cookie
