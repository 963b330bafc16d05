"""The officer's desk for one lot's reference price: negotiation, appraisal, draw, report."""

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.cases.queries import case as case_of
from auction.kernel.actor import Role
from auction.kernel.ids import AssignmentId, DrawId, LotId, new_id
from auction.kernel.money import Money
from auction.kernel.refusal import Refusal
from auction.lots.lot import Lot
from auction.people.approvals.action import Action
from auction.people.approvals.queries import open_request
from valuation.commands.assignments import (
    Negotiation,
    open_appraisal,
    open_assignment,
    record_negotiation,
    withdraw_assignment,
)
from valuation.commands.draws import ask_void
from valuation.commands.opening import propose_draw
from valuation.commands.reports import answer_objection, check_report, serve_report
from valuation.drawing import Draw
from valuation.methods import PricingMethod, Situation
from valuation.queries import appraisals, draws
from valuation.report import Check
from valuation.roster import Field
from web.forms import form_pdf_if_any, read_form
from web.i18n import n_
from web.views import render, see_other
from web.wiring import database_of, only, path_id, reading, unit


class Opening(msgspec.Struct, frozen=True):
    """The page makes the id, so that a form sent twice opens one assignment."""

    assignment_id: UUID


class Negotiated(msgspec.Struct, frozen=True, kw_only=True):
    """The price of each side; empty when a side named none."""

    applicant_price: Money | None = None
    respondent_price: Money | None = None
    held_on: date
    note: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]


class Appraising(msgspec.Struct, frozen=True):
    """What decides whether the appraisal is open, and in which roster the draw is held."""

    field: Field
    region: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    has_price_base: bool = False
    has_market_data: bool = False
    needs_inspection: bool = False
    is_appraisal_required: bool = False
    both_ask: bool = False


class Checked(msgspec.Struct, frozen=True):
    """The items of the checklist that hold; those not ticked are faults."""

    holds: tuple[Check, ...] = ()
    remark: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class Answered(msgspec.Struct, frozen=True):
    answer: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
    is_upheld: bool = False


class Ground(msgspec.Struct, frozen=True):
    ground: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]


async def valuation_page(request: Request) -> Response:
    """Where the lot's price stands, and what the officer can do next."""
    actor = only(request, Role.OFFICER, Role.PANEL, Role.SUPERVISOR)
    lot_id, now = LotId(path_id(request)), database_of(request).clock.now()
    async with reading(request) as session:
        lot = await session.get(Lot, lot_id)
        if lot is None or lot.court_id != actor.court_id:
            raise Refusal("not_found", what="lots", id=str(lot_id))
        case = await case_of(session, lot.case_id)
        assignment = await appraisals.assignment_of_lot(session, lot_id)
        commissions = await appraisals.commissions_of_lot(session, lot_id)
        held = await draws.of_lot(session, lot_id)
        opening = assignment and await open_request(session, Action.DRAW_OPEN, assignment.id, now)
        voiding = held and await open_request(session, Action.DRAW_VOID, held[0].id, now)
    return render(
        request,
        "valuation/court.html",
        lot=lot,
        case=case,
        assignment=assignment,
        commissions=commissions,
        draws=held,
        opening=opening if opening and opening.is_seen_by(actor) else None,
        voiding=voiding if voiding and voiding.is_seen_by(actor) else None,
        fields=list(Field),
        checks=list(Check),
        fresh_id=new_id(now),
    )


async def open_now(request: Request) -> Response:
    """Begin to fix the price."""
    form = await read_form(request, Opening)
    lot_id = LotId(path_id(request))
    async with unit(request) as work:
        await open_assignment(work, lot_id, assignment_id=AssignmentId(form.assignment_id))
    return _back(lot_id, n_("定价任务已建立，先由当事人议价。"))


async def negotiation(request: Request) -> Response:
    """Record how the negotiation went."""
    form = await read_form(request, Negotiated)
    lot_id, assignment_id = _ids(request)
    async with unit(request) as work:
        await record_negotiation(
            work,
            assignment_id,
            negotiation=Negotiation(
                form.applicant_price, form.respondent_price, held_on=form.held_on, note=form.note
            ),
        )
    return _back(lot_id, n_("议价结果已记录。"))


