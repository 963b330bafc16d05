"""Commissions and reports: answers, filing, check, service, objections, and the price."""

from collections.abc import Collection
from datetime import datetime, time, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import func, select

from auction.kernel.clock import BEIJING
from auction.kernel.refusal import Refusal, invariant
from auction.law.periods import ends_at
from auction.lots.commands import record_reference_price
from auction.lots.reference_price import ReferencePrice
from auction.notices.notice import Notice
from auction.notices.wording import NoticeKind
from auction.people.conflicts.auxiliary import note_auxiliary_body
from auction.store.unit import Unit
from valuation import policy
from valuation.assignment import Assignment, AssignmentTrigger
from valuation.commission import Commission, CommissionState, CommissionTrigger
from valuation.drawing import Draw
from valuation.events import ReferencePriceSet
from valuation.methods import PricingMethod
from valuation.parties import parties_of, require_open_case, serve_report_copies
from valuation.report import (
    Check,
    ObjectionGround,
    ObjectionState,
    Report,
    ReportDraft,
    ReportObjection,
    require_sound,
)
from valuation.turns import commission_rank


async def accept_commission(work: Unit, commission_id: UUID) -> Commission:
    """Take the commission on; the time for the report runs from now (参考价17, 19)."""
    commission = await work.lock(Commission, commission_id)
    work.require(policy.ANSWER_COMMISSION)
    _require_own(work, commission)
    if commission.state is CommissionState.ACCEPTED:
        return commission
    commission.advance(CommissionTrigger.ACCEPT)
    commission.answered_at = work.now
    commission.answered_by = work.actor.person_id
    commission.report_due_at = ends_at(work.now, work.rules.rule("valuation.report_due"))
    await note_auxiliary_body(work, commission.lot_id, code=commission.credit_code)
    _record(work, commission, "commission.accepted")
    return commission


async def decline_commission(work: Unit, commission_id: UUID, *, ground: str) -> Commission:
    """Give the commission back for a stated ground; the next agency is asked (资产评估法20)."""
    commission = await work.lock(Commission, commission_id)
    work.require(policy.ANSWER_COMMISSION)
    _require_own(work, commission)
    if not ground.strip():
        raise Refusal("valuation.ground_missing")
    commission.advance(CommissionTrigger.DECLINE)
    commission.answered_at = work.now
    commission.answered_by = work.actor.person_id
    commission.decline_ground = ground.strip()
    _record(work, commission, "commission.declined")
    await _ask_next(work, commission)
    return commission


async def replace_late_agency(work: Unit, commission_id: UUID) -> Commission:
    """Turn to the next agency when the report is overdue (参考价19)."""
    commission = await work.lock(Commission, commission_id)
    work.require(policy.REPLACE_AGENCY)
    if work.now < commission.report_due_at:
        raise Refusal("report.not_late")
    commission.advance(CommissionTrigger.REPLACE)
    _record(work, commission, "commission.replaced")
    await _ask_next(work, commission)
    return commission


async def submit_report(
    work: Unit, commission_id: UUID, *, report_id: UUID, draft: ReportDraft
) -> Report:
    """File a report that the law would let stand; a corrected one is the next edition."""
    commission = await work.lock(Commission, commission_id)
    work.require(policy.FILE_REPORT)
    _require_own(work, commission)
    known = await work.session.get(Report, report_id)
    if known is not None:
        return known
    require_sound(draft, work.rules, work.now.astimezone(BEIJING).date())
    commission.advance(CommissionTrigger.REPORT)
    report = await _report(work, commission, report_id, draft)
    work.add(report)
    _record(
        work,
        commission,
        "report.filed",
        report=str(report.id),
        value_fen=report.value.fen,
        pdf=report.pdf_digest,
    )
    return report


