"""Who is who, for those allowed to know."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.kernel.actor import Actor, Role
from auction.kernel.ids import CourtId, OrganisationId, PersonId, SignInId
from auction.kernel.personal import mask_number, plain
from auction.kernel.refusal import Refusal
from auction.people.credentials import Credential, Factor, Passwords, SignIn, token_digest
from auction.people.organisation import Court, Organisation, OrganisationKind
from auction.people.person import IDENTITY, Person, PersonKind, RoleGrant
from auction.store.personal.subject_key import keyring_of

SEARCH_BATCH = 1000


@dataclass(frozen=True, slots=True)
class PersonView:
    """A person as commands and documents need them."""

    id: PersonId
    kind: PersonKind
    name: str
    username: str
    masked_number: str


@dataclass(frozen=True, slots=True)
class CourtView:
    id: CourtId
    name: str


@dataclass(frozen=True, slots=True)
class OrganisationView:
    id: OrganisationId
    kind: OrganisationKind
    name: str
    credit_code: str


@dataclass(frozen=True, slots=True)
class SignInView:
    """A live sign-in and whom it signs in."""

    id: SignInId
    person: PersonView
    actor: Actor
    seen_at: datetime
    browser: str
    made_at: datetime
    ends_at: datetime
    factor: Factor
    proven_at: datetime


async def person(session: AsyncSession, person_id: UUID) -> PersonView:
    """Return one person, or refuse with `not_found`."""
    found = await session.get(Person, person_id)
    if found is None:
        raise Refusal("not_found", what="person", id=str(person_id))
    return _person_view(found)


async def person_named(session: AsyncSession, username: str) -> PersonView:
    """Return the person of a username, or refuse with `not_found`."""
    found = await session.scalar(select(Person).where(Person.username == username.strip().lower()))
    if found is None:
        raise Refusal("not_found", what="person", id=username)
    return _person_view(found)


async def person_numbered(session: AsyncSession, identity_number: str) -> PersonView | None:
    """Return the person with an identity number, if they signed up."""
    index = keyring_of(session).blind(IDENTITY, identity_number)
    found = await session.scalar(select(Person).where(Person.identity_index == index))
    return _person_view(found) if found else None


async def is_staff_of(session: AsyncSession, person_id: UUID, court_id: str) -> bool:
    """Whether a person works for a court: such a person may not bid in its auctions (网拍34)."""
    found = await session.scalar(
        select(RoleGrant.id)
        .where(
            RoleGrant.person_id == person_id,
            RoleGrant.court_id == court_id,
            RoleGrant.revoked_at.is_(None),
        )
        .limit(1)
    )
    return found is not None


async def staff(
    session: AsyncSession,
    *,
    role: Role,
    court_id: str | None = None,
    organisation_id: UUID | None = None,
) -> Sequence[PersonView]:
    """Everybody who holds a role, for one court or one organisation if given; by username."""
    wanted = (
        select(Person)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(RoleGrant.role == role, RoleGrant.revoked_at.is_(None))
        .order_by(Person.username)
    )
    if court_id is not None:
        wanted = wanted.where(RoleGrant.court_id == court_id)
    if organisation_id is not None:
        wanted = wanted.where(RoleGrant.organisation_id == organisation_id)
    return [_person_view(found) for found in await session.scalars(wanted)]


async def court(session: AsyncSession, court_id: str) -> CourtView:
    """Return one court, or refuse with `not_found`."""
    found = await session.get(Court, court_id)
    if found is None:
        raise Refusal("not_found", what="court", id=court_id)
    return CourtView(CourtId(found.id), found.name)


async def courts(session: AsyncSession) -> Sequence[CourtView]:
    """Every court, by its code."""
    rows = await session.scalars(select(Court).order_by(Court.id))
    return [CourtView(CourtId(row.id), row.name) for row in rows]


async def organisation(session: AsyncSession, organisation_id: UUID) -> OrganisationView:
    """Return one organisation, or refuse with `not_found`."""
    found = await session.get(Organisation, organisation_id)
    if found is None:
        raise Refusal("not_found", what="organisation", id=str(organisation_id))
    return _organisation_view(found)


async def organisations(
    session: AsyncSession, kind: OrganisationKind
) -> Sequence[OrganisationView]:
    """Every organisation of a kind, by its credit code."""
    rows = await session.scalars(
        select(Organisation).where(Organisation.kind == kind).order_by(Organisation.credit_code)
    )
    return [_organisation_view(row) for row in rows]


async def authenticate(
    session: AsyncSession, passwords: Passwords, *, username: str, password: str
) -> PersonId:
    """Return whose password it is; one refusal, after one duration, for every way to be wrong."""
    row = (
        await session.execute(
            select(Credential.person_id, Credential.password_hash)
            .join(Person, Person.id == Credential.person_id)
            .where(Person.username == username.strip().lower())
        )
    ).one_or_none()
    if not await passwords.matches(row.password_hash if row else None, password) or row is None:
        raise Refusal("signin.wrong")
    return PersonId(row.person_id)


async def password_matches(
    session: AsyncSession, passwords: Passwords, *, person_id: UUID, password: str
) -> bool:
    """Whether a password is this person's."""
    found = await session.get(Credential, person_id)
    return await passwords.matches(found.password_hash if found else None, password)


