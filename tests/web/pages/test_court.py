import re
from datetime import timedelta
from uuid import UUID

import pytest

from auction.kernel.actor import Role
from auction.kernel.clock import FrozenClock
from auction.kernel.ids import LotId
from auction.law.warnings import WARNING_KEYS
from auction.listings.items import ITEMS
from auction.lots.commands import advance_lot, record_reference_price
from auction.lots.lot import LotTrigger
from auction.lots.reference_price import ReferencePrice
from auction.store.database import Database
from tests.builders import A_MILLION, OFFICER, a_court, a_draft
from tests.uploads import taken
from tests.web.browser import Browser
from tests.web.conftest import NewBrowser
from tests.web.pages.test_finance import a_member_of_staff, signs_in

PHOTO = taken("JPEG")


@pytest.fixture
async def officer(database: Database, new_browser: NewBrowser) -> Browser:
    return await signs_in(new_browser(), await a_member_of_staff(database, Role.OFFICER, 1))


async def opens_a_case(browser: Browser) -> str:
    answer = await browser.submit(
        "/court/cases",
        "open-case",
        {"number": "（2026）浙0199执88号", "enforcement_basis": "（2025）浙0199民初1号判决"},
    )
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def adds_a_party(browser: Browser, case: str, role: str, name: str) -> None:
    answer = await browser.submit(case, "add-party", {"role": role, "name": name})
    assert answer.status_code == 303, answer.text


async def seizes(browser: Browser, case: str, **changes: str) -> str:
    fields = {
        "kind": "home",
        "title": "杭湾市潮声路8号2单元501室",
        "ruling_number": "（2026）浙0199执88号之一",
        "seized_on": "2026-03-01",
        "expires_on": "2029-03-01",
        "area_m2": "89.88",
    }
    answer = await browser.submit(case, "seize-asset", {**fields, **changes})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def investigates(browser: Browser, asset: str) -> None:
    subjects = ("ownership", "encumbrances", "occupancy", "arrears", "defects")
    fields = {f"{subject}_status": "checked" for subject in subjects}
    fields |= dict.fromkeys(subjects, "已查明")
    answer = await browser.submit(asset, "investigation", fields)
    assert answer.status_code == 303, answer.text


async def makes_a_lot(browser: Browser, asset: str) -> str:
    answer = await browser.submit(asset, "make-lot", {})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def last(path: str) -> str:
    return path.split("#", maxsplit=1)[0].rsplit("/", 1)[1]


class TestTheRoadToALot:
    async def test_leads_over_pages_from_the_case_to_the_lot(self, officer: Browser) -> None:
        case = await opens_a_case(officer)
        await adds_a_party(officer, case, "applicant", "周立信")
        await adds_a_party(officer, case, "respondent", "吴长欠")
        page = await officer.get(case)
        party = re.search(r'data-party="([^"]+)" data-role="applicant"', page.text)
        assert party is not None
        answer = await officer.submit(
            case,
            "register-claim",
            {
                "party": party[1],
                "claim_kind": "ordinary",
                "title_document": "判决书",
                "principal": "1,000,000.00",
            },
        )
        assert answer.status_code == 303, answer.text
        asset = await seizes(officer, case)
        await investigates(officer, asset)
        lot = await makes_a_lot(officer, asset)
        shown = await officer.get(lot)
        assert "已调查" in shown.text
        assert "1,000,000.00" in (await officer.get(case)).text
        assert "确定财产处置参考价" in (await officer.get("/court")).text

    async def test_a_term_beyond_the_laws_is_named_beside_its_article(
        self, officer: Browser
    ) -> None:
        case = await opens_a_case(officer)
        fields = {
            "kind": "vehicle",
            "title": "轿车",
            "ruling_number": "1",
            "seized_on": "2026-03-01",
        }
        answer = await officer.submit(case, "seize-asset", {**fields, "expires_on": "2028-03-02"})
        assert answer.status_code == 422
        assert "查封期限最长至 2028-03-01（民诉解释485）" in answer.text

    async def test_every_wrong_field_is_named_at_once(self, officer: Browser) -> None:
        answer = await officer.submit("/court/cases", "open-case", {})
        assert answer.status_code == 422
        assert 'id="e-number"' in answer.text
        assert 'id="e-enforcement_basis"' in answer.text

    async def test_bidders_see_no_desk(self, new_browser: NewBrowser) -> None:
        assert (await new_browser().get("/court")).status_code in {303, 403}


