"""Look at a party's contact and account in full; noted with the reason."""

from auction.cases import policy
from auction.cases.case import Case, Party
from auction.kernel.ids import PartyId
from auction.store.full_views import Viewed, note_view
from auction.store.unit import Unit


async def view_party(work: Unit, party_id: PartyId, *, reason: str) -> Party:
    """Where a party is reached and paid."""
    party = await work.load(Party, party_id)
    case = await work.load(Case, party.case_id)
    work.require(policy.VIEW_PARTY, case.court_id)
    await note_view(work, Viewed.PARTY, party.id, reason=reason)
    return party
