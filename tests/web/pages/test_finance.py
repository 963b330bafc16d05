import re

import pytest

from auction.kernel.actor import SYSTEM, Role
from auction.kernel.clock import FrozenClock
from auction.kernel.ids import PersonId
from auction.kernel.money import Money
from auction.people.commands import Enrolment, enroll_person, found_court, grant_role
from auction.people.credentials import Passwords
from auction.people.identity import check_digit
from auction.people.person import PersonKind
from auction.store.database import Database
from tests.finance import COURT, DEPOSIT, Desk, pays_in
from tests.web.browser import ORIGIN, Browser, forms_of
from tests.web.conftest import NewBrowser
from web.i18n import Locale, catalogue

PASSWORD = "correct horse battery"
DIGITS = "99010119800101{serial:03d}"


async def a_member_of_staff(database: Database, role: Role, serial: int) -> str:
    username = f"{role.value}{serial}"
    passwords = Passwords()
    first17 = DIGITS.format(serial=serial)
    async with database.unit(SYSTEM) as work:
        if serial == 1:
            await found_court(work, COURT, name="杭湾市人民法院（演示）")
        person = await enroll_person(
            work,
            work.new_id(),
            enrolment=Enrolment(
                username, PersonKind.NATURAL, "钱谨", first17 + check_digit(first17),
                await passwords.hash(PASSWORD),
            ),
        )  # fmt: skip
        await work.session.flush()
        await grant_role(work, PersonId(person), role=role, court_id=COURT)
    passwords.close()
    return username


async def signs_in(browser: Browser, username: str) -> Browser:
    entered = {"username": username, "password": PASSWORD}
    answer = await browser.submit("/sign-in", "sign-in", entered)
    assert answer.status_code == 303, answer.text
    return browser


def deposit_row(page: str, virtual_account: str) -> str:
    (row,) = [row for row in page.split("<tr>") if virtual_account in row]
    return row


@pytest.fixture
def desk(database: Database, clock: FrozenClock) -> Desk:
    return Desk(database, clock)


@pytest.fixture
async def clerk(database: Database, new_browser: NewBrowser) -> Browser:
    return await signs_in(new_browser(), await a_member_of_staff(database, Role.FINANCE_CLERK, 1))


async def uploads(browser: Browser, content: bytes) -> str:
    """Upload a file; return the path of its preview."""
    page = await browser.get("/finance/statements")
    action, found = forms_of(page.text)["upload-statement"]
    answer = await browser.client.post(
        action,
        data=found,
        files={"statement": ("流水.csv", content, "text/csv")},
        headers={"origin": ORIGIN},
    )
    if answer.status_code != 303:
        return answer.text
    return str(answer.headers["location"])


class TestImporting:
    async def test_a_file_is_previewed_then_imported_and_matched(
        self, clerk: Browser, desk: Desk
    ) -> None:
        deposit = await desk.a_deposit()
        entries = [pays_in(DEPOSIT, deposit.virtual_account), pays_in(Money(100), "")]
        preview = await uploads(clerk, desk.bank.statement(entries, desk.clock.now()))
        assert "50,000.00" in (await clerk.get(preview)).text
        answer = await clerk.submit(preview, "import-statement", {})
        assert answer.headers["location"] == "/finance/lines"
        await desk.matches()
        lines = (await clerk.get("/finance/lines")).text
        assert "已匹配" in lines
        assert "没有与虚拟账号对应的应收款" in lines
        assert "import-statement" not in forms_of((await clerk.get(preview)).text)

    async def test_wrong_rows_are_listed_and_nothing_is_imported(
        self, clerk: Browser, desk: Desk
    ) -> None:
        content = desk.bank.statement([pays_in(DEPOSIT, "")], desk.clock.now())
        preview = await uploads(clerk, content.replace(b",in,", b",?,"))
        page = (await clerk.get(preview)).text
        assert "收支方向无法识别" in page
        assert "import-statement" not in forms_of(page)

    async def test_a_file_that_does_not_follow_on_says_so_before_anything_is_confirmed(
        self, clerk: Browser, desk: Desk
    ) -> None:
        first = desk.bank.statement([pays_in(DEPOSIT, "")], desk.clock.now())
        await clerk.submit(await uploads(clerk, first), "import-statement", {})
        desk.bank.statement([pays_in(DEPOSIT, "")], desk.clock.now())  # left out
        third = desk.bank.statement([pays_in(DEPOSIT, "")], desk.clock.now())
        page = (await clerk.get(await uploads(clerk, third))).text
        assert 'id="gap"' in page
        assert "应为 50,000.00 元，实为 100,000.00 元" in page
        assert "import-statement" not in forms_of(page)

    async def test_a_file_that_is_no_statement_gets_a_sentence(self, clerk: Browser) -> None:
        assert "找不到表头" in await uploads(clerk, b"a,b,c\n1,2,3\n")
        assert "这是 PDF 文件" in await uploads(clerk, b"%PDF-1.7")


