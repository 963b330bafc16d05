"""Administrators: roles granted by two, sign-ins ended, organisations with members."""

import json
import re
from datetime import timedelta

import pytest

from auction.kernel.clock import FrozenClock
from auction.kernel.settings import Settings
from auction.store.database import Database
from tests.web.browser import Browser, forms_of
from tests.web.conftest import NewBrowser
from workers.demo.seed import seed


@pytest.fixture
async def passwords(database: Database, settings: Settings) -> dict[str, str]:
    await seed(database, settings.luochui_state)
    told = json.loads((settings.luochui_state / "accounts.json").read_text())
    return {name: account["password"] for name, account in told.items()}


async def enters(browser: Browser, passwords: dict[str, str], username: str) -> Browser:
    form = {"username": username, "password": passwords[username]}
    assert (await browser.submit("/sign-in", "sign-in", form)).status_code == 303
    return browser


async def page_of(admin: Browser, username: str) -> str:
    shown = await admin.get(f"/admin?q={username}")
    found = re.search(rf'href="(/admin/people/[^"]+)">{username}<', shown.text)
    assert found, shown.text
    return found[1]


async def form_named(browser: Browser, start: str) -> str:
    page = await browser.get("/admin")
    return next((name for name in forms_of(page.text) if name.startswith(start)), "")


class TestRoles:
    async def test_a_role_needs_two_administrators(
        self, new_browser: NewBrowser, passwords: dict[str, str]
    ) -> None:
        first = await enters(new_browser(), passwords, "admin")
        second = await enters(new_browser(), passwords, "admin2")
        subject = await enters(new_browser(), passwords, "bidder1")
        place = await page_of(first, "bidder1")
        fields = {"role": "panel", "court": "浙0199"}
        assert (await first.submit(place, "propose-role", fields)).status_code == 303
        assert (await subject.get("/court")).status_code == 403
        assert await form_named(first, "approve-") == ""
        approving = await form_named(second, "approve-")
        own = f"/admin/proposals/{approving.removeprefix('approve-')}/approve"
        token = forms_of((await first.get("/admin")).text)["sign-out"][1]["csrf"]
        refused = await first.client.post(own, data={"csrf": token})
        assert 'data-code="role.second_person"' in refused.text
        assert (await second.submit("/admin", approving, {})).status_code == 303
        assert (await subject.get("/court")).status_code == 200
        token = forms_of((await second.get("/admin")).text)["sign-out"][1]["csrf"]
        replayed = await second.client.post(own, data={"csrf": token})
        assert replayed.status_code == 409

    async def test_a_proposal_lives_for_a_day(
        self, new_browser: NewBrowser, passwords: dict[str, str], clock: FrozenClock
    ) -> None:
        first = await enters(new_browser(), passwords, "admin")
        place = await page_of(first, "bidder1")
        await first.submit(place, "propose-role", {"role": "panel", "court": "浙0199"})
        second = await enters(new_browser(), passwords, "admin2")
        approving = await form_named(second, "approve-")
        clock.advance(timedelta(hours=24))
        later = await enters(new_browser(), passwords, "admin2")
        assert await form_named(later, "approve-") == ""
        token = forms_of((await later.get("/admin")).text)["sign-out"][1]["csrf"]
        place = f"/admin/proposals/{approving.removeprefix('approve-')}/approve"
        refused = await later.client.post(place, data={"csrf": token})
        assert 'data-code="role.proposal_over"' in refused.text

    async def test_nobody_proposes_himself_and_no_other_role_may(
        self, new_browser: NewBrowser, passwords: dict[str, str]
    ) -> None:
        admin = await enters(new_browser(), passwords, "admin")
        place = await page_of(admin, "admin")
        token = forms_of((await admin.get(place)).text)["sign-out"][1]["csrf"]
        posted = {"csrf": token, "role": "panel", "court": "浙0199"}
        refused = await admin.client.post(f"{place}/roles", data=posted)
        assert 'data-code="role.for_oneself"' in refused.text
        officer = await enters(new_browser(), passwords, "officer")
        assert (await officer.get("/admin")).status_code == 403
        token = forms_of((await officer.get("/court")).text)["sign-out"][1]["csrf"]
        place = await page_of(admin, "bidder1")
        posted = {"csrf": token, "role": "panel", "court": "浙0199"}
        refused = await officer.client.post(f"{place}/roles", data=posted)
        assert refused.status_code == 403

    async def test_a_role_taken_back_is_gone_at_once(
        self, new_browser: NewBrowser, passwords: dict[str, str]
    ) -> None:
        admin = await enters(new_browser(), passwords, "admin")
        panel = await enters(new_browser(), passwords, "panel1")
        assert (await panel.get("/court")).status_code == 200
        place = await page_of(admin, "panel1")
        assert (await admin.submit(place, "revoke-panel", {})).status_code == 303
        assert (await panel.get("/court")).status_code == 403


async def test_an_administrator_ends_every_sign_in_of_a_person(
    new_browser: NewBrowser, passwords: dict[str, str]
) -> None:
    admin = await enters(new_browser(), passwords, "admin")
    here = await enters(new_browser(), passwords, "officer")
    there = await enters(new_browser(), passwords, "officer")
    place = await page_of(admin, "officer")
    assert (await admin.submit(place, "end-sign-ins", {})).status_code == 303
    assert (await here.get("/court")).status_code == 303
    assert (await there.get("/court")).status_code == 303


async def test_an_organisation_gains_and_loses_members(
    new_browser: NewBrowser, passwords: dict[str, str]
) -> None:
    first = await enters(new_browser(), passwords, "admin")
    second = await enters(new_browser(), passwords, "admin2")
    listed = await first.get("/admin/organisations")
    place = next(iter(re.findall(r'href="(/admin/organisations/[^"]+)"', listed.text)))
    assert (await first.submit(place, "add-member", {"username": "bidder2"})).status_code == 303
    assert "bidder2" not in (await first.get(place)).text
    approving = await form_named(second, "approve-")
    assert (await second.submit("/admin", approving, {})).status_code == 303
    assert "bidder2" in (await first.get(place)).text
    assert (await first.submit(place, "remove-bidder2", {})).status_code == 303
    assert "bidder2" not in (await first.get(place)).text


async def test_an_organisation_is_entered_under_its_checked_code(
    new_browser: NewBrowser, passwords: dict[str, str]
) -> None:
    admin = await enters(new_browser(), passwords, "admin")
    form = {"kind": "agency", "name": "某评估公司", "code": "91110000600037341L"}
    made = await admin.submit("/admin/organisations", "found-organisation", form)
    assert made.status_code == 303
    form["code"] = "91110000600037341X"
    wrong = await admin.submit("/admin/organisations", "found-organisation", form)
    assert wrong.status_code == 422
