import pytest
from sqlalchemy import select

from auction.kernel.actor import SYSTEM, Role
from auction.kernel.refusal import Refusal
from auction.people.disclosure import view_person
from auction.store.database import Database
from auction.store.full_views import FullView, Viewed
from tests.builders import OFFICER, a_person, an_actor, uid

ADMINISTRATOR = an_actor(Role.ADMINISTRATOR, 7, None)
NUMBER = "330199199001011234"


@pytest.fixture
async def somebody(database: Database) -> Database:
    async with database.unit(SYSTEM) as work:
        await a_person(work, uid(1), "甄有章", NUMBER)
    return database


async def test_an_administrator_sees_who_a_person_is_and_it_is_noted(somebody: Database) -> None:
    async with somebody.unit(ADMINISTRATOR) as work:
        seen = await view_person(work, uid(1), reason="核对身份证件")
        assert seen.identity_number == NUMBER
    async with somebody.reading() as session:
        (noted,) = await session.scalars(select(FullView))
    assert (noted.what, noted.row_id, noted.reason) == (Viewed.PERSON, uid(1), "核对身份证件")


async def test_an_officer_does_not(somebody: Database) -> None:
    with pytest.raises(Refusal, match="forbidden"):
        async with somebody.unit(OFFICER) as work:
            await view_person(work, uid(1), reason="核对身份证件")


async def test_without_a_reason_nobody_does(somebody: Database) -> None:
    with pytest.raises(Refusal, match=r"view\.reason_missing"):
        async with somebody.unit(ADMINISTRATOR) as work:
            await view_person(work, uid(1), reason="")
