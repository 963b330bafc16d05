"""Open an assignment, record how the negotiation went, open the commissioned appraisal."""

from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import select

from auction.cases.case import Case
from auction.kernel.canonical import sha256_hex
from auction.kernel.clock import BEIJING
from auction.kernel.ids import AssignmentId, LotId
from auction.kernel.money import Money
from auction.kernel.refusal import Refusal, invariant
from auction.law.periods import ends_at
from auction.lots.commands import advance_lot, record_reference_price
from auction.lots.lot import Lot, LotState, LotTrigger
from auction.lots.reference_price import ReferencePrice
from auction.store.unit import Unit
from valuation import policy
from valuation.assignment import Assignment, AssignmentState, AssignmentTrigger
from valuation.events import ReferencePriceSet
from valuation.methods import PricingMethod, Situation, require_open
from valuation.parties import require_open_case
from valuation.roster import Field


@dataclass(frozen=True, slots=True)
class Negotiation:
    """The price each side named; None where a side refused or could not be found."""

    applicant_price: Money | None
    respondent_price: Money | None
    held_on: date
    note: str
    """The record 议价笔录: what each side said or signed, and where it is kept."""

    @property
    def agreed(self) -> Money | None:
        """The price, when both named the same one (参考价4)."""
        is_same = self.applicant_price == self.respondent_price
        return self.applicant_price if is_same else None


async def open_assignment(work: Unit, lot_id: LotId, *, assignment_id: AssignmentId) -> Assignment:
    """Begin to fix a lot's reference price; negotiation comes first (参考价1, 4)."""
    lot = await work.lock(Lot, lot_id)
    work.require(policy.OPEN, lot.court_id)
    known = await work.session.get(Assignment, assignment_id)
    if known is not None:
        return known
    await require_open_case(work, lot.case_id)
    await _require_none_live(work, lot_id)
    if lot.state is not LotState.PRICING:
        await advance_lot(work, lot_id, LotTrigger.OPEN_PRICING)
    invariant(work.actor.person_id is not None, "only a signed-in officer holds the permission")
    assignment = Assignment(
        id=assignment_id,
        case_id=lot.case_id,
        lot_id=lot.id,
        court_id=lot.court_id,
        state=AssignmentState.NEGOTIATING,
        opened_at=work.now,
        opened_by=work.actor.person_id,
    )
    work.add(assignment)
    _record(work, assignment, "assignment.opened")
    return assignment


async def record_negotiation(
    work: Unit, assignment_id: AssignmentId, *, negotiation: Negotiation
) -> Assignment:
    """Record both sides' prices: one price settles it (参考价4), else the next method opens."""
    assignment = await work.lock(Assignment, assignment_id)
    work.require(policy.NEGOTIATE, assignment.court_id)
    agreed = negotiation.agreed
    if not negotiation.note.strip():
        raise Refusal("valuation.negotiation_unproven")
    if negotiation.held_on > work.now.astimezone(BEIJING).date():
        raise Refusal("valuation.negotiation_in_future")
    assignment.advance(AssignmentTrigger.AGREE if agreed else AssignmentTrigger.DISAGREE)
    assignment.applicant_price = negotiation.applicant_price
    assignment.respondent_price = negotiation.respondent_price
    assignment.negotiated_at = work.now
    assignment.negotiated_on = negotiation.held_on
    assignment.negotiation_note = negotiation.note.strip()
    _record(
        work,
        assignment,
        "negotiation.agreed" if agreed else "negotiation.failed",
        held_on=negotiation.held_on.isoformat(),
        note_digest=sha256_hex(assignment.negotiation_note.encode()),
    )
    if agreed is not None:
        await _settle_agreed(work, assignment, agreed)
    return assignment


async def open_appraisal(
    work: Unit,
    assignment_id: AssignmentId,
    *,
    field: Field,
    region: str,
    situation: Situation,
) -> Assignment:
    """Turn to the commissioned appraisal, when no method before it is open (参考价14)."""
    assignment = await work.lock(Assignment, assignment_id)
    work.require(policy.APPRAISE, assignment.court_id)
    tried = replace(situation, failed=situation.failed | {PricingMethod.NEGOTIATION})
    require_open(PricingMethod.APPRAISAL, tried)
    assignment.advance(AssignmentTrigger.APPRAISE)
    assignment.field = field.value
    assignment.region = region
    assignment.appraisal_ground = ground_of(tried)
    ground = assignment.appraisal_ground
    _record(work, assignment, "appraisal.opened", field=field.value, ground=ground)
    return assignment


async def withdraw_assignment(
    work: Unit, assignment_id: AssignmentId, *, ground: str
) -> Assignment:
    """End an assignment whose ground is gone (参考价29); a new one may be opened."""
    assignment = await work.lock(Assignment, assignment_id)
    work.require(policy.WITHDRAW, assignment.court_id)
    if not ground.strip():
        raise Refusal("valuation.ground_missing")
    assignment.advance(AssignmentTrigger.WITHDRAW)
    _record(work, assignment, "assignment.withdrawn")
    return assignment


def ground_of(situation: Situation) -> str:
    """Which of the three grounds of 参考价14 opens the appraisal."""
    if situation.is_appraisal_required:
        return "required_by_law"
    if situation.both_ask is PricingMethod.APPRAISAL:
        return "both_parties_ask"
    return "inquiry_not_possible"


async def _require_none_live(work: Unit, lot_id: LotId) -> None:
    """The lot is locked, so nobody can open another one meanwhile."""
    live = await work.session.scalar(
        select(Assignment.id).where(
            Assignment.lot_id == lot_id,
            Assignment.state.notin_([AssignmentState.WITHDRAWN, AssignmentState.FIXED]),
        )
    )
    if live is not None:
        raise Refusal("assignment.conflict")


async def _settle_agreed(work: Unit, assignment: Assignment, agreed: Money) -> None:
    case = await work.load(Case, assignment.case_id)
    price = ReferencePrice(
        amount=agreed,
        method=PricingMethod.NEGOTIATION.value,
        basis=f"{case.number} 当事人议价",
        set_at=work.now,
        valid_until=ends_at(work.now, work.rules.rule("valuation.validity_max")),
    )
    await record_reference_price(work, assignment.lot_id, price=price)
    assignment.reference_price = agreed
    assignment.fixed_at = work.now
    work.emit(ReferencePriceSet(lot_id=str(assignment.lot_id), price_fen=agreed.fen))


def _record(work: Unit, assignment: Assignment, kind: str, **body: object) -> None:
    stream = f"case:{assignment.case_id}"
    work.record(
        kind, stream=stream, assignment=str(assignment.id), lot=str(assignment.lot_id), **body
    )
