"""Rotation while others read and write, cut off and gone on with; erasure that stays erased."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import select

from auction.kernel.actor import SYSTEM, Role
from auction.kernel.clock import FrozenClock
from auction.kernel.refusal import Refusal
from auction.kernel.settings import Settings
from auction.people.commands import new_grant
from auction.people.person import Person
from auction.people.queries import person_numbered
from auction.store.commands import begin_key_rotation, end_key_rotation, rewrap_keys
from auction.store.database import Database
from auction.store.journal import JournalEntry
from auction.store.personal.keyring import KeyFile, KeyringError
from auction.store.personal.subject_key import ERASED, SubjectKey
from tests.builders import RESPONDENT, a_case, a_person, uid
from tests.workers.terminal.test_checking import luochui
from workers.terminal.keys import erase, rotate

NAME, NUMBER = "甄有章", "33019919900101123X"
MANY = 7


@pytest.fixture
async def database(
    database: Database,  # noqa: ARG001  (it empties what the test wrote)
    settings: Settings,
    clock: FrozenClock,
) -> AsyncIterator[Database]:
    """A process with a key file of this test's own: a rotation changes it."""
    own = Database(settings, clock=clock)
    yield own
    await own.close()


def silent(_line: str) -> None:
    """Nobody reads the progress."""


async def people(database: Database, first: int = 1) -> None:
    async with database.unit(SYSTEM) as work:
        for number in range(first, first + MANY):
            await a_person(work, uid(number), f"{NAME}{number}")


async def names(database: Database) -> list[str]:
    async with database.reading() as session:
        return [one.name for one in await session.scalars(select(Person).order_by(Person.id))]


async def keks(database: Database) -> set[str]:
    async with database.reading() as session:
        return set(await session.scalars(select(SubjectKey.kek_id)))


def file_of(settings: Settings) -> KeyFile:
    return msgspec.json.decode(settings.subject_keys_path.read_bytes(), type=KeyFile)


class TestRotation:
    async def test_every_key_is_wrapped_under_the_new_one_and_the_old_one_goes(
        self, database: Database, settings: Settings
    ) -> None:
        await people(database)
        (old,) = await keks(database)
        await rotate(database, silent)
        (new,) = await keks(database)
        assert new != old
        assert set(file_of(settings).keks) == {new}
        fresh = Database(settings)  # a process that never saw the old key
        assert await names(fresh) == [f"{NAME}{number}" for number in range(1, MANY + 1)]
        await fresh.close()

    async def test_cut_off_in_the_middle_it_is_gone_on_with(
        self, database: Database, settings: Settings
    ) -> None:
        await people(database)
        async with database.unit(SYSTEM) as work:
            begun = await begin_key_rotation(work)
        async with database.unit(SYSTEM) as work:
            assert await rewrap_keys(work, most=2) == 2
        # here the process died: both keys are in use, and both are in the file
        assert len(await keks(database)) == 2
        assert len(file_of(settings).keks) == 2
        async with database.unit(SYSTEM) as work:
            assert not await end_key_rotation(work)
        after = Database(settings)
        assert len(await names(after)) == MANY
        await rotate(after, silent)
        assert await keks(after) == {begun} == set(file_of(settings).keks)
        assert len(await names(after)) == MANY
        await after.close()

    async def test_cut_off_before_its_commit_it_is_gone_on_with_too(
        self, database: Database, settings: Settings
    ) -> None:
        await people(database)

        async def dies() -> None:
            async with database.unit(SYSTEM) as work:
                await begin_key_rotation(work)
                raise InterruptedError

        with pytest.raises(InterruptedError):
            await dies()
        begun = file_of(settings).current
        await rotate(database, silent)
        assert await keks(database) == {begun}

    async def test_processes_that_run_find_the_new_key_by_themselves(
        self, database: Database, settings: Settings
    ) -> None:
        await people(database)
        running = Database(settings, clock=database.clock)
        assert len(await names(running)) == MANY
        await asyncio.gather(rotate(database, silent), people(running, first=100))
        assert len(await names(running)) == 2 * MANY
        assert await keks(running) == {file_of(settings).current}
        await people(running, first=200)
        assert await keks(running) == {file_of(settings).current}
        await running.close()

    async def test_a_key_on_its_way_is_waited_for(
        self, database: Database, settings: Settings
    ) -> None:
        """A key wrapped under the old one and not yet committed would be lost for good."""
        running = Database(settings, clock=database.clock)
        async with running.unit(SYSTEM) as work:
            await a_person(work, uid(1), NAME)
            rotating = asyncio.create_task(rotate(database, silent))
            done, _ = await asyncio.wait({rotating}, timeout=0.5)
            assert not done
        await rotating
        assert await names(running) == [NAME]
        assert await keks(running) == {file_of(settings).current}
        await running.close()

    async def test_the_journal_tells_of_it_and_shows_no_key(
        self, database: Database, settings: Settings
    ) -> None:
        await people(database)
        before = file_of(settings)
        await rotate(database, silent)
        async with database.reading() as session:
            entries = (await session.scalars(select(JournalEntry))).all()
        told = b"".join(entry.leaf for entry in entries)
        assert {entry.kind for entry in entries if "subject_keys" in entry.kind} == {
            "subject_keys.rotation_begun",
            "subject_keys.rewrapped",
            "subject_keys.rotation_ended",
        }
        for file in (before, file_of(settings)):
            for key in (*file.keks.values(), file.blind):
                assert key not in told
                assert key.hex().encode() not in told

    async def test_is_a_command_of_the_operator(
        self, database: Database, settings: Settings
    ) -> None:
        await people(database)
        status, said = await luochui(settings, "keys", "rotate")
        assert status == 0, said
        assert await keks(database) == {file_of(settings).current}
        assert len(await names(database)) == MANY


