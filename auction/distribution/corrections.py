"""Correct a case's parties, claims and accounts only while no plan or payment rests on them."""

from uuid import UUID

from sqlalchemy import select

from auction.cases import corrections, payouts
from auction.cases.case import Party
from auction.cases.claims import Claim
from auction.cases.payouts import PayoutAccount
from auction.distribution.plan import (
    Disbursement,
    DisbursementState,
    Plan,
    PlanLine,
    PlanState,
)
from auction.kernel.ids import ClaimId, PartyId
from auction.kernel.refusal import Refusal
from auction.store.unit import Unit


async def withdraw_party(work: Unit, party_id: PartyId, *, reason: str) -> Party:
    """End a mistaken party before a plan is drafted."""
    party = await corrections.withdraw_party(work, party_id, reason=reason)
    await _require_no_plan(work, party.case_id)
    return party


async def withdraw_claim(work: Unit, claim_id: ClaimId, *, reason: str) -> Claim:
    """End a mistaken claim before a plan is drafted."""
    claim = await corrections.withdraw_claim(work, claim_id, reason=reason)
    await _require_no_plan(work, claim.case_id)
    return claim


async def name_payout_account(work: Unit, party_id: PartyId, *, account: PayoutAccount) -> Party:
    """Name or replace where a party is paid, as long as no payment to it is ordered."""
    party = await payouts.name_payout_account(work, party_id, account=account)
    ordered = await work.session.scalar(
        select(Disbursement.order_number)
        .join(PlanLine, PlanLine.id == Disbursement.line_id)
        .where(PlanLine.party_id == party_id, Disbursement.state != DisbursementState.FAILED)
        .limit(1)
    )
    if ordered is not None:
        raise Refusal("case.payment_ordered", order=ordered)
    return party


async def _require_no_plan(work: Unit, case_id: UUID) -> None:
    """A unit that is refused leaves nothing behind, so the case may be locked first."""
    plan = await work.session.scalar(
        select(Plan.number)
        .where(Plan.case_id == case_id, Plan.state != PlanState.WITHDRAWN)
        .limit(1)
    )
    if plan is not None:
        raise Refusal("case.plan_drafted", plan=plan)