async def appraisal(request: Request) -> Response:
    """Open the commissioned appraisal."""
    form = await read_form(request, Appraising)
    lot_id, assignment_id = _ids(request)
    situation = Situation(
        has_price_base=form.has_price_base,
        has_market_data=form.has_market_data,
        needs_inspection=form.needs_inspection,
        is_appraisal_required=form.is_appraisal_required,
        both_ask=PricingMethod.APPRAISAL if form.both_ask else None,
    )
    async with unit(request) as work:
        await open_appraisal(
            work, assignment_id, field=form.field, region=form.region, situation=situation
        )
    return _back(lot_id, n_("已转入委托评估，请公告摇号。"))


async def withdraw(request: Request) -> Response:
    """End an assignment whose ground is gone."""
    form = await read_form(request, Ground)
    lot_id, assignment_id = _ids(request)
    async with unit(request) as work:
        await withdraw_assignment(work, assignment_id, ground=form.ground)
    return _back(lot_id, n_("定价任务已撤回。"))


async def propose(request: Request) -> Response:
    """Propose a draw; the supervisor opens it."""
    lot_id, assignment_id = _ids(request)
    async with unit(request) as work:
        await propose_draw(work, assignment_id)
    return _back(lot_id, n_("摇号已提请监督人员批准；批准时固定名单与清单并公告。"))


async def ask_void_now(request: Request) -> Response:
    """Ask for a draw to be void, with the ruling if there is one."""
    only(request, Role.OFFICER)  # before a file is kept
    form = await read_form(request, Ground)
    ruling = await form_pdf_if_any(request, "ruling")
    draw_id = DrawId(path_id(request))
    digest = await request.state.files.put(ruling.data) if ruling else ""
    async with unit(request) as work:
        await ask_void(work, draw_id, ground=form.ground, ruling_digest=digest)
        lot_id = (await work.load(Draw, draw_id)).lot_id
    return _back(lot_id, n_("作废申请已提交监督部门确认。"))


async def check(request: Request) -> Response:
    """The officer's checklist of 参考价20."""
    form = await read_form(request, Checked)
    faults = [item for item in Check if item not in form.holds]
    report_id = path_id(request)
    async with unit(request) as work:
        await check_report(work, report_id, faults=faults, remark=form.remark)
    said = n_("报告已退回评估机构补正。") if faults else n_("报告审查通过，可以送达。")
    return await _back_of_report(request, report_id, said)


async def serve(request: Request) -> Response:
    """Send the report to everybody with an interest."""
    report_id = path_id(request)
    async with unit(request) as work:
        await serve_report(work, report_id)
    return await _back_of_report(request, report_id, n_("报告已送达，异议期开始计算。"))


async def answer(request: Request) -> Response:
    """Decide an objection to the report."""
    form = await read_form(request, Answered)
    async with unit(request) as work:
        objection = await answer_objection(
            work, path_id(request), is_upheld=form.is_upheld, answer=form.answer
        )
        report_id = objection.report_id
    return await _back_of_report(request, report_id, n_("异议已答复。"))


def _ids(request: Request) -> tuple[LotId, AssignmentId]:
    return LotId(path_id(request)), AssignmentId(path_id(request, "assignment"))


def _back(lot_id: LotId, said: str) -> Response:
    return see_other(f"/court/lots/{lot_id}/valuation", said=said)


async def _back_of_report(request: Request, report_id: UUID, said: str) -> Response:
    async with reading(request) as session:
        seen = await appraisals.commission_of_report(session, report_id)
    return _back(seen.lot_id, said)


_LOT = "/court/lots/{id}/valuation"
ROUTES: list[BaseRoute] = [
    Route(_LOT, valuation_page),
    Route(_LOT + "/open", open_now, methods=["POST"]),
    Route(_LOT + "/{assignment}/negotiation", negotiation, methods=["POST"]),
    Route(_LOT + "/{assignment}/appraisal", appraisal, methods=["POST"]),
    Route(_LOT + "/{assignment}/withdraw", withdraw, methods=["POST"]),
    Route(_LOT + "/{assignment}/draw", propose, methods=["POST"]),
    Route("/court/draws/{id}/void", ask_void_now, methods=["POST"]),
    Route("/court/reports/{id}/check", check, methods=["POST"]),
    Route("/court/reports/{id}/serve", serve, methods=["POST"]),
    Route("/court/objections/{id}/answer", answer, methods=["POST"]),
]
