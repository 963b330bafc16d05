"""Rows seal what they are given and open it again; moved, changed or erased it stays shut."""

from uuid import UUID

import asyncpg
import pytest

from auction.kernel.actor import SYSTEM
from auction.kernel.personal import SealBrokenError
from auction.kernel.refusal import Refusal
from auction.kernel.settings import Settings
from auction.people.person import Person
from auction.store.database import Database
from auction.store.personal.keyring import KeyringError
from auction.store.personal.subject_key import ERASED, SubjectKey
from tests.builders import a_person, uid
from tests.conftest import Execute

NAME, NUMBER = "甄有章", "330199199001011234"


async def a_stored_person(database: Database, number: int) -> UUID:
    async with database.unit(SYSTEM) as work:
        await a_person(work, uid(number), NAME, f"{NUMBER[:-1]}{number}")
    return uid(number)


async def name_of(database: Database, person_id: UUID) -> str:
    async with database.reading() as session:
        return (await session.get_one(Person, person_id)).name


async def test_a_row_reads_in_the_clear_what_lies_sealed(
    database: Database, settings: Settings
) -> None:
    person_id = await a_stored_person(database, 1)
    async with database.reading() as session:
        found = await session.get_one(Person, person_id)
    # its session is over, and still it reads
    assert (found.name, found.identity_number) == (NAME, f"{NUMBER[:-1]}1")
    connection = await asyncpg.connect(settings.migration_database_url)
    dump = str(await connection.fetch("SELECT * FROM person, subject_keys"))
    await connection.close()
    for bare in (NAME, NUMBER[:-1], str(NAME.encode())[2:-1], NUMBER[:-1].encode().hex()):
        assert bare not in dump


async def test_a_changed_field_is_sealed_anew(database: Database) -> None:
    person_id = await a_stored_person(database, 1)
    async with database.unit(SYSTEM) as work:
        (await work.lock(Person, person_id)).name = "甄无章"
    assert await name_of(database, person_id) == "甄无章"


@pytest.mark.parametrize(
    "swap",
    [
        "UPDATE person p SET name_sealed = o.name_sealed FROM person o WHERE o.id <> p.id",
        "UPDATE person SET name_sealed = identity_number_sealed",
        "UPDATE person p SET subject_id = o.id FROM person o WHERE o.id <> p.id",
        "UPDATE subject_keys p SET wrapped = o.wrapped FROM subject_keys o WHERE o.id <> p.id",
        "UPDATE person SET name_sealed = set_byte(name_sealed, 20, get_byte(name_sealed, 20) # 1)",
    ],
)
async def test_what_was_moved_or_changed_in_the_database_opens_nowhere(
    database: Database, as_owner: Execute, swap: str
) -> None:
    person_id = await a_stored_person(database, 1)
    await a_stored_person(database, 2)
    await as_owner(swap)
    with pytest.raises(SealBrokenError):
        await name_of(database, person_id)


async def test_a_destroyed_key_leaves_a_row_that_says_so(
    database: Database, as_owner: Execute
) -> None:
    person_id = await a_stored_person(database, 1)
    assert await name_of(database, person_id) == NAME  # the key is opened and remembered
    await as_owner("UPDATE subject_keys SET wrapped = NULL, destroyed_at = now()")
    assert await name_of(database, person_id) == ERASED
    with pytest.raises(Refusal, match=r"person\.erased"):
        async with database.unit(SYSTEM) as work:
            (await work.lock(Person, person_id)).name = "甄无章"


async def test_locking_a_row_leaves_its_key_to_others(database: Database) -> None:
    person_id = await a_stored_person(database, 1)
    async with database.unit(SYSTEM) as work, database.unit(SYSTEM) as other:
        await work.lock(Person, person_id)
        await other.lock(SubjectKey, person_id)  # would wait, and fail after lock_timeout


async def test_many_subjects_get_their_keys_at_once_and_keep_them(database: Database) -> None:
    ids = [uid(number) for number in range(30)]
    async with database.unit(SYSTEM) as work:
        first = {key: row.wrapped for key, row in (await work.subject_keys(ids[:20])).items()}
    async with database.unit(SYSTEM) as work:
        found = await work.subject_keys(ids)
    assert set(found) == set(ids)
    assert {key: found[key].wrapped for key in first} == first


async def test_a_process_with_another_databases_file_does_not_start(
    database: Database, as_owner: Execute
) -> None:
    await a_stored_person(database, 1)
    await database.require_keys()
    await as_owner("UPDATE subject_keys SET kek_id = 'ffffffffffff'")
    with pytest.raises(KeyringError, match="ffffffffffff"):
        await database.require_keys()
