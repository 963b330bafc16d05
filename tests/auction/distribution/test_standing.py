"""Whether a plan's money may move, by whom, and whose account each line is."""

import pytest

from auction.cases.commands import stay_case
from auction.distribution.plan import PayeeKind, Plan
from auction.distribution.standing import (
    account_of,
    check_another,
    check_free,
    lines_of,
    objections_to,
)
from auction.kernel.clock import FrozenClock
from auction.kernel.ids import CaseId
from auction.kernel.refusal import Refusal
from auction.ledger.tables import Account
from auction.lots.lot import Lot
from auction.settlement.sale import Sale
from auction.store.database import Database
from tests.auction.distribution.plans import PlanDesk
from tests.sales import APPROVER, DEBTOR, OFFICER, PANEL, staff
from tests.staff import employ_firm


@pytest.fixture
async def desk(database: Database, clock: FrozenClock) -> PlanDesk:
    made = PlanDesk(database, clock)
    await made.found()
    return made


class TestBeingFree:
    async def test_money_moves_while_nothing_holds_it(
        self, desk: PlanDesk, database: Database
    ) -> None:
        plan = await desk.a_plan()
        async with database.unit(OFFICER) as work:
            await check_free(work, plan)

    async def test_it_rests_with_the_lot(self, desk: PlanDesk, database: Database) -> None:
        plan = await desk.a_plan()
        async with database.unit(OFFICER) as work:
            sale = await work.load(Sale, plan.sale_id)
            (await work.lock(Lot, sale.lot_id)).held_ground = "案外人异议"
        with pytest.raises(Refusal, match=r"lot\.held"):
            async with database.unit(OFFICER) as work:
                await check_free(work, plan)

    async def test_it_rests_with_the_case(self, desk: PlanDesk, database: Database) -> None:
        plan = await desk.a_plan()
        async with database.unit(OFFICER) as work:
            await stay_case(work, CaseId(plan.case_id), ground="执行中止")
        with pytest.raises(Refusal, match=r"plan\.case_stayed"):
            async with database.unit(OFFICER) as work:
                await check_free(work, plan)


class TestBeingAnother:
    async def test_who_did_no_earlier_step_may(self, desk: PlanDesk, database: Database) -> None:
        async with database.unit(APPROVER) as work:
            await check_another(work, OFFICER.person_id, PANEL.person_id, None)

    async def test_who_did_one_may_not(self, desk: PlanDesk, database: Database) -> None:
        with pytest.raises(Refusal, match=r"plan\.same_person"):
            async with database.unit(PANEL) as work:
                await check_another(work, OFFICER.person_id, PANEL.person_id)

    async def test_nor_by_the_account_of_a_firm(self, desk: PlanDesk, database: Database) -> None:
        firm = staff(301, min(PANEL.roles))
        await employ_firm(database, firm, natural=OFFICER)
        with pytest.raises(Refusal, match=r"plan\.same_person"):
            async with database.unit(firm) as work:
                await check_another(work, OFFICER.person_id)


async def test_a_line_is_of_its_claim_or_of_its_own(desk: PlanDesk, database: Database) -> None:
    plan = await desk.a_plan()
    async with database.unit(OFFICER) as work:
        owners = {}
        for line in await lines_of(work, plan):
            account = await work.load(Account, await account_of(work, plan, line))
            owners[line.payee_kind, line.position] = (account.owner_ref, line)
    for (kind, _), (owner, line) in owners.items():
        is_claim = kind is PayeeKind.CREDITOR
        assert owner == (f"claim:{line.claim_id}" if is_claim else f"plan_line:{line.id}")


async def test_a_plan_has_no_objections_at_first(desk: PlanDesk, database: Database) -> None:
    plan = await desk.a_plan()
    async with database.unit(DEBTOR) as work:
        assert await objections_to(work, await work.load(Plan, plan.id)) == []
