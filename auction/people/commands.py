"""What people do about themselves, and what administrators do about roles."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from auction.kernel.actor import Role
from auction.kernel.ids import CourtId, OrganisationId, PersonId, SignInId
from auction.kernel.refusal import Refusal
from auction.people import policy
from auction.people.credentials import (
    IDLE_MAX,
    LIFE_MAX,
    STAFF_IDLE_MAX,
    STAFF_LIFE_MAX,
    Credential,
    Factor,
    SignIn,
    token_digest,
)
from auction.people.identity import credit_code, resident_number
from auction.people.organisation import Court, Organisation, OrganisationKind
from auction.people.person import IDENTITY, Person, PersonKind, RoleGrant
from auction.store.unit import Unit

NAME_CHARS_MIN = 2
STAFF_ROLES = frozenset(Role) - {Role.VISITOR, Role.BIDDER, Role.SYSTEM}
BROWSER_CHARS_MAX = 200


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What a person says when signing up."""

    username: str
    kind: PersonKind
    name: str
    identity_number: str
    password_hash: str


async def enroll_person(work: Unit, person_id: UUID, *, enrolment: Enrolment) -> PersonId:
    """Sign a person up under a checked identity; everybody may then act as a bidder."""
    work.require(policy.ENROLL)
    name, username = enrolment.name.strip(), enrolment.username.strip().lower()
    if len(name) < NAME_CHARS_MIN:
        raise Refusal("person.name_missing")
    number = _checked_number(work, enrolment)
    await _refuse_known(work, username, number)
    work.add(
        Person(
            id=person_id, subject_key=await work.subject_key(person_id), kind=enrolment.kind,
            name=name, identity_number=number,
            identity_index=work.keyring.blind(IDENTITY, number),
            username=username, enrolled_at=work.now,
        )
    )  # fmt: skip
    await work.session.flush()
    work.add(
        Credential(person_id=person_id, password_hash=enrolment.password_hash, changed_at=work.now)
    )
    work.add(new_grant(work, PersonId(person_id), Role.BIDDER))
    work.record("person.enrolled", stream=f"person:{person_id}", person_kind=str(enrolment.kind))
    return PersonId(person_id)


def _checked_number(work: Unit, enrolment: Enrolment) -> str:
    if enrolment.kind is PersonKind.LEGAL:
        return credit_code(enrolment.identity_number)
    return resident_number(enrolment.identity_number, today=work.now.date())


async def _refuse_known(work: Unit, username: str, number: str) -> None:
    """One refusal for both: which of them is known is nobody's business."""
    index = work.keyring.blind(IDENTITY, number)
    known = await work.session.scalar(
        select(Person.id)
        .where((Person.username == username) | (Person.identity_index == index))
        .limit(1)
    )
    if known is not None:
        raise Refusal("person.known_conflict")


async def sign_in(
    work: Unit,
    sign_in_id: UUID,
    *,
    person_id: PersonId,
    token: str,
    browser: str,
    factor: Factor = Factor.PASSWORD,
) -> SignInId:
    """Record the sign-in of a person who proved to be there. Staff sign-ins end sooner."""
    work.require(policy.SIGN_IN)
    is_staff = await _is_staff(work, person_id)
    work.add(
        SignIn(
            id=sign_in_id,
            person_id=person_id,
            token_digest=token_digest(token),
            browser=browser[:BROWSER_CHARS_MAX],
            made_at=work.now,
            seen_at=work.now,
            idle_seconds=int((STAFF_IDLE_MAX if is_staff else IDLE_MAX).total_seconds()),
            ends_at=work.now + (STAFF_LIFE_MAX if is_staff else LIFE_MAX),
            revoked_at=None,
            factor=factor,
            proven_at=work.now,
        )
    )
    work.record(
        "person.signed_in",
        stream=f"person:{person_id}",
        sign_in=str(sign_in_id),
        factor=str(factor),
    )
    return SignInId(sign_in_id)


async def _is_staff(work: Unit, person_id: PersonId) -> bool:
    roles = await work.session.scalars(
        select(RoleGrant.role).where(
            RoleGrant.person_id == person_id, RoleGrant.revoked_at.is_(None)
        )
    )
    return bool(set(roles) & STAFF_ROLES)


