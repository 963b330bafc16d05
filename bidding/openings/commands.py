"""Ask for the opening of one code, approve it as the second person, look at what was opened.

Nothing here knows a person: the sealer alone tells whose the code is, to whoever shows it an
opening that two supervisors have put on record, and it looks for that record itself.
"""

from typing import Final
from uuid import UUID

from auction.kernel.ids import BidderCode, ListingId, PersonId
from auction.kernel.refusal import Refusal
from auction.listings.listing import Listing
from auction.people.approvals.action import Action
from auction.people.approvals.commands import Matter, conclude, propose
from auction.people.approvals.request import ApprovalRequest
from auction.store.unit import Unit
from bidding.hall_code import HallCode
from bidding.openings import policy
from bidding.openings.opening import IdentityOpening

REASON_MIN: Final = 4
REASON_MAX: Final = 200


async def propose_opening(
    work: Unit, opening_id: UUID, *, listing_id: ListingId, code: BidderCode, reason: str
) -> ApprovalRequest:
    """Ask that the sealer tell whose a code is, before the close (网拍18(2)).

    Refuses with `opening.unknown_code` and `opening.reason_missing`. The same id again is the
    same opening.
    """
    listing = await work.lock(Listing, listing_id, share=True)
    work.require(policy.PROPOSE, listing.court_id)
    said = reason.strip()
    if not REASON_MIN <= len(said) <= REASON_MAX:
        raise Refusal("opening.reason_missing", least=REASON_MIN, most=REASON_MAX)
    if await work.session.get(HallCode, (listing_id, code)) is None:
        raise Refusal("opening.unknown_code", asked=code)
    opening = await work.session.get(IdentityOpening, opening_id)
    if opening is None:
        opening = IdentityOpening(
            id=opening_id, listing_id=listing_id, court_id=listing.court_id, code=code,
            reason=said, proposed_by=_acting(work), proposed_at=work.now,
        )  # fmt: skip
        work.add(opening)
        await work.session.flush()
        work.record("identity.opening_proposed", opening.stream, listing=str(listing_id), code=code)
    return await propose(work, _matter(opening, listing))


async def open_identity(work: Unit, opening_id: UUID, *, seen: str) -> IdentityOpening:
    """Say yes as the second supervisor; from this commit on the sealer opens this code.

    `seen` is the digest of the proposal that he read.
    """
    opening = await work.lock(IdentityOpening, opening_id)
    work.require(policy.OPEN, opening.court_id)
    listing = await work.load(Listing, opening.listing_id)
    await conclude(work, _matter(opening, listing), seen=seen)
    opening.opened_by = _acting(work)
    opening.opened_at = work.now
    work.record(
        "identity.opened", opening.stream, listing=str(opening.listing_id), code=opening.code
    )
    return opening


async def note_look(work: Unit, opening_id: UUID) -> IdentityOpening:
    """Note that one of the two looks at who it is; the page shows it after this commit only."""
    opening = await work.load(IdentityOpening, opening_id)
    work.require(policy.LOOK, opening.court_id)
    if opening.opened_at is None:
        raise Refusal("opening.not_approved")
    if _acting(work) not in {opening.proposed_by, opening.opened_by}:
        raise Refusal("opening.not_yours")
    work.record("identity.looked_at", opening.stream, listing=str(opening.listing_id))
    return opening


def _matter(opening: IdentityOpening, listing: Listing) -> Matter:
    return Matter(
        action=Action.IDENTITY_OPEN,
        subject=opening.id,
        court_id=opening.court_id,
        payload={
            "listing": listing.title,
            "code": opening.code,
            "ground": opening.reason,
        },
    )


def _acting(work: Unit) -> PersonId:
    if work.actor.person_id is None:
        raise Refusal("signin.needed")
    return work.actor.person_id
