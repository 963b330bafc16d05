"""Pictures and their sealed originals: each opening stands on record before anything is opened."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from auction.kernel.actor import SYSTEM, Actor, Role
from auction.kernel.clock import FrozenClock
from auction.kernel.ids import AssetId
from auction.kernel.refusal import Refusal
from auction.lots.photographs import (
    Opening,
    add_photograph,
    openings,
    record_opening,
    record_sealing,
    unsealed,
)
from auction.store.database import Database
from auction.store.journal import JournalEntry
from tests.builders import ELSEWHERE, OFFICER, a_case, an_actor, an_asset
from tests.conftest import Execute

SHOWN, ORIGINAL, SEALED = "a" * 64, "b" * 64, "c" * 64


async def a_photograph(database: Database, digest: str = SHOWN) -> tuple[AssetId, UUID]:
    asset_id = await an_asset(database, await a_case(database))
    return asset_id, await another(database, asset_id, digest)


async def another(database: Database, asset_id: AssetId, digest: str) -> UUID:
    async with database.unit(OFFICER) as work:
        added = await add_photograph(
            work, asset_id, digest=digest, original_digest=ORIGINAL, sealed_digest=SEALED,
            caption=" 客厅 ",
        )  # fmt: skip
        return added.id


async def opens(
    database: Database,
    asset_id: AssetId,
    photograph_id: UUID,
    *,
    actor: Actor = OFFICER,
    reason: str = "核对拍摄时间",
) -> Opening:
    async with database.unit(actor) as work:
        return await record_opening(work, asset_id, photograph_id=photograph_id, reason=reason)


async def kinds(database: Database) -> list[str]:
    async with database.reading() as session:
        rows = await session.scalars(select(JournalEntry.kind))
        return [kind for kind in rows if kind.startswith(("photograph.", "asset.photographed"))]


class TestAdding:
    async def test_the_same_picture_is_one_and_the_next_comes_after_it(
        self, database: Database
    ) -> None:
        asset_id, first = await a_photograph(database)
        assert await another(database, asset_id, SHOWN) == first
        second = await another(database, asset_id, "d" * 64)
        assert second != first
        assert await kinds(database) == ["asset.photographed"] * 2

    async def test_is_the_officer_s_of_the_court(self, database: Database) -> None:
        asset_id = await an_asset(database, await a_case(database))
        with pytest.raises(Refusal, match="forbidden"):
            async with database.unit(an_actor(Role.OFFICER, 9, ELSEWHERE)) as work:
                await add_photograph(
                    work, asset_id, digest=SHOWN, original_digest=ORIGINAL, sealed_digest=SEALED
                )


class TestOpeningAnOriginal:
    async def test_stands_on_record_with_who_and_why(
        self, database: Database, clock: FrozenClock
    ) -> None:
        asset_id, photograph_id = await a_photograph(database)
        opened = await opens(database, asset_id, photograph_id, reason=" 核对拍摄时间 ")
        assert (opened.original_digest, opened.sealed_digest) == (ORIGINAL, SEALED)
        clock.advance(timedelta(minutes=1))
        await opens(database, asset_id, photograph_id, reason="再次核对")
        async with database.reading() as session:
            found = await openings(session, asset_id)
        assert [(view.position, view.reason) for view in found] == [
            (1, "再次核对"),
            (1, "核对拍摄时间"),
        ]
        assert {view.opened_by for view in found} == {OFFICER.person_id}
        assert (await kinds(database)).count("photograph.original_opened") == 2

    async def test_needs_a_reason_and_a_person(self, database: Database) -> None:
        asset_id, photograph_id = await a_photograph(database)
        with pytest.raises(Refusal, match=r"case\.field_empty"):
            await opens(database, asset_id, photograph_id, reason=" ")
        nobody = Actor(None, OFFICER.roles, OFFICER.court_id)
        with pytest.raises(Refusal, match="forbidden"):
            await opens(database, asset_id, photograph_id, actor=nobody)
        async with database.reading() as session:
            assert await openings(session, asset_id) == []

    async def test_of_another_asset_is_not_found(self, database: Database) -> None:
        _, photograph_id = await a_photograph(database)
        other = await an_asset(database, await a_case(database, number=89))
        with pytest.raises(Refusal, match="not_found"):
            await opens(database, other, photograph_id)

    async def test_waits_until_it_is_sealed(self, database: Database, as_owner: Execute) -> None:
        asset_id, photograph_id = await a_photograph(database)
        await as_owner("UPDATE photographs SET sealed_digest = NULL")
        with pytest.raises(Refusal, match=r"photograph\.not_sealed_yet"):
            await opens(database, asset_id, photograph_id)


class TestSealingLater:
    async def test_is_noted_once_and_leaves_nothing_open(
        self, database: Database, as_owner: Execute
    ) -> None:
        _, photograph_id = await a_photograph(database)
        async with database.reading() as session:
            assert await unsealed(session, most=5) == []
        await as_owner("UPDATE photographs SET sealed_digest = NULL")
        async with database.reading() as session:
            (left,) = await unsealed(session, most=5)
        assert (left.photograph_id, left.original_digest) == (photograph_id, ORIGINAL)
        for digest in (SEALED, "e" * 64):
            async with database.unit(SYSTEM) as work:
                await record_sealing(work, photograph_id, sealed_digest=digest)
        async with database.reading() as session:
            assert await unsealed(session, most=5) == []
        assert (await kinds(database)).count("photograph.original_sealed") == 1

    async def test_is_the_worker_s(self, database: Database) -> None:
        _, photograph_id = await a_photograph(database)
        with pytest.raises(Refusal, match="forbidden"):
            async with database.unit(OFFICER) as work:
                await record_sealing(work, photograph_id, sealed_digest=SEALED)
