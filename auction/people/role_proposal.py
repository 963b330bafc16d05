"""A role proposed by one administrator and granted by another."""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from auction.kernel.actor import Role
from auction.kernel.ids import CourtId, OrganisationId, PersonId
from auction.kernel.refusal import Refusal
from auction.people import policy
from auction.people.commands import new_grant
from auction.people.organisation import Court, Organisation, OrganisationKind
from auction.people.person import Person, RoleGrant
from auction.store.base import Base
from auction.store.columns import Instant, state_column, states_check
from auction.store.unit import Unit

PROPOSAL_LIFE = timedelta(hours=24)
ROLE_OF = {
    OrganisationKind.AGENCY: Role.AGENCY,
    OrganisationKind.REGISTRY: Role.REGISTRY,
    OrganisationKind.TAX: Role.TAX,
}
"""What the members of an organisation act as."""
PROPOSED = frozenset(Role) - {Role.VISITOR, Role.BIDDER, Role.SYSTEM}
COURT_ROLES = PROPOSED - frozenset(ROLE_OF.values())


class ProposalState(StrEnum):
    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"


class RoleProposal(Base):
    """It lives for a day and is decided once, by somebody else, who is not its subject."""

    __tablename__ = "role_proposal"
    __table_args__ = (
        states_check("role", Role),
        states_check("state", ProposalState),
        CheckConstraint("decided_by <> proposed_by", name="two_persons"),
        CheckConstraint(
            "person_id <> proposed_by AND person_id <> decided_by", name="not_for_oneself"
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    role: Mapped[Role] = state_column(Role)
    court_id: Mapped[str | None] = mapped_column(ForeignKey("court.id"))
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"))
    state: Mapped[ProposalState] = state_column(ProposalState)
    proposed_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    proposed_at: Mapped[datetime] = mapped_column(Instant)
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None] = mapped_column(Instant)


async def propose_role(
    work: Unit,
    person_id: PersonId,
    *,
    role: Role,
    court_id: CourtId | None = None,
    organisation_id: OrganisationId | None = None,
) -> UUID:
    """Propose that a person act as something; a second administrator grants it."""
    await work.lock(Person, person_id)
    work.require(policy.PROPOSE_ROLE)
    if work.actor.person_id == person_id:
        raise Refusal("role.for_oneself")
    if role not in PROPOSED:
        raise Refusal("role.not_granted", role=str(role))
    await _check_place(work, role, court_id, organisation_id)
    await _refuse_held(work, person_id, role)
    proposal_id = work.new_id()
    work.add(
        RoleProposal(
            id=proposal_id, person_id=person_id, role=role, court_id=court_id,
            organisation_id=organisation_id, state=ProposalState.PROPOSED,
            proposed_by=work.actor.person_id, proposed_at=work.now, decided_by=None,
            decided_at=None,
        )
    )  # fmt: skip
    work.record("role.proposed", stream=f"person:{person_id}", role=str(role))
    return proposal_id


async def decide_role(work: Unit, proposal_id: UUID, *, is_approved: bool) -> None:
    """Grant a proposed role, or reject it: once, within a day, by another administrator."""
    proposal = await work.lock(RoleProposal, proposal_id)
    work.require(policy.DECIDE_ROLE)
    _check_second(work, proposal)
    if proposal.state is not ProposalState.PROPOSED:
        raise Refusal("state.not_allowed", state=str(proposal.state))
    if work.now - proposal.proposed_at >= PROPOSAL_LIFE:
        raise Refusal("role.proposal_over")
    proposal.decided_by, proposal.decided_at = work.actor.person_id, work.now
    if not is_approved:
        proposal.state = ProposalState.REJECTED
        work.record("role.rejected", stream=f"person:{proposal.person_id}", role=str(proposal.role))
        return
    await _refuse_held(work, proposal.person_id, proposal.role)
    proposal.state = ProposalState.APPROVED
    place = (
        CourtId(proposal.court_id) if proposal.court_id else None,
        OrganisationId(proposal.organisation_id) if proposal.organisation_id else None,
    )
    work.add(new_grant(work, PersonId(proposal.person_id), proposal.role, *place))
    work.record(
        "person.role_granted", stream=f"person:{proposal.person_id}", role=str(proposal.role)
    )


def _check_second(work: Unit, proposal: RoleProposal) -> None:
    if work.actor.person_id == proposal.proposed_by:
        raise Refusal("role.second_person")
    if work.actor.person_id == proposal.person_id:
        raise Refusal("role.for_oneself")


async def _check_place(
    work: Unit, role: Role, court_id: CourtId | None, organisation_id: OrganisationId | None
) -> None:
    if role in COURT_ROLES:
        if court_id is None or organisation_id is not None:
            raise Refusal("role.needs_court")
        if await work.session.get(Court, court_id) is None:
            raise Refusal("not_found", what="court", id=court_id)
        return
    if organisation_id is None or court_id is not None:
        raise Refusal("role.needs_organisation")
    organisation = await work.load(Organisation, organisation_id)
    if ROLE_OF[organisation.kind] is not role:
        raise Refusal("role.needs_organisation")


async def _refuse_held(work: Unit, person_id: UUID, role: Role) -> None:
    held = await work.session.scalar(
        select(RoleGrant.id).where(
            RoleGrant.person_id == person_id,
            RoleGrant.role == role,
            RoleGrant.revoked_at.is_(None),
        )
    )
    if held is not None:
        raise Refusal("role.held_conflict", role=str(role))


async def open_proposals(session: AsyncSession, now: datetime) -> list[RoleProposal]:
    """What waits for a second administrator, oldest first."""
    rows = await session.scalars(
        select(RoleProposal)
        .where(
            RoleProposal.state == ProposalState.PROPOSED,
            RoleProposal.proposed_at > now - PROPOSAL_LIFE,
        )
        .order_by(RoleProposal.proposed_at)
    )
    return list(rows)


async def grants_of(session: AsyncSession, person_id: UUID) -> list[RoleGrant]:
    """What a person may act as, and for whom."""
    rows = await session.scalars(
        select(RoleGrant)
        .where(RoleGrant.person_id == person_id, RoleGrant.revoked_at.is_(None))
        .order_by(RoleGrant.granted_at)
    )
    return list(rows)
