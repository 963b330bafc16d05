"""Agents and joint buyers: named by the bidder, confirmed by the court before bidding starts."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid5

import pytest

from auction.kernel.actor import SYSTEM, Actor, Role
from auction.kernel.clock import FrozenClock
from auction.kernel.ids import CourtId, PersonId, RegistrationId
from auction.kernel.refusal import Refusal
from auction.law.warnings import VERSION
from auction.people.conflicts.barred import Relation
from auction.people.conflicts.commands import declare_barred
from auction.people.identity import check_digit
from auction.people.person import PersonKind
from auction.store.database import Database
from bidding import admission, enrolment, sealing
from bidding.eligibility.commands import (
    JOINT_MAX,
    Named,
    decide_participant,
    name_participant,
    withdraw_participant,
)
from bidding.eligibility.participant import Participant, ParticipantKind, ParticipantState
from bidding.eligibility.queries import (
    is_agent_of,
    participants_of,
    participants_waiting,
    registration_acted_in,
)
from bidding.enrolment import PasswordLock
from bidding.registration import Capacity, Registration
from bidding.undertakings import texts_of
from tests.bidding.halls import a_listing
from tests.builders import a_person, an_actor
from tests.staff import employ

Execute = Callable[[str], Awaitable[None]]
COURT = CourtId("浙0199")
SPACE = UUID("018f0000-0000-7000-8000-000000000000")
ID = uuid5(SPACE, "registration")
PRIVATE = bytes(range(32))
LOCK = PasswordLock(bytes(16), sealing.public_key_of(PRIVATE))
OFFICER = an_actor(Role.OFFICER, 75, COURT)
ELSEWHERE = an_actor(Role.OFFICER, 76, CourtId("浙0198"))
PANEL = an_actor(Role.PANEL, 77, COURT)
DAY = timedelta(days=1)
COMPANY = "91110000600037341L"


def number(serial: int) -> str:
    first17 = f"99010119900307{serial:03d}"
    return first17 + check_digit(first17)


def bidder(name: str) -> Actor:
    return Actor(PersonId(uuid5(SPACE, name)), frozenset({Role.BIDDER}))


ALICE, AGENT, STRANGER = bidder("alice"), bidder("agent"), bidder("stranger")
AN_AGENT = Named(ParticipantKind.AGENT, PersonKind.NATURAL, "某代理人", number(2))
A_FIRM = Named(ParticipantKind.JOINT, PersonKind.LEGAL, "某公司", COMPANY)


@pytest.fixture
async def listing(database: Database, as_owner: Execute) -> UUID:
    """A listing that opens tomorrow; Alice has begun to sign up."""
    found = await a_listing(database, as_owner, opens_in=DAY)
    async with database.unit(SYSTEM) as work:
        for serial, name in enumerate(("alice", "agent", "stranger"), 1):
            await a_person(work, uuid5(SPACE, name), name, number(serial))
    await employ(database, OFFICER)
    async with database.unit(ALICE) as work:
        await enrolment.start_registration(work, ID, listing_id=found)
    return found


async def names(
    database: Database, named: Named = AN_AGENT, *, key: UUID | None = None, who: Actor = ALICE
) -> UUID:
    async with database.unit(who) as work:
        made = await name_participant(work, key or work.new_id(), registration_id=ID, named=named)
        return made.id


async def decides(
    database: Database, participant_id: UUID, *, is_confirmed: bool = True, who: Actor = OFFICER
) -> None:
    async with database.unit(who) as work:
        await decide_participant(work, participant_id, is_confirmed=is_confirmed)


async def row(database: Database, participant_id: UUID) -> Participant:
    async with database.reading() as session:
        return await session.get_one(Participant, participant_id)


async def hands_in(database: Database) -> None:
    for text in texts_of(()):
        async with database.unit(ALICE) as work:
            await enrolment.acknowledge(work, ID, key=text.key, version=VERSION)
    async with database.unit(ALICE) as work:
        await enrolment.register_bidder(work, ID, lock=LOCK)


@pytest.mark.usefixtures("listing")
class TestNaming:
    async def test_waits_for_the_court(self, database: Database) -> None:
        made = await row(database, await names(database))
        assert (made.state, made.name, made.decided_at) == (
            ParticipantState.CLAIMED, "某代理人", None,
        )  # fmt: skip
        async with database.reading() as session:
            assert [one.id for one in await participants_of(session, ID)] == [made.id]
            assert [one.id for one, _ in await participants_waiting(session, COURT)] == [made.id]
            assert list(await participants_waiting(session, "浙0198")) == []

    async def test_takes_a_firm_by_its_credit_code(self, database: Database) -> None:
        assert (await row(database, await names(database, A_FIRM))).identity_number == COMPANY

    @pytest.mark.parametrize(
        ("named", "code"),
        [
            (Named(ParticipantKind.AGENT, PersonKind.NATURAL, "某", number(2)), "name_missing"),
            (Named(ParticipantKind.AGENT, PersonKind.NATURAL, "某代理", "1" * 18), "number_wrong"),
            (Named(ParticipantKind.JOINT, PersonKind.LEGAL, "某公司", number(2)), "code_wrong"),
            (Named(ParticipantKind.AGENT, PersonKind.NATURAL, "我自己", number(1)), "oneself"),
        ],
    )
    async def test_needs_a_name_and_a_number_of_somebody_else(
        self, database: Database, named: Named, code: str
    ) -> None:
        with pytest.raises(Refusal, match=code):
            await names(database, named)

    async def test_of_staff_of_the_enforcing_court_is_refused_with_the_article(
        self, database: Database, as_owner: Execute
    ) -> None:
        await as_owner(
            f"UPDATE role_grant SET person_id = '{AGENT.person_id}' WHERE role = 'officer'"
        )
        with pytest.raises(Refusal) as refused:
            await names(database)
        assert refused.value.facts["article"] == "网拍34"

    async def test_of_a_declared_number_is_refused_though_it_has_no_account(
        self, database: Database
    ) -> None:
        supervisor = an_actor(Role.SUPERVISOR, 78, COURT)
        await employ(database, supervisor)
        async with database.unit(supervisor) as work:
            await declare_barred(
                work, work.new_id(), kind=PersonKind.LEGAL, number=COMPANY,
                relation=Relation.AUXILIARY,
            )  # fmt: skip
        with pytest.raises(Refusal) as refused:
            await names(database, A_FIRM)
        assert refused.value.facts["article"] == "网拍34"
        assert COMPANY not in str(refused.value.facts)

    async def test_is_for_one_agent_and_some_joint_buyers(self, database: Database) -> None:
        first = await names(database)
        with pytest.raises(Refusal, match="one_agent"):
            await names(database)
        for _ in range(JOINT_MAX):
            await names(database, A_FIRM)
        with pytest.raises(Refusal, match="too_many"):
            await names(database, A_FIRM)
        async with database.unit(ALICE) as work:
            await withdraw_participant(work, first)
        assert (await row(database, first)).state is ParticipantState.WITHDRAWN

    @pytest.mark.parametrize(
        ("shares", "code"),
        [
            ((400_000, None), "shares_mixed"),
            ((None, 400_000), "shares_mixed"),
            ((400_000, 600_000), "share_too_large"),
            ((1_000_000,), "share_too_large"),
            ((0,), "share_too_large"),
        ],
    )
    async def test_of_joint_buyers_agrees_the_shares_of_all_or_of_none(
        self, database: Database, shares: tuple[int | None, ...], code: str
    ) -> None:
        *before, last = shares
        for share in before:
            await names(database, replace(A_FIRM, share_ppm=share))
        with pytest.raises(Refusal, match=code):
            await names(database, replace(A_FIRM, share_ppm=last))

    async def test_keeps_the_share_of_a_joint_buyer(self, database: Database) -> None:
        first = await row(database, await names(database, replace(A_FIRM, share_ppm=599_900)))
        second = await row(database, await names(database, replace(A_FIRM, share_ppm=400_000)))
        assert (first.share, second.share) == ("59.99%", "40%")

    async def test_gives_an_agent_no_share(self, database: Database) -> None:
        with pytest.raises(Refusal, match="share_of_agent"):
            await names(database, replace(AN_AGENT, share_ppm=1))

    async def test_comes_too_late_once_bidding_begins(
        self, database: Database, clock: FrozenClock
    ) -> None:
        waiting = await names(database, A_FIRM)
        clock.advance(DAY)
        with pytest.raises(Refusal, match="too_late"):
            await names(database)
        with pytest.raises(Refusal, match="too_late"):
            await decides(database, waiting)

    async def test_is_one_s_own_act_before_the_registration_is_handed_in(
        self, database: Database
    ) -> None:
        with pytest.raises(Refusal, match="not_found"):
            await names(database, who=STRANGER)
        await hands_in(database)
        with pytest.raises(Refusal, match="already_submitted"):
            await names(database)


@pytest.mark.usefixtures("listing")
class TestDeciding:
    @pytest.mark.parametrize(
        ("is_confirmed", "state", "capacity"),
        [
            (True, ParticipantState.CONFIRMED, Capacity.JOINT),
            (False, ParticipantState.DECLINED, Capacity.SELF),
        ],
    )
    async def test_is_done_once_by_an_officer_of_the_court(
        self, database: Database, is_confirmed: bool, state: ParticipantState, capacity: Capacity
    ) -> None:
        named = await names(database, A_FIRM)
        await decides(database, named, is_confirmed=is_confirmed)
        made = await row(database, named)
        assert (made.state, made.decided_by) == (state, OFFICER.person_id)
        async with database.reading() as session:
            assert (await session.get_one(Registration, ID)).capacity is capacity
        with pytest.raises(Refusal, match="decided"):
            await decides(database, named)
        with pytest.raises(Refusal, match="decided"):
            async with database.unit(ALICE) as work:
                await withdraw_participant(work, named)

    @pytest.mark.parametrize("who", [ALICE, ELSEWHERE, PANEL])
    async def test_is_for_nobody_else(self, database: Database, who: Actor) -> None:
        named = await names(database)
        with pytest.raises(Refusal, match="forbidden"):
            await decides(database, named, who=who)

    async def test_is_not_done_by_the_bidder_himself(self, database: Database) -> None:
        named = await names(database)
        alice = Actor(ALICE.person_id, frozenset({Role.BIDDER, Role.OFFICER}), COURT)
        with pytest.raises(Refusal, match="oneself"):
            await decides(database, named, who=alice)

    async def test_comes_before_the_registration_is_handed_in(self, database: Database) -> None:
        named = await names(database)
        with pytest.raises(Refusal, match=r"participant\.undecided"):
            await hands_in(database)
        await decides(database, named)
        await hands_in(database)


class TestTheAgent:
    async def test_enters_by_his_own_account_once_the_court_confirmed_him(
        self, database: Database, listing: UUID
    ) -> None:
        named = await names(database)
        agent = AGENT.person_id
        assert agent is not None
        async with database.reading() as session:
            assert await registration_acted_in(session, listing, agent) is None
        await decides(database, named)
        await hands_in(database)
        async with database.unit(SYSTEM) as work:
            await admission.hold_registration(work, ID)
        about = sealing.about_code(str(listing), str(ID))
        box = sealing.seal(LOCK.public_key, b"M4T9K2QX", about=about, ephemeral=bytes(31) + b"\x07")
        async with database.unit(SYSTEM) as work:
            await admission.qualify_registrations(work, boxes={RegistrationId(ID): box})
        async with database.reading() as session:
            mine = await registration_acted_in(session, listing, agent)
            assert mine is not None
            assert mine.id == ID
            assert await is_agent_of(session, ID, agent)
        async with database.unit(AGENT) as work:
            code = await admission.admit(work, ID, private_key=PRIVATE, secret=bytes(32))
        assert code == "M4T9K2QX"
        with pytest.raises(Refusal, match="not_found"):
            async with database.unit(STRANGER) as work:
                await admission.admit(work, ID, private_key=PRIVATE, secret=bytes(32))
        nobody = Actor(None, frozenset({Role.BIDDER}))
        with pytest.raises(Refusal, match="not_found"):
            async with database.unit(nobody) as work:
                await admission.admit(work, ID, private_key=PRIVATE, secret=bytes(32))

    async def test_sees_his_own_registration_first(self, database: Database, listing: UUID) -> None:
        alice = ALICE.person_id
        assert alice is not None
        async with database.reading() as session:
            found = await registration_acted_in(session, listing, alice)
        assert found is not None
        assert found.id == ID
