"""Signing in with a second factor, and proving again before money, approvals and openings."""

import json
import re
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pyotp
import pytest
from starlette.routing import Route

from auction.kernel.actor import SYSTEM, Role
from auction.kernel.clock import FrozenClock
from auction.kernel.settings import Settings
from auction.law.rulebook import DEMONSTRATION, LAW
from auction.people.commands import grant_role
from auction.people.queries import person_named
from auction.store.database import Database
from tests.web.browser import Browser, browser_of, forms_of, serving
from tests.web.conftest import NewBrowser
from tests.web.pages.test_finance import PASSWORD, a_member_of_staff
from web.app import build_app
from web.routes import routes
from web.stepup import FRESH
from workers.demo.cast import COURT
from workers.demo.seed import seed

KEY = "密钥</dt><dd>"


@pytest.fixture
async def strict(settings: Settings, database: Database) -> AsyncIterator[Callable[[], Browser]]:
    """Visitors of a site that shows nobody a code: the law's."""
    async with serving(build_app(settings, database), shows_code=False) as transport:
        yield lambda: browser_of(transport)


@pytest.fixture
async def clerk(database: Database) -> dict[str, str]:
    username = await a_member_of_staff(database, Role.FINANCE_CLERK, 1)
    return {"username": username, "password": PASSWORD}


async def enrolled(browser: Browser, who: dict[str, str], clock: FrozenClock) -> pyotp.TOTP:
    """Sign in for the first time: the page that asks for the code sets the generator up."""
    answered = await browser.submit("/sign-in", "sign-in", who)
    assert answered.headers["location"] == "/sign-in/code"
    page = await browser.get("/sign-in/code")
    generator = pyotp.TOTP(page.text.split(KEY)[1].split("<")[0])
    answered = await answers(browser, generator.at(clock.now()))
    assert answered.status_code == 303, answered.text
    return generator


async def answers(browser: Browser, code: str):
    return await browser.submit("/sign-in/code", "sign-in-code", {"one_time_code": code})


class TestSigningInAsStaff:
    async def test_the_password_alone_opens_nothing(
        self, strict: Callable[[], Browser], clerk: dict[str, str]
    ) -> None:
        browser = strict()
        await browser.submit("/sign-in", "sign-in", clerk)
        assert (await browser.get("/finance")).status_code == 303
        assert (await browser.get("/account")).status_code == 303

    async def test_a_code_is_good_once_and_a_key_is_shown_once(
        self, strict: Callable[[], Browser], clerk: dict[str, str], clock: FrozenClock
    ) -> None:
        generator = await enrolled(strict(), clerk, clock)
        again = strict()
        await again.submit("/sign-in", "sign-in", clerk)
        page = await again.get("/sign-in/code")
        assert KEY not in page.text
        replayed = await answers(again, generator.at(clock.now()))
        assert replayed.status_code == 401
        assert 'data-code="signin.code_wrong"' in replayed.text
        clock.advance(timedelta(seconds=30))
        assert (await answers(again, generator.at(clock.now()))).status_code == 303
        assert (await again.get("/finance")).status_code == 200

    async def test_five_wrong_codes_end_the_attempt_and_twenty_slow_the_next(
        self, strict: Callable[[], Browser], clerk: dict[str, str], clock: FrozenClock
    ) -> None:
        generator = await enrolled(strict(), clerk, clock)
        clock.advance(timedelta(seconds=30))
        for _ in range(4):
            guessing = strict()
            await guessing.submit("/sign-in", "sign-in", clerk)
            for _ in range(5):
                assert (await answers(guessing, "000000")).status_code == 401
            ended = await guessing.get("/sign-in/code")
            assert ended.status_code == 401
        refused = await strict().submit("/sign-in", "sign-in", clerk)
        assert refused.status_code == 429
        clock.advance(timedelta(minutes=15))
        later = strict()
        await later.submit("/sign-in", "sign-in", clerk)
        assert (await answers(later, generator.at(clock.now()))).status_code == 303

    async def test_the_law_shows_no_code_and_takes_none_that_would_be_shown(
        self, strict: Callable[[], Browser], clerk: dict[str, str]
    ) -> None:
        browser = strict()
        await browser.submit("/sign-in", "sign-in", clerk)
        assert "shown-code" not in (await browser.get("/sign-in/code")).text

    async def test_a_bidder_is_not_asked_unless_he_wishes(
        self, strict: Callable[[], Browser], database: Database, tmp_path: Path
    ) -> None:
        await seed(database, tmp_path)
        accounts = json.loads((tmp_path / "accounts.json").read_text())
        form = {"username": "bidder1", "password": accounts["bidder1"]["password"]}
        answered = await strict().submit("/sign-in", "sign-in", form)
        assert answered.headers["location"] == "/me"

    async def test_the_demonstration_says_that_it_shows_the_code(
        self, new_browser: NewBrowser, clerk: dict[str, str]
    ) -> None:
        browser = new_browser()
        browser.is_patient = False
        await browser.submit("/sign-in", "sign-in", clerk)
        assert "正式环境绝不如此" in (await browser.get("/sign-in/code")).text


