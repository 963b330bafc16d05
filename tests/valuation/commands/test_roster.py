"""参考价15、34: who stands in the roster, and whose keys draws are held with."""

import pytest
from sqlalchemy import select

from auction.kernel.actor import SYSTEM
from auction.kernel.refusal import Refusal
from auction.store.database import Database
from tests.valuation.stage import OFFICER, made
from valuation.commands.roster import Listing, list_agency, register_draw_key
from valuation.drawing import DrawKey
from valuation.roster import Field, RosterEntry

AGENCY = Listing(made("agency"), "913300000000000001", "评估机构", Field.REAL_ESTATE, "浙江")


async def keys(database: Database) -> dict[str, bool]:
    """Each registered key, and whether it is retired."""
    async with database.reading() as session:
        return {
            row.key: row.retired_at is not None for row in await session.scalars(select(DrawKey))
        }


async def test_an_agency_stands_once_in_each_field_and_region(database: Database) -> None:
    for listing in (AGENCY, AGENCY, Listing(made("agency"), "913300000000000001", "评估机构",
                                            Field.REAL_ESTATE, "江苏")):  # fmt: skip
        async with database.unit(SYSTEM) as work:
            await list_agency(work, listing=listing)
    async with database.reading() as session:
        rows = (await session.scalars(select(RosterEntry).order_by(RosterEntry.region))).all()
    assert [row.region for row in rows] == ["江苏", "浙江"]
    assert {row.removed_at for row in rows} == {None}


async def test_an_officer_lists_nobody(database: Database) -> None:
    with pytest.raises(Refusal, match="forbidden"):
        async with database.unit(OFFICER) as work:
            await list_agency(work, listing=AGENCY)


async def test_a_new_key_retires_the_one_before_it_and_no_other(database: Database) -> None:
    for role, key in (
        ("platform", "aa" * 32),
        ("court-supervision", "bb" * 32),
        ("platform", "cc" * 32),
        ("platform", "cc" * 32),
    ):
        async with database.unit(SYSTEM) as work:
            await register_draw_key(work, role=role, key=key)
    assert await keys(database) == {"aa" * 32: True, "bb" * 32: False, "cc" * 32: False}


async def test_only_the_two_institutions_have_keys(database: Database) -> None:
    with pytest.raises(Refusal, match=r"draw\.no_such_key"):
        async with database.unit(SYSTEM) as work:
            await register_draw_key(work, role="somebody", key="aa" * 32)
    assert await keys(database) == {}
