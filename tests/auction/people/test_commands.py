from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from auction.kernel.actor import SYSTEM, VISITOR, Actor, Role
from auction.kernel.clock import FrozenClock
from auction.kernel.ids import CourtId, PersonId, new_id
from auction.kernel.refusal import Refusal
from auction.people.commands import (
    Enrolment,
    enroll_person,
    found_court,
    found_organisation,
    grant_role,
    revoke_role,
    revoke_sign_ins,
    sign_in,
    sign_out,
    touch_sign_in,
)
from auction.people.credentials import Factor, SignIn, new_token
from auction.people.organisation import OrganisationKind
from auction.people.person import PersonKind
from auction.people.queries import (
    actor_of,
    court,
    is_staff_of,
    organisations,
    person,
    sign_in_of,
    staff,
)
from auction.store.database import Database
from tests.conftest import NOON

COURT = CourtId("浙0199")
ALICE = Enrolment("Alice", PersonKind.NATURAL, " 林小满 ", "11010519491231002x", "a hash")
FIRM = Enrolment("firm", PersonKind.LEGAL, "某公司", "91110000600037341L", "a hash")


async def enrolled(database: Database, who: Enrolment = ALICE) -> PersonId:
    async with database.unit(VISITOR) as work:
        return await enroll_person(work, work.new_id(), enrolment=who)


async def granted(database: Database, person_id: PersonId, role: Role) -> None:
    async with database.unit(SYSTEM) as work:
        await found_court(work, COURT, name="某法院")
    async with database.unit(SYSTEM) as work:
        await grant_role(work, person_id, role=role, court_id=COURT)


class TestEnrolling:
    async def test_a_person_is_kept_under_the_checked_identity_and_may_bid(
        self, database: Database
    ) -> None:
        person_id = await enrolled(database)
        async with database.reading() as session:
            view = await person(session, person_id)
            actor = await actor_of(session, person_id)
        assert (view.name, view.username) == ("林小满", "alice")
        assert view.masked_number == "110***********002X"
        assert actor.roles == {Role.VISITOR, Role.BIDDER}

    async def test_an_organisation_is_checked_by_its_credit_code(self, database: Database) -> None:
        assert await enrolled(database, FIRM)
        with pytest.raises(Refusal, match=r"identity\.code_wrong"):
            await enrolled(database, replace(FIRM, identity_number=ALICE.identity_number))

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"username": "bob"}, "person.known_conflict"),
            ({"identity_number": "110101199003074514"}, "person.known_conflict"),
            ({"name": "林"}, "person.name_missing"),
            ({"identity_number": "110105194912310021"}, "identity.number_wrong"),
        ],
    )
    async def test_nobody_signs_up_twice_or_half(
        self, database: Database, change: dict[str, str], code: str
    ) -> None:
        await enrolled(database)
        with pytest.raises(Refusal) as refused:
            await enrolled(database, replace(ALICE, **change))
        assert refused.value.code == code