async def sign_out(work: Unit, sign_in_id: UUID) -> None:
    """End one of the actor's own sign-ins, this one or another; its hall sockets close too."""
    found = await work.lock(SignIn, sign_in_id)
    work.require(policy.SIGN_OUT)
    if found.person_id != work.actor.person_id:
        raise Refusal("not_found", what="sign_in", id=str(sign_in_id))
    if found.revoked_at is None:
        found.revoked_at = work.now
        work.record("person.signed_out", stream=f"person:{found.person_id}", sign_in=str(found.id))


async def revoke_sign_ins(work: Unit, person_id: PersonId) -> int:
    """An administrator ends every sign-in of a person; return how many were live."""
    await work.lock(Person, person_id)
    work.require(policy.REVOKE_SIGN_INS)
    found = await work.session.scalars(
        select(SignIn)
        .where(SignIn.person_id == person_id, SignIn.revoked_at.is_(None))
        .with_for_update()
    )
    live = [one for one in found if one.is_live(work.now)]
    for one in live:
        one.revoked_at = work.now
    work.record("person.sign_ins_revoked", stream=f"person:{person_id}", count=len(live))
    return len(live)


async def touch_sign_in(work: Unit, sign_in_id: UUID) -> None:
    """Note that a sign-in is in use; not journaled, since nothing is decided.

    The minute only: an exact instant beside that of a ticket or a bid would name its bidder.
    """
    found = await work.lock(SignIn, sign_in_id)
    work.require(policy.TOUCH)
    if found.is_live(work.now):
        found.seen_at = work.now.replace(second=0, microsecond=0)


async def found_court(work: Unit, court_id: CourtId, *, name: str) -> None:
    """Enter a court."""
    work.require(policy.FOUND)
    work.add(Court(id=court_id, name=name))
    work.record("court.founded", stream=f"court:{court_id}", court=court_id)


async def found_organisation(
    work: Unit, organisation_id: UUID, *, kind: OrganisationKind, name: str, code: str
) -> OrganisationId:
    """Enter an organisation under its checked credit code."""
    work.require(policy.FOUND)
    work.add(
        Organisation(
            id=organisation_id, kind=kind, name=name, credit_code=credit_code(code),
            enrolled_at=work.now,
        )
    )  # fmt: skip
    work.record(
        "organisation.founded",
        stream=f"organisation:{organisation_id}",
        organisation_kind=str(kind),
    )
    return OrganisationId(organisation_id)


async def grant_role(
    work: Unit,
    person_id: PersonId,
    *,
    role: Role,
    court_id: CourtId | None = None,
    organisation_id: OrganisationId | None = None,
) -> None:
    """Let a person act as something, for a court or an organisation."""
    await work.lock(Person, person_id)
    work.require(policy.GRANT_ROLE)
    if role in {Role.VISITOR, Role.SYSTEM}:
        raise Refusal("role.not_granted", role=str(role))
    work.add(new_grant(work, person_id, role, court_id, organisation_id))
    work.record("person.role_granted", stream=f"person:{person_id}", role=str(role))


async def revoke_role(work: Unit, person_id: PersonId, *, role: Role) -> None:
    """Take a role back; the next request of the person already acts without it."""
    await work.lock(Person, person_id)
    work.require(policy.REVOKE_ROLE)
    grant = await work.session.scalar(
        select(RoleGrant).where(
            RoleGrant.person_id == person_id,
            RoleGrant.role == role,
            RoleGrant.revoked_at.is_(None),
        )
    )
    if grant is None:
        raise Refusal("not_found", what="role_grant", id=str(person_id))
    grant.revoked_at = work.now
    work.record("person.role_revoked", stream=f"person:{person_id}", role=str(role))


def new_grant(
    work: Unit,
    person_id: PersonId,
    role: Role,
    court_id: CourtId | None = None,
    organisation_id: OrganisationId | None = None,
) -> RoleGrant:
    """A live grant; one of a role a person."""
    return RoleGrant(
        id=work.new_id(), person_id=person_id, role=role, court_id=court_id,
        organisation_id=organisation_id, granted_at=work.now, revoked_at=None,
    )  # fmt: skip
