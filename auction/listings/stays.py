"""A case comes to rest: every offer made in it stops with it."""

from collections.abc import Sequence

from sqlalchemy import select

from auction.cases.commands import stay_case
from auction.kernel.ids import CaseId, ListingId
from auction.listings.commands import suspend_listing
from auction.listings.listing import Listing, ListingState
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
