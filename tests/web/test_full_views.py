"""Pages mask; in full it takes a fresh proof and a reason, and twenty a day are the most."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from auction.cases.case import PartyRole
from auction.cases.commands import NewParty, add_party
from auction.cases.payouts import PayoutAccount, name_payout_account
from auction.kernel.actor import Role
from auction.kernel.clock import FrozenClock
from auction.kernel.ids import PartyId
from auction.ledger.orders import PaymentOrder
from auction.store.database import Database
from auction.store.full_views import VIEWS_MAX, FullView
from auction.store.journal import JournalEntry
from tests.builders import OFFICER, a_case
from tests.conftest import Execute
from tests.finance import DEPOSIT, Desk
from tests.web.browser import Browser
from tests.web.conftest import NewBrowser
from tests.web.pages.test_finance import a_member_of_staff, signs_in
from workers.demo.statement_file import BankEntry

NAME, ACCOUNT, PHONE = "钱有余", "6222020000008888", "13800001234"
SHOWN, MASKED_PHONE = "****8888", "138****1234"
PAID = BankEntry(
    is_in=True, amount=DEPOSIT, name=NAME, account=ACCOUNT, virtual_account="", remark=""
)
REASON = {"reason": "银行退汇，核对账号"}


@pytest.fixture
async def officer(database: Database, new_browser: NewBrowser) -> Browser:
    return await signs_in(new_browser(), await a_member_of_staff(database, Role.OFFICER, 1))


@pytest.fixture
async def clerk(database: Database, new_browser: NewBrowser) -> Browser:
    return await signs_in(new_browser(), await a_member_of_staff(database, Role.FINANCE_CLERK, 1))


async def a_party(database: Database) -> tuple[str, str]:
    """The page of a case with a party whose phone and account are known; his full view's."""
    case_id = await a_case(database)
    async with database.unit(OFFICER) as work:
        party_id = PartyId(work.new_id())
        new = NewParty(id=party_id, role=PartyRole.CREDITOR, name=NAME, contact=PHONE)
        await add_party(work, case_id, new=new)
    async with database.unit(OFFICER) as work:
        account = PayoutAccount(name=NAME, bank="杭湾银行", account=ACCOUNT)
        await name_payout_account(work, party_id, account=account)
    return f"/court/cases/{case_id}", f"/court/parties/{party_id}/full"


async def entries(database: Database, kind: str) -> list[JournalEntry]:
    async with database.reading() as session:
        rows = await session.scalars(select(JournalEntry).where(JournalEntry.kind == kind))
        return list(rows)


async def views(database: Database) -> list[FullView]:
    async with database.reading() as session:
        return list(await session.scalars(select(FullView)))