async def check_report(
    work: Unit, report_id: UUID, *, faults: Collection[Check], remark: str
) -> Report:
    """The officer's checklist: sound, or back to the agency to be put right (参考价20)."""
    report = await work.lock(Report, report_id)
    commission = await work.lock(Commission, report.commission_id)
    work.require(policy.CHECK_REPORT, commission.court_id)
    if commission.state is not CommissionState.REPORTED or report.checked_at is not None:
        raise Refusal("state.not_allowed", state=commission.state, trigger="check")
    if faults and not remark.strip():
        raise Refusal("report.remark_missing")
    report.checked_at = work.now
    report.checked_by = work.actor.person_id
    report.faults = " ".join(sorted(fault.value for fault in faults))
    report.remark = remark.strip()
    if faults:
        _return(work, commission)
    _record(work, commission, "report.checked", report=str(report.id), faults=report.faults)
    return report


async def serve_report(work: Unit, report_id: UUID) -> Commission:
    """Send a checked report to everybody with an interest; their time to object runs (参考价21)."""
    report = await work.lock(Report, report_id)
    commission = await work.lock(Commission, report.commission_id)
    work.require(policy.SERVE_REPORT, commission.court_id)
    if commission.state is CommissionState.SERVED:
        return commission
    if report.checked_at is None or report.faults:
        raise Refusal("report.not_checked")
    await require_open_case(work, commission.case_id)
    commission.advance(CommissionTrigger.SERVE)
    commission.served_at = work.now
    commission.objections_close_at = _objections_close(work, work.now)
    await serve_report_copies(work, commission, report)
    _record(work, commission, "report.served", report=str(report.id))
    return commission


async def raise_objection(
    work: Unit, report_id: UUID, *, objection_id: UUID, ground: ObjectionGround, reasons: str
) -> ReportObjection:
    """A party objects to the served report in time (参考价22, 23)."""
    report = await work.load(Report, report_id)
    commission = await work.lock(Commission, report.commission_id)
    work.require(policy.OBJECT)
    person_id = work.actor.person_id
    invariant(person_id is not None, "only a signed-in person holds the permission")
    parties = await parties_of(work, commission.case_id)
    if person_id not in {party.person_id for party in parties}:
        raise Refusal("objection.not_a_party")
    known = await work.session.get(ReportObjection, objection_id)
    if known is not None:
        return known
    if commission.state is not CommissionState.SERVED:
        raise Refusal("state.not_allowed", state=commission.state, trigger="object")
    closes_at = commission.objections_close_at
    if closes_at is None or work.now >= closes_at:
        raise Refusal("objection.too_late")
    if not reasons.strip():
        raise Refusal("valuation.ground_missing")
    objection = ReportObjection(
        id=objection_id,
        subject_key=await work.subject_key(person_id or objection_id),
        report_id=report.id,
        person_id=person_id,
        ground=ground,
        reasons=reasons.strip(),
        state=ObjectionState.RAISED,
        raised_at=work.now,
    )
    work.add(objection)
    _record(work, commission, "objection.raised", objection=str(objection_id), ground=ground.value)
    return objection


async def answer_objection(
    work: Unit, objection_id: UUID, *, is_upheld: bool, answer: str
) -> ReportObjection:
    """Decide an objection: upheld, the report goes back to be put right; else it stands."""
    objection = await work.lock(ReportObjection, objection_id)
    report = await work.load(Report, objection.report_id)
    commission = await work.lock(Commission, report.commission_id)
    work.require(policy.ANSWER_OBJECTION, commission.court_id)
    if objection.state is not ObjectionState.RAISED:
        raise Refusal("state.not_allowed", state=objection.state, trigger="answer")
    if not answer.strip():
        raise Refusal("valuation.ground_missing")
    objection.state = ObjectionState.UPHELD if is_upheld else ObjectionState.DISMISSED
    objection.answer = answer.strip()
    objection.answered_at = work.now
    objection.answered_by = work.actor.person_id
    if is_upheld and commission.state is CommissionState.SERVED:
        _return(work, commission)
    state = objection.state.value
    _record(work, commission, "objection.answered", objection=str(objection.id), state=state)
    return objection


