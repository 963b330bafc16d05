from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import UUID, uuid5

import pytest
from sqlalchemy import func, select

from auction.cases.case import Party, PartyRole
from auction.cases.claims import Claim, ClaimKind
from auction.deposits.deposit import Deposit, DepositState
from auction.kernel.actor import SYSTEM, Actor, Role
from auction.kernel.ids import CaseId, ClaimId, CourtId, LotId, PartyId, PersonId
from auction.kernel.money import ZERO, Money
from auction.kernel.refusal import Refusal
from auction.law.warnings import CONDITIONS, SPECIAL_WARNINGS, VERSION
from auction.people.organisation import Court
from auction.people.person import PersonKind
from auction.store.database import Database
from auction.store.outbox import OutboxRow
from bidding import enrolment
from bidding.commands import make_session
from bidding.eligibility.commands import Named, name_participant
from bidding.eligibility.participant import ParticipantKind
from bidding.enrolment import GROUND_CHARS_MAX, PasswordLock
from bidding.hall.session import SessionTerms
from bidding.hall.standstill import stop_session
from bidding.registration import (
    Acknowledgement,
    AcknowledgementKind,
    Capacity,
    PriorityState,
    Registration,
    RegistrationState,
)
from bidding.sealing import public_key_of
from bidding.undertakings import UNDERTAKINGS
from tests.bidding.halls import FIVE, LAW, a_listing
from tests.builders import a_person
from tests.staff import employ

SPACE = UUID("018f0000-0000-7000-8000-000000000000")
LISTING = uuid5(SPACE, "listing")
COURT = CourtId("浙0199")
ID = uuid5(SPACE, "registration")
LOCK = PasswordLock(bytes(16), public_key_of(bytes(range(32))))
TEXTS = (*SPECIAL_WARNINGS, *UNDERTAKINGS)
Execute = Callable[[str], Awaitable[None]]


def actor(name: str, *roles: Role, court: CourtId | None = None) -> Actor:
    return Actor(PersonId(uuid5(SPACE, name)), frozenset({Role.BIDDER, *roles}), court)


ALICE = actor("alice")
BOB = actor("bob")
INSIDER = actor("insider", Role.OFFICER, court=COURT)
OFFICER = actor("officer", Role.OFFICER, court=COURT)
PANEL = actor("panel", Role.PANEL, court=COURT)


@pytest.fixture
async def hall(database: Database, as_owner: Execute) -> Database:
    """A published listing, two bidders, and two people of the enforcing court."""
    await as_owner(
        "INSERT INTO listings (id, lot_id, case_id, court_id, round, state, title,"
        " starting_price, increment, deposit, opens_at, closes_at, balance_days, rulebook,"
        " drafted_by, drafted_at, ground) VALUES"
        f" ('{LISTING}', '{LISTING}', '{LISTING}', '{COURT}', 'first_auction', 'published',"
        " '示范住宅', 118000000, 1000000, 11800000, '2026-03-03', '2026-03-04', 10, 'LAW',"
        f" '{LISTING}', '2026-01-01', '')"
    )
    async with database.unit(SYSTEM) as work:
        work.add(Court(id=COURT, name="示范法院"))
        for name in ("alice", "bob", "insider", "panel"):
            await a_person(work, uuid5(SPACE, name), name)
        await work.session.flush()
    await employ(database, INSIDER, OFFICER, PANEL)
    return database


async def start(database: Database, who: Actor = ALICE, key: UUID = ID) -> None:
    async with database.unit(who) as work:
        await enrolment.start_registration(work, key, listing_id=LISTING)


async def acknowledge_all(database: Database, who: Actor = ALICE, key: UUID = ID) -> None:
    for text in TEXTS:
        async with database.unit(who) as work:
            await enrolment.acknowledge(work, key, key=text.key, version=VERSION)


async def row(database: Database, key: UUID = ID) -> Registration:
    async with database.reading() as session:
        found = await session.get(Registration, key)
    assert found is not None
    return found