async def sign_in_of(session: AsyncSession, token: str, now: datetime) -> SignInView | None:
    """Return the live sign-in of a cookie's token, with the actor it makes."""
    found = await session.scalar(select(SignIn).where(SignIn.token_digest == token_digest(token)))
    if found is None or not found.is_live(now):
        return None
    return await _sign_in_view(session, found)


async def live_sign_ins(
    session: AsyncSession, person_id: UUID, now: datetime
) -> Sequence[SignInView]:
    """The live sign-ins of one person, newest first."""
    rows = await session.scalars(
        select(SignIn).where(SignIn.person_id == person_id).order_by(SignIn.made_at.desc())
    )
    return [await _sign_in_view(session, row) for row in rows if row.is_live(now)]


async def ended_sign_ins(session: AsyncSession, since: datetime, now: datetime) -> set[bytes]:
    """The token digests of sign-ins that were revoked, grew too old or idled out since then."""
    idle_ends_at = SignIn.seen_at + SignIn.idle_seconds * literal(timedelta(seconds=1))
    idled_out = idle_ends_at.between(since, now)
    return set(
        await session.scalars(
            select(SignIn.token_digest).where(
                SignIn.ends_at >= since,
                or_(SignIn.revoked_at >= since, SignIn.ends_at <= now, idled_out),
            )
        )
    )


async def people_matching(
    session: AsyncSession, text: str, *, most: int = 50
) -> Sequence[PersonView]:
    """People whose username or name contains a text, by username.

    Names lie sealed, so that they are opened and compared here, a batch at a time; opening one
    takes microseconds.
    """
    sought, found, after = plain(text), list[PersonView](), ""
    while len(found) < most:
        batch = await session.scalars(
            select(Person)
            .where(Person.username > after)
            .order_by(Person.username)
            .limit(SEARCH_BATCH if sought else most)
        )
        people = batch.all()
        found += [
            _person_view(one)
            for one in people
            if sought in one.username or sought in plain(one.name)
        ]
        if not people or not sought:
            break
        after = people[-1].username
    return found[:most]


async def actor_of(session: AsyncSession, person_id: UUID) -> Actor:
    """What a person may act as now, with the court and the organisation of their grants.

    An actor belongs to one court and one organisation: those of the oldest grants. A role that
    he holds at another one does not count there.
    """
    grants = (
        await session.scalars(
            select(RoleGrant)
            .where(RoleGrant.person_id == person_id, RoleGrant.revoked_at.is_(None))
            .order_by(RoleGrant.granted_at)
        )
    ).all()
    court_id = next((grant.court_id for grant in grants if grant.court_id), None)
    organisation_id = next(
        (grant.organisation_id for grant in grants if grant.organisation_id), None
    )
    return Actor(
        PersonId(person_id),
        frozenset(
            {
                Role.VISITOR,
                *(
                    grant.role
                    for grant in grants
                    if grant.court_id in {None, court_id}
                    and grant.organisation_id in {None, organisation_id}
                ),
            }
        ),
        CourtId(court_id) if court_id else None,
        OrganisationId(organisation_id) if organisation_id else None,
    )


def _within(actor: Actor, factor: Factor) -> Actor:
    """What an actor may be after such a proof: a password alone makes nobody staff.

    It matters where a role was granted while its person was signed in as a bidder.
    """
    if factor is not Factor.PASSWORD:
        return actor
    return Actor(actor.person_id, actor.roles & {Role.VISITOR, Role.BIDDER})


async def _sign_in_view(session: AsyncSession, row: SignIn) -> SignInView:
    return SignInView(
        id=SignInId(row.id),
        person=await person(session, row.person_id),
        actor=_within(await actor_of(session, row.person_id), row.factor),
        seen_at=row.seen_at,
        browser=row.browser,
        made_at=row.made_at,
        ends_at=row.ends_at,
        factor=row.factor,
        proven_at=row.proven_at,
    )


def _person_view(row: Person) -> PersonView:
    return PersonView(
        PersonId(row.id), row.kind, row.name, row.username, mask_number(row.identity_number)
    )


def _organisation_view(row: Organisation) -> OrganisationView:
    return OrganisationView(OrganisationId(row.id), row.kind, row.name, row.credit_code)