class TestAParty:
    async def test_is_masked_where_the_court_works_and_full_with_a_reason(
        self, officer: Browser, database: Database
    ) -> None:
        page, path = await a_party(database)
        text = (await officer.get(page)).text
        assert SHOWN in text
        assert MASKED_PHONE in text
        assert ACCOUNT not in text
        assert PHONE not in text
        assert path in text
        asked = await officer.get(path)
        assert ACCOUNT not in asked.text
        shown = await officer.submit(path, "full-view", REASON)
        assert shown.status_code == 200
        assert ACCOUNT in shown.text
        assert PHONE in shown.text
        assert "no-store" in shown.headers["cache-control"]

    async def test_leaves_one_entry_without_what_was_seen(
        self, officer: Browser, database: Database
    ) -> None:
        _, path = await a_party(database)
        await officer.submit(path, "full-view", REASON)
        (entry,) = await entries(database, "personal_data.viewed")
        for told in (NAME, ACCOUNT, PHONE, REASON["reason"]):
            assert told.encode() not in entry.leaf
        (view,) = await views(database)
        assert view.reason == REASON["reason"]
        assert str(view.row_id).encode() in entry.leaf

    async def test_without_a_reason_nothing_is_shown_or_noted(
        self, officer: Browser, database: Database
    ) -> None:
        _, path = await a_party(database)
        for reason in ("", "  ", "查"):
            refused = await officer.submit(path, "full-view", {"reason": reason})
            assert refused.status_code in {400, 409, 422}
            assert ACCOUNT not in refused.text
        assert await views(database) == []

    async def test_asks_for_a_fresh_proof(
        self, officer: Browser, database: Database, clock: FrozenClock
    ) -> None:
        _, path = await a_party(database)
        clock.advance(timedelta(minutes=11))
        officer.is_patient = False
        asked = await officer.submit(path, "full-view", REASON)
        assert asked.status_code == 401
        assert ACCOUNT not in asked.text
        assert await views(database) == []

    async def test_is_not_for_finance_nor_visitors(
        self, clerk: Browser, database: Database, new_browser: NewBrowser
    ) -> None:
        _, path = await a_party(database)
        assert (await clerk.get(path)).status_code == 403
        assert (await new_browser().get(path)).status_code == 303

    async def test_the_twenty_first_of_a_day_is_refused_and_raises_the_alarm(
        self, officer: Browser, database: Database, clock: FrozenClock, new_browser: NewBrowser
    ) -> None:
        _, path = await a_party(database)
        for _ in range(VIEWS_MAX):
            assert (await officer.submit(path, "full-view", REASON)).status_code == 200
        refused = await officer.submit(path, "full-view", REASON)
        assert refused.status_code == 429
        assert ACCOUNT not in refused.text
        assert str(VIEWS_MAX) in refused.text
        assert len(await views(database)) == VIEWS_MAX
        assert len(await entries(database, "personal_data.view_refused")) == 1
        supervisor = await signs_in(
            new_browser(), await a_member_of_staff(database, Role.SUPERVISOR, 2)
        )
        seen = (await supervisor.get("/oversight")).text
        assert "已达每日上限" in seen
        assert "officer1" in seen
        clock.advance(timedelta(hours=14))  # another day in Beijing
        again = await signs_in(new_browser(), "officer1")
        assert (await again.submit(path, "full-view", REASON)).status_code == 200


class TestFinance:
    async def test_a_line_and_an_order_are_masked_and_full_with_a_reason(
        self, clerk: Browser, database: Database, clock: FrozenClock
    ) -> None:
        desk = Desk(database, clock)
        await desk.books(PAID)
        (line,) = await desk.lines()
        page = f"/finance/lines/{line.id}"
        text = (await clerk.get(page)).text
        assert SHOWN in text
        assert ACCOUNT not in text
        assert ACCOUNT in (await clerk.submit(f"{page}/full", "full-view", REASON)).text

        refunded = await clerk.submit(page, "refund-line", {"refund_reason": "无法识别"})
        assert refunded.status_code == 303
        async with database.reading() as session:
            order = (await session.scalars(select(PaymentOrder))).one()
        text = (await clerk.get("/finance/orders")).text
        assert SHOWN in text
        assert ACCOUNT not in text
        path = f"/finance/orders/{order.order_number}/full"
        assert ACCOUNT in (await clerk.submit(path, "full-view", REASON)).text
        assert len(await entries(database, "personal_data.viewed")) == 2

    async def test_another_courts_line_is_not_shown(
        self, clerk: Browser, database: Database, clock: FrozenClock, as_owner: Execute
    ) -> None:
        desk = Desk(database, clock)
        await desk.books(PAID)
        (line,) = await desk.lines()
        await as_owner("UPDATE statement_lines SET court_id = '浙0198'")
        refused = await clerk.submit(f"/finance/lines/{line.id}/full", "full-view", REASON)
        assert refused.status_code == 404
        assert ACCOUNT not in refused.text


class TestAPerson:
    async def test_is_shown_to_administrators_in_full_with_a_reason(
        self, database: Database, new_browser: NewBrowser
    ) -> None:
        username = await a_member_of_staff(database, Role.ADMINISTRATOR, 1)
        browser = await signs_in(new_browser(), username)
        found = (await browser.get("/admin")).text
        path = found.split('href="/admin/people/')[1].split('"')[0]
        page = (await browser.get(f"/admin/people/{path}")).text
        assert "990***********" in page
        shown = await browser.submit(f"/admin/people/{path}/full", "full-view", REASON)
        assert "99010119800101001" in shown.text