class TestSteppingUp:
    async def test_money_asks_for_a_fresh_proof_and_keeps_what_was_entered(
        self, new_browser: NewBrowser, clerk: dict[str, str], clock: FrozenClock
    ) -> None:
        browser = new_browser()
        await browser.submit("/sign-in", "sign-in", clerk)
        clock.advance(timedelta(minutes=10))
        page = await browser.get("/finance")
        token = forms_of(page.text)["sign-out"][1]["csrf"]
        posted = {"csrf": token, "method": "银行柜台", "_page": "/finance"}
        asked = await browser.client.post("/finance/orders/send", data=posted)
        assert asked.status_code == 401
        action, fields = forms_of(asked.text)["step-up"]
        assert action == "/finance/orders/send"
        assert fields["method"] == "银行柜台"
        wrong = await browser.client.post(action, data={**fields, "one_time_code": "000000"})
        assert 'data-code="signin.code_wrong"' in wrong.text
        done = await browser._proven(wrong)
        assert done.status_code != 401
        again = await browser.client.post("/finance/orders/send", data=posted)
        assert again.status_code != 401

    async def test_every_act_upon_money_approvals_and_openings_asks_before_anything_else(
        self, new_browser: NewBrowser, clerk: dict[str, str], clock: FrozenClock
    ) -> None:
        browser = new_browser()
        await browser.submit("/sign-in", "sign-in", clerk)
        clock.advance(timedelta(minutes=10))
        token = forms_of((await browser.get("/finance")).text)["sign-out"][1]["csrf"]
        for path in sorted(FRESH):
            place = re.sub(r"{\w+}", "018f0000-0000-7000-8000-000000000009", path)
            asked = await browser.client.post(place, data={"csrf": token})
            assert asked.status_code == 401, path
            assert 'data-code="signin.prove_again"' in asked.text, path

    async def test_a_role_granted_meanwhile_waits_for_the_second_factor(
        self, new_browser: NewBrowser, database: Database, tmp_path: Path
    ) -> None:
        await seed(database, tmp_path)
        told = json.loads((tmp_path / "accounts.json").read_text())
        bidder = {"username": "bidder1", "password": told["bidder1"]["password"]}
        browser = new_browser()
        await browser.submit("/sign-in", "sign-in", bidder)
        async with database.unit(SYSTEM) as work:
            found = await person_named(work.session, "bidder1")
            await grant_role(work, found.id, role=Role.FINANCE_CLERK, court_id=COURT)
        assert (await browser.get("/finance")).status_code == 403
        assert (await browser.get("/account")).status_code == 200
        again = new_browser()
        await again.submit("/sign-in", "sign-in", bidder)
        assert (await again.get("/finance")).status_code == 200

    def test_every_path_that_asks_is_served(self) -> None:
        served = {
            route.path
            for route in routes()
            if isinstance(route, Route) and "POST" in (route.methods or set())
        }
        assert served >= FRESH


class TestOneClickPerRole:
    @pytest.fixture
    async def seeded(self, database: Database, settings: Settings) -> Settings:
        await seed(database, settings.luochui_state)
        return settings

    async def test_in_the_demonstration_on_loopback_a_button_is_enough(
        self, seeded: Settings, database: Database
    ) -> None:
        async with serving(build_app(seeded, database), rules=DEMONSTRATION) as transport:
            browser = browser_of(transport)
            assert "/demo" in (await browser.get("/sign-in")).text
            assert (await browser.submit("/demo", "be-officer", {})).status_code == 303
            assert (await browser.get("/court")).status_code == 200

    async def test_never_under_the_law(self, seeded: Settings, database: Database) -> None:
        async with serving(build_app(seeded, database), rules=LAW) as transport:
            await self.is_refused(browser_of(transport))

    @pytest.mark.parametrize(
        "bind",
        [
            {"web_host": "0.0.0.0"},  # noqa: S104
            {"web_origin": "https://auction.example"},
        ],
    )
    async def test_never_beyond_this_machine(
        self, seeded: Settings, database: Database, bind: dict[str, str]
    ) -> None:
        open_to_all = msgspec.structs.replace(seeded, **bind)
        app = build_app(open_to_all, database)
        async with serving(app, rules=DEMONSTRATION) as transport:
            await self.is_refused(browser_of(transport))

    async def is_refused(self, browser: Browser) -> None:
        assert (await browser.get("/demo")).status_code == 404
        page = await browser.get("/sign-in")
        assert 'href="/demo"' not in page.text
        token = forms_of(page.text)["sign-in"][1]["csrf"]
        posted = {"csrf": token, "username": "officer"}
        assert (await browser.client.post("/demo", data=posted)).status_code in {403, 404}
        assert (await browser.get("/court")).status_code == 303
