"""Words of the plan for tests: drafted, served, approved; its lines ordered one by one."""

from datetime import timedelta

from sqlalchemy import select

from auction.distribution.commands import (
    approve_plan,
    draft_plan,
    order_disbursement,
    serve_plan,
    withdraw_plan,
)
from auction.distribution.plan import Disbursement, Plan, PlanLine
from auction.kernel.actor import Actor
from tests.sales import APPROVER, CHOICES, OFFICER, PANEL, SaleDesk

WINDOW = timedelta(days=20)


class PlanDesk(SaleDesk):
    async def a_plan(self) -> Plan:
        sale = await self.a_taxed_sale()
        async with self.database.unit(OFFICER) as work:
            return await draft_plan(work, sale_id=sale.id, choices=CHOICES)

    async def a_served_plan(self) -> Plan:
        return await self.serves(await self.a_plan())

    async def an_approved_plan(self) -> Plan:
        return await self.served_and_approved(await self.a_plan())

    async def instead_of(self, plan: Plan) -> Plan:
        """A plan is taken back and drawn up anew."""
        async with self.database.unit(OFFICER) as work:
            await withdraw_plan(work, plan.id, reason="更正")
        async with self.database.unit(OFFICER) as work:
            return await draft_plan(work, sale_id=plan.sale_id, choices=CHOICES)

    async def serves(self, plan: Plan, *, is_delivered: bool = True) -> Plan:
        async with self.database.unit(OFFICER) as work:
            served = await serve_plan(work, plan.id)
        if is_delivered:
            await self.deliver_notices()
        return served

    async def served_and_approved(self, plan: Plan) -> Plan:
        served = await self.serves(plan)
        self.clock.advance(WINDOW)
        return await self.approves(served)

    async def approves(self, plan: Plan, actor: Actor = PANEL) -> Plan:
        async with self.database.unit(actor) as work:
            return await approve_plan(work, plan.id)

    async def plan_lines(self, plan: Plan) -> list[PlanLine]:
        async with self.database.reading() as session:
            rows = await session.scalars(
                select(PlanLine).where(PlanLine.plan_id == plan.id).order_by(PlanLine.position)
            )
            return list(rows)

    async def orders(self, line: PlanLine, actor: Actor = APPROVER) -> Disbursement:
        async with self.database.unit(actor) as work:
            return await order_disbursement(work, line.id)

    async def plan(self, plan: Plan) -> Plan:
        async with self.database.reading() as session:
            return await session.get_one(Plan, plan.id)