class TestSigningUp:
    async def test_ends_with_a_deposit_to_pay(self, hall: Database) -> None:
        await start(hall)
        await acknowledge_all(hall)
        async with hall.unit(ALICE) as work:
            await enrolment.register_bidder(work, ID, lock=LOCK)
        assert (await row(hall)).state is RegistrationState.DEPOSIT_AWAITED
        async with hall.reading() as session:
            deposit = (await session.scalars(select(Deposit))).one()
        assert (deposit.registration_id, deposit.amount) == (ID, Money(11_800_000))

    async def test_twice_is_once(self, hall: Database) -> None:
        await start(hall)
        await start(hall, key=uuid5(SPACE, "again"))
        await acknowledge_all(hall)
        await acknowledge_all(hall)
        for _ in range(2):
            async with hall.unit(ALICE) as work:
                await enrolment.register_bidder(work, ID, lock=LOCK)
        async with hall.reading() as session:
            counts = [
                await session.scalar(select(func.count()).select_from(entity))
                for entity in (Registration, Deposit, Acknowledgement)
            ]
        assert counts == [1, 1, len(TEXTS)]

    @pytest.mark.parametrize("missing", TEXTS, ids=lambda text: text.key)
    async def test_needs_each_text_acknowledged_by_its_own_act(
        self, hall: Database, missing: object
    ) -> None:
        await start(hall)
        for text in TEXTS:
            if text is not missing:
                async with hall.unit(ALICE) as work:
                    await enrolment.acknowledge(work, ID, key=text.key, version=VERSION)
        with pytest.raises(Refusal, match=r"registration\.not_acknowledged"):
            async with hall.unit(ALICE) as work:
                await enrolment.register_bidder(work, ID, lock=LOCK)

    async def test_takes_no_acknowledgement_of_another_version(self, hall: Database) -> None:
        await start(hall)
        with pytest.raises(Refusal, match=r"registration\.text_changed"):
            async with hall.unit(ALICE) as work:
                await enrolment.acknowledge(work, ID, key="as_is", version="0")

    async def test_is_one_s_own_for_another_the_court_decides(self, hall: Database) -> None:
        with pytest.raises(Refusal, match=r"registration\.capacity_by_court"):
            async with hall.unit(ALICE) as work:
                await enrolment.start_registration(
                    work, ID, listing_id=LISTING, capacity=Capacity.AGENT
                )

    async def test_needs_somebody_who_signed_in(self, hall: Database) -> None:
        with pytest.raises(Refusal, match=r"signin\.needed"):
            await start(hall, replace(ALICE, person_id=None))

    async def test_knows_no_other_texts_than_its_own(self, hall: Database) -> None:
        await start(hall)
        with pytest.raises(Refusal, match=r"registration\.unknown_text"):
            async with hall.unit(ALICE) as work:
                await enrolment.acknowledge(work, ID, key="no_such_text", version=VERSION)

    async def test_needs_the_lock_of_a_password(self, hall: Database) -> None:
        await start(hall)
        await acknowledge_all(hall)
        for broken in (PasswordLock(b"", LOCK.public_key), PasswordLock(LOCK.salt, b"short")):
            with pytest.raises(Refusal, match=r"registration\.password_missing"):
                async with hall.unit(ALICE) as work:
                    await enrolment.register_bidder(work, ID, lock=broken)
        assert (await row(hall)).state is RegistrationState.APPLIED

    async def test_is_over_once_it_is_handed_in(self, hall: Database) -> None:
        await start(hall)
        await acknowledge_all(hall)
        async with hall.unit(ALICE) as work:
            await enrolment.register_bidder(work, ID, lock=LOCK)
        with pytest.raises(Refusal, match=r"registration\.already_submitted"):
            async with hall.unit(ALICE) as work:
                await enrolment.acknowledge(work, ID, key="as_is", version=VERSION)

    async def test_comes_too_late_when_bidding_has_ended(
        self, hall: Database, as_owner: Execute
    ) -> None:
        listing_id = await a_listing(hall, as_owner)
        async with hall.unit(SYSTEM) as work:
            terms = SessionTerms(
                listing_id, LotId(work.new_id()), COURT, work.now, work.now + FIVE, LAW
            )
            session_id = await make_session(work, terms=terms)
            await stop_session(work, session_id=session_id)
        with pytest.raises(Refusal, match=r"registration\.too_late"):
            async with hall.unit(ALICE) as work:
                await enrolment.start_registration(work, ID, listing_id=listing_id)

    async def test_is_barred_to_who_defaulted_on_this_lot(
        self, hall: Database, as_owner: Execute
    ) -> None:
        await as_owner(
            "INSERT INTO sale (id, listing_id, lot_id, case_id, court_id, session_id,"
            " registration_id, buyer_id, code, hammer_price, deposit, received, state,"
            " virtual_account, closed_at, balance_due_at, qualification_evidence, ruling_number,"
            " tax_vouchers, certificate_number, confirmation_notice_id) VALUES"
            f" ('{ID}', '{ID}', '{LISTING}', '{LISTING}', '{COURT}', '{ID}', '{ID}',"
            f" '{ALICE.person_id}', 'A1', 100, 10, 10, 'defaulted', '955899', '2026-01-01',"
            f" '2026-01-11', '', '', '', '', '{ID}')"
        )
        with pytest.raises(Refusal) as barred:
            await start(hall)
        assert barred.value.facts["article"] == "网拍24(2)"
        await start(hall, BOB)

    async def test_is_refused_to_staff_of_the_enforcing_court(self, hall: Database) -> None:
        with pytest.raises(Refusal) as conflict:
            await start(hall, INSIDER)
        assert conflict.value.facts["article"] == "网拍34"

    async def test_is_refused_while_the_listing_is_not_offered(
        self, hall: Database, as_owner: Execute
    ) -> None:
        await as_owner("UPDATE listings SET state = 'suspended'")
        with pytest.raises(Refusal, match=r"registration\.not_open"):
            await start(hall)

    async def test_of_somebody_else_is_not_found(self, hall: Database) -> None:
        await start(hall)
        with pytest.raises(Refusal, match="not_found"):
            async with hall.unit(BOB) as work:
                await enrolment.acknowledge(work, ID, key="as_is", version=VERSION)


