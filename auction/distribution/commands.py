"""From proceeds to creditors: draw up, serve, propose, approve."""

from uuid import UUID

from sqlalchemy import func, select

from auction.cases.case import Case, Party
from auction.cases.claims import Claim
from auction.distribution import policy, service
from auction.distribution.estate import Choices, Gathering, Terms, gather
from auction.distribution.plan import (
    LIFE,
    OPEN_OBJECTIONS,
    ObjectionState,
    Plan,
    PlanLine,
    PlanState,
    PlanTrigger,
)
from auction.distribution.standing import (
    account_of,
    check_another,
    check_free,
    lines_of,
    objections_to,
)
from auction.distribution.waterfall import Line, SellerTaxRank, distribute
from auction.kernel import transitions
from auction.kernel.actor import Permission
from auction.kernel.clock import BEIJING
from auction.kernel.ids import CourtId
from auction.kernel.money import ZERO, Money
from auction.kernel.refusal import Refusal
from auction.law.rulebook import BY_NAME
from auction.ledger.book import balance, find_account, open_account, post
from auction.ledger.chart import AccountKind
from auction.ledger.transfer import Posting, Transfer
from auction.notices.commands import issue_notice
from auction.people.approvals.action import Action
from auction.people.approvals.commands import Matter, conclude, propose
from auction.people.approvals.request import ApprovalRequest
from auction.settlement.sale import Sale, SaleState, TaxLine
from auction.store.unit import Unit

DISTRIBUTABLE = frozenset(
    {SaleState.TAXES_ASSESSED, SaleState.TAXES_PAID, SaleState.REGISTERED, SaleState.DELIVERED}
)
"""Title has passed and the bureau has said what taxes the sale carries."""


async def draft_plan(work: Unit, *, sale_id: UUID, choices: Choices) -> Plan:
    """Draw up how the proceeds of a sale are divided, by the waterfall (民诉解释509)."""
    sale = await work.lock(Sale, sale_id)
    work.require(policy.DRAFT, sale.court_id)
    if sale.state not in DISTRIBUTABLE:
        raise Refusal("plan.too_early", state=str(sale.state))
    live = await work.session.scalar(
        select(Plan.number).where(Plan.sale_id == sale.id, Plan.state != PlanState.WITHDRAWN)
    )
    if live is not None:
        raise Refusal("plan.already_drafted", number=live)
    case = await work.load(Case, sale.case_id)
    proceeds = await _proceeds(work, sale)
    gathering = await _gathering(work, sale, case, choices=choices, proceeds=proceeds)
    plan = await _new_plan(work, sale, case, proceeds=proceeds, note=choices.note)
    for position, line in enumerate(distribute(gathering.estate()), start=1):
        work.add(await _plan_line(work, plan, line, position=position, gathering=gathering))
    _record(work, plan, "plan.drafted", proceeds_fen=proceeds.fen)
    return plan


async def _proceeds(work: Unit, sale: Sale) -> Money:
    account = await find_account(
        work.session, AccountKind.PROCEEDS, f"sale:{sale.id}", CourtId(sale.court_id)
    )
    held = (await balance(work.session, account)).available if account else ZERO
    if held == ZERO:
        raise Refusal("plan.no_proceeds")
    return held


async def _gathering(
    work: Unit, sale: Sale, case: Case, *, choices: Choices, proceeds: Money
) -> Gathering:
    parties = await work.session.scalars(Party.standing_in(case.id))
    claims = await work.session.scalars(
        select(Claim)
        .where(Claim.case_id == case.id, Claim.ended_at.is_(None))
        .order_by(Claim.registered_at, Claim.id)
    )
    taxes = await work.session.scalars(
        select(TaxLine).where(TaxLine.sale_id == sale.id).order_by(TaxLine.kind, TaxLine.bearer)
    )
    rules = BY_NAME[case.rulebook]
    ruled_at = sale.title_passed_at or work.now
    terms = Terms(
        proceeds=proceeds,
        debtor_is_enterprise=case.debtor_is_enterprise,
        seller_tax_rank=SellerTaxRank(str(rules.rule("dist.seller_tax_rank").value)),
        ruled_on=ruled_at.astimezone(BEIJING).date(),
        late_daily=rules.ratio("interest.double_daily"),
    )
    return gather(terms, choices, parties=parties.all(), claims=claims.all(), taxes=taxes.all())


async def _new_plan(work: Unit, sale: Sale, case: Case, *, proceeds: Money, note: str) -> Plan:
    drafted_by = work.actor.person_id
    if drafted_by is None:
        raise Refusal("forbidden", action=policy.DRAFT.action)
    count = await work.session.scalar(select(func.count()).where(Plan.case_id == case.id))
    plan = Plan(
        id=work.new_id(),
        sale_id=sale.id,
        case_id=case.id,
        court_id=sale.court_id,
        number=f"{case.number}第{(count or 0) + 1}号",
        state=PlanState.DRAFTED,
        proceeds=proceeds,
        note=note.strip(),
        drafted_by=drafted_by,
        drafted_at=work.now,
    )
    work.add(plan)
    return plan


