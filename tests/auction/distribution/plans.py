"""Words of the plan for tests: drafted, served, approved; its lines ordered one by one."""

from datetime import timedelta

from sqlalchemy import select

from auction.distribution.commands import (
    approve_plan,
    draft_plan,
    propose_plan,
    serve_plan,
    withdraw_plan,
)
from auction.distribution.payouts import order_disbursements, propose_disbursements
from auction.distribution.plan import Disbursement, Plan, PlanLine
from auction.kernel.actor import Actor
from auction.people.approvals.action import Action
from auction.people.approvals.request import ApprovalRequest
from tests.sales import APPROVER, CHOICES, CLERK, OFFICER, PANEL, SUPERVISOR, SaleDesk

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

    async def proposed(self, plan: Plan) -> str:
        async with self.database.unit(OFFICER) as work:
            return (await propose_plan(work, plan.id)).payload_hash

    async def approves(self, plan: Plan, actor: Actor = PANEL) -> Plan:
        seen = await self.proposed(plan)
        async with self.database.unit(actor) as work:
            return await approve_plan(work, plan.id, seen=seen)

    async def plan_lines(self, plan: Plan) -> list[PlanLine]:
        async with self.database.reading() as session:
            rows = await session.scalars(
                select(PlanLine).where(PlanLine.plan_id == plan.id).order_by(PlanLine.position)
            )
            return list(rows)

    async def payout(self, *lines: PlanLine) -> ApprovalRequest:
        """The clerk proposes to pay these lines."""
        async with self.database.unit(CLERK) as work:
            return await propose_disbursements(
                work, lines[0].plan_id, line_ids=[line.id for line in lines]
            )

    async def says_yes(self, request: ApprovalRequest, actor: Actor) -> list[Disbursement]:
        async with self.database.unit(actor) as work:
            return list(
                await order_disbursements(
                    work, request.subject, action=request.action, seen=request.payload_hash
                )
            )

    async def orders(self, line: PlanLine, last: Actor = APPROVER) -> Disbursement:
        """Clerk, officer, if need be supervisor, then the one who orders."""
        request = await self.payout(line)
        is_large = request.action is Action.DISBURSEMENT_LARGE
        for actor in (OFFICER, SUPERVISOR) if is_large else (OFFICER,):
            assert await self.says_yes(request, actor) == []
        (ordered,) = await self.says_yes(request, last)
        return ordered

    async def plan(self, plan: Plan) -> Plan:
        async with self.database.reading() as session:
            return await session.get_one(Plan, plan.id)
