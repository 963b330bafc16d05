"""From a paid deposit into the hall: a code issued, opened by its holder, and a browser let in.

Nothing here writes a person and a code in one transaction. A registration gets its code in a
box that its holder alone can open, and the hall hears of the code when he comes in; a browser
that was let in is known to the database by the digest of a secret that only it holds, the
token of its sign-in, of which the database knows another digest: neither leads to the other,
and signing out ends both.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from auction.kernel.ids import BidderCode, RegistrationId
from auction.kernel.refusal import Refusal
from auction.store.unit import Unit
from bidding import enrolment_policy as policy
from bidding.eligibility.queries import is_agent_of
from bidding.hall_code import ADMISSION_HOURS, HallAdmission, HallCode
from bidding.registration import (
    PriorityState,
    Registration,
    RegistrationState,
    RegistrationTrigger,
)
from bidding.sealing import SealBroken, about_code, unseal


async def hold_registration(work: Unit, registration_id: UUID) -> Registration:
    """Note that the deposit is held (网拍17); the same again changes nothing."""
    registration = await work.lock(Registration, registration_id)
    work.require(policy.QUALIFY)
    if registration.state is RegistrationState.DEPOSIT_AWAITED:
        registration.advance(RegistrationTrigger.HOLD_DEPOSIT)
        work.record("registration.deposit_held", stream=f"registration:{registration_id}")
    return registration


async def qualify_registrations(work: Unit, *, boxes: Mapping[RegistrationId, bytes]) -> None:
    """Give each registration its code in a box (网拍18(1)). Whoever has one already keeps it."""
    work.require(policy.QUALIFY)
    for registration_id in sorted(boxes):
        registration = await work.lock(Registration, registration_id)
        if registration.state is not RegistrationState.DEPOSIT_HELD:
            continue
        registration.sealed_code = boxes[registration_id]
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
    if not await _may_enter(work, registration):
        raise Refusal("not_found", what="registration", id=str(registration_id))
    if registration.sealed_code is None:
        raise Refusal("hall.not_qualified", state=str(registration.state))
    code = _opened(registration, registration.sealed_code, private_key)
    await _tell_hall(work, registration, code)
    digest = admission_digest(registration.listing_id, secret)
    if await work.session.get(HallAdmission, digest) is None:
        work.add(
            HallAdmission(
                digest=digest,
                listing_id=registration.listing_id,
                code=code,
                expires_at=_hour(work.now) + timedelta(hours=ADMISSION_HOURS),
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


async def _may_enter(work: Unit, registration: Registration) -> bool:
    """The bidder himself, or the agent whom the court confirmed (网拍14(2))."""
    person_id = work.actor.person_id
    if person_id is None or registration.person_id == person_id:
        return registration.person_id == person_id
    return await is_agent_of(work.session, registration.id, person_id)


def _opened(registration: Registration, box: bytes, private_key: bytes) -> BidderCode:
    about = about_code(str(registration.listing_id), str(registration.id))
    try:
        return BidderCode(unseal(private_key, box, about=about).decode())
    except SealBroken as broken:
        raise Refusal("hall.wrong_password") from broken


async def _tell_hall(work: Unit, registration: Registration, code: BidderCode) -> None:
    """Let the hall know the code, and the rank that was confirmed by now (网拍19)."""
    is_confirmed = registration.priority is PriorityState.CONFIRMED
    rank = registration.priority_rank if is_confirmed else None
    told = upsert(HallCode).values(
        listing_id=registration.listing_id,
        code=code,
        priority_rank=rank,
        issued_on_hour=_hour(work.now),
    )
    await work.session.execute(
        told.on_conflict_do_update(
            index_elements=["listing_id", "code"],
            set_={"priority_rank": rank},
            where=HallCode.priority_rank.is_distinct_from(rank),
        )
    )


def _hour(moment: datetime) -> datetime:
    """The full hour before: close to when many others were active too."""
    return moment.replace(minute=0, second=0, microsecond=0)
