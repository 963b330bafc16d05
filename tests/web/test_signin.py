import re
from datetime import timedelta

import pytest

from auction.kernel.actor import Role
from auction.kernel.clock import FrozenClock
from auction.store.database import Database
from tests.web.browser import ORIGIN, Browser, forms_of
from tests.web.conftest import NewBrowser
from tests.web.pages.test_finance import a_member_of_staff, signs_in
from web.i18n import Locale, sentence

ALICE = {
    "name": "林小满",
    "identity_number": "990101199003070015",
    "username": "linxiaoman",
    "password": "a long enough sentence",
    "has_agreed": "on",
}


async def sign_up(browser: Browser, **other: str) -> None:
    answered = await browser.submit("/sign-up", "sign-up", {**ALICE, **other})
    assert answered.status_code == 303, answered.text


class TestSigningIn:
    async def test_a_new_person_is_signed_in_and_shown_by_name(self, browser: Browser) -> None:
        await sign_up(browser)
        page = await browser.get("/account")
        assert page.status_code == 200
        assert "林小满" in page.text
        assert "990***********0015" in page.text
        assert "990101199003070015" not in page.text

    async def test_every_way_to_be_wrong_reads_the_same(self, browser: Browser) -> None:
        await sign_up(browser)
        await browser.submit("/account", "sign-out", {})
        said = [
            await browser.submit("/sign-in", "sign-in", {"username": name, "password": word})
            for name, word in [("linxiaoman", "not the password"), ("nobody", "anything at all")]
        ]
        assert [answer.status_code for answer in said] == [401, 401]
        assert all('data-code="signin.wrong"' in answer.text for answer in said)

    async def test_guessing_is_slowed_down_and_ends_by_waiting(
        self, browser: Browser, clock: FrozenClock
    ) -> None:
        await sign_up(browser)
        await browser.submit("/account", "sign-out", {})
        wrong = {"username": "linxiaoman", "password": "not the password"}
        right = {"username": "Linxiaoman", "password": ALICE["password"]}
        for _ in range(10):
            assert (await browser.submit("/sign-in", "sign-in", wrong)).status_code == 401
        assert (await browser.submit("/sign-in", "sign-in", right)).status_code == 429
        clock.advance(timedelta(minutes=15))
        assert (await browser.submit("/sign-in", "sign-in", right)).status_code == 303

    async def test_the_cookie_is_for_this_site_and_not_for_scripts(self, browser: Browser) -> None:
        answered = await browser.submit("/sign-up", "sign-up", ALICE)
        cookie = next(c for c in answered.headers.get_list("set-cookie") if "signin=" in c).lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert "path=/" in cookie

    async def test_an_idle_sign_in_ends(self, browser: Browser, clock: FrozenClock) -> None:
        await sign_up(browser)
        clock.advance(timedelta(minutes=29))
        assert (await browser.get("/account")).status_code == 200
        clock.advance(timedelta(minutes=29))
        assert (await browser.get("/account")).status_code == 200
        clock.advance(timedelta(minutes=31))
        assert (await browser.get("/account")).status_code == 303

    async def test_no_sign_in_outlives_half_a_day(
        self, browser: Browser, clock: FrozenClock
    ) -> None:
        await sign_up(browser)
        for _ in range(30):
            clock.advance(timedelta(minutes=25))
            page = await browser.get("/account")
        assert page.status_code == 303

    async def test_another_device_can_be_signed_out(self, new_browser: NewBrowser) -> None:
        here, there = new_browser(), new_browser()
        await sign_up(here)
        again = {"username": "linxiaoman", "password": ALICE["password"]}
        assert (await there.submit("/sign-in", "sign-in", again)).status_code == 303
        page = await here.get("/account")
        other = next(name for name in forms_of(page.text) if name.startswith("end-"))
        assert (await here.submit("/account", other, {})).status_code == 303
        assert (await there.get("/account")).status_code == 303
        assert (await here.get("/account")).status_code == 200

    @pytest.mark.parametrize("place", ["//evil.example", "https://evil.example", "/\\evil.example"])
    async def test_nobody_is_sent_to_another_site(self, browser: Browser, place: str) -> None:
        await sign_up(browser)
        await browser.submit("/account", "sign-out", {})
        form = {"username": "linxiaoman", "password": ALICE["password"], "next": place}
        answered = await browser.submit("/sign-in", "sign-in", form)
        assert answered.headers["location"] == "/me"

    async def test_whoever_signs_up_on_the_way_comes_back_to_where_he_was(
        self, browser: Browser
    ) -> None:
        asked = await browser.get("/me?a=1")
        page = await browser.get(asked.headers["location"])
        (way,) = set(re.findall(r'href="(/sign-up\?next=[^"]+)"', page.text))
        answered = await browser.submit(way, "sign-up", ALICE)
        assert answered.headers["location"] == "/me?a=1"

    async def test_signing_up_leads_to_no_other_site(self, browser: Browser) -> None:
        answered = await browser.submit(
            "/sign-up?next=//evil.example", "sign-up", {**ALICE, "next": "//evil.example"}
        )
        assert answered.headers["location"] == "/account"


