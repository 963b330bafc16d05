"""Offers stop with their case at once; going on takes the officer and a panel member (网拍28)."""

from collections.abc import Sequence

from sqlalchemy import select

from auction.cases.commands import stay_case
from auction.kernel.ids import CaseId, ListingId
from auction.kernel.refusal import Refusal
from auction.listings import policy, standing
from auction.listings.commands import suspend_listing
from auction.listings.listing import Listing, ListingState, ListingTrigger
from auction.people.approvals.action import Action
from auction.people.approvals.commands import Matter, conclude, propose
from auction.people.approvals.request import ApprovalRequest
from auction.store.unit import Unit


async def stay_with_offers(work: Unit, case_id: CaseId, *, ground: str) -> Sequence[ListingId]:
    """Let enforcement rest, and stop every published auction of the case at once (网拍28(1)).

    The offers come first, as a publication locks them first; what was published meanwhile is
    found when the case is held. Resuming the case resumes no offer: each needs two persons.
    """
    stopped = list(await _suspend_published(work, case_id, ground))
    await stay_case(work, case_id, ground=ground)
    return [*stopped, *await _suspend_published(work, case_id, ground)]


async def _suspend_published(work: Unit, case_id: CaseId, ground: str) -> Sequence[ListingId]:
    found = await work.session.scalars(
        select(Listing.id)
        .where(Listing.case_id == case_id, Listing.state == ListingState.PUBLISHED)
        .order_by(Listing.id)
    )
    ids = found.all()
    for listing_id in ids:
        await suspend_listing(work, listing_id, ground=ground)
    return ids


async def propose_resumption(work: Unit, listing_id: ListingId) -> ApprovalRequest:
    """Propose to go on, once the cause has gone and the case goes on."""
    listing = await work.lock(Listing, listing_id)
    work.require(policy.PROPOSE_RESUMPTION, listing.court_id)
    await _check_may_go_on(work, listing)
    work.record("listing.resumption_proposed", stream=listing.stream, listing=str(listing.id))
    return await propose(work, _matter(listing))


async def resume_listing(work: Unit, listing_id: ListingId, *, seen: str) -> Listing:
    """Go on, as the second person; `seen` is the digest of the proposal he read."""
    listing = await work.lock(Listing, listing_id)
    work.require(policy.RESUME, listing.court_id)
    await _check_may_go_on(work, listing)
    await conclude(work, _matter(listing), seen=seen)
    listing.advance(ListingTrigger.RESUME)
    listing.ground = ""
    work.record("listing.resumed", stream=listing.stream, listing=str(listing.id))
    return listing


async def _check_may_go_on(work: Unit, listing: Listing) -> None:
    if listing.state is not ListingState.SUSPENDED:
        raise Refusal("state.not_allowed", state=listing.state.value, trigger="resume")
    await standing.open_case(work.session, listing)


def _matter(listing: Listing) -> Matter:
    return Matter(
        action=Action.LISTING_RESUME,
        subject=listing.id,
        court_id=listing.court_id,
        payload={
            "listing": listing.title,
            "round": listing.round.value,
            "ground": listing.ground,
            "closes_at": listing.closes_at.isoformat(),
        },
    )
