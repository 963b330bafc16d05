"""个保法47: once the law keeps nothing more of a person, his key goes and every way in with it."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from auction.kernel.actor import SYSTEM, VISITOR, Role
from auction.kernel.ids import CourtId, PersonId, new_id
from auction.kernel.refusal import Refusal
from auction.people.commands import Enrolment, enroll_person, found_court, grant_role, sign_in
from auction.people.credentials import Credential, SignIn
from auction.people.erasure import NO_PASSWORD, erase_person
from auction.people.factors import Passkey
from auction.people.person import Person, PersonKind, RoleGrant
from auction.people.queries import sign_in_of
from auction.store.database import Database
from auction.store.journal import JournalEntry
from auction.store.personal.subject_key import ERASED
from tests.builders import OFFICER, a_person, uid
from tests.conftest import NOON

COURT = CourtId("浙0199")
ALICE = Enrolment("alice", PersonKind.NATURAL, "林小满", "11010519491231002x", "a hash")


async def a_person_with_every_way_in(database: Database) -> PersonId:
    async with database.unit(VISITOR) as work:
        person_id = await enroll_person(work, work.new_id(), enrolment=ALICE)
    async with database.unit(VISITOR) as work:
        await sign_in(work, new_id(NOON), person_id=person_id, token="token", browser="a browser")
    async with database.unit(SYSTEM) as work:
        await found_court(work, COURT, name="某法院")
        await grant_role(work, person_id, role=Role.PANEL, court_id=COURT)
        work.add(
            Passkey(
                id=work.new_id(), person_id=person_id, credential_id=b"c", public_key=b"k",
                sign_count=0, label="林小满的手机", made_at=work.now,
            )
        )  # fmt: skip
    return person_id


async def erases(database: Database, person_id: UUID) -> None:
    async with database.unit(SYSTEM) as work:
        await erase_person(work, person_id, kept_until=None)


async def test_nothing_tells_him_apart_any_more_and_no_way_in_is_left(database: Database) -> None:
    person_id = await a_person_with_every_way_in(database)
    await erases(database, person_id)
    async with database.reading() as session:
        person = await session.get_one(Person, person_id)
        assert (person.name, person.identity_number) == (ERASED, ERASED)
        assert person.username == f"erased-{person_id.hex}"
        assert (await session.get_one(Credential, person_id)).password_hash == NO_PASSWORD
        assert await sign_in_of(session, "token", NOON) is None
        (signed_in,) = await session.scalars(select(SignIn))
        (passkey,) = await session.scalars(select(Passkey))
        grants = (await session.scalars(select(RoleGrant))).all()
    assert (signed_in.browser, passkey.label) == ("", "")
    assert {one.revoked_at for one in (signed_in, passkey, *grants)} == {NOON}


async def test_he_may_sign_up_again_as_somebody_new(database: Database) -> None:
    person_id = await a_person_with_every_way_in(database)
    await erases(database, person_id)
    async with database.unit(VISITOR) as work:
        assert await enroll_person(work, work.new_id(), enrolment=ALICE) != person_id


async def test_what_ended_before_keeps_its_own_end_and_twice_is_once(database: Database) -> None:
    person_id = await a_person_with_every_way_in(database)
    earlier = NOON - timedelta(days=1)
    async with database.unit(SYSTEM) as work:
        for entity in (SignIn, Passkey, RoleGrant):
            for row in await work.session.scalars(select(entity)):
                row.revoked_at = earlier
    for _ in range(2):
        await erases(database, person_id)
    async with database.reading() as session:
        ends = {
            row.revoked_at
            for entity in (SignIn, Passkey, RoleGrant)
            for row in await session.scalars(select(entity))
        }
        kinds = (await session.scalars(select(JournalEntry.kind))).all()
    assert ends == {earlier}
    assert kinds.count("person.erased") == 1


async def test_who_never_signed_in_has_nothing_to_end(database: Database) -> None:
    async with database.unit(SYSTEM) as work:
        await a_person(work, uid(1), "甄有章", "330199199001011234")
    await erases(database, uid(1))
    async with database.reading() as session:
        assert (await session.get_one(Person, uid(1))).name == ERASED


async def test_records_that_the_law_keeps_are_kept_until_their_day(database: Database) -> None:
    person_id = await a_person_with_every_way_in(database)
    with pytest.raises(Refusal) as refused:
        async with database.unit(SYSTEM) as work:
            until = work.now + timedelta(seconds=1)
            await erase_person(work, person_id, kept_until=until)
    assert refused.value.code == "person.records_kept"
    async with database.unit(SYSTEM) as work:
        await erase_person(work, person_id, kept_until=work.now)


async def test_it_is_no_officer_s_to_do(database: Database) -> None:
    person_id = await a_person_with_every_way_in(database)
    with pytest.raises(Refusal, match="forbidden"):
        async with database.unit(OFFICER) as work:
            await erase_person(work, person_id, kept_until=None)
