"""A role proposed by one administrator and granted by another."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.kernel.actor import Role
from auction.kernel.ids import CourtId, OrganisationId, PersonId
from auction.kernel.refusal import Refusal
from auction.people import policy
from auction.people.approvals.action import Action
from auction.people.approvals.commands import Matter, conclude, propose
from auction.people.approvals.queries import proposed
from auction.people.approvals.request import ApprovalRequest
from auction.people.commands import new_grant
from auction.people.organisation import Court, Organisation, OrganisationKind
from auction.people.person import Person, RoleGrant
from auction.store.unit import Unit

ROLE_OF = {
    OrganisationKind.AGENCY: Role.AGENCY,
    OrganisationKind.REGISTRY: Role.REGISTRY,
    OrganisationKind.TAX: Role.TAX,
}
"""What the members of an organisation act as."""
PROPOSED = frozenset(Role) - {Role.VISITOR, Role.BIDDER, Role.SYSTEM}
COURT_ROLES = PROPOSED - frozenset(ROLE_OF.values())


async def propose_role(
    work: Unit,
    person_id: PersonId,
    *,
    role: Role,
    court_id: CourtId | None = None,
    organisation_id: OrganisationId | None = None,
) -> ApprovalRequest:
    """Propose that a person act as something; a second administrator grants it within a day."""
    await work.lock(Person, person_id)
    work.require(policy.PROPOSE_ROLE)
    if work.actor.person_id == person_id:
        raise Refusal("role.for_oneself")
    if role not in PROPOSED:
        raise Refusal("role.not_granted", role=str(role))
    await _check_place(work, role, court_id, organisation_id)
    await _refuse_held(work, person_id, role)
    told = {
        "person": str(person_id),
        "role": str(role),
        "court": court_id,
        "organisation": str(organisation_id) if organisation_id else None,
    }
    work.record("role.proposed", stream=f"person:{person_id}", role=str(role))
    return await propose(work, _matter(work.new_id(), told))


async def grant_proposed(work: Unit, grant_id: UUID, *, seen: str) -> None:
    """Say yes to a proposed role: the second administrator's yes grants it."""
    work.require(policy.DECIDE_ROLE)
    told = await proposed(work.session, Action.ROLE_GRANT, grant_id)
    person_id, role = PersonId(UUID(str(told["person"]))), Role(str(told["role"]))
    await work.lock(Person, person_id)
    await conclude(work, _matter(grant_id, told), seen=seen)
    await _refuse_held(work, person_id, role)
    organisation_id = UUID(str(told["organisation"])) if told["organisation"] else None
    grant = new_grant(
        work,
        person_id,
        role,
        CourtId(str(told["court"])) if told["court"] else None,
        OrganisationId(organisation_id) if organisation_id else None,
    )
    grant.id = grant_id
    work.add(grant)
    work.record("person.role_granted", stream=f"person:{person_id}", role=str(role))


def _matter(grant_id: UUID, told: Mapping[str, object]) -> Matter:
    """Its subject is the grant to be made, so that a person may be proposed for two roles."""
    return Matter(
        action=Action.ROLE_GRANT,
        subject=grant_id,
        payload=told,
        about=UUID(str(told["person"])),
    )


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


async def grants_of(session: AsyncSession, person_id: UUID) -> list[RoleGrant]:
    """What a person may act as, and for whom."""
    rows = await session.scalars(
        select(RoleGrant)
        .where(RoleGrant.person_id == person_id, RoleGrant.revoked_at.is_(None))
        .order_by(RoleGrant.granted_at)
    )
    return list(rows)
