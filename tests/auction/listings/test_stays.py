import pytest

from auction.cases.case import Case, CaseState
from auction.cases.commands import resume_case
from auction.kernel.refusal import Refusal
from auction.listings.commands import resume_listing
from auction.listings.listing import Listing, ListingState
from auction.listings.stays import stay_with_offers
from auction.store.database import Database
from tests.builders import OFFICER, PANEL, a_draft, a_listing, a_priced_lot


async def test_staying_a_case_stops_what_is_published_and_nothing_else(database: Database) -> None:
    found = await a_listing(database)
    async with database.unit(OFFICER) as work:
        assert await stay_with_offers(work, found.case_id, ground="案外人异议") == [found.id]
    async with database.reading() as session:
        stopped = await session.get_one(Listing, found.id)
        case = await session.get_one(Case, found.case_id)
    assert (stopped.state, stopped.ground) == (ListingState.SUSPENDED, "案外人异议")
    assert case.state is CaseState.STAYED


async def test_a_draft_stays_a_draft(database: Database) -> None:
    found = await a_draft(database, lot_id=await a_priced_lot(database))
    async with database.unit(OFFICER) as work:
        assert await stay_with_offers(work, found.case_id, ground="案外人异议") == []


async def test_an_offer_goes_on_only_after_its_case_and_by_two_persons(database: Database) -> None:
    found = await a_listing(database)
    async with database.unit(OFFICER) as work:
        await stay_with_offers(work, found.case_id, ground="案外人异议")
    with pytest.raises(Refusal, match="not_open"):
        async with database.unit(OFFICER) as work:
            await resume_listing(work, found.id)
    async with database.unit(OFFICER) as work:
        await resume_case(work, found.case_id)
    for actor, state in ((OFFICER, ListingState.SUSPENDED), (PANEL[1], ListingState.PUBLISHED)):
        async with database.unit(actor) as work:
            assert (await resume_listing(work, found.id)).state is state
