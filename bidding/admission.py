"""From a paid deposit into the hall: a code issued, opened by its holder, and a browser let in.

Nothing here writes a person and a code in one transaction: codes are added in one commit and
given to their registrations, sealed, in another; a browser that was let in is known to the
database by the digest of a secret that only it holds, the token of its sign-in, of which the
database knows another digest: neither leads to the other, and signing out ends both.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from auction.kernel.ids import BidderCode, ListingId, RegistrationId
from auction.kernel.refusal import Refusal
from auction.store.unit import Unit
from bidding import enrolment_policy as policy
from bidding.hall_code import ADMISSION_HOURS, HallAdmission, HallCode
from bidding.registration import (
    PriorityState,
    Registration,
    RegistrationState,
    RegistrationTrigger,
)
from bidding.sealing import SealBroken, about_code, unseal


@dataclass(frozen=True, slots=True)
class IssuedCode:
    """What the sealer made for one registration."""

    registration_id: RegistrationId
    listing_id: ListingId
    code: BidderCode
    priority_rank: int | None
    sealed_registration: bytes
    sealed_code: bytes


async def hold_registration(work: Unit, registration_id: UUID) -> Registration:
    """Note that the deposit is held (网拍17); the same again changes nothing."""
    registration = await work.lock(Registration, registration_id)
    work.require(policy.QUALIFY)
    if registration.state is RegistrationState.DEPOSIT_AWAITED:
        registration.advance(RegistrationTrigger.HOLD_DEPOSIT)
        work.record("registration.deposit_held", stream=f"registration:{registration_id}")
    return registration


async def add_codes(work: Unit, *, issued: Sequence[IssuedCode]) -> None:
    """Let the hall know new codes, in the order of the codes and with the hour only."""
    work.require(policy.QUALIFY)
    hour = work.now.replace(minute=0, second=0, microsecond=0)
    for code in sorted(issued, key=lambda one: one.code):
        work.add(
            HallCode(
                listing_id=code.listing_id,
                code=code.code,
                priority_rank=code.priority_rank,
                sealed_registration=code.sealed_registration,
                issued_on_hour=hour,
            )
        )


async def qualify_registrations(work: Unit, *, issued: Sequence[IssuedCode]) -> None:
    """Give each registration its sealed code (网拍18(1)). Whoever has one already keeps it.

    A code whose second commit never came stays in the hall with no holder: harmless.
    """
    work.require(policy.QUALIFY)
    for code in sorted(issued, key=lambda one: one.registration_id):
        registration = await work.lock(Registration, code.registration_id)
        if registration.state is not RegistrationState.DEPOSIT_HELD:
            continue
        registration.sealed_code = code.sealed_code
        registration.advance(RegistrationTrigger.ISSUE_CODE)
        work.record("registration.qualified", stream=f"registration:{registration.id}")


async def admit(
    work: Unit, registration_id: UUID, *, private_key: bytes, secret: bytes
) -> BidderCode:
    """Open the bidder's own code with the key of his 参拍密码 and let his browser in.

    It records nothing: a journal entry would write the person and the code in one commit.
    """
    registration = await work.load(Registration, registration_id)
    work.require(policy.ENTER)
    if registration.person_id != work.actor.person_id:
        raise Refusal("not_found", what="registration", id=str(registration_id))
    if registration.sealed_code is None:
        raise Refusal("hall.not_qualified", state=str(registration.state))
    code = _opened(registration, registration.sealed_code, private_key)
    if registration.priority is PriorityState.CONFIRMED:
        await _carry_rank(work, registration, code)
    digest = admission_digest(registration.listing_id, secret)
    if await work.session.get(HallAdmission, digest) is None:
        work.add(
            HallAdmission(
                digest=digest,
                listing_id=registration.listing_id,
                code=code,
                expires_at=work.now + timedelta(hours=ADMISSION_HOURS),
            )
        )
    return code


async def admitted_code(
    session: AsyncSession, listing_id: UUID, *, secret: bytes, now: datetime
) -> BidderCode | None:
    """Say under which code a browser was let in, if it was."""
    found = await session.get(HallAdmission, admission_digest(listing_id, secret))
    return found.code if found is not None and found.expires_at > now else None


async def rank_of_code(session: AsyncSession, listing_id: UUID, code: BidderCode) -> int | None:
    """The confirmed order of pre-emption of a code (网拍19)."""
    found = await session.get(HallCode, (listing_id, code))
    return found.priority_rank if found else None


def admission_digest(listing_id: UUID, secret: bytes) -> bytes:
    """What the database keeps of a browser's secret."""
    return hashlib.sha256(b"luochui hall admission 1" + listing_id.bytes + secret).digest()


def _opened(registration: Registration, box: bytes, private_key: bytes) -> BidderCode:
    about = about_code(str(registration.listing_id), str(registration.id))
    try:
        return BidderCode(unseal(private_key, box, about=about).decode())
    except SealBroken as broken:
        raise Refusal("hall.wrong_password") from broken


async def _carry_rank(work: Unit, registration: Registration, code: BidderCode) -> None:
    """A rank confirmed after the code was issued reaches the hall when its holder enters."""
    hall_code = await work.session.get(
        HallCode, (registration.listing_id, code), with_for_update=True
    )
    if hall_code is not None and hall_code.priority_rank != registration.priority_rank:
        hall_code.priority_rank = registration.priority_rank
