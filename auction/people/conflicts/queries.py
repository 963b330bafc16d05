"""Whether 网拍34 bars somebody from a lot, and how many are declared; never who."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.kernel.actor import Role
from auction.people.conflicts.barred import AuxiliaryBody, BarredPerson, Relation
from auction.people.organisation import Organisation
from auction.people.person import IDENTITY, Person, RoleGrant
from auction.people.queries import is_staff_of
from auction.store.personal.subject_key import keyring_of


async def is_barred_person(
    session: AsyncSession, person_id: UUID, *, court_id: str, lot_id: UUID
) -> bool:
    """Whether an account may not bid for a lot: by what he is, whom he works for, or his number.

    That is staff of the enforcing court and of the provider, the lot's auxiliary bodies and
    their staff, and who is declared, near relatives among them (网拍34).
    """
    if await is_staff_of(session, person_id, court_id):
        return True
    rows = await session.execute(
        select(RoleGrant.role, Organisation.credit_code)
        .outerjoin(Organisation, Organisation.id == RoleGrant.organisation_id)
        .where(RoleGrant.person_id == person_id, RoleGrant.revoked_at.is_(None))
    )
    held = rows.all()
    if any(role is Role.ADMINISTRATOR for role, _ in held):
        return True
    codes = [code for _, code in held if code is not None]
    own = await session.scalar(select(Person.identity_index).where(Person.id == person_id))
    keyring = keyring_of(session)
    numbers = [keyring.blind(IDENTITY, code) for code in codes] + ([own] if own else [])
    return await is_barred_number(session, numbers, court_id=court_id, lot_id=lot_id)


async def is_barred_number(
    session: AsyncSession, indexes: Sequence[bytes], *, court_id: str, lot_id: UUID
) -> bool:
    """Whether one of these numbers, by its blind index, is declared or an auxiliary body's."""
    declared = await session.scalar(
        select(BarredPerson.id)
        .where(
            BarredPerson.identity_index.in_(indexes),
            or_(BarredPerson.court_id.is_(None), BarredPerson.court_id == court_id),
            BarredPerson.ended_at.is_(None),
        )
        .limit(1)
    )
    if declared is not None:
        return True
    codes = await session.scalars(
        select(AuxiliaryBody.credit_code).where(AuxiliaryBody.lot_id == lot_id)
    )
    keyring = keyring_of(session)
    return any(keyring.blind(IDENTITY, code) in indexes for code in codes)


async def count_declared(session: AsyncSession, court_id: str | None) -> Mapping[Relation, int]:
    """How many a court, or the provider, has declared; the list itself cannot be shown."""
    rows = await session.execute(
        select(BarredPerson.relation, func.count())
        .where(_declared_by(court_id), BarredPerson.ended_at.is_(None))
        .group_by(BarredPerson.relation)
    )
    return {row[0]: row[1] for row in rows}


def _declared_by(court_id: str | None) -> ColumnElement[bool]:
    return BarredPerson.court_id.is_not_distinct_from(court_id)