class TestSigningIn:
    async def opened(self, database: Database, person_id: PersonId) -> tuple[UUID, str]:
        token, sign_in_id = new_token(), new_id(NOON)
        async with database.unit(VISITOR) as work:
            await sign_in(
                work,
                sign_in_id,
                person_id=person_id,
                token=token,
                browser="x" * 999,
                factor=Factor.TOTP,
            )
        return sign_in_id, token

    async def test_staff_idle_for_a_shorter_time(
        self, database: Database, clock: FrozenClock
    ) -> None:
        person_id = await enrolled(database)
        await granted(database, person_id, Role.OFFICER)
        _, token = await self.opened(database, person_id)
        async with database.reading() as session:
            found = await sign_in_of(session, token, clock.advance(timedelta(minutes=14)))
            assert found is not None
            assert found.actor.court_id == COURT
            assert await sign_in_of(session, token, clock.advance(timedelta(minutes=2))) is None

    async def test_a_sign_in_is_ended_by_its_own_person_only(self, database: Database) -> None:
        person_id = await enrolled(database)
        other_id = await enrolled(database, FIRM)
        sign_in_id, token = await self.opened(database, person_id)
        stranger = Actor(other_id, frozenset({Role.BIDDER}))
        with pytest.raises(Refusal, match="not_found"):
            async with database.unit(stranger) as work:
                await sign_out(work, sign_in_id)
        async with database.unit(Actor(person_id, frozenset({Role.BIDDER}))) as work:
            await sign_out(work, sign_in_id)
            await sign_out(work, sign_in_id)
        async with database.reading() as session:
            assert await sign_in_of(session, token, NOON) is None

    async def test_being_seen_is_noted_by_the_minute(
        self, database: Database, clock: FrozenClock
    ) -> None:
        person_id = await enrolled(database)
        token = new_token()
        async with database.unit(VISITOR) as work:
            made = await sign_in(work, work.new_id(), person_id=person_id, token=token, browser="")
        clock.advance(timedelta(minutes=7, seconds=31, microseconds=5))
        async with database.unit(SYSTEM) as work:
            await touch_sign_in(work, made)
        async with database.reading() as session:
            seen = await sign_in_of(session, token, clock.now())
        assert seen is not None
        assert seen.seen_at == NOON + timedelta(minutes=7)

    async def test_a_token_that_was_never_given_signs_nobody_in(self, database: Database) -> None:
        async with database.reading() as session:
            assert await sign_in_of(session, new_token(), NOON) is None

    async def test_an_administrator_ends_every_one_of_a_person_s(self, database: Database) -> None:
        person_id, other_id = await enrolled(database), await enrolled(database, FIRM)
        tokens = [(await self.opened(database, person_id))[1] for _ in range(2)]
        _, kept = await self.opened(database, other_id)
        for expected in (2, 0):
            async with database.unit(SYSTEM) as work:
                assert await revoke_sign_ins(work, person_id) == expected
        async with database.reading() as session:
            assert [await sign_in_of(session, token, NOON) for token in tokens] == [None, None]
            assert await sign_in_of(session, kept, NOON) is not None

    async def test_one_in_use_does_not_idle_away_and_an_ended_one_stays_ended(
        self, database: Database, clock: FrozenClock
    ) -> None:
        person_id = await enrolled(database)
        sign_in_id, token = await self.opened(database, person_id)
        async with database.reading() as session:
            idle = (await session.get_one(SignIn, sign_in_id)).idle_seconds
        clock.advance(timedelta(seconds=idle - 1))
        async with database.unit(SYSTEM) as work:
            await touch_sign_in(work, sign_in_id)
        async with database.reading() as session:
            assert await sign_in_of(session, token, clock.advance(timedelta(seconds=2)))
        clock.advance(timedelta(seconds=idle))
        async with database.unit(SYSTEM) as work:
            await touch_sign_in(work, sign_in_id)
        async with database.reading() as session:
            assert await sign_in_of(session, token, clock.now()) is None


class TestRoles:
    async def test_one_that_is_not_held_is_not_taken_back(self, database: Database) -> None:
        person_id = await enrolled(database)
        with pytest.raises(Refusal, match="not_found"):
            async with database.unit(SYSTEM) as work:
                await revoke_role(work, person_id, role=Role.PANEL)

    async def test_a_role_is_given_and_taken_back(self, database: Database) -> None:
        person_id = await enrolled(database)
        await granted(database, person_id, Role.PANEL)
        async with database.reading() as session:
            assert await is_staff_of(session, person_id, COURT)
            assert [view.id for view in await staff(session, role=Role.PANEL, court_id=COURT)] == [
                person_id
            ]
            assert (await court(session, COURT)).name == "某法院"
        async with database.unit(SYSTEM) as work:
            await revoke_role(work, person_id, role=Role.PANEL)
        async with database.reading() as session:
            assert not await is_staff_of(session, person_id, COURT)

    async def test_only_administrators_give_roles(self, database: Database) -> None:
        person_id = await enrolled(database)
        with pytest.raises(Refusal, match="forbidden"):
            async with database.unit(Actor(person_id, frozenset({Role.OFFICER}), COURT)) as work:
                await grant_role(work, person_id, role=Role.ADMINISTRATOR)

    async def test_held_at_another_court_does_not_count_at_this_one(
        self, database: Database, clock: FrozenClock
    ) -> None:
        person_id = await enrolled(database)
        await granted(database, person_id, Role.OFFICER)
        clock.advance(timedelta(seconds=1))
        elsewhere = CourtId("浙0198")
        async with database.unit(SYSTEM) as work:
            await found_court(work, elsewhere, name="另一法院")
        async with database.unit(SYSTEM) as work:
            await grant_role(work, person_id, role=Role.PANEL, court_id=elsewhere)
        async with database.reading() as session:
            actor = await actor_of(session, person_id)
        assert actor.court_id == COURT
        assert actor.roles == {Role.VISITOR, Role.BIDDER, Role.OFFICER}

    async def test_nobody_becomes_the_system(self, database: Database) -> None:
        person_id = await enrolled(database)
        with pytest.raises(Refusal, match=r"role\.not_granted"):
            async with database.unit(SYSTEM) as work:
                await grant_role(work, person_id, role=Role.SYSTEM)


async def test_an_organisation_is_founded_under_its_code(database: Database) -> None:
    async with database.unit(SYSTEM) as work:
        await found_organisation(
            work,
            work.new_id(),
            kind=OrganisationKind.AGENCY,
            name="某评估",
            code=FIRM.identity_number,
        )
    async with database.reading() as session:
        assert [view.name for view in await organisations(session, OrganisationKind.AGENCY)] == [
            "某评估"
        ]
        assert not await organisations(session, OrganisationKind.TAX)
