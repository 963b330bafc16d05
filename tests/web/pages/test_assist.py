"""Inboxes and desks: only the addressee reads and receives; wrong tax rows are all named."""

from uuid import UUID

import pytest
from sqlalchemy import select

from auction.kernel.actor import SYSTEM, Role
from auction.kernel.clock import FrozenClock
from auction.kernel.ids import OrganisationId
from auction.kernel.settings import Settings
from auction.law.taxes import Bearer, TaxKind
from auction.notices.commands import record_receipt, record_rendering, serve_notice
from auction.notices.notice import Notice, NoticeState
from auction.notices.render import paper_of, render
from auction.notices.wording import NoticeKind
from auction.people.commands import Enrolment, enroll_person, grant_role
from auction.people.credentials import Passwords
from auction.people.identity import check_digit
from auction.people.person import PersonKind
from auction.settlement.commands import serve_ruling
from auction.settlement.sale import Sale, TaxLine
from auction.store.database import Database
from auction.store.files import FileStore
from tests.sales import BUYER, SaleDesk
from tests.signers import a_signed_paper
from tests.web.browser import Browser
from tests.web.conftest import NewBrowser
from tests.web.pages.test_finance import PASSWORD, signs_in
from tests.web.pages.test_verify import served
from web.forms import FormErrors
from web.pages.assist import _tax_lines


def row(kind: str, bearer: str, base: str, rate: str, amount: str) -> dict[str, str]:
    name = f"{kind}-{bearer}"
    return {f"{name}-base": base, f"{name}-rate": rate, f"{name}-amount": amount}


class TestTaxRows:
    def test_filled_rows_become_lines_and_empty_ones_do_not(self) -> None:
        (line,) = _tax_lines(
            row("deed", "buyer", "1,000,000.00", "3", "30000") | row("vat", "seller", "", "", "")
        )
        assert (line.kind, line.bearer) == (TaxKind.DEED, Bearer.BUYER)
        assert (line.base.fen, line.rate * 100, line.amount.fen) == (100_000_000, 3, 3_000_000)

    def test_no_row_means_no_tax(self) -> None:
        assert _tax_lines({}) == []

    @pytest.mark.parametrize("rate", ["-1", "101", "three", "NaN", "1e9", ""])
    def test_a_wrong_rate_is_named(self, rate: str) -> None:
        with pytest.raises(FormErrors) as wrong:
            _tax_lines(row("deed", "buyer", "100", rate, "3"))
        assert set(wrong.value.errors) == {"deed-buyer-rate"}

    def test_every_wrong_field_is_named_at_once(self) -> None:
        with pytest.raises(FormErrors) as wrong:
            _tax_lines(row("deed", "buyer", "x", "3", "") | row("vat", "seller", "1", "y", "1"))
        assert set(wrong.value.errors) == {
            "deed-buyer-base",
            "deed-buyer-amount",
            "vat-seller-rate",
        }

    def test_a_bearer_the_law_does_not_name_has_no_row(self) -> None:
        assert _tax_lines(row("deed", "seller", "100", "3", "3")) == []


class TestDesks:
    @pytest.mark.parametrize("path", ["/inbox", "/assist"])
    async def test_a_visitor_is_sent_to_sign_in(self, browser: Browser, path: str) -> None:
        answer = await browser.get(path)
        assert answer.status_code in {303, 403}
        assert "协助执行通知书" not in answer.text

    async def test_a_notice_of_others_does_not_exist(
        self, browser: Browser, database: Database, settings: Settings
    ) -> None:
        notice, _ = await served(database, settings, NoticeKind.TAX_COORDINATION)
        for notice_id in (notice.id, UUID(int=0)):
            answered = await browser.get(f"/assist/{notice_id}")
            assert answered.headers["location"].startswith("/sign-in?next=")


@pytest.fixture
async def sale(database: Database, clock: FrozenClock, settings: Settings) -> Sale:
    """Title passed, the letters to the register and the bureau out, rendered and served."""
    desk = SaleDesk(database, clock)
    await desk.found()
    ruled = await desk.a_ruled_sale()
    async with database.unit(BUYER) as work:
        await record_receipt(work, ruled.ruling_notice_id or UUID(int=0))
        await serve_ruling(work, ruled.id)
    asked = await desk.ask_assistance(ruled)
    for notice_id in (asked.registry_notice_id, asked.tax_notice_id):
        async with database.reading() as session:
            notice = await session.get_one(Notice, notice_id)
        digest = await FileStore(settings.files_path).put(
            render(paper_of(notice), settings.web_origin)
        )
        async with database.unit(SYSTEM) as work:
            await record_rendering(work, notice.id, paper=a_signed_paper(digest))
        async with database.unit(SYSTEM) as work:
            await serve_notice(work, notice.id)
    return asked


