"""From proceeds to creditors: draw up, serve, approve, pay out, confirm."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import func, select

from auction.cases.case import Case, CaseState, Party
from auction.cases.claims import Claim
from auction.distribution import policy, service
from auction.distribution.estate import Choices, Gathering, Terms, gather
from auction.distribution.plan import (
    OPEN_OBJECTIONS,
    Disbursement,
    DisbursementState,
    DisbursementTrigger,
    ObjectionState,
    PayeeKind,
    Plan,
    PlanLine,
    PlanObjection,
    PlanState,
    PlanTrigger,
)
from auction.distribution.waterfall import Line, SellerTaxRank, distribute
from auction.kernel.actor import Permission
from auction.kernel.clock import BEIJING
from auction.kernel.ids import AccountId, CourtId
from auction.kernel.money import ZERO, Money
from auction.kernel.refusal import Refusal
from auction.law.periods import ends_at
from auction.law.rulebook import BY_NAME
from auction.ledger.book import balance, find_account, open_account, post
from auction.ledger.chart import AccountKind
from auction.ledger.orders import (
    OrderKind,
    Payment,
    confirm_payment,
    fail_payment,
    order_payment,
)
from auction.ledger.statement import BankLine
from auction.ledger.transfer import Posting, Transfer
from auction.lots.lot import Lot
from auction.notices.commands import issue_notice
from auction.settlement.sale import Sale, SaleState, TaxLine
from auction.store.unit import Unit

DISTRIBUTABLE = frozenset(
    {SaleState.TAXES_ASSESSED, SaleState.TAXES_PAID, SaleState.REGISTERED, SaleState.DELIVERED}
)
"""Title has passed and the bureau has said what taxes the sale carries."""

ACCOUNT_OF: Mapping[PayeeKind, AccountKind] = MappingProxyType(
    {
        PayeeKind.COURT: AccountKind.COSTS,
        PayeeKind.COST_BEARER: AccountKind.COSTS,
        PayeeKind.TAX_BUREAU: AccountKind.TAXES_PAYABLE,
        PayeeKind.CREDITOR: AccountKind.CREDITOR_CLAIM,
        PayeeKind.DEBTOR: AccountKind.SURPLUS,
    }
)
PAYOUT_DUE = "funds.payout_due"


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


async def approve_plan(work: Unit, plan_id: UUID) -> Plan:
    """A second person approves; every fen leaves the proceeds for the account of its payee.

    Refuses with `plan.same_person`, `plan.window_open`, `plan.amend_first` (an objection was
    right) and `plan.objected` (the whole plan is disputed). A disputed line alone does not
    hold the rest up: it is withheld when it comes to paying (民诉解释510).
    """
    plan = await _lock(work, plan_id, policy.APPROVE)
    if work.actor.person_id == plan.drafted_by:
        raise Refusal("plan.same_person")
    await _check_free(work, plan)
    await _check_objections(work, plan)
    plan.advance(PlanTrigger.APPROVE)
    plan.approved_by, plan.approved_at = work.actor.person_id, work.now
    court_id = CourtId(plan.court_id)
    proceeds = await open_account(work, AccountKind.PROCEEDS, f"sale:{plan.sale_id}", court_id)
    transfers = [
        Transfer(proceeds, await _account_of(work, plan, line), line.paid)
        for line in await _lines(work, plan)
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


async def _check_free(work: Unit, plan: Plan) -> None:
    """A hold on the lot or a stay of the case stops the money too (网拍36(2), 民诉法267)."""
    sale = await work.load(Sale, plan.sale_id)
    lot = await work.load(Lot, sale.lot_id)
    if lot.held_ground:
        raise Refusal("lot.held", ground=lot.held_ground)
    case = await work.load(Case, plan.case_id)
    if case.state is CaseState.STAYED:
        raise Refusal("plan.case_stayed", ground=case.stay_ground)


async def _check_objections(work: Unit, plan: Plan) -> None:
    until = await service.deadline(work.session, plan)
    if until is None or work.now < until:
        raise Refusal("plan.window_open", until=until.isoformat() if until else "")
    for objection in await _objections(work, plan):
        if objection.state is ObjectionState.UPHELD:
            raise Refusal("plan.amend_first")
        if objection.state in OPEN_OBJECTIONS and objection.line_id is None:
            raise Refusal("plan.objected")


async def order_disbursement(work: Unit, line_id: UUID) -> Disbursement:
    """Order the bank to pay one line; neither who drew up nor who approved may do it."""
    line = await work.load(PlanLine, line_id)
    plan = await _lock(work, line.plan_id, policy.ORDER)
    ordered_by = work.actor.person_id
    if ordered_by is None or ordered_by in {plan.drafted_by, plan.approved_by}:
        raise Refusal("plan.same_person")
    await _check_free(work, plan)
    await _check_payable(work, plan, line)
    name, number = await _payee_account(work, line)
    disbursement_id = work.new_id()
    case = await work.load(Case, plan.case_id)
    payment = Payment(
        kind=OrderKind.DISBURSEMENT,
        owner_ref=f"disbursement:{disbursement_id}",
        court_id=CourtId(plan.court_id),
        source=await _account_of(work, plan, line),
        payee_name=name,
        payee_account=number,
        amount=line.paid,
        due_at=ends_at(plan.approved_at or work.now, BY_NAME[case.rulebook].rule(PAYOUT_DUE)),
    )
    order = await order_payment(work, payment)
    disbursement = Disbursement(
        id=disbursement_id,
        subject_key=await work.holder_key(number, disbursement_id),
        plan_id=plan.id,
        line_id=line.id,
        court_id=plan.court_id,
        order_number=order.order_number,
        amount=line.paid,
        payee_name=name,
        payee_account=number,
        state=DisbursementState.ORDERED,
        ordered_by=ordered_by,
        ordered_at=work.now,
    )
    work.add(disbursement)
    _record(work, plan, "disbursement.ordered", **_amounts(disbursement))
    return disbursement


async def _check_payable(work: Unit, plan: Plan, line: PlanLine) -> None:
    if plan.state is not PlanState.APPROVED or line.paid == ZERO:
        raise Refusal("state.not_allowed", state=str(plan.state), trigger="order_disbursement")
    disputed = [o.line_id for o in await _objections(work, plan) if o.state in OPEN_OBJECTIONS]
    if line.id in disputed:
        raise Refusal("plan.line_disputed")
    live = await work.session.scalar(
        select(Disbursement.order_number).where(
            Disbursement.line_id == line.id, Disbursement.state != DisbursementState.FAILED
        )
    )
    if live is not None:
        raise Refusal("disbursement.already_ordered", order=live)


async def _payee_account(work: Unit, line: PlanLine) -> tuple[str, str]:
    """The account a party has named by now; for everybody else the one on the plan."""
    party = await work.load(Party, line.party_id) if line.party_id else None
    if party is not None and party.payout_account:
        return party.payout_name or party.name, party.payout_account
    if not line.payee_account:
        raise Refusal("disbursement.no_account", payee=line.payee_name)
    return line.payee_name, line.payee_account


async def confirm_disbursement(work: Unit, *, order_number: str, line: BankLine) -> Disbursement:
    """The bank's statement shows the payment; the last one makes the plan paid."""
    disbursement = await _lock_disbursement(work, order_number, policy.CONFIRM)
    disbursement.advance(DisbursementTrigger.CONFIRM)
    await confirm_payment(work, order_number=order_number, line=line)
    disbursement.confirmed_at = work.now
    disbursement.statement_line_id = line.id
    plan = await work.lock(Plan, disbursement.plan_id)
    _record(work, plan, "disbursement.confirmed", **_amounts(disbursement))
    if await _is_paid(work, plan):
        plan.advance(PlanTrigger.PAY_LAST_LINE)
        _record(work, plan, "plan.paid", proceeds_fen=plan.proceeds.fen)
    return disbursement


