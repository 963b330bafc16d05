"""Whom 网拍34 bars: declared without a list that could be read, known by what he is or serves."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from sqlalchemy import select

from auction.kernel.actor import SYSTEM, Actor, Role
from auction.kernel.ids import CourtId, LotId, OrganisationId, PersonId
from auction.kernel.refusal import Refusal
from auction.people.conflicts.barred import BarredPerson, Relation
from auction.people.conflicts.commands import declare_barred, end_declaration
from auction.people.conflicts.queries import count_declared, is_barred_number, is_barred_person
from auction.people.identity import check_digit
from auction.people.organisation import Organisation, OrganisationKind
from auction.people.person import IDENTITY, PersonKind
from auction.store.database import Database
from auction.store.journal import JournalEntry
from tests.builders import a_person, an_actor, uid
from tests.conftest import NOON
from tests.staff import employ

Execute = Callable[[str], Awaitable[None]]
COURT, ELSEWHERE = CourtId("浙0199"), CourtId("浙0198")
SUPERVISOR = an_actor(Role.SUPERVISOR, 71, COURT)
AWAY = an_actor(Role.SUPERVISOR, 72, ELSEWHERE)
ADMINISTRATOR = an_actor(Role.ADMINISTRATOR, 73, None)
BIDDER = PersonId(uid(74))
NUMBER = "99010119900307005"
NUMBER += check_digit(NUMBER)
COMPANY = "91110000600037341L"
LOT = LotId(uid(75))


@pytest.fixture
async def people(database: Database) -> Database:
    await employ(database, SUPERVISOR, AWAY, ADMINISTRATOR)
    async with database.unit(SYSTEM) as work:
        await a_person(work, BIDDER, "某亲属", NUMBER)
    return database


async def declares(
    database: Database,
    actor: Actor = SUPERVISOR,
    number: str = NUMBER,
    *,
    relation: Relation = Relation.NEAR_RELATIVE,
) -> None:
    kind = PersonKind.LEGAL if number == COMPANY else PersonKind.NATURAL
    async with database.unit(actor) as work:
        await declare_barred(work, work.new_id(), kind=kind, number=number, relation=relation)


async def ends(database: Database, actor: Actor = SUPERVISOR) -> None:
    async with database.unit(actor) as work:
        await end_declaration(work, kind=PersonKind.NATURAL, number=NUMBER)


async def is_barred(
    database: Database, person: UUID = BIDDER, court: str = COURT, lot: UUID = LOT
) -> bool:
    async with database.reading() as session:
        return await is_barred_person(session, person, court_id=court, lot_id=lot)


class TestDeclaring:
    async def test_bars_in_the_auctions_of_the_court_that_declared(self, people: Database) -> None:
        assert not await is_barred(people)
        await declares(people)
        assert await is_barred(people)
        assert not await is_barred(people, court=ELSEWHERE)

    async def test_by_the_provider_bars_everywhere(self, people: Database) -> None:
        await declares(people, ADMINISTRATOR, relation=Relation.STAFF)
        assert await is_barred(people)
        assert await is_barred(people, court=ELSEWHERE)

    async def test_bars_a_number_without_an_account(self, people: Database) -> None:
        await declares(people, number=COMPANY, relation=Relation.AUXILIARY)
        async with people.unit(SYSTEM) as work:
            index = work.keyring.blind(IDENTITY, COMPANY)
        async with people.reading() as session:
            assert await is_barred_number(session, [index], court_id=COURT, lot_id=LOT)
            assert not await is_barred_number(session, [bytes(16)], court_id=COURT, lot_id=LOT)

    async def test_twice_is_once_and_counted_by_relation(self, people: Database) -> None:
        for _ in range(2):
            await declares(people)
        await declares(people, AWAY)
        async with people.reading() as session:
            assert await count_declared(session, COURT) == {Relation.NEAR_RELATIVE: 1}
            assert await count_declared(session, None) == {}

    async def test_of_one_person_for_two_reasons_is_two_and_ends_at_once(
        self, people: Database
    ) -> None:
        for relation in (Relation.NEAR_RELATIVE, Relation.STAFF):
            await declares(people, relation=relation)
        async with people.reading() as session:
            declared = await count_declared(session, COURT)
        assert declared == {Relation.NEAR_RELATIVE: 1, Relation.STAFF: 1}
        await ends(people)
        assert not await is_barred(people)

    async def test_keeps_no_number_and_tells_the_journal_none(self, people: Database) -> None:
        await declares(people)
        async with people.reading() as session:
            (row,) = (await session.scalars(select(BarredPerson))).all()
            entry = await session.scalar(
                select(JournalEntry).where(JournalEntry.kind == "conflict.declared")
            )
        assert NUMBER.encode() not in row.identity_index
        assert entry is not None
        assert NUMBER.encode() not in entry.leaf
        assert row.identity_index.hex().encode() not in entry.leaf

    @pytest.mark.parametrize(
        "actor",
        [
            an_actor(Role.OFFICER, 76, COURT),
            Actor(BIDDER, frozenset({Role.BIDDER})),
            an_actor(Role.SUPERVISOR, 77, None),
        ],
    )
    async def test_is_for_supervisors_of_a_court_and_administrators(
        self, people: Database, actor: Actor
    ) -> None:
        with pytest.raises(Refusal, match="forbidden"):
            await declares(people, actor)

    async def test_by_nobody_in_particular_is_refused(self, people: Database) -> None:
        with pytest.raises(Refusal, match=r"signin\.needed"):
            await declares(people, Actor(None, frozenset({Role.SUPERVISOR}), COURT))

    async def test_needs_a_number_that_can_be_one(self, people: Database) -> None:
        with pytest.raises(Refusal, match="number_wrong"):
            await declares(people, number="1" * 18)


class TestEnding:
    async def test_lets_the_person_bid_again(self, people: Database) -> None:
        await declares(people)
        await ends(people)
        assert not await is_barred(people)
        with pytest.raises(Refusal, match="not_declared"):
            await ends(people)

    async def test_is_for_whoever_declared(self, people: Database) -> None:
        await declares(people)
        for other in (AWAY, ADMINISTRATOR):
            with pytest.raises(Refusal, match="not_declared"):
                await ends(people, other)
        assert await is_barred(people)


class TestWhatIsKnownWithoutADeclaration:
    async def test_staff_of_the_court_and_of_the_provider(self, people: Database) -> None:
        assert await is_barred(people, uid(71))
        assert not await is_barred(people, uid(72))
        assert await is_barred(people, uid(73))

    async def test_a_declared_body_bars_whoever_acts_for_it(self, people: Database) -> None:
        agency = OrganisationId(uid(81))
        async with people.unit(SYSTEM) as work:
            work.add(
                Organisation(
                    id=agency, kind=OrganisationKind.AGENCY, name="某评估", credit_code=COMPANY,
                    enrolled_at=NOON,
                )
            )  # fmt: skip
        clerk = Actor(PersonId(uid(82)), frozenset({Role.AGENCY}), organisation_id=agency)
        await employ(people, clerk)
        assert not await is_barred(people, uid(82))
        await declares(people, number=COMPANY, relation=Relation.AUXILIARY)
        assert await is_barred(people, uid(82))
