"""Take back a party or a claim that was entered by mistake: it ends with a reason, and stays."""

from sqlalchemy import select

from auction.cases import policy
from auction.cases.case import Case, Party
from auction.cases.claims import Claim
from auction.kernel.canonical import sha256_hex
from auction.kernel.ids import ClaimId, PartyId
from auction.kernel.refusal import Refusal
from auction.store.unit import Unit


async def withdraw_party(work: Unit, party_id: PartyId, *, reason: str) -> Party:
    """End a mistaken party that has no claim."""
    party = await work.load(Party, party_id)
    case = await work.lock(Case, party.case_id)
    work.require(policy.CORRECT, case.court_id)
    party = await work.lock(Party, party_id)
    if party.ended_at is not None:
        return party
    claim = await work.session.scalar(
        select(Claim.id).where(Claim.party_id == party.id, Claim.ended_at.is_(None)).limit(1)
    )
    if claim is not None:
        raise Refusal("case.party_has_claims", name=party.name)
    party.ended_at, party.ended_because = work.now, _said(reason)
    work.record(
        "party.withdrawn",
        stream=case.stream,
        party=str(party.id),
        reason_digest=sha256_hex(party.ended_because.encode()),
    )
    return party


async def withdraw_claim(work: Unit, claim_id: ClaimId, *, reason: str) -> Claim:
    """End a mistaken claim."""
    claim = await work.load(Claim, claim_id)
    case = await work.lock(Case, claim.case_id)
    work.require(policy.CORRECT, case.court_id)
    claim = await work.lock(Claim, claim_id)
    if claim.ended_at is not None:
        return claim
    claim.ended_at, claim.ended_because = work.now, _said(reason)
    work.record(
        "claim.withdrawn",
        stream=case.stream,
        claim=str(claim.id),
        reason_digest=sha256_hex(claim.ended_because.encode()),
    )
    return claim


def _said(reason: str) -> str:
    if not reason.strip():
        raise Refusal("case.field_empty", field="reason")
    return reason.strip()