class TestLines:
    async def test_a_person_claims_what_nothing_took(self, clerk: Browser, desk: Desk) -> None:
        deposit = await desk.a_deposit()
        (line,) = await desk.books(pays_in(DEPOSIT, ""))
        said = {"claimed_as": deposit.virtual_account, "reason": "电话核实"}
        await clerk.submit(f"/finance/lines/{line.id}", "claim-line", said)
        await desk.matches()
        assert "收到保证金" in (await clerk.get(f"/finance/lines/{line.id}")).text

    async def test_money_goes_back_by_an_order_in_the_bank_s_file(
        self, clerk: Browser, desk: Desk, database: Database, new_browser: NewBrowser
    ) -> None:
        (line,) = await desk.books(pays_in(Money(100), ""))
        said = {"refund_reason": "付款人申请退回"}
        await clerk.submit(f"/finance/lines/{line.id}", "refund-line", said)
        assert "send-orders" not in forms_of((await clerk.get("/finance/orders")).text)
        username = await a_member_of_staff(database, Role.FINANCE_APPROVER, 3)
        approver = await signs_in(new_browser(), username)
        await approver.submit("/finance/orders", "send-orders", {})
        file = (await approver.get("/finance/orders/file")).content.decode("utf-8-sig")
        assert re.search(r"TH\d{8}[0-9A-F]{10},张三,6222001\t,1\.00,TH", file)


class TestTheBook:
    async def test_every_amount_leads_from_account_to_line(
        self, clerk: Browser, desk: Desk
    ) -> None:
        deposit = await desk.a_deposit()
        (line,) = await desk.books(pays_in(DEPOSIT, deposit.virtual_account))
        ledger = (await clerk.get("/finance/ledger")).text
        assert "借贷相等" in ledger
        account = f"/finance/ledger/accounts/{deposit.account_id}"
        assert account in ledger
        found = re.search(r"/finance/ledger/postings/[0-9a-f-]+", (await clerk.get(account)).text)
        assert found
        assert f"/finance/lines/{line.id}" in (await clerk.get(found.group())).text

    async def test_the_flow_is_a_picture_and_a_table(self, clerk: Browser, desk: Desk) -> None:
        deposit = await desk.a_deposit()
        await desk.books(pays_in(DEPOSIT, deposit.virtual_account))
        page = (await clerk.get(f"/finance/ledger/accounts/{deposit.account_id}/flow")).text
        assert "<svg" in page
        assert "50,000.00" in page

    async def test_deposits_name_neither_person_nor_lot(self, clerk: Browser, desk: Desk) -> None:
        deposit = await desk.a_deposit(name="赵钱孙")
        page = (await clerk.get("/finance/deposits")).text
        assert deposit.virtual_account in page
        assert "赵钱孙" not in page
        assert str(deposit.listing_id) not in page

    async def test_nothing_that_finance_reads_before_the_close_leads_to_a_lot(
        self, clerk: Browser, desk: Desk
    ) -> None:
        deposit = await desk.a_deposit(name="赵钱孙")
        (line,) = await desk.books(pays_in(DEPOSIT, deposit.virtual_account, name="赵钱孙"))
        seen: dict[str, str] = {}
        waiting = ["/finance", "/finance/deposits", "/finance/orders", f"/finance/lines/{line.id}"]
        while waiting:
            path = waiting.pop()
            seen[path] = (await clerk.get(path)).text
            links = set(re.findall(r'href="(/finance[^"#]*)"', seen[path]))
            waiting += sorted(links - set(seen) - set(waiting))
        everything = "\n".join(seen.values())
        assert len(seen) > 10
        assert f"virtual:{deposit.virtual_account}" in everything
        for kept in (deposit.listing_id, deposit.registration_id, deposit.person_id):
            assert str(kept) not in everything
        received = deposit_row(seen["/finance/deposits"], deposit.virtual_account)
        assert "2026年3月2日" in received
        assert not re.search(r"\d\d:\d\d", received)


class TestOversight:
    async def test_the_supervisor_sees_sound_chains_and_takes_the_book(
        self, database: Database, new_browser: NewBrowser, desk: Desk
    ) -> None:
        await a_member_of_staff(database, Role.FINANCE_CLERK, 1)
        username = await a_member_of_staff(database, Role.SUPERVISOR, 2)
        supervisor = await signs_in(new_browser(), username)
        deposit = await desk.a_deposit()
        await desk.books(pays_in(DEPOSIT, deposit.virtual_account))
        page = (await supervisor.get("/oversight")).text
        assert "全部链条校验通过" in page
        assert "借贷相等" in page
        assert "5000000 FEN" in (await supervisor.get("/oversight/ledger.hledger")).text
        assert "5000000 FEN" in (await supervisor.get("/oversight/ledger.beancount")).text
        assert "deposit.received" in (await supervisor.get("/oversight/journal.jsonl")).text
        stream = f"account:{deposit.account_id}"
        chain = f"/oversight/journal/{stream}"
        assert "<code>deposit.received</code>" in (await supervisor.get(chain)).text
        lines = (await supervisor.get(f"{chain}.jsonl")).content.splitlines()
        whole = (await supervisor.get("/oversight/journal.jsonl")).content.splitlines()
        assert lines == [line for line in whole if f'"{stream}"'.encode() in line]
        assert (await supervisor.get("/oversight/journal/nothing.jsonl")).status_code == 404

    @pytest.mark.parametrize("path", ["/oversight", "/oversight/ledger.hledger"])
    async def test_finance_does_not_oversee_itself(self, clerk: Browser, path: str) -> None:
        expected = 403 if path == "/oversight" else 200
        assert (await clerk.get(path)).status_code == expected


@pytest.mark.parametrize(
    "path", ["/finance", "/finance/lines", "/finance/orders", "/finance/ledger", "/oversight"]
)
async def test_a_visitor_is_sent_to_sign_in(browser: Browser, path: str) -> None:
    answer = await browser.get(path)
    assert answer.status_code in {303, 401, 403}
    assert "account" not in answer.text.lower() or answer.status_code == 303


def test_english_says_everything_that_chinese_says() -> None:
    missing = set(catalogue(Locale.ZH)) - set(catalogue(Locale.EN))
    assert not {key for key in missing if key.startswith(("bank.", "deposit.", "line.", "Line"))}
