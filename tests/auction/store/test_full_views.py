"""完整查看: a reason, a count of twenty a day, and a journal that knows who looked at what."""

import asyncio
import json
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from auction.kernel.actor import Actor, Role
from auction.kernel.clock import FrozenClock
from auction.kernel.ids import PersonId
from auction.kernel.refusal import Refusal
from auction.store.database import Database
from auction.store.full_views import (
    REASON_MAX,
    VIEWS_MAX,
    FullView,
    Looker,
    Viewed,
    lookers,
    note_view,
    record_refused_view,
)
from auction.store.journal import JournalEntry
from tests.builders import OFFICER, uid

ROW = uid(900)
OTHER = Actor(PersonId(uid(901)), frozenset({Role.FINANCE_CLERK}))


async def looks(
    database: Database, actor: Actor = OFFICER, *, reason: str = "核对收款账户", times: int = 1
) -> None:
    for _ in range(times):
        async with database.unit(actor) as work:
            await note_view(work, Viewed.PARTY, ROW, reason=reason)


async def told(database: Database, kind: str) -> list[dict[str, object]]:
    async with database.reading() as session:
        leaves = await session.scalars(
            select(JournalEntry.leaf).where(JournalEntry.kind == kind).order_by(JournalEntry.seq)
        )
        return [json.loads(leaf)["body"] for leaf in leaves]


async def test_a_look_is_kept_with_its_reason_and_journaled_without(database: Database) -> None:
    await looks(database, reason="  核对收款账户 ")
    async with database.reading() as session:
        (kept,) = await session.scalars(select(FullView))
    assert (kept.viewer_id, kept.row_id, kept.what) == (OFFICER.person_id, ROW, Viewed.PARTY)
    assert (kept.reason, kept.viewed_at) == ("核对收款账户", database.clock.now())
    (body,) = await told(database, "personal_data.viewed")
    assert body == {"what": "party", "row": str(ROW), "nth_today": 1}


@pytest.mark.parametrize("reason", ["", "   ", "核对 ", "长" * (REASON_MAX + 1)])
async def test_it_needs_a_reason_that_says_something(database: Database, reason: str) -> None:
    with pytest.raises(Refusal, match=r"view\.reason_missing"):
        await looks(database, reason=reason)


async def test_who_is_nobody_sees_nothing(database: Database) -> None:
    with pytest.raises(Refusal, match="forbidden"):
        await looks(database, Actor(None, OFFICER.roles, OFFICER.court_id))


async def test_twenty_a_day_are_a_persons_most_and_the_next_day_begins_in_beijing(
    database: Database, clock: FrozenClock
) -> None:
    await looks(database, times=VIEWS_MAX)
    with pytest.raises(Refusal, match=r"view\.too_many"):
        await looks(database)
    await looks(database, OTHER)  # another person has her own twenty
    clock.advance(timedelta(hours=11, minutes=59))  # noon became 23:59 in Beijing
    with pytest.raises(Refusal, match=r"view\.too_many"):
        await looks(database)
    clock.advance(timedelta(minutes=1))
    await looks(database)


async def test_two_looks_at_once_are_counted_one_after_the_other(database: Database) -> None:
    await looks(database, times=VIEWS_MAX - 1)
    ended = await asyncio.gather(looks(database), looks(database), return_exceptions=True)
    assert [str(one) for one in ended if one is not None] == [f"view.too_many(most={VIEWS_MAX})"]


async def test_what_was_refused_raises_the_alarm(database: Database) -> None:
    async with database.unit(OFFICER) as work:
        await record_refused_view(work, Viewed.PARTY)
    assert await told(database, "personal_data.view_refused") == [{"what": "party"}]
    with pytest.raises(Refusal, match="forbidden"):
        async with database.unit(Actor(PersonId(ROW), frozenset({Role.BIDDER}))) as work:
            await record_refused_view(work, Viewed.PARTY)


async def test_who_looked_today_is_listed_most_first(
    database: Database, clock: FrozenClock
) -> None:
    await looks(database, OTHER)
    clock.advance(timedelta(days=1))
    await looks(database, OTHER)
    await looks(database, OFFICER, times=2)
    async with database.reading() as session:
        found = await lookers(session, clock.now())
    assert found == [Looker(_id(OFFICER), 2), Looker(_id(OTHER), 1)]
    assert not found[0].is_at_the_most
    assert Looker(_id(OFFICER), VIEWS_MAX).is_at_the_most


def _id(actor: Actor) -> UUID:
    assert actor.person_id
    return actor.person_id