async def fail_disbursement(work: Unit, *, order_number: str) -> Disbursement:
    """The bank could not pay: the money is the payee's again, and may be ordered anew."""
    disbursement = await _lock_disbursement(work, order_number, policy.FAIL)
    disbursement.advance(DisbursementTrigger.FAIL)
    await fail_payment(work, order_number=order_number)
    plan = await work.load(Plan, disbursement.plan_id)
    _record(work, plan, "disbursement.failed", **_amounts(disbursement))
    return disbursement


async def _is_paid(work: Unit, plan: Plan) -> bool:
    await work.session.flush()
    confirmed = await work.session.scalars(
        select(Disbursement.line_id).where(
            Disbursement.plan_id == plan.id, Disbursement.state == DisbursementState.CONFIRMED
        )
    )
    due = {line.id for line in await _lines(work, plan) if line.paid > ZERO}
    return due == set(confirmed)


async def _account_of(work: Unit, plan: Plan, line: PlanLine) -> AccountId:
    kind = ACCOUNT_OF[line.payee_kind]
    own = f"plan_line:{line.id}"
    owner = f"claim:{line.claim_id}" if kind is AccountKind.CREDITOR_CLAIM else own
    return await open_account(work, kind, owner, CourtId(plan.court_id))


async def _lines(work: Unit, plan: Plan) -> Sequence[PlanLine]:
    rows = await work.session.scalars(
        select(PlanLine).where(PlanLine.plan_id == plan.id).order_by(PlanLine.position)
    )
    return rows.all()


async def _objections(work: Unit, plan: Plan) -> Sequence[PlanObjection]:
    rows = await work.session.scalars(select(PlanObjection).where(PlanObjection.plan_id == plan.id))
    return rows.all()


async def _lock(work: Unit, plan_id: UUID, permission: Permission) -> Plan:
    plan = await work.lock(Plan, plan_id)
    work.require(permission, plan.court_id)
    return plan


async def _lock_disbursement(work: Unit, order_number: str, permission: Permission) -> Disbursement:
    found = await work.session.scalar(
        select(Disbursement.id).where(Disbursement.order_number == order_number)
    )
    if found is None:
        raise Refusal("not_found", what="disbursement", id=order_number)
    disbursement = await work.lock(Disbursement, found)
    work.require(permission, disbursement.court_id)
    return disbursement


def _amounts(disbursement: Disbursement) -> dict[str, str | int]:
    return {
        "disbursement": str(disbursement.id),
        "order": disbursement.order_number,
        "amount_fen": disbursement.amount.fen,
    }


def _record(work: Unit, plan: Plan, kind: str, **body: object) -> None:
    work.record(kind, stream=f"case:{plan.case_id}", plan=str(plan.id), **body)