class TestErasing:
    async def test_leaves_rows_that_name_nobody(
        self, database: Database, settings: Settings
    ) -> None:
        async with database.unit(SYSTEM) as work:
            person = await a_person(work, uid(1), NAME, NUMBER)
        assert await names(database) == [NAME]
        kept = settings.subject_keys_path.read_bytes()
        await erase(database, person.username)
        assert await names(database) == [ERASED]
        async with database.reading() as session:
            row = await session.get_one(Person, uid(1))
            assert row.identity_number == ERASED
            assert row.username == f"erased-{uid(1).hex}"
            assert await person_numbered(session, NUMBER) is None
            key = await session.get_one(SubjectKey, uid(1))
            assert key.wrapped is None
        assert settings.subject_keys_path.read_bytes() == kept  # nobody else is touched
        async with database.unit(SYSTEM) as work:  # the same person may come back
            await a_person(work, uid(2), NAME, NUMBER)
        assert await names(database) == [ERASED, NAME]

    async def test_survives_a_rotation(self, database: Database) -> None:
        await people(database)
        await erase(database, f"p{uid(1).int % 10**18}")
        await rotate(database, silent)
        assert (await names(database))[0] == ERASED

    async def test_waits_for_an_open_case(self, database: Database) -> None:
        await a_case(database)
        async with database.unit(SYSTEM) as work:
            person = await a_person(work, RESPONDENT, NAME)
        with pytest.raises(Refusal, match=r"person\.has_open_part"):
            await erase(database, person.username)
        assert await names(database) == [NAME]

    async def test_waits_until_the_law_lets_the_records_go(
        self, database: Database, clock: FrozenClock
    ) -> None:
        async with database.unit(SYSTEM) as work:
            person = await a_person(work, uid(1), NAME)
            await work.session.flush()
            grant = new_grant(work, person.id, Role.OFFICER)
            grant.revoked_at = work.now
            work.add(grant)
        with pytest.raises(Refusal, match=r"person\.records_kept"):
            await erase(database, person.username)
        clock.advance(timedelta(days=3700))
        await erase(database, person.username)
        assert await names(database) == [ERASED]

    async def test_is_a_command_of_the_operator(
        self, database: Database, settings: Settings
    ) -> None:
        async with database.unit(SYSTEM) as work:
            person = await a_person(work, uid(1), NAME)
        status, said = await luochui(settings, "keys", "erase", person.username)
        assert status == 0, said
        assert await names(database) == [ERASED]

    async def test_says_in_a_sentence_why_it_erases_nobody(
        self, database: Database, settings: Settings
    ) -> None:
        status, said = await luochui(settings, "keys", "erase", "nobody")
        assert (status, "Nobody here is called nobody." in said) == (1, True)
        await a_case(database)
        async with database.unit(SYSTEM) as work:
            person = await a_person(work, RESPONDENT, NAME)
        status, said = await luochui(settings, "keys", "erase", person.username)
        assert (status, "a case that is not closed" in said) == (1, True)


async def test_without_the_file_nothing_is_read(database: Database, settings: Settings) -> None:
    await people(database)
    settings.subject_keys_path.rename(settings.subject_keys_path.with_suffix(".away"))
    fresh = Database(settings)
    with pytest.raises(KeyringError, match="missing"):
        await names(fresh)
    await fresh.close()
