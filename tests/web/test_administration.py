"""Administrators: roles granted by two, sign-ins ended, organisations with members."""

import json
import re
from datetime import timedelta

import httpx2
import pytest

from auction.kernel.clock import FrozenClock
from auction.kernel.settings import Settings
from auction.store.database import Database
from tests.web.browser import Browser, approves, forms_of, waiting
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


async def posts(browser: Browser, path: str, shown: str) -> httpx2.Response:
    """Post an approval without its button, with the digest that its page shows to anybody."""
    page = (await browser.get(shown)).text
    digest = re.search("SHA-256 ([0-9a-f]{64})", page)
    assert digest, page
    token = forms_of(page)["sign-out"][1]["csrf"]
    posted = {"csrf": token, "confirmed": "on", "payload_hash": digest[1]}
    return await browser.client.post(path, data=posted)


async def propose_for(admin: Browser, username: str, reader: Browser) -> list[str]:
    """Have a role proposed for somebody; return what then waits for the reader."""
    place = await page_of(admin, username)
    await admin.submit(place, "propose-role", {"role": "panel", "court": "浙0199"})
    return await waiting(reader)


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
        assert await waiting(first) == []
        (path,) = await waiting(second)
        refused = await posts(first, f"{path}/approve", path)
        assert 'data-code="approval.same_person"' in refused.text
        await approves(second)
        assert (await subject.get("/court")).status_code == 403  # signed in by a password alone
        as_staff = await enters(new_browser(), passwords, "bidder1")
        assert (await as_staff.get("/court")).status_code == 200
        replayed = await posts(second, f"{path}/approve", path)
        assert 'data-code="approval.spent"' in replayed.text
        assert replayed.status_code == 409

    async def test_a_proposal_lives_for_a_day(
        self, new_browser: NewBrowser, passwords: dict[str, str], clock: FrozenClock
    ) -> None:
        first = await enters(new_browser(), passwords, "admin")
        place = await page_of(first, "bidder1")
        await first.submit(place, "propose-role", {"role": "panel", "court": "浙0199"})
        second = await enters(new_browser(), passwords, "admin2")
        (path,) = await waiting(second)
        clock.advance(timedelta(hours=24))
        later = await enters(new_browser(), passwords, "admin2")
        assert await waiting(later) == []
        refused = await posts(later, f"{path}/approve", path)
        assert 'data-code="approval.expired"' in refused.text

    async def test_a_rejected_proposal_grants_nothing(
        self, new_browser: NewBrowser, passwords: dict[str, str]
    ) -> None:
        first = await enters(new_browser(), passwords, "admin")
        second = await enters(new_browser(), passwords, "admin2")
        place = await page_of(first, "bidder1")
        await first.submit(place, "propose-role", {"role": "panel", "court": "浙0199"})
        (path,) = await waiting(second)
        assert (await second.submit(path, "reject", {})).status_code == 303
        refused = await posts(second, f"{path}/approve", path)
        assert 'data-code="approval.rejected"' in refused.text
        subject = await enters(new_browser(), passwords, "bidder1")
        assert (await subject.get("/court")).status_code == 403

    async def test_a_firms_account_names_its_person_by_two_and_then_counts_as_him(
        self, new_browser: NewBrowser, passwords: dict[str, str]
    ) -> None:
        first = await enters(new_browser(), passwords, "admin")
        second = await enters(new_browser(), passwords, "admin2")
        place = await page_of(first, "mortgagee")
        await first.submit(place, "propose-role", {"role": "administrator", "court": "浙0199"})
        await approves(second)
        firm = await enters(new_browser(), passwords, "mortgagee")
        (path,) = await propose_for(second, "bidder2", firm)
        refused = await posts(firm, f"{path}/approve", path)
        assert 'data-code="approval.nobody_behind"' in refused.text
        asked = {"username": "admin2"}
        assert (await first.submit(place, "propose-representative", asked)).status_code == 303
        third = {"username": "bidder1"}
        assert (await first.submit(place, "propose-representative", third)).status_code == 303
        assert "赵一鸣" not in (await first.get(place)).text
        (last,) = await waiting(second)
        assert (await second.submit(last, "approve", {"confirmed": "on"})).status_code == 303
        assert "赵一鸣" in (await first.get(place)).text
        assert (await firm.submit(path, "approve", {"confirmed": "on"})).status_code == 303

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
        assert refused.status_code == 404

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
    await approves(second)
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
