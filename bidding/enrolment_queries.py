"""Registrations as their own bidder sees them, and claims of priority as the panel does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.kernel.ids import CourtId, ListingId, PersonId, RegistrationId
from auction.kernel.refusal import Refusal
from bidding.registration import (
    Acknowledgement,
    Capacity,
    PriorityState,
    Registration,
    RegistrationState,
)

_STANDING = (
    RegistrationState.DEPOSIT_AWAITED,
    RegistrationState.DEPOSIT_HELD,
    RegistrationState.QUALIFIED,
)


@dataclass(frozen=True, slots=True)
class RegistrationView:
    """One registration. There is no code in it: nobody but its holder can open that."""

    id: RegistrationId
    listing_id: ListingId
    court_id: CourtId
    person_id: PersonId
    state: RegistrationState
    capacity: Capacity
    applied_at: datetime
    submitted_at: datetime | None
    priority: PriorityState
    priority_ground: str
    priority_rank: int | None
    password_salt: bytes | None
    acknowledged: Mapping[str, datetime]
    """Key of each text taken note of, and when."""


async def registration_of(
    session: AsyncSession, listing_id: UUID, person_id: UUID
) -> RegistrationView | None:
    """Return the registration of one person for one listing."""
    found = await session.scalar(
        select(Registration).where(
            Registration.listing_id == listing_id, Registration.person_id == person_id
        )
    )
    return await _view(session, found) if found else None


async def registration_named(session: AsyncSession, registration_id: UUID) -> RegistrationView:
    """Return one registration, or refuse with `not_found`; for the worker, after the close."""
    found = await session.get(Registration, registration_id)
    if found is None:
        raise Refusal("not_found", what="registration", id=str(registration_id))
    return await _view(session, found)


async def registrations_by(session: AsyncSession, person_id: UUID) -> Sequence[RegistrationView]:
    """Every registration of one person, newest first."""
    rows = await session.scalars(
        select(Registration)
        .where(Registration.person_id == person_id)
        .order_by(Registration.applied_at.desc())
    )
    return [await _view(session, row) for row in rows]


async def count_of_listing(session: AsyncSession, listing_id: UUID) -> int:
    """How many have signed up; who they are stays unsaid (网拍18(2))."""
    found = await session.scalar(
        select(func.count())
        .select_from(Registration)
        .where(Registration.listing_id == listing_id, Registration.state.in_(_STANDING))
    )
    return found or 0


async def priority_claims(session: AsyncSession, court_id: str) -> Sequence[RegistrationView]:
    """Who claimed a right of pre-emption in a court's listings, the undecided first."""
    rows = await session.scalars(
        select(Registration)
        .where(Registration.court_id == court_id, Registration.priority != PriorityState.NONE)
        .order_by(Registration.applied_at)
    )
    views = [await _view(session, row) for row in rows]
    return sorted(views, key=lambda view: view.priority is not PriorityState.CLAIMED)


async def _view(session: AsyncSession, row: Registration) -> RegistrationView:
    given = await session.execute(
        select(Acknowledgement.key, Acknowledgement.acknowledged_at).where(
            Acknowledgement.registration_id == row.id
        )
    )
    return RegistrationView(
        id=row.id,
        listing_id=row.listing_id,
        court_id=row.court_id,
        person_id=row.person_id,
        state=row.state,
        capacity=row.capacity,
        applied_at=row.applied_at,
        submitted_at=row.submitted_at,
        priority=row.priority,
        priority_ground=row.priority_ground,
        priority_rank=row.priority_rank,
        password_salt=row.password_salt,
        acknowledged={given_row.key: given_row.acknowledged_at for given_row in given},
    )
