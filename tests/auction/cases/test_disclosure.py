import pytest
from sqlalchemy import select

from auction.cases.case import Party, PartyRole
from auction.cases.disclosure import view_party
from auction.kernel.actor import Actor, Role
from auction.kernel.ids import CaseId, PartyId
from auction.kernel.refusal import Refusal
from auction.store.database import Database
from auction.store.full_views import FullView, Viewed
from tests.builders import APPLICANT, ELSEWHERE, OFFICER, a_case, an_actor


async def the_applicant(database: Database, case_id: CaseId) -> PartyId:
    async with database.reading() as session:
        parties = await session.scalars(Party.standing_in(case_id))
        return PartyId(next(one.id for one in parties if one.role is PartyRole.APPLICANT))


async def test_the_officer_of_the_court_sees_a_party_in_full_and_it_is_noted(
    database: Database,
) -> None:
    party_id = await the_applicant(database, await a_case(database))
    async with database.unit(OFFICER) as work:
        seen = await view_party(work, party_id, reason="核对收款账户")
        assert seen.name == "杭湾商业银行"
    async with database.reading() as session:
        (noted,) = await session.scalars(select(FullView))
    assert (noted.what, noted.row_id, noted.viewer_id) == (
        Viewed.PARTY,
        party_id,
        OFFICER.person_id,
    )


@pytest.mark.parametrize(
    "actor",
    [an_actor(Role.OFFICER, 9, ELSEWHERE), Actor(APPLICANT, frozenset({Role.BIDDER}))],
    ids=["another court", "a party"],
)
async def test_nobody_else_does(database: Database, actor: Actor) -> None:
    party_id = await the_applicant(database, await a_case(database))
    with pytest.raises(Refusal, match="forbidden"):
        async with database.unit(actor) as work:
            await view_party(work, party_id, reason="核对收款账户")
    async with database.reading() as session:
        assert (await session.scalars(select(FullView))).all() == []