class TestTheRoadToPublication:
    async def test_is_refused_until_everything_is_there(
        self,
        database: Database,
        clock: FrozenClock,
        officer: Browser,
        new_browser: NewBrowser,
    ) -> None:
        case = await opens_a_case(officer)
        await adds_a_party(officer, case, "applicant", "周立信")
        await adds_a_party(officer, case, "respondent", "吴长欠")
        asset = await seizes(officer, case)
        await investigates(officer, asset)
        lot = await makes_a_lot(officer, asset)
        await self.is_priced(database, LotId(UUID(last(lot))))
        drafted = await officer.submit(lot, "draft-listing", {})
        listing = drafted.headers["location"]
        page = await officer.get(listing)
        assert "700,000.00" in page.text
        assert page.text.count("网拍13(") >= 11
        english = (await officer.get(f"{listing}?lang=en")).text
        assert "Who may bid: A bidder must" in english
        assert re.search(r'">Extension</td><td[^>]*>5 minutes</td>', english)
        await officer.get(f"{listing}?lang=zh-CN")
        refused = await officer.submit(listing, "publish-listing", {})
        assert refused.status_code == 422
        assert "还缺 20 项" in refused.text
        for serial in (2, 3, 4):
            member = await signs_in(
                new_browser(), await a_member_of_staff(database, Role.PANEL, serial)
            )
            voted = await member.submit(listing, "cast-vote", {"answer": "approve"})
            assert voted.status_code == 303, voted.text
        items = {f"item_{item.key}": item.title for item in ITEMS}
        ticks = {f"warning_{key}": "on" for key in WARNING_KEYS}
        saved = await officer.submit(listing, "listing-items", {**items, **ticks})
        assert saved.status_code == 303, saved.text
        told = await officer.submit(
            listing, "notify-parties", {"unreachable_because": "没有平台账户"}
        )
        assert told.status_code == 303, told.text
        clock.advance(timedelta(days=4))
        officer = await signs_in(new_browser(), "officer1")
        published = await officer.submit(listing, "publish-listing", {})
        assert published.status_code == 303, published.text
        public = await new_browser().get(f"/lots/{last(listing)}")
        assert public.status_code == 200
        assert "竞买人资格" in public.text

    async def is_priced(self, database: Database, lot_id: LotId) -> None:
        now = database.clock.now()
        price = ReferencePrice(
            A_MILLION, "appraisal", "杭评报字1号", now, now + timedelta(days=300)
        )
        async with database.unit(OFFICER) as work:
            await advance_lot(work, lot_id, LotTrigger.OPEN_PRICING)
            await record_reference_price(work, lot_id, price=price)

    async def test_a_wrong_figure_is_refused_with_its_bound(
        self, database: Database, officer: Browser
    ) -> None:
        found = await a_draft(database)
        answer = await officer.submit(
            f"/court/listings/{found.id}", "listing-terms", {"starting_price": "699,999.99"}
        )
        assert answer.status_code == 422
        assert re.search("起拍价不得低于 700,?000.00 元（网拍10）", answer.text)

    async def test_a_withdrawn_draft_says_so(self, database: Database, officer: Browser) -> None:
        found = await a_draft(database)
        path = f"/court/listings/{found.id}"
        answer = await officer.submit(path, "withdraw-listing", {"ground": "数额有误"})
        assert answer.status_code == 303
        assert "数额有误" in (await officer.get(path)).text
        assert (await officer.get(f"/lots/{found.id}")).status_code == 404


class TestMistakes:
    async def test_an_unknown_account_is_a_wrong_field_and_the_input_stays(
        self, officer: Browser
    ) -> None:
        case = await opens_a_case(officer)
        fields = {"role": "applicant", "username": "nobody77", "contact": "0571-1"}
        answer = await officer.submit(case, "add-party", fields)
        assert answer.status_code == 422
        assert "没有这个账户" in answer.text
        assert 'value="nobody77"' in answer.text

    async def test_a_mistaken_party_and_an_account_are_corrected_on_the_page(
        self, officer: Browser
    ) -> None:
        case = await opens_a_case(officer)
        await adds_a_party(officer, case, "respondent", "吴长欠")
        gone = await officer.submit(case, "withdraw-party-1", {"reason": "误加"})
        assert gone.status_code == 303, gone.text
        assert "吴长欠" not in (await officer.get(case)).text
        await adds_a_party(officer, case, "applicant", "周立信")
        account = {"payout_bank": "杭湾银行", "payout_account": "xx"}
        assert (await officer.submit(case, "account-1", account)).status_code == 422
        account["payout_account"] = "6222020001"
        assert (await officer.submit(case, "account-1", account)).status_code == 303
        account |= {"payout_account": "6222020002", "reason": "销户"}
        assert (await officer.submit(case, "account-1", account)).status_code == 303
        shown = (await officer.get(case)).text
        assert "****0002" in shown
        assert "6222020002" not in shown

    async def test_a_lot_before_its_investigation_is_refused_with_what_is_missing(
        self, officer: Browser
    ) -> None:
        asset = await seizes(officer, await opens_a_case(officer))
        answer = await officer.submit(asset, "make-lot", {})
        assert answer.status_code == 422
        assert "还缺：权属、权利负担、占有使用、欠缴费用、瑕疵" in answer.text

    async def test_a_finding_that_is_missing_is_called_by_its_name(self, officer: Browser) -> None:
        asset = await seizes(officer, await opens_a_case(officer))
        answer = await officer.submit(asset, "investigation", {"ownership_status": "checked"})
        assert "“权属”已查明的" in answer.text

    async def test_members_of_the_panel_are_offered_nothing_they_may_not_do(
        self, database: Database, new_browser: NewBrowser
    ) -> None:
        await a_court(database)
        member = await signs_in(new_browser(), await a_member_of_staff(database, Role.PANEL, 2))
        desk, register = await member.get("/court"), await member.get("/court/cases")
        assert "/court/imports" not in desk.text
        assert "/court/cases#open" not in desk.text
        assert 'id="open-case"' not in register.text

    async def test_too_early_an_opening_names_the_instant_in_beijing(
        self, database: Database, officer: Browser
    ) -> None:
        found = await a_draft(database)
        terms = {"opens_at": "2026-03-02T10:00:00", "closes_at": "2026-03-03T10:00:00"}
        answer = await officer.submit(f"/court/listings/{found.id}", "listing-terms", terms)
        assert re.search(r"2026年\d+月\d+日 \d\d:\d\d:\d\d", answer.text)
        assert "+00:00" not in answer.text.split("<form", maxsplit=1)[0]