CONDITION = CONDITIONS[0]


class TestPublishedConditions:
    async def test_are_asked_only_where_the_notice_published_them(self, hall: Database) -> None:
        await start(hall)
        with pytest.raises(Refusal, match=r"registration\.unknown_text"):
            async with hall.unit(ALICE) as work:
                await enrolment.acknowledge(work, ID, key=CONDITION.key, version=VERSION)

    async def test_keep_out_who_does_not_declare_to_meet_them(
        self, hall: Database, as_owner: Execute
    ) -> None:
        await as_owner(f"UPDATE listings SET conditions = '{{{CONDITION.key}}}'")
        await start(hall)
        await acknowledge_all(hall)
        with pytest.raises(Refusal) as refused:
            async with hall.unit(ALICE) as work:
                await enrolment.register_bidder(work, ID, lock=LOCK)
        assert refused.value.code == "registration.not_acknowledged"
        assert refused.value.facts["article"] == CONDITION.basis
        async with hall.unit(ALICE) as work:
            await enrolment.acknowledge(work, ID, key=CONDITION.key, version=VERSION)
        async with hall.unit(ALICE) as work:
            await enrolment.register_bidder(work, ID, lock=LOCK)
        async with hall.reading() as session:
            given = await session.get_one(Acknowledgement, (ID, CONDITION.key))
        assert (given.version, given.kind) == (VERSION, AcknowledgementKind.UNDERTAKING)


async def a_claim(database: Database, fen: int, role: PartyRole = PartyRole.APPLICANT) -> None:
    """Alice as a party of the listing's case, with one registered claim."""
    alice, case_id = ALICE.person_id, CaseId(LISTING)
    assert alice is not None
    async with database.unit(SYSTEM) as work:
        party_id = PartyId(work.new_id())
        work.add(
            Party(
                id=party_id, subject_key=await work.subject_key(alice), case_id=case_id,
                role=role, person_id=alice, name="alice", contact="", payout_name="",
                payout_bank="", payout_account="", added_at=work.now,
            )
        )  # fmt: skip
        await work.session.flush()
        work.add(
            Claim(
                id=ClaimId(work.new_id()), case_id=case_id, party_id=party_id,
                kind=ClaimKind.ORDINARY, principal=Money(fen), interest=ZERO, advanced_costs=ZERO,
                title_document="", registered_at=work.now,
            )
        )  # fmt: skip


