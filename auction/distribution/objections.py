"""Objections to a plan: raised, opposed, taken back, answered by the court (民诉解释509、510)."""

from uuid import UUID

from auction.cases.case import Case, Party
from auction.distribution import policy, service
from auction.distribution.plan import (
    ObjectionState,
    ObjectionTrigger,
    Plan,
    PlanLine,
    PlanObjection,
    PlanState,
)
from auction.kernel.actor import Permission
from auction.kernel.refusal import Refusal
from auction.law.periods import ends_at
from auction.law.rulebook import BY_NAME
from auction.store.unit import Unit

SUIT = "dist.suit"


async def raise_objection(
    work: Unit, plan_id: UUID, *, line_id: UUID | None, reason: str
) -> PlanObjection:
    """A creditor or the debtor disagrees, in writing and in time (民诉解释509)."""
    plan = await work.lock(Plan, plan_id)
    work.require(policy.OBJECT)
    party = await _own_part(work, plan)
    if plan.state is not PlanState.SERVED:
        raise Refusal("state.not_allowed", state=str(plan.state), trigger="object")
    until = await service.deadline(work.session, plan)
    if until is not None and work.now >= until:
        raise Refusal("plan.window_over", until=until.isoformat())
    if not reason.strip():
        raise Refusal("plan.reason_missing")
    if line_id is not None and (await work.load(PlanLine, line_id)).plan_id != plan.id:
        raise Refusal("not_found", what="plan_line", id=str(line_id))
    objection = PlanObjection(
        id=work.new_id(),
        subject_key=await work.subject_key(party.person_id or party.id),
        plan_id=plan.id,
        line_id=line_id,
        party_id=party.id,
        raised_by=work.actor.person_id,
        reason=reason.strip(),
        state=ObjectionState.RAISED,
        raised_at=work.now,
        resolution="",
    )
    work.add(objection)
    _record(work, plan, "objection.raised", objection=str(objection.id), line=str(line_id or ""))
    return objection


async def oppose_objection(work: Unit, objection_id: UUID) -> PlanObjection:
    """Another creditor or the debtor is against the objection: its maker must sue (民诉解释510)."""
    objection, plan = await _lock_objection(work, objection_id, policy.OBJECT)
    party = await _own_part(work, plan)
    if party.id == objection.party_id:
        raise Refusal("plan.own_objection")
    objection.advance(ObjectionTrigger.OPPOSE)
    objection.opposed_by = work.actor.person_id
    objection.opposed_at = work.now
    _record(work, plan, "objection.opposed", objection=str(objection.id))
    return objection


async def withdraw_objection(work: Unit, objection_id: UUID) -> PlanObjection:
    """Its maker takes an objection back."""
    objection, plan = await _lock_objection(work, objection_id, policy.OBJECT)
    if objection.raised_by != work.actor.person_id:
        raise Refusal("forbidden", action="plan.withdraw_objection")
    objection.advance(ObjectionTrigger.WITHDRAW)
    objection.resolved_by, objection.resolved_at = work.actor.person_id, work.now
    _record(work, plan, "objection.withdrawn", objection=str(objection.id))
    return objection


async def answer_objection(
    work: Unit, objection_id: UUID, *, is_upheld: bool, resolution: str
) -> PlanObjection:
    """The court says what became of an objection: upheld, or dismissed because nobody sued.

    One that nobody opposed cannot be dismissed (民诉解释510(1)), and one that was opposed
    not before its maker had the time to sue.
    """
    objection, plan = await _lock_objection(work, objection_id, policy.ANSWER_OBJECTION)
    if not resolution.strip():
        raise Refusal("plan.reason_missing")
    if is_upheld:
        objection.advance(ObjectionTrigger.UPHOLD)
    else:
        await _check_suit_term(work, plan, objection)
        objection.advance(ObjectionTrigger.DISMISS)
    objection.resolution = resolution.strip()
    objection.resolved_by, objection.resolved_at = work.actor.person_id, work.now
    _record(work, plan, "objection.answered", objection=str(objection.id), upheld=is_upheld)
    return objection


async def _check_suit_term(work: Unit, plan: Plan, objection: PlanObjection) -> None:
    if objection.opposed_at is None:
        return  # the table refuses it
    case = await work.load(Case, plan.case_id)
    until = ends_at(objection.opposed_at, BY_NAME[case.rulebook].rule(SUIT))
    if work.now < until:
        raise Refusal("plan.suit_term_runs", until=until.isoformat())


async def _own_part(work: Unit, plan: Plan) -> Party:
    """The part the actor has in the case, or no: only they are served and may object."""
    for party in await service.concerned_parties(work.session, plan.case_id):
        if party.person_id is not None and party.person_id == work.actor.person_id:
            return party
    raise Refusal("forbidden", action=policy.OBJECT.action)


async def _lock_objection(
    work: Unit, objection_id: UUID, permission: Permission
) -> tuple[PlanObjection, Plan]:
    objection = await work.load(PlanObjection, objection_id)
    plan = await work.lock(Plan, objection.plan_id)
    work.require(permission, plan.court_id)
    return await work.lock(PlanObjection, objection_id), plan


def _record(work: Unit, plan: Plan, kind: str, **body: object) -> None:
    work.record(kind, stream=f"case:{plan.case_id}", plan=str(plan.id), **body)
