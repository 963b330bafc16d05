"""The whole road from a paid sale to the last fen, through the pages of everybody on it."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from auction.distribution.plan import Disbursement, Plan, PlanState
from auction.distribution.queries import paid_out_lots
from auction.kernel.actor import Actor
from auction.kernel.clock import FrozenClock
from auction.settlement.commands import record_tax_lines
from auction.settlement.sale import Sale, SaleState
from auction.store.database import Database
from tests.finance import pays_out
from tests.sales import (
    APPLICANT,
    APPROVER,
    BUREAU,
    BUYER,
    BUYER_DEED,
    CLERK,
    DEBTOR,
    OFFICER,
    PANEL,
    SELLER_VAT,
    STRANGER,
    SUPERVISOR,
    SaleDesk,
)
from tests.web.browser import Browser, approves, waiting
from tests.web.conftest import NewBrowser
from web.signin import LANGUAGE_COOKIE

PASSWORD = "correct horse battery"
SignedIn = Callable[[Actor], Awaitable[Browser]]


@pytest.fixture
async def desk(database: Database, clock: FrozenClock) -> SaleDesk:
    made = SaleDesk(database, clock)
    await made.found()
    await made.let_in(PASSWORD)
    return made


@pytest.fixture
def signed_in(new_browser: NewBrowser) -> SignedIn:
    async def sign_in(actor: Actor) -> Browser:
        browser = new_browser()
        username = f"p{actor.person_id.int if actor.person_id else 0}"
        answer = await browser.submit(
            "/sign-in", "sign-in", {"username": username, "password": PASSWORD}
        )
        assert answer.status_code == 303, answer.text
        return browser

    return sign_in


async def does(browser: Browser, page: str, form: str, **fields: str) -> None:
    answer = await browser.submit(page, form, fields)
    assert answer.status_code == 303, answer.text


async def a_planned_sale(desk: SaleDesk, signed_in: SignedIn) -> tuple[Sale, Plan]:
    """From paid to a drafted plan through the pages of officer and buyer."""
    sale = await desk.a_paid_sale()
    officer, buyer = await signed_in(OFFICER), await signed_in(BUYER)
    page = f"/court/sales/{sale.id}"
    await does(officer, page, "check-qualification", evidence="查询购房资格：通过")
    await does(officer, page, "issue-ruling", confirmed="on")
    await desk.deliver_notices()
    await does(buyer, f"/party/purchases/{sale.id}", "sign-for-ruling")
    await does(officer, page, "ask-assistance", requests="解除查封\n转移登记")
    async with desk.database.unit(BUREAU) as work:
        await record_tax_lines(work, sale.id, lines=[SELLER_VAT, BUYER_DEED])
    await does(
        officer,
        f"{page}/plan",
        "draft-plan",
        fee_name="杭湾市财政局",
        fee_account="3300100",
        tax_name="国家金库杭湾支库",
        tax_account="3300200",
    )
    async with desk.database.reading() as session:
        return sale, (await session.scalars(select(Plan).where(Plan.sale_id == sale.id))).one()


class TestTheRoad:
    async def test_leads_from_a_paid_sale_to_the_last_fen(
        self, desk: SaleDesk, signed_in: SignedIn
    ) -> None:
        sale, plan = await a_planned_sale(desk, signed_in)
        officer = await signed_in(OFFICER)
        assert (await desk.sale(sale.id)).state is SaleState.TAXES_ASSESSED
        page = f"/court/plans/{plan.id}"
        await does(officer, page, "serve-plan")
        await desk.deliver_notices()
        desk.clock.advance(timedelta(days=20))
        officer = await signed_in(OFFICER)
        await does(officer, page, "propose-plan")
        assert await waiting(officer) == []
        await approves(await signed_in(PANEL))
        await does(await signed_in(CLERK), page, "order-all")
        for actor in (OFFICER, SUPERVISOR, APPROVER):
            await approves(await signed_in(actor))
        async with desk.database.reading() as session:
            orders = (await session.scalars(select(Disbursement))).all()
        await desk.books(
            *[pays_out(one.amount, one.order_number, account=one.payee_account) for one in orders]
        )
        async with desk.database.reading() as session:
            assert (await session.get_one(Plan, plan.id)).state is PlanState.PAID
        shown = await (await signed_in(OFFICER)).get(f"/court/sales/{sale.id}")
        assert 'id="held" data-fen="0"' in shown.text
        own = await (await signed_in(APPLICANT)).get(f"/party/plans/{plan.id}")
        assert "尚未发放" not in own.text.partition('id="own"')[2].partition("</section>")[0]
        led = await (await signed_in(OFFICER)).get(f"/court/lots/{sale.lot_id}/plan")
        assert led.headers["location"] == f"/court/plans/{plan.id}#next"
        async with desk.database.reading() as session:
            assert sale.lot_id in await paid_out_lots(session, sale.court_id)


class TestReading:
    async def test_a_plan_is_for_creditors_and_debtor_once_served(
        self, desk: SaleDesk, signed_in: SignedIn
    ) -> None:
        _, plan = await a_planned_sale(desk, signed_in)
        debtor, stranger = await signed_in(DEBTOR), await signed_in(STRANGER)
        assert (await debtor.get(f"/party/plans/{plan.id}")).status_code == 404
        await does(await signed_in(OFFICER), f"/court/plans/{plan.id}", "serve-plan")
        assert (await debtor.get(f"/party/plans/{plan.id}")).status_code == 200
        assert plan.number in (await debtor.get("/party")).text
        assert (await stranger.get(f"/party/plans/{plan.id}")).status_code == 404

    async def test_a_creditor_objects_and_the_officer_sees_it(
        self, desk: SaleDesk, signed_in: SignedIn
    ) -> None:
        _, plan = await a_planned_sale(desk, signed_in)
        officer = await signed_in(OFFICER)
        await does(officer, f"/court/plans/{plan.id}", "serve-plan")
        applicant = await signed_in(APPLICANT)
        await does(applicant, f"/party/plans/{plan.id}", "object-to-plan", reason="抵押已注销")
        assert "抵押已注销" in (await officer.get(f"/court/plans/{plan.id}")).text

    async def test_a_purchase_is_the_buyer_s_own(self, desk: SaleDesk, signed_in: SignedIn) -> None:
        sale = await desk.a_sale()
        buyer, stranger = await signed_in(BUYER), await signed_in(STRANGER)
        shown = await buyer.get(f"/party/purchases/{sale.id}")
        assert sale.virtual_account in shown.text
        assert (await stranger.get(f"/party/purchases/{sale.id}")).status_code == 404

    @pytest.mark.parametrize("path", ["/court/sales", "/court/plans"])
    async def test_the_desks_are_for_the_court(
        self, desk: SaleDesk, signed_in: SignedIn, path: str
    ) -> None:
        await desk.a_sale()
        assert (await (await signed_in(OFFICER)).get(path)).status_code == 200
        assert (await (await signed_in(STRANGER)).get(path)).status_code == 403

    async def test_the_desk_leads_from_the_lot_to_its_sale(
        self, desk: SaleDesk, signed_in: SignedIn
    ) -> None:
        sale = await desk.a_sale()
        officer = await signed_in(OFFICER)
        assert f"/court/lots/{sale.lot_id}/sale" in (await officer.get("/court")).text
        led = await officer.get(f"/court/lots/{sale.lot_id}/sale")
        assert led.headers["location"] == f"/court/sales/{sale.id}#next"
        for page in (f"/court/lots/{sale.lot_id}", f"/court/listings/{sale.listing_id}"):
            assert f"/court/lots/{sale.lot_id}/sale" in (await officer.get(page)).text

    async def test_no_ruling_is_made_without_the_tick(
        self, desk: SaleDesk, signed_in: SignedIn
    ) -> None:
        sale = await desk.a_paid_sale()
        officer, page = await signed_in(OFFICER), f"/court/sales/{sale.id}"
        await does(officer, page, "check-qualification", evidence="查询购房资格：通过")
        assert "checked" not in (await officer.get(page)).text.partition('name="confirmed"')[2][:9]
        answer = await officer.submit(page, "issue-ruling", {})
        assert answer.status_code == 422
        assert 'href="#f-confirmed"' in answer.text
        assert (await desk.sale(sale.id)).state is SaleState.QUALIFIED

    async def test_money_owed_but_not_paid_does_not_stand_under_what_went_out(
        self, desk: SaleDesk, signed_in: SignedIn
    ) -> None:
        sale, _ = await a_planned_sale(desk, signed_in)
        shown = (await (await signed_in(OFFICER)).get(f"/court/sales/{sale.id}")).text
        table = shown.partition('id="route"')[2].partition("</table>")[0]
        assert '<td class="num" data-label="支出（元）">—' in table
        assert table.count('data-label="支出（元）">—') == table.count('data-label="支出（元）"')
        assert "尚未付出（元）" in table

    async def test_the_road_of_a_sale_is_read_in_english(
        self, desk: SaleDesk, signed_in: SignedIn
    ) -> None:
        sale = await desk.a_sale()
        officer = await signed_in(OFFICER)
        officer.client.cookies.set(LANGUAGE_COOKIE, "en")
        shown = await officer.get(f"/court/sales/{sale.id}")
        road = shown.text.partition('class="steps"')[2].partition("</ol>")[0]
        assert "Sale confirm" in road
        assert "成交确认" not in road

    async def test_everybody_may_see_who_bought_and_for_how_much(
        self, desk: SaleDesk, new_browser: NewBrowser
    ) -> None:
        sale = await desk.a_sale()
        shown = await new_browser().get(f"/lots/{sale.listing_id}")
        assert shown.status_code == 200, shown.text[-900:]
        assert "成交公示" in shown.text
        assert re.findall(r'href="/lots/[^"/]+/([a-z.]+)" download', shown.text) == [
            "bids.csv",
            "terms.json",
        ]
        assert "张三" in shown.text
        assert "99010119800101104" not in shown.text

    async def test_an_unknown_sale_is_not_found(self, desk: SaleDesk, signed_in: SignedIn) -> None:
        shown = await (await signed_in(OFFICER)).get(f"/court/sales/{UUID(int=9)}")
        assert shown.status_code == 404