class TestWithOthers:
    async def test_it_waits_for_the_court_s_word_on_whom_it_names(self, hall: Database) -> None:
        await start(hall)
        await acknowledge_all(hall)
        named = Named(ParticipantKind.JOINT, PersonKind.LEGAL, "某公司", "91110000600037341L")
        async with hall.unit(ALICE) as work:
            await name_participant(work, work.new_id(), registration_id=ID, named=named)
        with pytest.raises(Refusal, match=r"participant\.undecided"):
            async with hall.unit(ALICE) as work:
                await enrolment.register_bidder(work, ID, lock=LOCK)


class TestTheApplicant:
    @pytest.fixture
    async def case(self, hall: Database, as_owner: Execute) -> Database:
        await as_owner(
            "INSERT INTO cases (id, court_id, number, enforcement_basis, officer_id,"
            " debtor_is_enterprise, state, rulebook, opened_at, stay_ground) VALUES"
            f" ('{LISTING}', '{COURT}', '（2026）浙0199执88号', '', '{LISTING}', false, 'open',"
            " 'law', '2026-01-01', '')"
        )
        return hall

    async def hands_in(self, database: Database) -> Registration:
        await start(database)
        await acknowledge_all(database)
        async with database.unit(ALICE) as work:
            await enrolment.register_bidder(work, ID, lock=LOCK)
        return await row(database)

    async def deposits(self, database: Database) -> list[Money]:
        async with database.reading() as session:
            return [one.amount for one in await session.scalars(select(Deposit))]

    async def test_whose_claim_reaches_the_deposit_pays_none_and_gets_a_code(
        self, case: Database
    ) -> None:
        await a_claim(case, 11_800_000)
        assert (await self.hands_in(case)).state is RegistrationState.DEPOSIT_HELD
        assert await self.deposits(case) == []
        async with case.reading() as session:
            jobs = await session.scalars(select(OutboxRow.name))
            assert "qualify_registration" in jobs.all()

    async def test_whose_claim_is_less_pays_the_difference(self, case: Database) -> None:
        await a_claim(case, 1_800_000)
        assert (await self.hands_in(case)).state is RegistrationState.DEPOSIT_AWAITED
        assert await self.deposits(case) == [Money(10_000_000)]

    async def test_is_the_applicant_and_no_other_party(self, case: Database) -> None:
        await a_claim(case, 11_800_000, PartyRole.CREDITOR)
        await self.hands_in(case)
        assert await self.deposits(case) == [Money(11_800_000)]

    async def test_prepays_a_sell_off_like_everybody(
        self, case: Database, as_owner: Execute
    ) -> None:
        await as_owner("UPDATE listings SET round = 'sell_off'")
        await a_claim(case, 11_800_000)
        await self.hands_in(case)
        assert await self.deposits(case) == [Money(11_800_000)]


class TestSteppingBack:
    async def test_ends_the_registration_and_what_it_awaited(self, hall: Database) -> None:
        await start(hall)
        await acknowledge_all(hall)
        async with hall.unit(ALICE) as work:
            await enrolment.register_bidder(work, ID, lock=LOCK)
        async with hall.unit(ALICE) as work:
            await enrolment.withdraw_registration(work, ID)
        assert (await row(hall)).state is RegistrationState.WITHDRAWN
        async with hall.reading() as session:
            deposit = (await session.scalars(select(Deposit))).one()
        assert deposit.state is DepositState.LAPSED

    async def test_before_anything_was_paid_needs_no_deposit(self, hall: Database) -> None:
        await start(hall)
        async with hall.unit(ALICE) as work:
            await enrolment.withdraw_registration(work, ID)
        assert (await row(hall)).state is RegistrationState.WITHDRAWN

    async def test_is_one_s_own_act(self, hall: Database) -> None:
        await start(hall)
        with pytest.raises(Refusal, match="not_found"):
            async with hall.unit(BOB) as work:
                await enrolment.withdraw_registration(work, ID)


