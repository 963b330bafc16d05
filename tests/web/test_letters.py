"""A mail address confirmed and a password reset by letters that the worker wrote to files."""

import email
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from email import policy as email_policy

import pyotp
import pytest
from sqlalchemy import select, text

from auction.kernel.actor import SYSTEM, Role
from auction.kernel.clock import FrozenClock
from auction.kernel.settings import Settings
from auction.people.mailing import Letter
from auction.store.database import Database
from tests.web.browser import Browser, browser_of, serving
from tests.web.pages.test_finance import PASSWORD, a_member_of_staff
from tests.web.test_second_factor import answers, enrolled
from web.app import build_app
from workers.upkeep.mail import send_letter
from workers.wiring import build_context, close_context

NEW = "another long sentence"


@pytest.fixture
async def visitors(settings: Settings, database: Database) -> AsyncIterator[Callable[[], Browser]]:
    async with serving(build_app(settings, database), shows_code=False) as transport:
        yield lambda: browser_of(transport)


@pytest.fixture
async def clerk(database: Database) -> dict[str, str]:
    username = await a_member_of_staff(database, Role.FINANCE_CLERK, 1)
    return {"username": username, "password": PASSWORD}


async def link_of_the_last(database: Database, settings: Settings) -> str:
    """Have the worker write what waits, and read the last letter's link."""
    context = build_context(settings, database.clock)
    async with database.reading() as session:
        waiting = (
            await session.scalars(
                select(Letter).where(Letter.sent_at.is_(None)).order_by(Letter.made_at)
            )
        ).all()
    for letter in waiting:
        async with database.unit(SYSTEM) as work:
            await send_letter(context, work, letter_id=str(letter.id))
    await close_context(context)
    place = settings.mail_path / f"{waiting[-1].id}.eml"
    told = email.message_from_bytes(place.read_bytes(), policy=email_policy.default)
    body = told.get_content()
    return body[body.index("http") :].split()[0].removeprefix(settings.web_origin)


async def confirmed(
    browser: Browser, database: Database, settings: Settings, address: str = "qian@example.org"
) -> None:
    given = await browser.submit("/account/mail", "give-mail", {"address": address})
    assert given.status_code == 303, given.text
    link = await link_of_the_last(database, settings)
    assert (await browser.submit(link, "confirm-mail", {})).status_code == 303


class TestResetting:
    async def test_a_reset_signs_nobody_in_and_leaves_the_second_factor(
        self,
        visitors: Callable[[], Browser],
        clerk: dict[str, str],
        clock: FrozenClock,
        database: Database,
        settings: Settings,
    ) -> None:
        browser = visitors()
        generator: pyotp.TOTP = await enrolled(browser, clerk, clock)
        await confirmed(browser, database, settings)
        stranger = visitors()
        asked = await stranger.submit("/forgotten", "forgotten", {"username": clerk["username"]})
        assert asked.headers["location"] == "/sign-in"
        link = await link_of_the_last(database, settings)
        reset = await stranger.submit(link, "reset", {"password": NEW})
        assert reset.headers["location"] == "/sign-in"
        assert (await browser.get("/account")).status_code == 303  # every device is signed out
        assert (await stranger.get("/account")).status_code == 303
        old = await stranger.submit("/sign-in", "sign-in", clerk)
        assert old.status_code == 401
        new = await stranger.submit("/sign-in", "sign-in", {**clerk, "password": NEW})
        assert new.headers["location"].startswith("/sign-in/code")
        page = await stranger.get("/sign-in/code")
        assert "密钥</dt>" not in page.text
        clock.advance(timedelta(seconds=30))
        assert (await answers(stranger, generator.at(clock.now()))).status_code == 303
        assert (await stranger.get(link)).status_code == 422  # good once

    async def test_a_link_ends_after_half_an_hour_and_is_nowhere_in_the_database(
        self,
        visitors: Callable[[], Browser],
        clerk: dict[str, str],
        clock: FrozenClock,
        database: Database,
        settings: Settings,
    ) -> None:
        browser = visitors()
        await enrolled(browser, clerk, clock)
        await confirmed(browser, database, settings)
        await browser.submit("/forgotten", "forgotten", {"username": clerk["username"]})
        link = await link_of_the_last(database, settings)
        secret = link.rsplit("/", 1)[1]
        async with database.reading() as session:
            for table in ("challenge", "letter", "outbox", "journal"):
                rows = await session.scalars(text(f"SELECT t::text FROM {table} t"))
                assert all(secret not in row for row in rows)
        clock.advance(timedelta(minutes=30))
        assert (await visitors().get(link)).status_code == 422

    async def test_who_asks_learns_nothing_and_an_unconfirmed_address_gets_nothing(
        self,
        visitors: Callable[[], Browser],
        clerk: dict[str, str],
        clock: FrozenClock,
        database: Database,
    ) -> None:
        browser = visitors()
        await enrolled(browser, clerk, clock)
        await browser.submit("/account/mail", "give-mail", {"address": "qian@example.org"})
        told = [
            await visitors().submit("/forgotten", "forgotten", {"username": name})
            for name in (clerk["username"], "nobody")
        ]
        assert told[0].headers["location"] == told[1].headers["location"]
        async with database.reading() as session:
            kinds = set(await session.scalars(select(Letter.kind)))
        assert {kind.value for kind in kinds} == {"confirm_mail"}

    @pytest.mark.parametrize(
        "address", ["", "a", "a@b", "a b@example.org", "a@example.org\nBcc: x"]
    )
    async def test_what_is_no_address_is_refused(
        self,
        visitors: Callable[[], Browser],
        clerk: dict[str, str],
        clock: FrozenClock,
        address: str,
    ) -> None:
        browser = visitors()
        await enrolled(browser, clerk, clock)
        given = await browser.submit("/account/mail", "give-mail", {"address": address})
        assert given.status_code == 422
