"""The case register and the case page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.cases.case import Case, CaseState, Party, PartyRole
from auction.cases.claims import Claim, ClaimKind
from auction.kernel.ids import CaseId, ClaimId, CourtId, PartyId, PersonId
from auction.kernel.money import Money
from auction.kernel.refusal import Refusal


@dataclass(frozen=True, slots=True)
class CaseView:
    id: CaseId
    court_id: CourtId
    number: str
    enforcement_basis: str
    officer_id: PersonId
    debtor_is_enterprise: bool
    state: CaseState
    stay_ground: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class PartyView:
    id: PartyId
    case_id: CaseId
    role: PartyRole
    person_id: PersonId | None
    name: str
    contact: str
    payout_name: str
    payout_bank: str
    payout_account: str


@dataclass(frozen=True, slots=True)
class ClaimView:
    id: ClaimId
    party_id: PartyId
    creditor: str
    kind: ClaimKind
    principal: Money
    interest: Money
    advanced_costs: Money
    since: date | None
    seizure_order: int | None
    pay_by: date | None
    title_document: str


async def case(session: AsyncSession, case_id: CaseId) -> CaseView:
    """One case, or refuse with `not_found`."""
    found = await session.get(Case, case_id)
    if found is None:
        raise Refusal("not_found", what="cases", id=str(case_id))
    return _case_view(found)


async def cases_of_court(session: AsyncSession, court_id: CourtId) -> Sequence[CaseView]:
    """The court's register, newest first."""
    rows = await session.scalars(
        select(Case).where(Case.court_id == court_id).order_by(Case.opened_at.desc())
    )
    return [_case_view(row) for row in rows]


async def parties(session: AsyncSession, case_id: CaseId) -> Sequence[PartyView]:
    """Everybody with a part in the case, in the order they were added."""
    rows = await session.scalars(Party.standing_in(case_id))
    return [_party_view(row) for row in rows]


async def party(session: AsyncSession, party_id: PartyId) -> PartyView:
    """One party, or refuse with `not_found`."""
    found = await session.get(Party, party_id)
    if found is None:
        raise Refusal("not_found", what="parties", id=str(party_id))
    return _party_view(found)


async def parties_of_person(session: AsyncSession, person_id: PersonId) -> Sequence[PartyView]:
    """Every part that a person has in any case, newest first."""
    rows = await session.scalars(
        select(Party)
        .where(Party.person_id == person_id, Party.ended_at.is_(None))
        .order_by(Party.added_at.desc())
    )
    return [_party_view(row) for row in rows]


async def claims(session: AsyncSession, case_id: CaseId) -> Sequence[ClaimView]:
    """Every claim of the case with its creditor, in the order they were registered."""
    rows = await session.execute(
        select(Claim, Party)
        .join(Party, Party.id == Claim.party_id)
        .where(Claim.case_id == case_id, Claim.ended_at.is_(None))
        .order_by(Claim.registered_at, Claim.id)
    )
    return [_claim_view(claim, party.name) for claim, party in rows]


def _case_view(row: Case) -> CaseView:
    return CaseView(
        id=row.id,
        court_id=row.court_id,
        number=row.number,
        enforcement_basis=row.enforcement_basis,
        officer_id=row.officer_id,
        debtor_is_enterprise=row.debtor_is_enterprise,
        state=row.state,
        stay_ground=row.stay_ground,
        opened_at=row.opened_at,
    )


def _party_view(row: Party) -> PartyView:
    return PartyView(
        id=row.id,
        case_id=row.case_id,
        role=row.role,
        person_id=row.person_id,
        name=row.name,
        contact=row.contact,
        payout_name=row.payout_name,
        payout_bank=row.payout_bank,
        payout_account=row.payout_account,
    )


def _claim_view(row: Claim, creditor: str) -> ClaimView:
    return ClaimView(
        id=row.id,
        party_id=row.party_id,
        creditor=creditor,
        kind=row.kind,
        principal=row.principal,
        interest=row.interest,
        advanced_costs=row.advanced_costs,
        since=row.since,
        seizure_order=row.seizure_order,
        pay_by=row.pay_by,
        title_document=row.title_document,
    )