class TestForms:
    @pytest.mark.parametrize(
        "headers",
        [
            {"origin": "https://evil.example"},
            {"origin": "null"},
            {"sec_fetch_site": "cross-site"},
            {"sec_fetch_site": "same-site"},
        ],
    )
    async def test_a_form_from_elsewhere_is_refused(
        self, browser: Browser, headers: dict[str, str]
    ) -> None:
        answered = await browser.submit("/sign-up", "sign-up", ALICE, **headers)
        assert answered.status_code == 403
        assert 'data-code="form.forged"' in answered.text

    async def test_a_form_without_the_token_is_refused(self, browser: Browser) -> None:
        answered = await browser.submit("/sign-up", "sign-up", {**ALICE, "csrf": ""})
        assert answered.status_code == 403

    async def test_the_token_of_another_visitor_is_refused(self, new_browser: NewBrowser) -> None:
        page = await new_browser().get("/sign-up")
        token = forms_of(page.text)["sign-up"][1]["csrf"]
        answered = await new_browser().submit("/sign-up", "sign-up", {**ALICE, "csrf": token})
        assert answered.status_code == 403

    async def test_a_plain_text_body_is_refused(self, browser: Browser) -> None:
        answered = await browser.client.post(
            "/sign-out", content="x", headers={"origin": ORIGIN, "content-type": "text/plain"}
        )
        assert answered.status_code == 403

    async def test_all_errors_are_told_at_once_and_the_input_is_kept(
        self, browser: Browser
    ) -> None:
        wrong = {**ALICE, "username": "x", "password": "not secret"}
        answered = await browser.submit("/sign-up", "sign-up", wrong)
        assert answered.status_code == 422
        assert 'href="#f-username"' in answered.text
        assert 'href="#f-password"' in answered.text
        assert 'value="林小满"' in answered.text
        assert "not secret" not in answered.text

    async def test_a_wrong_identity_number_is_told_in_words(self, browser: Browser) -> None:
        wrong = {**ALICE, "identity_number": "990101199003070012"}
        answered = await browser.submit("/sign-up", "sign-up", wrong)
        assert answered.status_code == 422
        assert 'data-code="identity.number_wrong"' in answered.text

    async def test_a_body_too_long_is_refused(self, browser: Browser) -> None:
        answered = await browser.submit("/sign-up", "sign-up", {**ALICE, "name": "长" * 200_000})
        assert answered.status_code == 413


class TestChangingThePassword:
    NEW = "another long enough sentence"

    def change(self, *, present: str = ALICE["password"], again: str = NEW) -> dict[str, str]:
        return {
            "present_password": present, "new_password": self.NEW, "new_password_again": again,
        }  # fmt: skip

    async def test_ends_the_other_sign_ins_and_keeps_this_one(
        self, new_browser: NewBrowser
    ) -> None:
        here, there = new_browser(), new_browser()
        await sign_up(here)
        old = {"username": "linxiaoman", "password": ALICE["password"]}
        await there.submit("/sign-in", "sign-in", old)
        answered = await here.submit("/account/password", "change-password", self.change())
        assert answered.headers["location"] == "/account"
        assert (await here.get("/account")).status_code == 200
        assert (await there.get("/account")).status_code == 303
        assert (await there.submit("/sign-in", "sign-in", old)).status_code == 401
        new = {**old, "password": self.NEW}
        assert (await there.submit("/sign-in", "sign-in", new)).status_code == 303

    async def test_needs_the_present_password_and_the_new_one_twice(self, browser: Browser) -> None:
        await sign_up(browser)
        for form, code in (
            (self.change(present="not the one"), "password.wrong"),
            (self.change(again="something else"), "registration.passwords_differ"),
        ):
            answered = await browser.submit("/account/password", "change-password", form)
            assert answered.status_code == 422
            assert sentence(Locale.ZH, code) in answered.text
        for _ in range(9):
            wrong = self.change(present="not the one")
            await browser.submit("/account/password", "change-password", wrong)
        answered = await browser.submit("/account/password", "change-password", self.change())
        assert answered.status_code == 429

    async def test_asks_for_the_present_password_once_however_long_ago_one_signed_in(
        self, browser: Browser, clock: FrozenClock
    ) -> None:
        await sign_up(browser)
        clock.advance(timedelta(minutes=11))
        answered = await browser.submit("/account/password", "change-password", self.change())
        assert answered.headers["location"] == "/account"

    async def test_asks_for_a_second_factor_before_any_password_is_typed(
        self, browser: Browser, database: Database, clock: FrozenClock
    ) -> None:
        await signs_in(browser, await a_member_of_staff(database, Role.OFFICER, 1))
        page = await browser.get("/account/password")
        action, fields = forms_of(page.text)["change-password"]
        clock.advance(timedelta(minutes=11))
        page = await browser.get("/account/password")
        assert "change-password" not in forms_of(page.text)
        late = await browser.client.post(action, data={**fields, **self.change()})
        assert late.headers["location"] == "/account/password"  # nothing was changed
        browser.is_patient = False
        asked = await browser.submit("/account/password", "begin-password", {})
        assert asked.status_code == 401
        assert 'name="own_password"' not in asked.text