async def _plan_line(
    work: Unit, plan: Plan, line: Line, *, position: int, gathering: Gathering
) -> PlanLine:
    payee = gathering.payees[line.reference]
    line_id = work.new_id()
    return PlanLine(
        id=line_id,
        subject_key=await work.holder_key(payee.account.number, line_id),
        plan_id=plan.id,
        position=position,
        rank=line.rank,
        payee_kind=payee.kind,
        claim_id=payee.claim_id,
        party_id=payee.party_id,
        title=payee.title,
        payee_name=payee.account.name,
        payee_account=payee.account.number,
        asked=line.asked,
        paid=line.paid,
        basis=line.basis,
    )


async def serve_plan(work: Unit, plan_id: UUID) -> Plan:
    """Serve the plan on every creditor and the debtor; fifteen days to object (民诉解释509)."""
    plan = await _lock(work, plan_id, policy.SERVE)
    plan.advance(PlanTrigger.SERVE)
    plan.served_at = work.now
    plan.objections_until = await service.window_from(work.session, plan, work.now)
    for draft in await service.drafts(work.session, plan):
        await issue_notice(work, draft=draft)
    _record(work, plan, "plan.served")
    return plan


async def withdraw_plan(work: Unit, plan_id: UUID, *, reason: str) -> Plan:
    """Take a plan back to draw up a better one; its number and its lines stay on file."""
    plan = await _lock(work, plan_id, policy.WITHDRAW)
    if not reason.strip():
        raise Refusal("plan.reason_missing")
    plan.advance(PlanTrigger.WITHDRAW)
    plan.note = f"{plan.note}\n{reason.strip()}".strip()
    _record(work, plan, "plan.withdrawn")
    return plan


async def propose_plan(work: Unit, plan_id: UUID) -> ApprovalRequest:
    """Put a served plan up for approval, once nobody can object any more."""
    plan = await _lock(work, plan_id, policy.PROPOSE)
    await _check_approvable(work, plan)
    _record(work, plan, "plan.proposed", proceeds_fen=plan.proceeds.fen)
    return await propose(work, await _matter(work, plan))


async def approve_plan(work: Unit, plan_id: UUID, *, seen: str) -> Plan:
    """A second person approves; every fen leaves the proceeds for the account of its payee.

    `seen` is the digest of the plan as he read it. Refuses with `plan.same_person`,
    `plan.window_open`, `plan.amend_first` (an objection was right) and `plan.objected` (the
    whole plan is disputed). A disputed line alone does not hold the rest up: it is withheld
    when it comes to paying (民诉解释510).
    """
    plan = await _lock(work, plan_id, policy.APPROVE)
    await check_another(work, plan.drafted_by)
    await _check_approvable(work, plan)
    await conclude(work, await _matter(work, plan), seen=seen)
    plan.advance(PlanTrigger.APPROVE)
    plan.approved_by, plan.approved_at = work.actor.person_id, work.now
    court_id = CourtId(plan.court_id)
    proceeds = await open_account(work, AccountKind.PROCEEDS, f"sale:{plan.sale_id}", court_id)
    transfers = [
        Transfer(proceeds, await account_of(work, plan, line), line.paid)
        for line in await lines_of(work, plan)
        if line.paid > ZERO
    ]
    posting = Posting(
        key=f"plan.approved:{plan.id}",
        event="plan.approved",
        court_id=court_id,
        subject_ref=f"plan:{plan.id}",
        transfers=tuple(transfers),
    )
    await post(work, posting)
    _record(work, plan, "plan.approved", proceeds_fen=plan.proceeds.fen)
    return plan


async def _matter(work: Unit, plan: Plan) -> Matter:
    """The whole plan as it stands: each line, its payee and his account."""
    lines = [
        {
            "title": line.title,
            "payee": line.payee_name,
            "account": line.payee_account,
            "asked_fen": line.asked.fen,
            "amount_fen": line.paid.fen,
            "basis": line.basis,
        }
        for line in await lines_of(work, plan)
    ]
    return Matter(
        action=Action.PLAN_APPROVE,
        subject=plan.id,
        court_id=plan.court_id,
        payload={
            "plan": plan.number,
            "total_fen": plan.proceeds.fen,
            "note": plan.note,
            "payments": lines,
        },
    )


async def _check_approvable(work: Unit, plan: Plan) -> None:
    await check_free(work, plan)
    until = await service.deadline(work.session, plan)
    if until is None or work.now < until:
        raise Refusal("plan.window_open", until=until.isoformat() if until else "")
    for objection in await objections_to(work, plan):
        if objection.state is ObjectionState.UPHELD:
            raise Refusal("plan.amend_first")
        if objection.state in OPEN_OBJECTIONS and objection.line_id is None:
            raise Refusal("plan.objected")
    transitions.after(LIFE, plan.state, PlanTrigger.APPROVE)


async def _lock(work: Unit, plan_id: UUID, permission: Permission) -> Plan:
    plan = await work.lock(Plan, plan_id)
    work.require(permission, plan.court_id)
    return plan


def _record(work: Unit, plan: Plan, kind: str, **body: object) -> None:
    work.record(kind, stream=f"case:{plan.case_id}", plan=str(plan.id), **body)
