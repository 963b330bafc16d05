"""Plans of distribution: drawn up by one, approved by a second, paid by a third."""

from typing import Annotated
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.distribution import commands, policy
from auction.distribution.estate import Account, Choices
from auction.distribution.objections import answer_objection
from auction.distribution.payouts import propose_disbursements
from auction.distribution.plan import PlanState
from auction.distribution.queries import (
    LineView,
    lines,
    objections,
    plan,
    plan_of_line,
    plan_of_sale,
    plans_of_court,
    route,
)
from auction.kernel.actor import Role
from auction.kernel.money import ZERO, Money
from auction.people.approvals.action import Action
from auction.people.approvals.queries import open_request
from auction.settlement.queries import sale, sale_of_lot
from web.forms import read_form
from web.i18n import n_
from web.views import render, see_other
from web.wiring import actor_of, path_id, reading, require_of, unit

Said = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
Short = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
SAID_PROPOSED = n_("付款已提请审批。")


class Drafting(msgspec.Struct, frozen=True):
    """What the court decides when it draws a plan up."""

    fee_name: Short
    fee_account: Short
    tax_name: Short
    tax_account: Short
    living_rent: Money = ZERO
    note: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class Withdrawing(msgspec.Struct, frozen=True):
    """Why a plan is taken back."""

    reason: Said


class Answering(msgspec.Struct, frozen=True):
    """What the court says of an objection."""

    is_upheld: bool
    resolution: Said


async def plans_page(request: Request) -> Response:
    """Every plan of the court."""
    court_id = actor_of(request).court_id
    require_of(request, policy.READ, court_id)
    async with reading(request) as session:
        plans = await plans_of_court(session, str(court_id))
    return render(request, "court/plans.html", plans=plans)


async def draft_page(request: Request) -> Response:
    """The form that draws a plan up."""
    async with reading(request) as session:
        sold = await sale(session, path_id(request))
    require_of(request, policy.DRAFT, sold.court_id)
    return render(request, "court/plan_draft.html", sale=sold)


async def plan_of_a_lot(request: Request) -> Response:
    """Lead from a sold lot to its plan, or to where one is drawn up."""
    async with reading(request) as session:
        sold = await sale_of_lot(session, path_id(request))
        found = await plan_of_sale(session, sold.id)
    require_of(request, policy.READ, sold.court_id)
    return see_other(f"/court/plans/{found.id}#next" if found else f"/court/sales/{sold.id}/plan")


async def draft(request: Request) -> Response:
    """Draw the plan up by the waterfall."""
    form = await read_form(request, Drafting)
    choices = Choices(
        fee_account=Account(form.fee_name, form.fee_account),
        tax_account=Account(form.tax_name, form.tax_account),
        living_rent=form.living_rent,
        note=form.note,
    )
    async with unit(request) as work:
        made = await commands.draft_plan(work, sale_id=path_id(request), choices=choices)
        plan_id = made.id
    return see_other(f"/court/plans/{plan_id}", said=n_("已按清偿顺序制作分配方案。"))


async def plan_page(request: Request) -> Response:
    """One plan with its lines, objections, approvals and payments."""
    async with reading(request) as session:
        found = await plan(session, path_id(request))
        actor = require_of(request, policy.READ, found.court_id)
        rows = await lines(session, found.id)
        raised = await objections(session, found.id)
        way = await route(session, found.sale_id)
    now = request.state.database.clock.now()
    async with reading(request) as session:
        requests = [
            await open_request(session, action, found.id, now)
            for action in (Action.PLAN_APPROVE, Action.DISBURSEMENT, Action.DISBURSEMENT_LARGE)
        ]
    is_clerk = Role.FINANCE_CLERK in actor.roles
    return render(
        request,
        "court/plan.html",
        plan=found,
        lines=rows,
        objections=raised,
        route=way,
        is_officer=Role.OFFICER in actor.roles,
        is_window_over=found.objections_until is not None and now >= found.objections_until,
        requests=[one for one in requests if one is not None],
        may_pay=found.state is PlanState.APPROVED and is_clerk,
        payable=[line for line in rows if line.is_payable],
    )


async def serve(request: Request) -> Response:
    """Serve the plan on everybody concerned."""
    async with unit(request) as work:
        await commands.serve_plan(work, path_id(request))
    return _back(request, n_("分配方案正在送达各债权人和被执行人。"))


async def withdraw(request: Request) -> Response:
    """Take the plan back."""
    form = await read_form(request, Withdrawing)
    async with unit(request) as work:
        await commands.withdraw_plan(work, path_id(request), reason=form.reason)
    return _back(request, n_("分配方案已撤回，可以重新制作。"))


async def answer(request: Request) -> Response:
    """Say what became of an objection."""
    form = await read_form(request, Answering)
    async with unit(request) as work:
        objection = await answer_objection(
            work, path_id(request), is_upheld=form.is_upheld, resolution=form.resolution
        )
        plan_id = objection.plan_id
    return see_other(f"/court/plans/{plan_id}", said=n_("已记录对异议的处理。"))


async def propose(request: Request) -> Response:
    """Put the plan up for approval."""
    async with unit(request) as work:
        await commands.propose_plan(work, path_id(request))
    return _back(request, n_("分配方案已提请批准。"))


async def order(request: Request) -> Response:
    """Propose the payment of one line."""
    line_id = path_id(request)
    async with reading(request) as session:
        plan_id = await plan_of_line(session, line_id)
    async with unit(request) as work:
        await propose_disbursements(work, plan_id, line_ids=[line_id])
    return see_other(f"/court/plans/{plan_id}", said=SAID_PROPOSED)


async def order_all(request: Request) -> Response:
    """Propose the payment of every line that may be paid now and has an account."""
    plan_id = path_id(request)
    async with reading(request) as session:
        require_of(request, policy.PROPOSE_PAYOUT, (await plan(session, plan_id)).court_id)
        waiting = [line.id for line in await lines(session, plan_id) if _has_account(line)]
    async with unit(request) as work:
        await propose_disbursements(work, plan_id, line_ids=waiting)
    return _back(request, SAID_PROPOSED)


def _has_account(line: LineView) -> bool:
    return line.is_payable and bool(line.payee_account)


def _back(request: Request, said: str) -> Response:
    plan_id: UUID = path_id(request)
    return see_other(f"/court/plans/{plan_id}", said=said)


ROUTES: list[BaseRoute] = [
    Route("/court/plans", plans_page, methods=["GET"]),
    Route("/court/plans/{id}", plan_page, methods=["GET"]),
    Route("/court/lots/{id}/plan", plan_of_a_lot, methods=["GET"]),
    Route("/court/sales/{id}/plan", draft_page, methods=["GET"]),
    Route("/court/sales/{id}/plan", draft, methods=["POST"]),
    Route("/court/plans/{id}/serve", serve, methods=["POST"]),
    Route("/court/plans/{id}/withdraw", withdraw, methods=["POST"]),
    Route("/court/plans/{id}/propose", propose, methods=["POST"]),
    Route("/court/plans/{id}/orders", order_all, methods=["POST"]),
    Route("/court/plan-lines/{id}/order", order, methods=["POST"]),
    Route("/court/plan-objections/{id}/answer", answer, methods=["POST"]),
]
