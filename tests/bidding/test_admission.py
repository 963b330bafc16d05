from datetime import timedelta
from uuid import UUID, uuid5

import pytest
from sqlalchemy import select

from auction.kernel.actor import SYSTEM, Actor, Role
from auction.kernel.clock import FrozenClock
from auction.kernel.ids import BidderCode, CourtId, ListingId, PersonId, RegistrationId
from auction.kernel.refusal import Refusal
from auction.store.database import Database
from auction.store.journal import JournalEntry
from auction.store.unit import Unit
from bidding import admission, sealing
from bidding.hall_code import ADMISSION_HOURS, HallAdmission, HallCode
from bidding.registration import Capacity, PriorityState, Registration, RegistrationState
from tests.conftest import NOON

SPACE = UUID("018f0000-0000-7000-8000-000000000000")
LISTING = ListingId(uuid5(SPACE, "listing"))
ME = Actor(PersonId(uuid5(SPACE, "me")), frozenset({Role.BIDDER}))
OTHER = Actor(PersonId(uuid5(SPACE, "other")), frozenset({Role.BIDDER}))
PRIVATE = bytes(range(32))
SECRET = bytes(range(32, 64))
CODE = BidderCode("M4T9K2QX")
ID = RegistrationId(uuid5(SPACE, "registration"))


async def a_registration(work: Unit) -> Registration:
    return Registration(
        id=ID,
        subject_key=await work.subject_key(ID),
        listing_id=LISTING,
        court_id=CourtId("浙0199"),
        person_id=ME.person_id,
        state=RegistrationState.DEPOSIT_AWAITED,
        capacity=Capacity.SELF,
        applied_at=work.now,
        priority=PriorityState.NONE,
        priority_ground="",
        public_key=sealing.public_key_of(PRIVATE),
        password_salt=bytes(16),
    )


def a_box() -> dict[RegistrationId, bytes]:
    """His code as the sealer gives it: for his registration, in a box for his eyes."""
    about = sealing.about_code(str(LISTING), str(ID))
    box = sealing.seal(
        sealing.public_key_of(PRIVATE), CODE.encode(), about=about, ephemeral=bytes(31) + b"\x01"
    )
    return {ID: box}


async def _registered(database: Database) -> None:
    async with database.unit(SYSTEM) as work:
        work.add(await a_registration(work))


async def _qualified(database: Database) -> None:
    await _registered(database)
    async with database.unit(SYSTEM) as work:
        await admission.hold_registration(work, ID)
    async with database.unit(SYSTEM) as work:
        await admission.qualify_registrations(work, boxes=a_box())


class TestIssuing:
    async def test_qualifies_once_and_the_first_box_stays(self, database: Database) -> None:
        await _qualified(database)
        async with database.unit(SYSTEM) as work:
            await admission.qualify_registrations(work, boxes={ID: b"another"})
        async with database.reading() as session:
            registration = await session.get(Registration, ID)
        assert registration is not None
        assert registration.state is RegistrationState.QUALIFIED
        assert registration.sealed_code == a_box()[ID]

    async def test_tells_the_hall_nothing(self, database: Database) -> None:
        await _qualified(database)
        async with database.reading() as session:
            assert (await session.scalars(select(HallCode.code))).all() == []

    async def test_a_deposit_seen_twice_is_held_once(self, database: Database) -> None:
        await _registered(database)
        for _ in range(2):
            async with database.unit(SYSTEM) as work:
                await admission.hold_registration(work, ID)
        async with database.reading() as session:
            rows = (await session.scalars(select(JournalEntry.kind))).all()
        assert list(rows) == ["registration.deposit_held"]

    async def test_a_bidder_cannot_qualify_himself(self, database: Database) -> None:
        await _registered(database)
        with pytest.raises(Refusal, match="forbidden"):
            async with database.unit(ME) as work:
                await admission.hold_registration(work, ID)