async def settle_reference_price(work: Unit, commission_id: UUID) -> Assignment:
    """Fix the price once everybody was served and no objection is open (参考价26)."""
    commission = await work.lock(Commission, commission_id)
    work.require(policy.SETTLE)
    assignment = await work.lock(Assignment, commission.assignment_id)
    report = await _last_report(work, commission)
    await require_open_case(work, commission.case_id)
    await _require_settled(work, commission, report)
    commission.advance(CommissionTrigger.SETTLE)
    assignment.advance(AssignmentTrigger.SETTLE)
    longest = ends_at(work.now, work.rules.rule("valuation.validity_max"))
    last_day = datetime.combine(report.valid_until_on, time.min, BEIJING) + timedelta(days=1)
    price = ReferencePrice(
        amount=report.value,
        method=PricingMethod.APPRAISAL.value,
        basis=report.number,
        set_at=work.now,
        valid_until=min(last_day, longest),
    )
    await record_reference_price(work, commission.lot_id, price=price)
    assignment.reference_price = report.value
    assignment.fixed_at = work.now
    _record(work, commission, "reference_price.settled", price_fen=report.value.fen)
    work.emit(ReferencePriceSet(lot_id=str(commission.lot_id), price_fen=report.value.fen))
    return assignment


async def _report(
    work: Unit, commission: Commission, report_id: UUID, draft: ReportDraft
) -> Report:
    earlier = await work.session.scalar(
        select(func.count()).where(Report.commission_id == commission.id)
    )
    person_id = work.actor.person_id
    invariant(person_id is not None, "only a signed-in person holds the permission")
    return Report(
        id=report_id,
        subject_key=await work.subject_key(report_id),
        commission_id=commission.id,
        edition=(earlier or 0) + 1,
        number=draft.number,
        based_on=draft.based_on,
        methods=" ".join(sorted({method.value for method in draft.methods})),
        value=draft.value,
        valid_until_on=draft.valid_until_on,
        signers=msgspec.json.encode(draft.signers).decode(),
        pdf_digest=draft.pdf_digest,
        filed_at=work.now,
        filed_by=person_id,
    )


async def _last_report(work: Unit, commission: Commission) -> Report:
    found = await work.session.scalar(
        select(Report)
        .where(Report.commission_id == commission.id)
        .order_by(Report.edition.desc())
        .limit(1)
    )
    if found is None:
        raise Refusal("report.not_checked")
    return found


async def _require_settled(work: Unit, commission: Commission, report: Report) -> None:
    """The time to object runs from the last service that was effected (参考价22)."""
    notices = (
        await work.session.scalars(
            select(Notice).where(
                Notice.kind == NoticeKind.REPORT_SERVICE,
                Notice.lot_id == commission.lot_id,
                Notice.issued_at == commission.served_at,
            )
        )
    ).all()
    served = [notice.served_at for notice in notices if notice.served_at is not None]
    if len(served) < len(notices) or not served:
        raise Refusal("report.not_yet_served")
    commission.objections_close_at = _objections_close(work, max(served))
    if work.now < commission.objections_close_at:
        raise Refusal("objection.window_open")
    is_open = await work.session.scalar(
        select(func.count()).where(
            ReportObjection.report_id == report.id, ReportObjection.state == ObjectionState.RAISED
        )
    )
    if is_open:
        raise Refusal("objection.open")


def _objections_close(work: Unit, served_at: datetime) -> datetime:
    return ends_at(served_at, work.rules.rule("valuation.objection_period"))


async def _ask_next(work: Unit, commission: Commission) -> None:
    draw = await work.load(Draw, commission.draw_id)
    await commission_rank(work, draw, commission.rank + 1)


def _return(work: Unit, commission: Commission) -> None:
    """Back to the agency, which has the time of 参考价20 to put the report right."""
    commission.advance(CommissionTrigger.RETURN)
    commission.report_due_at = ends_at(work.now, work.rules.rule("valuation.correction_due"))


def _require_own(work: Unit, commission: Commission) -> None:
    """Agencies see and answer only what was commissioned from them."""
    if work.actor.organisation_id != commission.organisation_id:
        raise Refusal("not_found", what="commissions", id=str(commission.id))


def _record(work: Unit, commission: Commission, kind: str, **body: object) -> None:
    stream = f"case:{commission.case_id}"
    work.record(
        kind, stream=stream, commission=str(commission.id), lot=str(commission.lot_id), **body
    )
