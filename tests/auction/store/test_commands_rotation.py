"""Rotating the key outside the database, command by command; workers/terminal runs the whole."""

import msgspec
import pytest
from sqlalchemy import select

from auction.kernel.actor import SYSTEM, Role
from auction.kernel.refusal import Refusal
from auction.kernel.settings import Settings
from auction.people.person import Person
from auction.store.commands import begin_key_rotation, end_key_rotation, rewrap_keys
from auction.store.database import Database
from auction.store.journal import JournalEntry
from auction.store.personal.keyring import KeyFile
from auction.store.personal.subject_key import SubjectKey
from tests.builders import a_person, an_actor, uid

NAME = "甄有章"


async def begins(database: Database) -> str:
    async with database.unit(SYSTEM) as work:
        return await begin_key_rotation(work)


async def rewraps(database: Database, most: int) -> int:
    async with database.unit(SYSTEM) as work:
        return await rewrap_keys(work, most=most)


async def ends(database: Database) -> bool:
    async with database.unit(SYSTEM) as work:
        return await end_key_rotation(work)


def file_of(settings: Settings) -> KeyFile:
    return msgspec.json.decode(settings.subject_keys_path.read_bytes(), type=KeyFile)


@pytest.fixture
async def three_people(database: Database) -> Database:
    async with database.unit(SYSTEM) as work:
        for number in range(1, 4):
            await a_person(work, uid(number), f"{NAME}{number}")
    return database


async def test_begun_twice_is_one_rotation_with_both_keys_in_the_file(
    three_people: Database, settings: Settings
) -> None:
    before = file_of(settings).current
    begun = await begins(three_people)
    assert begun != before
    assert await begins(three_people) == begun
    assert file_of(settings).current == begun
    assert set(file_of(settings).keks) == {before, begun}


async def test_keys_are_wrapped_in_batches_and_no_field_changes(three_people: Database) -> None:
    async with three_people.reading() as session:
        sealed = set(await session.scalars(select(Person.name_sealed)))
    begun = await begins(three_people)
    assert [await rewraps(three_people, most=2) for _ in range(3)] == [2, 1, 0]
    async with three_people.reading() as session:
        assert set(await session.scalars(select(SubjectKey.kek_id))) == {begun}
        assert set(await session.scalars(select(Person.name_sealed))) == sealed
        names = {person.name for person in await session.scalars(select(Person))}
        kinds = (await session.scalars(select(JournalEntry.kind))).all()
    assert names == {f"{NAME}{number}" for number in range(1, 4)}
    assert kinds.count("subject_keys.rewrapped") == 2  # the empty batch told nothing


async def test_it_ends_once_nothing_needs_the_older_key(
    three_people: Database, settings: Settings
) -> None:
    begun = await begins(three_people)
    await rewraps(three_people, most=2)
    assert not await ends(three_people)
    assert len(file_of(settings).keks) == 2
    await rewraps(three_people, most=2)
    assert await ends(three_people)
    assert set(file_of(settings).keks) == {begun}


async def test_it_is_nobody_s_but_the_platform_s(three_people: Database) -> None:
    for command in (begin_key_rotation, rewrap_keys, end_key_rotation):
        with pytest.raises(Refusal, match="forbidden"):
            async with three_people.unit(an_actor(Role.OFFICER, 9)) as work:
                await command(work)
