from dataclasses import replace

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from auction.cases.commands import stay_case
from auction.distribution.commands import approve_plan, draft_plan, withdraw_plan
from auction.distribution.objections import answer_objection, oppose_objection, raise_objection
from auction.distribution.plan import ObjectionState, PlanState
from auction.kernel.actor import SYSTEM
from auction.kernel.ids import CaseId
from auction.kernel.money import ZERO, total
from auction.kernel.refusal import Refusal
from auction.ledger.book import balance, open_account, post
from auction.ledger.chart import AccountKind
from auction.ledger.tables import Account
from auction.ledger.transfer import Posting, Transfer
from auction.lots.lot import Lot
from auction.settlement.sale import Sale
from auction.store.database import Database
from tests.auction.distribution.plans import WINDOW, PlanDesk
from tests.conftest import Execute
from tests.finance import COURT
from tests.sales import APPLICANT, BANK, CHOICES, DEBTOR, OFFICER, PANEL, PRICE


class TestDrafting:
    async def test_pays_costs_taxes_the_mortgage_and_then_the_rest_by_hand(
        self, desk: PlanDesk
    ) -> None:
        """1,000,000: fee 12,400 and costs 3,000; VAT 27,000; mortgage 600,000; 357,600 ordinary."""
        lines = await desk.plan_lines(await desk.a_plan())
        found = [(line.title, str(line.asked), str(line.paid)) for line in lines]
        assert found == [
            ("执行费", "12400.00", "12400.00"),
            ("垫付的执行费用", "3000.00", "3000.00"),
            ("增值税", "27000.00", "27000.00"),
            ("已登记抵押债权", "600000.00", "600000.00"),
            ("普通债权", "500000.00", "357600.00"),
        ]
        assert total([line.paid for line in lines]) == PRICE
        assert all(line.basis for line in lines)

    async def test_waits_for_the_bureau(self, desk: PlanDesk, database: Database) -> None:
        sale = await desk.a_ruled_sale()
        with pytest.raises(Refusal, match=r"plan\.too_early"):
            async with database.unit(OFFICER) as work:
                await draft_plan(work, sale_id=sale.id, choices=CHOICES)

    async def test_needs_proceeds_to_divide(self, desk: PlanDesk, database: Database) -> None:
        sale = await desk.a_taxed_sale()
        async with database.unit(SYSTEM) as work:
            source = await open_account(work, AccountKind.PROCEEDS, f"sale:{sale.id}", COURT)
            away = await open_account(work, AccountKind.SURPLUS, "elsewhere", COURT)
            gone = Transfer(source, away, (await balance(work.session, source)).available)
            await post(
                work,
                Posting(
                    key="gone", event="test.gone", court_id=COURT, subject_ref="test:1",
                    transfers=(gone,),
                ),
            )  # fmt: skip
        with pytest.raises(Refusal, match=r"plan\.no_proceeds"):
            async with database.unit(OFFICER) as work:
                await draft_plan(work, sale_id=sale.id, choices=CHOICES)

    async def test_is_a_person_s_work(self, desk: PlanDesk, database: Database) -> None:
        sale = await desk.a_taxed_sale()
        with pytest.raises(Refusal, match="forbidden"):
            async with database.unit(replace(OFFICER, person_id=None)) as work:
                await draft_plan(work, sale_id=sale.id, choices=CHOICES)

    async def test_a_plan_is_taken_back_with_a_reason(
        self, desk: PlanDesk, database: Database
    ) -> None:
        plan = await desk.a_plan()
        with pytest.raises(Refusal, match=r"plan\.reason_missing"):
            async with database.unit(OFFICER) as work:
                await withdraw_plan(work, plan.id, reason=" ")
        assert (await desk.plan(plan)).state is PlanState.DRAFTED

    async def test_a_sale_has_one_live_plan_and_a_new_one_after_withdrawal(
        self, desk: PlanDesk, database: Database
    ) -> None:
        plan = await desk.a_plan()
        with pytest.raises(Refusal, match=r"plan\.already_drafted"):
            async with database.unit(OFFICER) as work:
                await draft_plan(work, sale_id=plan.sale_id, choices=CHOICES)
        async with database.unit(OFFICER) as work:
            await withdraw_plan(work, plan.id, reason="漏列债权")
        async with database.unit(OFFICER) as work:
            second = await draft_plan(work, sale_id=plan.sale_id, choices=CHOICES)
        assert second.number != plan.number

    async def test_the_database_itself_refuses_lines_that_do_not_add_up(
        self, desk: PlanDesk, database: Database
    ) -> None:
        plan = await desk.a_plan()
        lines = await desk.plan_lines(plan)
        with pytest.raises(IntegrityError, match="add up"):
            async with database.unit(OFFICER) as work:
                await work.session.execute(
                    text(
                        "INSERT INTO plan_line (id, plan_id, position, rank, payee_kind, title,"
                        " payee_name_sealed, payee_account_sealed, subject_id, asked, paid, basis)"
                        " SELECT gen_random_uuid(), plan_id, 99, rank, payee_kind, title,"
                        " payee_name_sealed, payee_account_sealed, subject_id, asked, paid, basis"
                        " FROM plan_line WHERE id = :line"
                    ),
                    {"line": lines[0].id},
                )