class TestPriority:
    async def claim(self, hall: Database, who: Actor = ALICE) -> None:
        await start(hall, who)
        async with hall.unit(who) as work:
            await enrolment.claim_priority(work, ID, ground="按份共有人")

    async def proposed(self, hall: Database, rank: int | None, by: Actor = OFFICER) -> str:
        async with hall.unit(by) as work:
            return (await enrolment.propose_priority(work, ID, rank=rank)).payload_hash

    async def decide(self, hall: Database, seen: str, by: Actor = PANEL) -> None:
        async with hall.unit(by) as work:
            await enrolment.decide_priority(work, ID, seen=seen)

    async def test_is_confirmed_with_a_rank_by_two(self, hall: Database) -> None:
        await self.claim(hall)
        seen = await self.proposed(hall, 1)
        assert (await row(hall)).priority is PriorityState.CLAIMED
        await self.decide(hall, seen)
        found = await row(hall)
        assert (found.priority, found.priority_rank) == (PriorityState.CONFIRMED, 1)

    async def test_declined_leaves_an_ordinary_bidder(self, hall: Database) -> None:
        await self.claim(hall)
        await self.decide(hall, await self.proposed(hall, None))
        found = await row(hall)
        assert (found.priority, found.priority_rank) == (PriorityState.DECLINED, None)

    async def test_is_decided_once(self, hall: Database) -> None:
        await self.claim(hall)
        seen = await self.proposed(hall, 1)
        await self.decide(hall, seen)
        with pytest.raises(Refusal, match=r"registration\.priority_decided"):
            await self.decide(hall, seen)
        with pytest.raises(Refusal, match=r"registration\.priority_decided"):
            await self.proposed(hall, 2)

    async def test_is_not_decided_by_who_proposed_it(self, hall: Database) -> None:
        await self.claim(hall)
        seen = await self.proposed(hall, 1, PANEL)
        with pytest.raises(Refusal, match=r"approval\.same_person"):
            await self.decide(hall, seen)

    async def test_another_rank_than_the_one_read_is_not_confirmed(self, hall: Database) -> None:
        await self.claim(hall)
        seen = await self.proposed(hall, 1)
        await self.proposed(hall, 2)
        with pytest.raises(Refusal, match=r"approval\.payload_changed"):
            await self.decide(hall, seen)

    async def test_is_not_decided_by_another_court_nor_by_a_bidder(self, hall: Database) -> None:
        await self.claim(hall)
        seen = await self.proposed(hall, 1)
        other = actor("panel", Role.PANEL, court=CourtId("浙0198"))
        for who in (other, BOB):
            with pytest.raises(Refusal, match="forbidden"):
                await self.decide(hall, seen, who)

    async def test_has_a_rank_from_one_on(self, hall: Database) -> None:
        await self.claim(hall)
        with pytest.raises(Refusal, match=r"registration\.rank_not_positive"):
            await self.proposed(hall, 0)

    async def test_is_not_decided_by_who_claimed_it(self, hall: Database) -> None:
        judge = replace(PANEL, person_id=ALICE.person_id)
        await self.claim(hall)
        with pytest.raises(Refusal, match=r"registration\.own_priority"):
            await self.proposed(hall, 1, judge)

    async def test_says_its_ground_and_may_say_it_better(self, hall: Database) -> None:
        await self.claim(hall)
        for ground in (" ", "长" * (GROUND_CHARS_MAX + 1)):
            with pytest.raises(Refusal, match=r"registration\.ground_missing"):
                async with hall.unit(ALICE) as work:
                    await enrolment.claim_priority(work, ID, ground=ground)
        async with hall.unit(ALICE) as work:
            await enrolment.claim_priority(work, ID, ground=" 承租人 ")
        assert (await row(hall)).priority_ground == "承租人"

    async def test_once_decided_is_claimed_no_more(self, hall: Database) -> None:
        await self.claim(hall)
        await self.decide(hall, await self.proposed(hall, None))
        with pytest.raises(Refusal, match=r"registration\.priority_decided"):
            async with hall.unit(ALICE) as work:
                await enrolment.claim_priority(work, ID, ground="承租人")

    async def test_that_nobody_claimed_is_not_given(self, hall: Database) -> None:
        await start(hall)
        with pytest.raises(Refusal, match=r"registration\.priority_not_claimed"):
            await self.proposed(hall, 1)
