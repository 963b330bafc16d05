"""What a bidder does from the first task to the deposit, and what the panel does about priority."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select

from auction.deposits.commands import open_deposit, withdraw_deposit
from auction.kernel.ids import ListingId, PersonId, RegistrationId
from auction.kernel.money import ZERO
from auction.kernel.refusal import Refusal
from auction.law.warnings import VERSION, WARNING_KEYS
from auction.listings.listing import Listing, ListingState
from auction.people.approvals.action import Action
from auction.people.approvals.commands import Matter, conclude, propose
from auction.people.approvals.queries import proposed
from auction.people.approvals.request import ApprovalRequest
from auction.store.unit import Unit
from bidding import enrolment_policy as policy
from bidding.eligibility.queries import due_of, is_undecided, require_unbarred
from bidding.hall.board import ENDED
from bidding.hall.session import Session
from bidding.registration import (
    Acknowledgement,
    AcknowledgementKind,
    Capacity,
    PriorityState,
    Registration,
    RegistrationState,
    RegistrationTrigger,
)
from bidding.sealing import KEY_BYTES, SALT_BYTES
from bidding.undertakings import texts_of

GROUND_CHARS_MAX: Final = 300


@dataclass(frozen=True, slots=True)
class PasswordLock:
    """What the platform keeps of a 参拍密码: its salt, and the public key that it makes."""

    salt: bytes
    public_key: bytes


async def start_registration(
    work: Unit,
    registration_id: UUID,
    *,
    listing_id: UUID,
    capacity: Capacity = Capacity.SELF,
) -> Registration:
    """Begin to sign up in one's checked real name; the same person and listing again is the same.

    Refuses whom 网拍34 bars: staff of the enforcing court and of the provider, the lot's auxiliary
    bodies and their staff, and who is declared; and who defaulted on this lot (网拍24).
    """
    listing = await work.lock(Listing, listing_id, share=True)
    work.require(policy.APPLY)
    person_id = _acting_person(work)
    known = await work.session.scalar(
        select(Registration).where(
            Registration.listing_id == listing_id, Registration.person_id == person_id
        )
    )
    if known is not None:
        return known
    await _require_open(work, listing)
    await require_unbarred(work.session, listing, person_id)
    if capacity is not Capacity.SELF:
        raise Refusal("registration.capacity_by_court", article="网拍14(2)")
    registration = Registration(
        id=RegistrationId(registration_id),
        subject_key=await work.subject_key(person_id),
        listing_id=ListingId(listing_id),
        court_id=listing.court_id,
        person_id=person_id,
        state=RegistrationState.APPLIED,
        capacity=capacity,
        applied_at=work.now,
        priority=PriorityState.NONE,
        priority_ground="",
    )
    work.add(registration)
    work.record("registration.started", stream=_stream(registration_id), listing=str(listing_id))
    return registration


async def acknowledge(work: Unit, registration_id: UUID, *, key: str, version: str) -> None:
    """Take note of one warning, or give one undertaking; each by its own act (网拍14)."""
    registration = await _own(work, registration_id)
    if registration.state is not RegistrationState.APPLIED:
        raise Refusal("registration.already_submitted")
    listing = await work.load(Listing, registration.listing_id)
    if key not in {text.key for text in texts_of(listing.conditions)}:
        raise Refusal("registration.unknown_text", key=key)
    if version != VERSION:
        raise Refusal("registration.text_changed", key=key)
    if await work.session.get(Acknowledgement, (registration_id, key)) is not None:
        return
    kind = AcknowledgementKind.WARNING if key in WARNING_KEYS else AcknowledgementKind.UNDERTAKING
    work.add(
        Acknowledgement(
            registration_id=registration.id, key=key, kind=kind, version=version,
            acknowledged_at=work.now,
        )
    )  # fmt: skip
    work.record(
        "registration.acknowledged", stream=_stream(registration_id), key=key, version=version
    )


async def claim_priority(work: Unit, registration_id: UUID, *, ground: str) -> None:
    """Claim a right of pre-emption; the panel confirms it with a rank, or not (网拍19)."""
    registration = await _own(work, registration_id)
    if registration.priority not in {PriorityState.NONE, PriorityState.CLAIMED}:
        raise Refusal("registration.priority_decided")
    if not ground.strip() or len(ground) > GROUND_CHARS_MAX:
        raise Refusal("registration.ground_missing", most=GROUND_CHARS_MAX)
    registration.priority = PriorityState.CLAIMED
    registration.priority_ground = ground.strip()
    work.record("priority.claimed", stream=_stream(registration_id))


async def register_bidder(work: Unit, registration_id: UUID, *, lock: PasswordLock) -> Registration:
    """Hand in the registration once every task is done, and open the deposit it must pay.

    An applicant whose claim reaches the deposit pays none, and waits for his code (网拍17(2)).
    """
    registration = await _own(work, registration_id)
    listing = await work.lock(Listing, registration.listing_id, share=True)
    if registration.state is not RegistrationState.APPLIED:
        return registration
    await _require_open(work, listing)
    await require_unbarred(work.session, listing, registration.person_id)
    await _require_all_acknowledged(work, registration_id, listing.conditions)
    if await is_undecided(work.session, registration_id):
        raise Refusal("participant.undecided", article="网拍14(2)")
    if len(lock.salt) != SALT_BYTES or len(lock.public_key) != KEY_BYTES:
        raise Refusal("registration.password_missing")
    registration.password_salt = lock.salt
    registration.public_key = lock.public_key
    registration.submitted_at = work.now
    registration.advance(RegistrationTrigger.SUBMIT)
    work.record("registration.submitted", stream=_stream(registration_id))
    await _await_deposit(work, registration, listing)
    return registration


async def _await_deposit(work: Unit, registration: Registration, listing: Listing) -> None:
    due = await due_of(work.session, listing, registration.person_id)
    if due == ZERO:
        registration.advance(RegistrationTrigger.HOLD_DEPOSIT)
        work.record("registration.deposit_waived", stream=_stream(registration.id))
        work.enqueue("qualify_registration", registration_id=str(registration.id))
        return
    await open_deposit(
        work,
        registration_id=registration.id,
        listing_id=registration.listing_id,
        court_id=registration.court_id,
        person_id=registration.person_id,
        amount=due,
    )


async def withdraw_registration(work: Unit, registration_id: UUID) -> None:
    """Step back before a code is issued; a deposit on its way goes back to its payer."""
    registration = await _own(work, registration_id)
    registration.advance(RegistrationTrigger.WITHDRAW)
    await withdraw_deposit(work, registration_id=registration.id)
    work.record("registration.withdrawn", stream=_stream(registration_id))


async def propose_priority(
    work: Unit, registration_id: UUID, *, rank: int | None
) -> ApprovalRequest:
    """Propose to confirm a claimed right of pre-emption with a rank, or to decline it (网拍19)."""
    registration = await work.lock(Registration, registration_id)
    work.require(policy.PROPOSE_PRIORITY, registration.court_id)
    if rank is not None and rank < 1:
        raise Refusal("registration.rank_not_positive")
    _check_undecided(work, registration)
    work.record("priority.proposed", stream=_stream(registration_id), rank=rank or 0)
    return await propose(work, await _priority(work, registration, rank))


async def decide_priority(work: Unit, registration_id: UUID, *, seen: str) -> None:
    """Say yes, as another member of the panel, to what was proposed (网拍19, 27).

    `seen` is the digest of the proposal he read.
    """
    registration = await work.lock(Registration, registration_id)
    work.require(policy.CONFIRM_PRIORITY, registration.court_id)
    _check_undecided(work, registration)
    told = await proposed(work.session, Action.PRIORITY, registration_id)
    rank = int(str(told["rank"])) if told["rank"] is not None else None
    await conclude(work, await _priority(work, registration, rank), seen=seen)
    registration.priority = PriorityState.DECLINED if rank is None else PriorityState.CONFIRMED
    registration.priority_rank = rank
    registration.priority_decided_by = work.actor.person_id
    registration.priority_decided_at = work.now
    work.record("priority.decided", stream=_stream(registration_id), rank=rank or 0)


def _check_undecided(work: Unit, registration: Registration) -> None:
    if registration.person_id == work.actor.person_id:
        raise Refusal("registration.own_priority")
    if registration.priority is PriorityState.NONE:
        raise Refusal("registration.priority_not_claimed")
    if registration.priority is not PriorityState.CLAIMED:
        raise Refusal("registration.priority_decided")


async def _priority(work: Unit, registration: Registration, rank: int | None) -> Matter:
    listing = await work.load(Listing, registration.listing_id)
    return Matter(
        action=Action.PRIORITY,
        subject=registration.id,
        court_id=registration.court_id,
        about=registration.person_id,
        payload={
            "listing": listing.title,
            "person": str(registration.person_id),
            "ground": registration.priority_ground,
            "rank": rank,
        },
    )


def _stream(registration_id: UUID) -> str:
    return f"registration:{registration_id}"


def _acting_person(work: Unit) -> PersonId:
    if work.actor.person_id is None:
        raise Refusal("signin.needed")
    return work.actor.person_id


async def _own(work: Unit, registration_id: UUID) -> Registration:
    """Lock a registration of the acting person; somebody else's is as if it were not there."""
    registration = await work.lock(Registration, registration_id)
    work.require(policy.APPLY)
    if registration.person_id != _acting_person(work):
        raise Refusal("not_found", what="registration", id=str(registration_id))
    return registration


async def _require_open(work: Unit, listing: Listing) -> None:
    """Late registration stays open until bidding ends, extensions included (网拍18(1))."""
    if listing.state is not ListingState.PUBLISHED:
        raise Refusal("registration.not_open", state=str(listing.state))
    state = await work.session.scalar(select(Session.state).where(Session.listing_id == listing.id))
    if state in ENDED:
        raise Refusal("registration.too_late")


async def _require_all_acknowledged(
    work: Unit, registration_id: UUID, conditions: Collection[str]
) -> None:
    given = set(
        await work.session.scalars(
            select(Acknowledgement.key).where(Acknowledgement.registration_id == registration_id)
        )
    )
    for text in texts_of(conditions):
        if text.key not in given:
            raise Refusal("registration.not_acknowledged", title=text.title, article=text.basis)