class TestApproving:
    async def test_waits_until_the_window_to_object_is_over(self, desk: PlanDesk) -> None:
        plan = await desk.a_served_plan()
        with pytest.raises(Refusal, match=r"plan\.window_open"):
            await desk.proposed(plan)

    async def test_takes_a_proposal(self, desk: PlanDesk, database: Database) -> None:
        plan = await desk.a_served_plan()
        desk.clock.advance(WINDOW)
        with pytest.raises(Refusal, match=r"approval\.not_proposed"):
            async with database.unit(PANEL) as work:
                await approve_plan(work, plan.id, seen="0" * 64)

    async def test_is_refused_once_a_line_differs_from_what_was_proposed(
        self, desk: PlanDesk, database: Database, as_owner: Execute
    ) -> None:
        plan = await desk.a_served_plan()
        desk.clock.advance(WINDOW)
        seen = await desk.proposed(plan)
        await as_owner(f"UPDATE plan_line SET title = '其他' WHERE plan_id = '{plan.id}'")
        with pytest.raises(Refusal, match=r"approval\.payload_changed"):
            async with database.unit(PANEL) as work:
                await approve_plan(work, plan.id, seen=seen)

    async def test_is_never_done_by_who_drew_the_plan_up(self, desk: PlanDesk) -> None:
        plan = await desk.a_served_plan()
        desk.clock.advance(WINDOW)
        with pytest.raises(Refusal, match=r"plan\.same_person"):
            await desk.approves(plan, OFFICER)

    async def test_moves_every_fen_out_of_the_proceeds(
        self, desk: PlanDesk, database: Database
    ) -> None:
        plan = await desk.an_approved_plan()
        assert plan.state is PlanState.APPROVED
        async with database.reading() as session:
            account = (
                await session.scalars(
                    select(Account.id).where(Account.owner_ref == f"sale:{plan.sale_id}")
                )
            ).one()
            assert (await balance(session, account)).posted == ZERO


class TestAnObjection:
    async def test_that_was_right_asks_for_another_plan(
        self, desk: PlanDesk, database: Database
    ) -> None:
        plan = await desk.a_served_plan()
        async with database.unit(APPLICANT) as work:
            objection = await raise_objection(work, plan.id, line_id=None, reason="漏列利息")
        async with database.unit(PANEL) as work:
            await answer_objection(work, objection.id, is_upheld=True, resolution="应予更正")
        desk.clock.advance(WINDOW)
        with pytest.raises(Refusal, match=r"plan\.amend_first"):
            await desk.approves(plan)

    async def test_to_the_whole_plan_stops_it(self, desk: PlanDesk, database: Database) -> None:
        plan = await desk.a_served_plan()
        async with database.unit(DEBTOR) as work:
            await raise_objection(work, plan.id, line_id=None, reason="不同意")
        desk.clock.advance(WINDOW)
        with pytest.raises(Refusal, match=r"plan\.objected"):
            await desk.approves(plan)

    async def test_to_one_line_withholds_that_line_alone(
        self, desk: PlanDesk, database: Database
    ) -> None:
        plan = await desk.a_served_plan()
        lines = await desk.plan_lines(plan)
        mortgage, ordinary = lines[3], lines[4]
        async with database.unit(APPLICANT) as work:
            objection = await raise_objection(
                work, plan.id, line_id=mortgage.id, reason="抵押登记有误"
            )
        async with database.unit(BANK) as work:
            await oppose_objection(work, objection.id)
        desk.clock.advance(WINDOW)
        await desk.approves(plan)
        await desk.orders(ordinary)
        with pytest.raises(Refusal, match=r"plan\.line_disputed"):
            await desk.orders(mortgage)
        async with database.unit(PANEL) as work:
            answered = await answer_objection(
                work, objection.id, is_upheld=False, resolution="未在十五日内起诉"
            )
        assert answered.state is ObjectionState.DISMISSED
        await desk.orders(mortgage)


class TestHolds:
    async def test_a_hold_on_the_lot_stops_the_money(
        self, desk: PlanDesk, database: Database
    ) -> None:
        plan = await desk.an_approved_plan()
        line = (await desk.plan_lines(plan))[0]
        async with database.unit(OFFICER) as work:
            sale = await work.load(Sale, plan.sale_id)
            lot = await work.lock(Lot, sale.lot_id)
            lot.held_ground = "案外人异议"
        with pytest.raises(Refusal, match=r"lot\.held"):
            await desk.orders(line)

    async def test_a_stay_of_the_case_stops_it_too(
        self, desk: PlanDesk, database: Database
    ) -> None:
        plan = await desk.a_served_plan()
        desk.clock.advance(WINDOW)
        async with database.unit(OFFICER) as work:
            await stay_case(work, CaseId(plan.case_id), ground="执行中止")
        with pytest.raises(Refusal, match=r"plan\.case_stayed"):
            await desk.approves(plan)
