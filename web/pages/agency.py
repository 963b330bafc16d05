"""The agency's inbox: accept or decline a commission, file the report; and the parties' copy."""

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.kernel.actor import Role
from auction.kernel.ids import OrganisationId, new_id
from auction.kernel.money import Money
from auction.kernel.refusal import Refusal
from auction.store.files import FileStore
from valuation.commands.reports import (
    accept_commission,
    decline_commission,
    raise_objection,
    submit_report,
)
from valuation.queries import appraisals
from valuation.queries.appraisals import CommissionView, ReportView
from valuation.report import AppraisalMethod, ObjectionGround, ReportDraft, Signer
from web.downloads import file_answer
from web.forms import form_pdf, read_form
from web.i18n import n_
from web.views import render, see_other
from web.wiring import actor_of, database_of, only, path_id, person_id_of, reading, unit


class Declining(msgspec.Struct, frozen=True):
    ground: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]


class Filing(msgspec.Struct, frozen=True):
    """The structured fields of a report; the PDF is uploaded beside them."""

    report_id: UUID
    number: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    based_on: date
    value: Money
    valid_until_on: date
    first_signer: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    first_licence: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    second_signer: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    second_licence: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    methods: tuple[AppraisalMethod, ...] = ()


class Objecting(msgspec.Struct, frozen=True):
    objection_id: UUID
    ground: ObjectionGround
    reasons: Annotated[str, msgspec.Meta(min_length=1, max_length=4000)]


async def inbox_page(request: Request) -> Response:
    """Every commission of the agency, newest first."""
    organisation_id = _organisation(request)
    async with reading(request) as session:
        commissions = await appraisals.commissions_of_agency(session, organisation_id)
    return render(request, "valuation/agency.html", commissions=commissions)


async def commission_page(request: Request) -> Response:
    """One commission: what is to be appraised, and what the agency can do now."""
    seen = await _own_commission(request)
    return render(
        request,
        "valuation/commission.html",
        commission=seen,
        methods=list(AppraisalMethod),
        fresh_id=new_id(database_of(request).clock.now()),
    )


async def accept(request: Request) -> Response:
    """Take the commission on."""
    key = path_id(request)
    async with unit(request) as work:
        await accept_commission(work, key)
    return see_other(f"/agency/commissions/{key}", said=n_("已接受委托。"))


async def decline(request: Request) -> Response:
    """Give the commission back."""
    form = await read_form(request, Declining)
    key = path_id(request)
    async with unit(request) as work:
        await decline_commission(work, key, ground=form.ground)
    return see_other(f"/agency/commissions/{key}", said=n_("已退回委托，法院将委托下一家机构。"))


async def file_report(request: Request) -> Response:
    """Keep the PDF, then file the report that names it."""
    await _own_commission(request)  # nobody else's files are kept
    form = await read_form(request, Filing)
    uploaded = await form_pdf(request, "pdf")
    key = path_id(request)
    files: FileStore = request.state.files
    draft = ReportDraft(
        number=form.number,
        based_on=form.based_on,
        methods=form.methods,
        value=form.value,
        valid_until_on=form.valid_until_on,
        signers=(
            Signer(form.first_signer, form.first_licence),
            Signer(form.second_signer, form.second_licence),
        ),
        pdf_digest=await files.put(uploaded.data),
    )
    async with unit(request) as work:
        await submit_report(work, key, report_id=form.report_id, draft=draft)
    return see_other(f"/agency/commissions/{key}", said=n_("报告已提交法院审查。"))


async def reports_page(request: Request) -> Response:
    """The reports served in the reader's own cases."""
    person_id = person_id_of(request)
    async with reading(request) as session:
        served = await appraisals.served_on(session, person_id)
    return render(request, "valuation/reports.html", commissions=served)


async def report_page(request: Request) -> Response:
    """A report as a party or the court sees it, with the time to object."""
    seen, report = await _readable(request)
    now = database_of(request).clock.now()
    closes_at = seen.objections_close_at
    is_open = seen.state == "served" and closes_at is not None and now < closes_at
    return render(
        request,
        "valuation/report.html",
        commission=seen,
        report=report,
        grounds=list(ObjectionGround),
        can_object=is_open and Role.BIDDER in actor_of(request).roles,
        fresh_id=new_id(now),
    )


async def pdf(request: Request) -> Response:
    """The report's PDF."""
    _, report = await _readable(request)
    files: FileStore = request.state.files
    return file_answer(await files.get(report.pdf_digest), f"report-{report.id}")


async def object_to(request: Request) -> Response:
    """A party objects."""
    form = await read_form(request, Objecting)
    key = path_id(request)
    async with unit(request) as work:
        await raise_objection(
            work,
            key,
            objection_id=form.objection_id,
            ground=form.ground,
            reasons=form.reasons,
        )
    return see_other(f"/reports/{key}", said=n_("异议已提交法院。"))


async def _readable(request: Request) -> tuple[CommissionView, ReportView]:
    """The report, for its agency, the court's officers and the parties it was served on."""
    report_id = path_id(request)
    actor = actor_of(request)
    person_id_of(request)
    async with reading(request) as session:
        seen = await appraisals.commission_of_report(session, report_id)
        is_party = await appraisals.may_read(session, seen, actor.person_id)
    is_agency = actor.organisation_id == seen.organisation_id
    staff = {Role.OFFICER, Role.PANEL, Role.SUPERVISOR}
    is_court = bool(actor.roles & staff) and actor.court_id == seen.court_id
    if not (is_party or is_agency or is_court):
        raise Refusal("not_found", what="reports", id=str(report_id))
    return seen, next(report for report in seen.reports if report.id == report_id)


async def _own_commission(request: Request) -> CommissionView:
    """The commission in the path; to others than its agency it does not exist."""
    organisation_id = _organisation(request)
    async with reading(request) as session:
        seen = await appraisals.commission(session, path_id(request))
    if seen.organisation_id != organisation_id:
        raise Refusal("not_found", what="commissions", id=str(seen.id))
    return seen


def _organisation(request: Request) -> OrganisationId:
    organisation_id = only(request, Role.AGENCY).organisation_id
    if organisation_id is None:
        raise Refusal("forbidden", action="page.read")
    return organisation_id


ROUTES: list[BaseRoute] = [
    Route("/agency", inbox_page),
    Route("/agency/commissions/{id}", commission_page),
    Route("/agency/commissions/{id}/accept", accept, methods=["POST"]),
    Route("/agency/commissions/{id}/decline", decline, methods=["POST"]),
    Route("/agency/commissions/{id}/report", file_report, methods=["POST"]),
    Route("/reports", reports_page),
    Route("/reports/{id}", report_page),
    Route("/reports/{id}/pdf", pdf),
    Route("/reports/{id}/objections", object_to, methods=["POST"]),
]