async def at_the_desk(database: Database, browser: Browser, role: Role, serial: int) -> Browser:
    """A signed-in member of the organisation with this serial number."""
    passwords = Passwords()
    first17 = f"99010119810101{serial:03d}"
    enrolment = Enrolment(
        f"{role.value}{serial}",
        PersonKind.NATURAL,
        "经办",
        first17 + check_digit(first17),
        await passwords.hash(PASSWORD),
    )
    passwords.close()
    async with database.unit(SYSTEM) as work:
        person = await enroll_person(work, work.new_id(), enrolment=enrolment)
        await work.session.flush()
        await grant_role(work, person, role=role, organisation_id=OrganisationId(UUID(int=serial)))
    return await signs_in(browser, enrolment.username)


class TestAnswers:
    async def test_the_register_reads_takes_the_original_and_receives(
        self, database: Database, new_browser: NewBrowser, sale: Sale
    ) -> None:
        clerk = await at_the_desk(database, new_browser(), Role.REGISTRY, 201)
        path = f"/assist/{sale.registry_notice_id}"
        desk = (await clerk.get("/assist")).text
        assert path in desk
        assert "<h1>协助事项" in desk
        assert (await clerk.get(f"/assist/{sale.tax_notice_id}")).status_code == 404
        paper = await clerk.get(f"/notices/{sale.registry_notice_id}/paper")
        assert paper.content.startswith(b"%PDF")
        assert (await clerk.submit(path, "receive", {})).status_code == 303
        assert "已签收" in (await clerk.get(path)).text

    async def test_the_bureau_answers_with_its_lines_once(
        self, database: Database, new_browser: NewBrowser, sale: Sale
    ) -> None:
        clerk = await at_the_desk(database, new_browser(), Role.TAX, 202)
        path = f"/assist/{sale.tax_notice_id}"
        filled = row("deed", "buyer", "1000000", "1", "10000")
        assert (await clerk.submit(path, "assess-taxes", filled)).status_code == 303
        assert 'id="assess-taxes"' not in (await clerk.get(path)).text
        async with database.reading() as session:
            (line,) = await session.scalars(select(TaxLine).where(TaxLine.sale_id == sale.id))
            notice = await session.get_one(Notice, sale.tax_notice_id)
        assert (line.kind, line.bearer, line.amount.fen) == (TaxKind.DEED, Bearer.BUYER, 1_000_000)
        assert notice.state is NoticeState.ACKNOWLEDGED
        assert notice.answer is not None
        assert "lines" in notice.answer

        shown = (await clerk.get(path)).text.partition('id="sent"')[2]
        assert "10,000.00" in shown

    async def test_an_empty_answer_is_none_unless_the_bureau_ticks_that_nothing_is_due(
        self, database: Database, new_browser: NewBrowser, sale: Sale
    ) -> None:
        clerk = await at_the_desk(database, new_browser(), Role.TAX, 202)
        path = f"/assist/{sale.tax_notice_id}"
        assert "vehicle_purchase-buyer-base" not in (await clerk.get(path)).text
        for wrong in (
            {},
            {"no_tax": "on"} | row("deed", "buyer", "1000000", "1", "10000"),
            row("vehicle_purchase", "buyer", "1000000", "1", "10000"),
        ):
            assert (await clerk.submit(path, "assess-taxes", wrong)).status_code == 422
        assert (await clerk.submit(path, "assess-taxes", {"no_tax": "on"})).status_code == 303

    async def test_an_amount_above_its_rate_is_refused_and_nothing_is_half_done(
        self, database: Database, new_browser: NewBrowser, sale: Sale
    ) -> None:
        clerk = await at_the_desk(database, new_browser(), Role.TAX, 202)
        path = f"/assist/{sale.tax_notice_id}"
        filled = row("deed", "buyer", "1000000", "1", "10000.01")
        answer = await clerk.submit(path, "assess-taxes", filled)
        assert answer.status_code == 422
        assert "10000.01" in answer.text
        async with database.reading() as session:
            notice = await session.get_one(Notice, sale.tax_notice_id)
        assert notice.state is NoticeState.SERVED

    async def test_nothing_is_registered_before_the_taxes_are_paid(
        self, database: Database, new_browser: NewBrowser, sale: Sale
    ) -> None:
        clerk = await at_the_desk(database, new_browser(), Role.REGISTRY, 201)
        page = await clerk.get(f"/assist/{sale.registry_notice_id}")
        assert 'id="register-title"' not in page.text