class TestEntering:
    async def test_the_password_opens_the_code_and_the_browser_is_known_by_it(
        self, database: Database
    ) -> None:
        await _qualified(database)
        async with database.unit(ME) as work:
            code = await admission.admit(work, ID, private_key=PRIVATE, secret=SECRET)
        async with database.reading() as session:
            known = await admission.admitted_code(session, LISTING, secret=SECRET, now=NOON)
        assert known == code == CODE

    async def test_the_hall_hears_of_the_code_then_and_keeps_the_hour_only(
        self, database: Database, clock: FrozenClock
    ) -> None:
        clock.advance(timedelta(minutes=17, seconds=3))
        await _qualified(database)
        async with database.unit(ME) as work:
            await admission.admit(work, ID, private_key=PRIVATE, secret=SECRET)
        async with database.reading() as session:
            code = await session.get(HallCode, (LISTING, CODE))
            seat = (await session.scalars(select(HallAdmission))).one()
        assert code is not None
        assert code.issued_on_hour == NOON
        assert seat.expires_at == NOON + timedelta(hours=ADMISSION_HOURS)

    async def test_a_wrong_password_opens_nothing(self, database: Database) -> None:
        await _qualified(database)
        with pytest.raises(Refusal, match=r"hall\.wrong_password"):
            async with database.unit(ME) as work:
                await admission.admit(work, ID, private_key=bytes(32), secret=SECRET)

    async def test_somebody_else_finds_no_registration_even_with_the_password(
        self, database: Database
    ) -> None:
        await _qualified(database)
        with pytest.raises(Refusal, match="not_found"):
            async with database.unit(OTHER) as work:
                await admission.admit(work, ID, private_key=PRIVATE, secret=SECRET)

    async def test_before_the_code_is_issued_there_is_no_way_in(self, database: Database) -> None:
        await _registered(database)
        with pytest.raises(Refusal, match=r"hall\.not_qualified"):
            async with database.unit(ME) as work:
                await admission.admit(work, ID, private_key=PRIVATE, secret=SECRET)

    async def test_another_secret_another_listing_or_another_day_is_not_let_in(
        self, database: Database
    ) -> None:
        await _qualified(database)
        async with database.unit(ME) as work:
            await admission.admit(work, ID, private_key=PRIVATE, secret=SECRET)
        later = NOON + timedelta(hours=ADMISSION_HOURS)
        for listing_id, secret, now in (
            (LISTING, bytes(32), NOON),
            (uuid5(SPACE, "else"), SECRET, NOON),
            (LISTING, SECRET, later),
        ):
            async with database.reading() as session:
                known = await admission.admitted_code(session, listing_id, secret=secret, now=now)
            assert known is None

    async def test_twice_is_as_good_as_once(self, database: Database) -> None:
        await _qualified(database)
        for _ in range(2):
            async with database.unit(ME) as work:
                await admission.admit(work, ID, private_key=PRIVATE, secret=SECRET)

    async def test_a_rank_confirmed_late_reaches_the_hall_on_entering(
        self, database: Database
    ) -> None:
        await _qualified(database)
        async with database.unit(SYSTEM) as work:
            registration = await work.lock(Registration, ID)
            registration.priority = PriorityState.CONFIRMED
            registration.priority_rank = 2
        for _ in range(2):
            async with database.unit(ME) as work:
                await admission.admit(work, ID, private_key=PRIVATE, secret=SECRET)
        async with database.reading() as session:
            code = await session.get(HallCode, (LISTING, CODE))
            rank = await admission.rank_of_code(session, LISTING, CODE)
            nobody = await admission.rank_of_code(session, LISTING, BidderCode("NOBODY00"))
        assert code is not None
        assert (code.priority_rank, rank, nobody) == (2, 2, None)

    async def test_no_row_of_the_journal_names_a_code(self, database: Database) -> None:
        await _qualified(database)
        async with database.unit(ME) as work:
            await admission.admit(work, ID, private_key=PRIVATE, secret=SECRET)
        async with database.reading() as session:
            leaves = (await session.scalars(select(JournalEntry.leaf))).all()
        assert leaves
        assert not [leaf for leaf in leaves if CODE.encode() in leaf]
