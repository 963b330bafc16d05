"""What deposit one person owes for one listing, from the claims that the court registered."""

from sqlalchemy.ext.asyncio import AsyncSession

from auction.cases.case import PartyRole
from auction.cases.queries import claims, parties_of_person
from auction.kernel.ids import PersonId
from auction.kernel.money import Money
from auction.listings.listing import Listing
from auction.listings.round import Round
from bidding.eligibility.deposit import deposit_due


async def due_of(session: AsyncSession, listing: Listing, person_id: PersonId) -> Money:
    """The deposit as announced, but for the applicant of the case (网拍17(2)).

    A sell-off is prepaid in full: that is the price and no deposit, so nobody is let off it.
    """
    mine = {
        party.id
        for party in await parties_of_person(session, person_id)
        if party.case_id == listing.case_id and party.role is PartyRole.APPLICANT
    }
    if not mine or listing.round is Round.SELL_OFF:
        return listing.deposit
    registered = [
        amount
        for claim in await claims(session, listing.case_id)
        if claim.party_id in mine
        for amount in (claim.principal, claim.interest)
    ]
    return deposit_due(listing.deposit, registered)
