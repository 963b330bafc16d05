"""Name an agent or a joint buyer, take him back, and have the court decide before bidding."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select

from auction.kernel.ids import RegistrationId
from auction.kernel.refusal import Refusal
from auction.listings.listing import Listing
from auction.people.identity import credit_code, resident_number
from auction.people.person import IDENTITY, PersonKind
from auction.people.queries import person_numbered
from auction.settlement.buyers import WHOLE_PPM, percent
from auction.store.unit import Unit
from bidding import enrolment_policy as policy
from bidding.eligibility.participant import Participant, ParticipantKind, ParticipantState
from bidding.eligibility.queries import require_unbarred, require_unbarred_number
from bidding.registration import Capacity, Registration, RegistrationState

NAME_MIN: Final = 2
JOINT_MAX: Final = 9
_STANDING: Final = (ParticipantState.CLAIMED, ParticipantState.CONFIRMED)


@dataclass(frozen=True, slots=True)
class Named:
    """Whom a registration names: as his papers have him."""

    kind: ParticipantKind
    person_kind: PersonKind
    name: str
    identity_number: str
    share_ppm: int | None = None
    """Of a joint buyer, in millionths; where none is given, all buyers hold alike (民法典309)."""


async def name_participant(
    work: Unit, participant_id: UUID, *, registration_id: UUID, named: Named
) -> Participant:
    """Name somebody, for the court to confirm before bidding starts (网拍14(2)).

    Refuses with `participant.too_late`, `participant.one_agent`, `participant.too_many`, shares
    that are wrong or do not fit together, a wrong number, and like signing up whom 网拍34 or 24
    bars.
    """
    registration = await _own(work, registration_id)
    listing = await work.load(Listing, registration.listing_id)
    _require_before_bidding(work, listing)
    name = named.name.strip()
    if len(name) < NAME_MIN:
        raise Refusal("person.name_missing")
    number = _checked(work, named)
    index = work.keyring.blind(IDENTITY, number)
    await require_unbarred_number(work.session, listing, index)
    known = await person_numbered(work.session, number)
    if known is not None:
        if known.id == registration.person_id:
            raise Refusal("participant.oneself")
        await require_unbarred(work.session, listing, known.id)
    await _require_room(work, registration_id, named)
    participant = Participant(
        id=participant_id, subject_key=await work.subject_key(participant_id),
        registration_id=RegistrationId(registration_id), kind=named.kind,
        state=ParticipantState.CLAIMED, name=name, identity_number=number,
        share_ppm=named.share_ppm,
        identity_index=index, claimed_at=work.now,
    )  # fmt: skip
    work.add(participant)
    work.record(
        "participant.named", _stream(registration_id), participant=str(participant_id),
        named_as=named.kind.value,
    )  # fmt: skip
    return participant


async def withdraw_participant(work: Unit, participant_id: UUID) -> None:
    """Take somebody back whom the court has not decided about; one bids without him then."""
    participant = await work.lock(Participant, participant_id)
    await _own(work, participant.registration_id)
    if participant.state is not ParticipantState.CLAIMED:
        raise Refusal("participant.decided")
    participant.state = ParticipantState.WITHDRAWN
    work.record(
        "participant.withdrawn", _stream(participant.registration_id),
        participant=str(participant_id),
    )  # fmt: skip


async def decide_participant(work: Unit, participant_id: UUID, *, is_confirmed: bool) -> None:
    """Confirm somebody named, or not, as the court, before bidding starts (网拍14(2))."""
    participant = await work.lock(Participant, participant_id)
    registration = await work.lock(Registration, participant.registration_id)
    work.require(policy.DECIDE_PARTICIPANT, registration.court_id)
    if registration.person_id == work.actor.person_id:
        raise Refusal("participant.oneself")
    if participant.state is not ParticipantState.CLAIMED:
        raise Refusal("participant.decided")
    _require_before_bidding(work, await work.load(Listing, registration.listing_id))
    state = ParticipantState.CONFIRMED if is_confirmed else ParticipantState.DECLINED
    participant.state = state
    participant.decided_by, participant.decided_at = work.actor.person_id, work.now
    if is_confirmed:
        registration.capacity = Capacity(participant.kind.value)
    work.record(
        "participant.decided", _stream(registration.id), participant=str(participant_id),
        decision=state.value,
    )  # fmt: skip


def _require_before_bidding(work: Unit, listing: Listing) -> None:
    if work.now >= listing.opens_at:
        raise Refusal("participant.too_late", article="网拍14(2)")


def _checked(work: Unit, named: Named) -> str:
    if named.person_kind is PersonKind.LEGAL:
        return credit_code(named.identity_number)
    return resident_number(named.identity_number, today=work.now.date())


async def _require_room(work: Unit, registration_id: UUID, named: Named) -> None:
    rows = await work.session.execute(
        select(Participant.kind, Participant.share_ppm).where(
            Participant.registration_id == registration_id, Participant.state.in_(_STANDING)
        )
    )
    standing = rows.all()
    kinds = [kind for kind, _ in standing]
    if named.kind is ParticipantKind.AGENT and ParticipantKind.AGENT in kinds:
        raise Refusal("participant.one_agent")
    if kinds.count(ParticipantKind.JOINT) >= JOINT_MAX:
        raise Refusal("participant.too_many", most=JOINT_MAX)
    _check_shares(named, [share for kind, share in standing if kind is ParticipantKind.JOINT])


def _check_shares(named: Named, others: Sequence[int | None]) -> None:
    """What joint buyers hold is agreed for all of them or for none, and leaves the bidder some."""
    if named.kind is ParticipantKind.AGENT:
        if named.share_ppm is not None:
            raise Refusal("participant.share_of_agent")
        return
    if any((share is None) != (named.share_ppm is None) for share in others):
        raise Refusal("participant.shares_mixed", article="民法典309")
    if named.share_ppm is None:
        return
    taken = sum(share for share in others if share is not None)
    if not 0 < named.share_ppm < WHOLE_PPM - taken:
        raise Refusal("participant.share_too_large", left=percent(WHOLE_PPM - taken))


async def _own(work: Unit, registration_id: UUID) -> Registration:
    """Lock a registration of the acting person that is not handed in yet."""
    registration = await work.lock(Registration, registration_id)
    work.require(policy.APPLY)
    if registration.person_id != work.actor.person_id:
        raise Refusal("not_found", what="registration", id=str(registration_id))
    if registration.state is not RegistrationState.APPLIED:
        raise Refusal("registration.already_submitted")
    return registration


def _stream(registration_id: UUID) -> str:
    return f"registration:{registration_id}"
