"""What a plan or a payment rests on is not corrected under it."""

import pytest

from auction.cases.case import Party, PartyRole
from auction.cases.payouts import PayoutAccount
from auction.cases.queries import PartyView, claims, parties
from auction.distribution.commands import withdraw_plan
from auction.distribution.corrections import name_payout_account, withdraw_claim, withdraw_party
from auction.distribution.payouts import fail_disbursement
from auction.distribution.plan import Plan
from auction.kernel.actor import Role
from auction.kernel.ids import CaseId
from auction.kernel.refusal import Refusal
from tests.auction.distribution.plans import PlanDesk
from tests.sales import OFFICER, staff


async def the_party(desk: PlanDesk, plan: Plan, role: PartyRole) -> PartyView:
    async with desk.database.reading() as session:
        known = await parties(session, CaseId(plan.case_id))
    return next(party for party in known if party.role is role)


async def names(desk: PlanDesk, party: PartyView, number: str) -> Party:
    account = PayoutAccount(name=party.name, bank="杭湾银行", account=number, reason="销户")
    async with desk.database.unit(OFFICER) as work:
        return await name_payout_account(work, party.id, account=account)


class TestWithAPlan:
    async def test_no_party_and_no_claim_leaves(self, desk: PlanDesk) -> None:
        plan = await desk.a_plan()
        debtor = await the_party(desk, plan, PartyRole.RESPONDENT)
        async with desk.database.reading() as session:
            claim, *_ = await claims(session, CaseId(plan.case_id))
        with pytest.raises(Refusal, match=r"case\.plan_drafted"):
            async with desk.database.unit(OFFICER) as work:
                await withdraw_party(work, debtor.id, reason="误加")
        with pytest.raises(Refusal, match=r"case\.plan_drafted"):
            async with desk.database.unit(OFFICER) as work:
                await withdraw_claim(work, claim.id, reason="误登")
        async with desk.database.reading() as session:
            assert len(await claims(session, CaseId(plan.case_id))) == 2

    async def test_once_it_is_taken_back_they_may(self, desk: PlanDesk) -> None:
        plan = await desk.a_plan()
        debtor = await the_party(desk, plan, PartyRole.RESPONDENT)
        async with desk.database.reading() as session:
            known = await claims(session, CaseId(plan.case_id))
        async with desk.database.unit(OFFICER) as work:
            await withdraw_plan(work, plan.id, reason="漏列债权")
        async with desk.database.unit(OFFICER) as work:
            assert (await withdraw_claim(work, known[0].id, reason="误登")).ended_at is not None
        async with desk.database.unit(OFFICER) as work:
            assert (await withdraw_party(work, debtor.id, reason="误加")).ended_at is not None


class TestAnAccount:
    async def test_is_replaced_until_a_payment_to_it_is_ordered(self, desk: PlanDesk) -> None:
        plan = await desk.an_approved_plan()
        bank = await the_party(desk, plan, PartyRole.CREDITOR)
        assert (await names(desk, bank, "6222107001")).payout_account == "6222107001"
        order = await desk.orders((await desk.plan_lines(plan))[3])
        assert order.payee_account == "6222107001"
        with pytest.raises(Refusal, match=r"case\.payment_ordered"):
            await names(desk, bank, "6222107002")
        async with desk.database.unit(staff(7, Role.FINANCE_CLERK)) as work:
            await fail_disbursement(work, order_number=order.order_number)
        assert (await names(desk, bank, "6222107002")).payout_account == "6222107002"
