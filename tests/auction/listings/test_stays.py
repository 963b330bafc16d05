import pytest

from auction.cases.case import Case, CaseState
from auction.cases.commands import resume_case
from auction.kernel.actor import Actor, Role
from auction.kernel.refusal import Refusal
from auction.listings.commands import suspend_listing
from auction.listings.listing import Listing, ListingState
from auction.listings.stays import propose_resumption, resume_listing, stay_with_offers
from auction.store.database import Database
from tests.builders import OFFICER, PANEL, a_draft, a_listing, a_priced_lot, resume
from tests.staff import employ


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
            await propose_resumption(work, found.id)
    async with database.unit(OFFICER) as work:
        await resume_case(work, found.case_id)
    assert (await resume(database, found.id, second=PANEL[1])).state is ListingState.PUBLISHED


async def test_an_offer_that_runs_is_not_resumed(database: Database) -> None:
    found = await a_listing(database)
    with pytest.raises(Refusal, match=r"state\.not_allowed"):
        async with database.unit(OFFICER) as work:
            await propose_resumption(work, found.id)


async def test_nobody_resumes_what_he_proposed_himself(database: Database) -> None:
    found = await a_listing(database)
    both = Actor(OFFICER.person_id, frozenset({Role.OFFICER, Role.PANEL}), OFFICER.court_id)
    await employ(database, both)
    async with database.unit(OFFICER) as work:
        await suspend_listing(work, found.id, ground="案外人异议")
    async with database.unit(both) as work:
        seen = (await propose_resumption(work, found.id)).payload_hash
    with pytest.raises(Refusal, match=r"approval\.same_person"):
        async with database.unit(both) as work:
            await resume_listing(work, found.id, seen=seen)


async def test_a_second_suspension_leaves_the_proposal_of_the_first_behind(
    database: Database,
) -> None:
    found = await a_listing(database)
    await employ(database, OFFICER, PANEL[0])
    async with database.unit(OFFICER) as work:
        await suspend_listing(work, found.id, ground="案外人异议")
    async with database.unit(OFFICER) as work:
        seen = (await propose_resumption(work, found.id)).payload_hash
    async with database.unit(OFFICER) as work:
        (await work.lock(Listing, found.id)).ground = "另有异议"
    with pytest.raises(Refusal, match=r"approval\.payload_changed"):
        async with database.unit(PANEL[0]) as work:
            await resume_listing(work, found.id, seen=seen)


async def test_what_was_not_stopped_does_not_go_on(database: Database) -> None:
    found = await a_listing(database)
    with pytest.raises(Refusal, match=r"state\.not_allowed"):
        async with database.unit(OFFICER) as work:
            await propose_resumption(work, found.id)
