"""Creditors and debtor read and object to plans; a buyer pays and signs for the ruling."""

from typing import Annotated
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.cases.queries import case, parties_of_person
from auction.distribution import objections as objecting
from auction.distribution import policy
from auction.distribution.plan import PlanState
from auction.distribution.queries import (
    PlanView,
    is_concerned,
    lines,
    objections,
    plan,
    plans_of_case,
    statement,
)
from auction.kernel.refusal import Refusal
from auction.ledger.virtual import BANK_NAME
from auction.notices.commands import record_receipt
from auction.settlement import policy as settling
from auction.settlement.commands import serve_ruling
from auction.settlement.queries import SaleView, papers_of_sale, receipts, sale, sales_of_buyer
from auction.settlement.sale import PAYABLE
from web.forms import read_form
from web.i18n import n_
from web.views import render, see_other
from web.wiring import path_id, person_id_of, reading, require_of, unit


class Objecting(msgspec.Struct, frozen=True):
    """A creditor's or the debtor's objection."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=4000)]
    line: UUID | None = None


async def party_page(request: Request) -> Response:
    """What somebody has a part in: cases with their plans, and what they bought."""
    require_of(request, policy.READ_OWN)
    person_id = person_id_of(request)
    async with reading(request) as session:
        parts = await parties_of_person(session, person_id)
        plans = [
            found
            for case_id in dict.fromkeys(part.case_id for part in parts)
            for found in await _served_plans(session, case_id, person_id)
        ]
        purchases = await sales_of_buyer(session, person_id)
        cases = {part.case_id: await case(session, part.case_id) for part in parts}
    return render(
        request, "party/party.html", parts=parts, cases=cases, plans=plans, purchases=purchases
    )


async def _served_plans(session: AsyncSession, case_id: UUID, person_id: UUID) -> list[PlanView]:
    if not await is_concerned(session, case_id, person_id):
        return []
    return [found for found in await plans_of_case(session, case_id) if found.served_at]


async def plan_page(request: Request) -> Response:
    """A plan as creditors and debtor read it."""
    async with reading(request) as session:
        found = await _own_plan(request, session)
        person_id = person_id_of(request)
        rows = await lines(session, found.id)
        own = await statement(session, found.id, person_id)
        raised = await objections(session, found.id)
    now = request.state.database.clock.now()
    until = found.objections_until
    return render(
        request,
        "party/plan.html",
        plan=found,
        lines=rows,
        own=own,
        objections=raised,
        me=person_id,
        can_object=found.state is PlanState.SERVED and (until is None or now < until),
    )


async def _own_plan(request: Request, session: AsyncSession) -> PlanView:
    """A plan that was served on who asks; nobody else learns that it exists."""
    require_of(request, policy.READ_OWN)
    found = await plan(session, path_id(request))
    is_own = await is_concerned(session, found.case_id, person_id_of(request))
    if not is_own or found.served_at is None:
        raise Refusal("not_found", what="plan", id=str(found.id))
    return found


async def object_to_plan(request: Request) -> Response:
    """Raise an objection in writing."""
    form = await read_form(request, Objecting)
    async with unit(request) as work:
        await objecting.raise_objection(
            work, path_id(request), line_id=form.line, reason=form.reason
        )
    return see_other(f"/party/plans/{path_id(request)}", said=n_("异议已提交执行法院。"))


async def oppose(request: Request) -> Response:
    """Say that somebody else's objection is wrong."""
    async with unit(request) as work:
        objection = await objecting.oppose_objection(work, path_id(request))
        plan_id = objection.plan_id
    return see_other(f"/party/plans/{plan_id}", said=n_("反对意见已提交执行法院。"))


async def withdraw(request: Request) -> Response:
    """Take one's own objection back."""
    async with unit(request) as work:
        objection = await objecting.withdraw_objection(work, path_id(request))
        plan_id = objection.plan_id
    return see_other(f"/party/plans/{plan_id}", said=n_("异议已撤回。"))


async def purchase_page(request: Request) -> Response:
    """The buyer's own page: what to pay and where, the papers, the ruling to sign for."""
    async with reading(request) as session:
        found = await _own_sale(request, session)
        papers = await papers_of_sale(session, found.id)
        paid = await receipts(session, found.id)
    ruling = next((paper for paper in papers if paper.id == found.ruling_notice_id), None)
    return render(
        request,
        "party/purchase.html",
        sale=found,
        papers=[paper for paper in papers if paper.addressee_name == found.buyers[0].name],
        receipts=paid,
        ruling=ruling,
        bank=BANK_NAME,
        is_payable=found.state in PAYABLE,
        can_sign=ruling is not None and ruling.state.value == "served",
    )


async def _own_sale(request: Request, session: AsyncSession) -> SaleView:
    require_of(request, settling.READ_OWN)
    found = await sale(session, path_id(request))
    if found.buyer_id != person_id_of(request):
        raise Refusal("not_found", what="sale", id=str(found.id))
    return found


async def sign_for_ruling(request: Request) -> Response:
    """Sign for the ruling: receipt and passing of title are one commit (网拍22)."""
    async with reading(request) as session:
        found = await _own_sale(request, session)
    if found.ruling_notice_id is None:
        raise Refusal("sale.ruling_unsigned")
    async with unit(request) as work:
        await record_receipt(work, found.ruling_notice_id, answer={"result": "received"})
        await serve_ruling(work, found.id)
    return see_other(f"/party/purchases/{found.id}", said=n_("已签收裁定书，所有权自此转移。"))


ROUTES: list[BaseRoute] = [
    Route("/party", party_page, methods=["GET"]),
    Route("/party/plans/{id}", plan_page, methods=["GET"]),
    Route("/party/plans/{id}/object", object_to_plan, methods=["POST"]),
    Route("/party/objections/{id}/oppose", oppose, methods=["POST"]),
    Route("/party/objections/{id}/withdraw", withdraw, methods=["POST"]),
    Route("/party/purchases/{id}", purchase_page, methods=["GET"]),
    Route("/party/purchases/{id}/sign", sign_for_ruling, methods=["POST"]),
]
