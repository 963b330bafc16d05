"""案款发放: the clerk proposes payments, others approve them, the approver's yes orders them.

One person draws the plan up, a second approves it, a third orders the payments; from a million
yuan on the supervisor agrees too (法发〔2017〕6号11-13).
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from auction.cases.case import Case, Party
from auction.distribution import policy
from auction.distribution.plan import (
    OPEN_OBJECTIONS,
    Disbursement,
    DisbursementState,
    DisbursementTrigger,
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
from auction.kernel.actor import Permission
from auction.kernel.ids import CourtId, PersonId
from auction.kernel.money import ZERO, total
from auction.kernel.refusal import Refusal
from auction.law.periods import ends_at
from auction.law.rulebook import BY_NAME
from auction.ledger.orders import OrderKind, Payment, confirm_payment, fail_payment, order_payment
from auction.ledger.statement import BankLine
from auction.people.approvals.action import LARGE_FROM, Action
from auction.people.approvals.commands import Matter, concur, propose
from auction.people.approvals.queries import proposed
from auction.people.approvals.request import ApprovalRequest
from auction.store.unit import Unit

PAYOUT_DUE = "funds.payout_due"


async def propose_disbursements(
    work: Unit, plan_id: UUID, *, line_ids: Sequence[UUID]
) -> ApprovalRequest:
    """Propose to pay lines of an approved plan, each to the account that stands there now."""
    plan = await _lock(work, plan_id, policy.PROPOSE_PAYOUT)
    await check_free(work, plan)
    if not line_ids:
        raise Refusal("disbursement.none_payable")
    _record(work, plan, "disbursement.proposed", lines=len(line_ids))
    return await propose(work, await _matter(work, plan, line_ids))


async def order_disbursements(
    work: Unit, plan_id: UUID, *, action: Action, seen: str
) -> Sequence[Disbursement]:
    """Say yes to proposed payments; the last yes orders the bank to make them.

    `action` says whether they were proposed as large ones. Refuses when a payee's account was
    changed since (`approval.payload_changed`), and who drew up or approved the plan (
    `plan.same_person`) may not be the one who orders.
    """
    plan = await _lock(work, plan_id, policy.APPROVE_PAYOUT)
    await check_free(work, plan)
    told = await proposed(work.session, action, plan_id)
    payments = told["payments"]
    line_ids = [UUID(one["line"]) for one in payments] if isinstance(payments, list) else []
    if await concur(work, await _matter(work, plan, line_ids), seen=seen) is None:
        return []
    by = await check_another(work, plan.drafted_by, plan.approved_by)
    lines = [await work.load(PlanLine, line_id) for line_id in line_ids]
    return [await _order(work, plan, line, by=by) for line in lines]


async def _matter(work: Unit, plan: Plan, line_ids: Sequence[UUID]) -> Matter:
    """The payments as they would be ordered now."""
    payments: list[dict[str, object]] = []
    lines = [line for line in await lines_of(work, plan) if line.id in line_ids]
    for line in lines:
        await _check_payable(work, plan, line)
        name, number = await _payee_account(work, line)
        payments.append(
            {
                "line": str(line.id),
                "title": line.title,
                "payee": name,
                "account": number,
                "amount_fen": line.paid.fen,
            }
        )
    paid = total([line.paid for line in lines])
    return Matter(
        action=Action.DISBURSEMENT if paid < LARGE_FROM else Action.DISBURSEMENT_LARGE,
        subject=plan.id,
        court_id=plan.court_id,
        payload={"plan": plan.number, "total_fen": paid.fen, "payments": payments},
    )


async def _order(work: Unit, plan: Plan, line: PlanLine, *, by: PersonId) -> Disbursement:
    """Order the bank to pay one line."""
    name, number = await _payee_account(work, line)
    disbursement_id = work.new_id()
    case = await work.load(Case, plan.case_id)
    payment = Payment(
        kind=OrderKind.DISBURSEMENT,
        owner_ref=f"disbursement:{disbursement_id}",
        court_id=CourtId(plan.court_id),
        source=await account_of(work, plan, line),
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
        ordered_by=by,
        ordered_at=work.now,
    )
    work.add(disbursement)
    _record(work, plan, "disbursement.ordered", **_amounts(disbursement))
    return disbursement


async def _check_payable(work: Unit, plan: Plan, line: PlanLine) -> None:
    if plan.state is not PlanState.APPROVED or line.paid == ZERO:
        raise Refusal("state.not_allowed", state=str(plan.state), trigger="order_disbursement")
    disputed = [o.line_id for o in await objections_to(work, plan) if o.state in OPEN_OBJECTIONS]
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
    due = {line.id for line in await lines_of(work, plan) if line.paid > ZERO}
    return due == set(confirmed)


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


async def _lock(work: Unit, plan_id: UUID, permission: Permission) -> Plan:
    plan = await work.lock(Plan, plan_id)
    work.require(permission, plan.court_id)
    return plan


def _record(work: Unit, plan: Plan, kind: str, **body: object) -> None:
    work.record(kind, stream=f"case:{plan.case_id}", plan=str(plan.id), **body)
