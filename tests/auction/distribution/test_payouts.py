"""Payouts: proposed by the clerk, checked by officer and supervisor, ordered by the approver."""

import pytest

from auction.cases.case import Party
from auction.distribution.commands import draft_plan
from auction.distribution.objections import raise_objection
from auction.distribution.payouts import fail_disbursement, propose_disbursements
from auction.distribution.plan import DisbursementState, PlanState
from auction.kernel.actor import SYSTEM, Actor, Role
from auction.kernel.clock import FrozenClock
from auction.kernel.money import Money, total
from auction.kernel.refusal import Refusal
from auction.ledger.statement import LineState
from auction.people.approvals.action import Action
from auction.store.database import Database
from tests.auction.distribution.plans import WINDOW, PlanDesk
from tests.finance import pays_out
from tests.sales import (
    APPLICANT,
    APPROVER,
    CHOICES,
    CLERK,
    OFFICER,
    PANEL,
    PRICE,
    SUPERVISOR,
    staff,
)
from tests.staff import employ


@pytest.fixture
async def desk(database: Database, clock: FrozenClock) -> PlanDesk:
    made = PlanDesk(database, clock)
    await made.found()
    return made


class TestPaying:
    @pytest.mark.parametrize(
        ("actor", "code"),
        [
            (OFFICER, "forbidden"),
            (PANEL, "forbidden"),
            (staff(101, Role.FINANCE_APPROVER), "approval.second_by_same"),
            (staff(102, Role.FINANCE_APPROVER), "plan.same_person"),
        ],
    )
    async def test_is_ordered_by_a_third_person(
        self, desk: PlanDesk, actor: Actor, code: str
    ) -> None:
        plan = await desk.an_approved_plan()
        lines = await desk.plan_lines(plan)
        await employ(desk.database, actor)
        with pytest.raises(Refusal) as refused:
            await desk.orders(lines[0], actor)
        assert refused.value.code == code

    async def test_of_a_million_takes_the_supervisor_too(self, desk: PlanDesk) -> None:
        plan = await desk.an_approved_plan()
        request = await desk.payout(*await desk.plan_lines(plan))
        assert request.action is Action.DISBURSEMENT_LARGE
        assert await desk.says_yes(request, OFFICER) == []
        with pytest.raises(Refusal, match="forbidden"):
            await desk.says_yes(request, APPROVER)
        assert await desk.says_yes(request, SUPERVISOR) == []
        ordered = await desk.says_yes(request, APPROVER)
        assert total([one.amount for one in ordered]) == PRICE

    async def test_is_void_once_a_payee_names_another_account(
        self, desk: PlanDesk, database: Database
    ) -> None:
        plan = await desk.an_approved_plan()
        ordinary = (await desk.plan_lines(plan))[4]
        request = await desk.payout(ordinary)
        async with database.unit(OFFICER) as work:
            assert ordinary.party_id is not None
            (await work.lock(Party, ordinary.party_id)).payout_account = "6222009999"
        with pytest.raises(Refusal, match=r"approval\.payload_changed"):
            await desk.says_yes(request, OFFICER)

    async def test_of_nothing_is_refused(self, desk: PlanDesk, database: Database) -> None:
        plan = await desk.an_approved_plan()
        with pytest.raises(Refusal, match=r"disbursement\.none_payable"):
            async with database.unit(CLERK) as work:
                await propose_disbursements(work, plan.id, line_ids=[])

    async def test_ends_when_the_bank_confirmed_every_line(self, desk: PlanDesk) -> None:
        plan = await desk.an_approved_plan()
        for line in await desk.plan_lines(plan):
            order = await desk.orders(line)
            (booked,) = await desk.books(
                pays_out(order.amount, order.order_number, account=order.payee_account)
            )
            assert booked.state is LineState.MATCHED
        assert (await desk.plan(plan)).state is PlanState.PAID

    async def test_needs_an_account_to_pay_to(self, desk: PlanDesk, database: Database) -> None:
        sale = await desk.a_taxed_sale()
        async with database.unit(SYSTEM) as work:
            parties = await work.session.scalars(Party.standing_in(sale.case_id))
            for party in parties:
                party.payout_account = ""
        async with database.unit(OFFICER) as work:
            plan = await draft_plan(work, sale_id=sale.id, choices=CHOICES)
        mortgage = (await desk.plan_lines(await desk.served_and_approved(plan)))[3]
        with pytest.raises(Refusal, match=r"disbursement\.no_account"):
            await desk.orders(mortgage)

    async def test_waits_for_the_approval(self, desk: PlanDesk) -> None:
        plan = await desk.a_served_plan()
        line = (await desk.plan_lines(plan))[0]
        with pytest.raises(Refusal, match=r"state\.not_allowed"):
            await desk.orders(line)

    async def test_an_order_that_is_none_cannot_fail(
        self, desk: PlanDesk, database: Database
    ) -> None:
        with pytest.raises(Refusal, match="not_found"):
            async with database.unit(staff(7, Role.FINANCE_CLERK)) as work:
                await fail_disbursement(work, order_number="FK000000000000000000")

    async def test_of_a_disputed_line_waits(self, desk: PlanDesk, database: Database) -> None:
        plan = await desk.a_served_plan()
        lines = await desk.plan_lines(plan)
        async with database.unit(APPLICANT) as work:
            await raise_objection(work, plan.id, line_id=lines[3].id, reason="抵押登记有误")
        desk.clock.advance(WINDOW)
        await desk.approves(plan)
        with pytest.raises(Refusal, match=r"plan\.line_disputed"):
            await desk.orders(lines[3])
        await desk.orders(lines[4])

    async def test_is_ordered_once(self, desk: PlanDesk) -> None:
        plan = await desk.an_approved_plan()
        line = (await desk.plan_lines(plan))[0]
        await desk.orders(line)
        with pytest.raises(Refusal, match=r"disbursement\.already_ordered"):
            await desk.orders(line)

    async def test_that_failed_may_be_ordered_anew(
        self, desk: PlanDesk, database: Database
    ) -> None:
        plan = await desk.an_approved_plan()
        line = (await desk.plan_lines(plan))[0]
        order = await desk.orders(line)
        async with database.unit(staff(7, Role.FINANCE_CLERK)) as work:
            failed = await fail_disbursement(work, order_number=order.order_number)
        assert failed.state is DisbursementState.FAILED
        again = await desk.orders(line)
        assert again.order_number != order.order_number

    async def test_another_amount_confirms_nothing(self, desk: PlanDesk) -> None:
        plan = await desk.an_approved_plan()
        line = (await desk.plan_lines(plan))[3]
        order = await desk.orders(line)
        (booked,) = await desk.books(
            pays_out(order.amount - Money(1), order.order_number, account=order.payee_account)
        )
        assert (booked.state, booked.reason) == (LineState.UNIDENTIFIED, "order.line_differs")
