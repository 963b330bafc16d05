"""Open a case, add its parties, register claims, stay, resume and close it."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import select

from auction.cases import policy
from auction.cases.case import Case, CaseState, CaseTrigger, Party, PartyRole
from auction.cases.claims import Claim, ClaimKind
from auction.kernel.ids import CaseId, ClaimId, PartyId, PersonId
from auction.kernel.money import ZERO, Money, total
from auction.kernel.refusal import Refusal
from auction.store.unit import Unit

_CASE_NUMBER: Final = re.compile(
    r"（\d{4}）[\u4e00-\u9fff]\d{0,4}执[\u4e00-\u9fff]{0,2}\d{1,6}号(?:之[一二三四五六七八九十]{1,3})?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCase:
    """What an officer says of a case. The client makes the id: sent twice it is opened once."""

    id: CaseId
    number: str
    enforcement_basis: str
    debtor_is_enterprise: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewParty:
    id: PartyId
    role: PartyRole
    name: str
    contact: str = ""
    person_id: PersonId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewClaim:
    id: ClaimId
    party_id: PartyId
    kind: ClaimKind
    title_document: str
    principal: Money
    interest: Money = ZERO
    advanced_costs: Money = ZERO
    since: date | None = None
    seizure_order: int | None = None
    pay_by: date | None = None


async def open_case(work: Unit, *, new: NewCase) -> Case:
    """Open an execution case at the officer's own court."""
    court_id = work.actor.court_id
    work.require(policy.OPEN, court_id)
    if court_id is None or work.actor.person_id is None:
        raise Refusal("forbidden", action=policy.OPEN.action)
    known = await work.session.get(Case, new.id)
    if known is not None:
        return known
    number = case_number(new.number)
    if await work.session.scalar(
        select(Case.id).where(Case.court_id == court_id, Case.number == number)
    ):
        raise Refusal("case.number.conflict", number=number)
    case = Case(
        id=new.id,
        court_id=court_id,
        number=number,
        enforcement_basis=_said(new.enforcement_basis, "enforcement_basis"),
        officer_id=work.actor.person_id,
        debtor_is_enterprise=new.debtor_is_enterprise,
        state=CaseState.OPEN,
        rulebook=work.rules.name,
        opened_at=work.now,
        stay_ground="",
    )
    work.add(case)
    work.record("case.opened", stream=case.stream, court=court_id, rulebook=case.rulebook)
    return case


async def add_party(work: Unit, case_id: CaseId, *, new: NewParty) -> Party:
    """Add somebody with a part in the case."""
    case = await work.lock(Case, case_id)
    work.require(policy.ADD_PARTY, case.court_id)
    known = await work.session.get(Party, new.id)
    if known is not None:
        return known
    _not_closed(case)
    await _check_roles(work, case, new)
    party = Party(
        id=new.id,
        subject_key=await work.subject_key(new.person_id or new.id),
        case_id=case.id,
        role=new.role,
        person_id=new.person_id,
        name=_said(new.name, "name"),
        contact=new.contact.strip(),
        payout_name="",
        payout_bank="",
        payout_account="",
        added_at=work.now,
    )
    work.add(party)
    work.record("party.added", stream=case.stream, party=str(party.id), role=party.role.value)
    return party


async def register_claim(work: Unit, case_id: CaseId, *, new: NewClaim) -> Claim:
    """Register what a creditor asks for, with the rank its title proves."""
    case = await work.lock(Case, case_id)
    work.require(policy.REGISTER_CLAIM, case.court_id)
    known = await work.session.get(Claim, new.id)
    if known is not None:
        return known
    _not_closed(case)
    party = await work.load(Party, new.party_id)
    _check_claim(case, party, new)
    claim = Claim(
        id=new.id,
        case_id=case.id,
        party_id=party.id,
        kind=new.kind,
        principal=new.principal,
        interest=new.interest,
        advanced_costs=new.advanced_costs,
        since=new.since,
        seizure_order=new.seizure_order,
        pay_by=new.pay_by,
        title_document=_said(new.title_document, "title_document"),
        registered_at=work.now,
    )
    work.add(claim)
    work.record(
        "claim.registered",
        stream=case.stream,
        claim=str(claim.id),
        party=str(party.id),
        rank=claim.kind.value,
        principal_fen=claim.principal.fen,
        interest_fen=claim.interest.fen,
        advanced_costs_fen=claim.advanced_costs.fen,
    )
    return claim


async def stay_case(work: Unit, case_id: CaseId, *, ground: str) -> Case:
    """Let enforcement rest by a decision of the court."""
    case = await work.lock(Case, case_id)
    work.require(policy.STAY, case.court_id)
    said = _said(ground, "ground")
    case.advance(CaseTrigger.STAY)
    case.stay_ground = said
    work.record("case.stayed", stream=case.stream)
    return case


async def resume_case(work: Unit, case_id: CaseId) -> Case:
    """Go on with a stayed case."""
    case = await work.lock(Case, case_id)
    work.require(policy.RESUME, case.court_id)
    case.advance(CaseTrigger.RESUME)
    case.stay_ground = ""
    work.record("case.resumed", stream=case.stream)
    return case


async def close_case(work: Unit, case_id: CaseId) -> Case:
    """Close a case whose work is done."""
    case = await work.lock(Case, case_id)
    work.require(policy.CLOSE, case.court_id)
    case.advance(CaseTrigger.CLOSE)
    work.record("case.closed", stream=case.stream)
    return case


def case_number(text: str) -> str:
    """Bring a case number to its one form, or refuse: （2026）浙0199执88号."""
    number = "".join(text.split()).replace("(", "（").replace(")", "）")
    if not _CASE_NUMBER.fullmatch(number):
        raise Refusal("case.number_malformed", number=text.strip()[:60])
    return number


async def _check_roles(work: Unit, case: Case, new: NewParty) -> None:
    """Nobody has the same part twice, nor stands on both sides (民诉法51)."""
    for party in await work.session.scalars(Party.standing_in(case.id)):
        if not _is_same(party, new):
            continue
        if party.role is new.role:
            raise Refusal("case.party.conflict", role=new.role.value)
        if PartyRole.RESPONDENT in {party.role, new.role}:
            raise Refusal("case.party_opposed.conflict", name=party.name)


def _is_same(party: Party, new: NewParty) -> bool:
    """One account is one person; without accounts only the name can tell."""
    if party.person_id is not None and new.person_id is not None:
        return party.person_id == new.person_id
    return party.name == new.name.strip()


def _check_claim(case: Case, party: Party, new: NewClaim) -> None:
    is_creditor = party.role is not PartyRole.RESPONDENT and party.ended_at is None
    if party.case_id != case.id or not is_creditor:
        raise Refusal("case.claim_not_a_creditors", party=str(party.id))
    if total([new.principal, new.interest, new.advanced_costs]) == ZERO:
        raise Refusal("case.claim_empty")
    if new.kind is not ClaimKind.ORDINARY and new.since is None:
        raise Refusal("case.claim_rank_undated", kind=new.kind.value)
    if new.seizure_order is not None and new.seizure_order < 1:
        raise Refusal("case.seizure_order_wrong", order=new.seizure_order)


def _not_closed(case: Case) -> None:
    if case.state is CaseState.CLOSED:
        raise Refusal("case.closed", number=case.number)


def _said(text: str, field: str) -> str:
    """A text that must not be empty."""
    said = text.strip()
    if not said:
        raise Refusal("case.field_empty", field=field)
    return said
