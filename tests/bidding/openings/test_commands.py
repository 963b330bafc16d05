"""An opening takes two supervisors of the court, a reason and a code that is in the hall."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select

from auction.kernel.actor import SYSTEM, Actor, Role
from auction.kernel.clock import FrozenClock
from auction.kernel.ids import BidderCode, CourtId, PersonId
from auction.kernel.refusal import Refusal
from auction.notices.notice import Notice
from auction.notices.wording import NoticeKind
from auction.people.mailing import Letter, LetterKind, MailAddress
from auction.store.database import Database
from auction.store.journal import JournalEntry
from bidding.commands import close_session, open_session
from bidding.openings.commands import note_look, open_identity, propose_opening, tell_subject
from bidding.openings.queries import count_opened, opening_of, openings_of, untold
from tests.bidding.halls import AHall, Execute, a_hall
from tests.builders import an_actor, uid
from tests.sales import BUYER, SaleDesk
from tests.staff import employ

COURT = CourtId("浙0199")
FIRST, SECOND, THIRD = (an_actor(Role.SUPERVISOR, n, COURT) for n in (71, 72, 73))
ELSEWHERE = an_actor(Role.SUPERVISOR, 74, CourtId("浙0198"))
OFFICER = an_actor(Role.OFFICER, 75, COURT)
ID = uid(900)
SUBJECT = PersonId(BUYER.person_id or uid(0))


@pytest.fixture
async def hall(database: Database, as_owner: Execute) -> AHall:
    await employ(database, FIRST, SECOND, THIRD, OFFICER)
    return await a_hall(database, as_owner)


async def asks(
    database: Database,
    hall: AHall,
    actor: Actor = FIRST,
    *,
    code: str = "A1",
    reason: str = "举报围标",
) -> str:
    async with database.unit(actor) as work:
        request = await propose_opening(
            work, ID, listing_id=hall.listing_id, code=BidderCode(code), reason=reason
        )
        return request.payload_hash


async def approves(database: Database, actor: Actor, seen: str) -> None:
    async with database.unit(actor) as work:
        await open_identity(work, ID, seen=seen)


async def looks(database: Database, actor: Actor) -> None:
    async with database.unit(actor) as work:
        await note_look(work, ID)


async def journal(database: Database) -> list[str]:
    async with database.reading() as session:
        wanted = select(JournalEntry.kind).where(JournalEntry.stream == f"opening:{ID}")
        return list(await session.scalars(wanted.order_by(JournalEntry.seq)))


class TestAsking:
    async def test_records_the_code_and_the_reason_and_opens_nothing(
        self, database: Database, hall: AHall
    ) -> None:
        digests = [await asks(database, hall) for _ in range(2)]
        assert len(set(digests)) == 1  # the same again is the same
        async with database.reading() as session:
            opening = await opening_of(session, ID)
            assert await count_opened(session, hall.listing_id) == 0
            assert [one.id for one in await openings_of(session, COURT)] == [ID]
            assert await openings_of(session, "浙0198") == []
        assert (opening.code, opening.reason, opening.opened_at) == ("A1", "举报围标", None)
        assert await journal(database) == ["identity.opening_proposed"]

    @pytest.mark.parametrize("reason", ["", "  短 ", "长" * 201])
    async def test_needs_a_reason(self, database: Database, hall: AHall, reason: str) -> None:
        with pytest.raises(Refusal, match="reason_missing"):
            await asks(database, hall, reason=reason)

    async def test_needs_a_code_that_is_in_the_hall(self, database: Database, hall: AHall) -> None:
        with pytest.raises(Refusal, match="unknown_code"):
            await asks(database, hall, code="Z9")

    @pytest.mark.parametrize("actor", [ELSEWHERE, OFFICER])
    async def test_is_for_supervisors_of_the_court(
        self, database: Database, hall: AHall, actor: Actor
    ) -> None:
        with pytest.raises(Refusal, match="forbidden"):
            await asks(database, hall, actor)

    async def test_of_an_opening_that_is_not_there_finds_nothing(self, database: Database) -> None:
        async with database.reading() as session:
            with pytest.raises(Refusal, match="not_found"):
                await opening_of(session, ID)


class TestOpening:
    async def test_takes_another_supervisor(self, database: Database, hall: AHall) -> None:
        seen = await asks(database, hall)
        with pytest.raises(Refusal, match="same_person"):
            await approves(database, FIRST, seen)
        await approves(database, SECOND, seen)
        async with database.reading() as session:
            opening = await opening_of(session, ID)
            assert await count_opened(session, hall.listing_id) == 1
        assert (opening.proposed_by, opening.opened_by) == (FIRST.person_id, SECOND.person_id)
        assert await journal(database) == ["identity.opening_proposed", "identity.opened"]

    async def test_is_for_what_was_read_and_only_once(
        self, database: Database, hall: AHall
    ) -> None:
        seen = await asks(database, hall)
        with pytest.raises(Refusal, match="payload_changed"):
            await approves(database, SECOND, "0" * 64)
        await approves(database, SECOND, seen)
        with pytest.raises(Refusal, match="spent"):
            await approves(database, THIRD, seen)

    async def test_of_an_altered_row_is_refused(
        self, database: Database, hall: AHall, as_owner: Execute
    ) -> None:
        seen = await asks(database, hall)
        await as_owner("UPDATE identity_opening SET code = 'B2'")
        with pytest.raises(Refusal, match="payload_changed"):
            await approves(database, SECOND, seen)


class TestLooking:
    async def test_waits_for_the_second_person(self, database: Database, hall: AHall) -> None:
        await asks(database, hall)
        with pytest.raises(Refusal, match="not_approved"):
            await looks(database, FIRST)

    async def test_is_for_the_two_who_opened_it_and_each_look_is_on_record(
        self, database: Database, hall: AHall
    ) -> None:
        await approves(database, SECOND, await asks(database, hall))
        for actor in (FIRST, SECOND, FIRST):
            await looks(database, actor)
        with pytest.raises(Refusal, match="not_yours"):
            await looks(database, THIRD)
        assert (await journal(database)).count("identity.looked_at") == 3

    async def test_by_nobody_in_particular_is_refused(
        self, database: Database, hall: AHall
    ) -> None:
        nobody = Actor(None, frozenset({Role.SUPERVISOR}), COURT)
        await approves(database, SECOND, await asks(database, hall))
        with pytest.raises(Refusal, match=r"signin\.needed"):
            await looks(database, nobody)


async def tells(database: Database, actor: Actor = SYSTEM) -> None:
    async with database.unit(actor) as work:
        await tell_subject(work, ID, person_id=SUBJECT)


async def papers(database: Database) -> Sequence[Notice]:
    async with database.reading() as session:
        wanted = select(Notice).where(Notice.kind == NoticeKind.IDENTITY_OPENED)
        return (await session.scalars(wanted)).all()


class TestTelling:
    @pytest.fixture
    async def opened(self, database: Database, clock: FrozenClock, as_owner: Execute) -> AHall:
        """A code of a listing with its case and court, opened and looked at once."""
        desk = SaleDesk(database, clock)
        await desk.found()
        await employ(database, FIRST, SECOND)
        offered = await desk.a_listing()
        hall = await a_hall(database, as_owner, offered=(offered.listing_id, offered.lot_id))
        await approves(database, SECOND, await asks(database, hall))
        await looks(database, FIRST)
        return hall

    async def test_waits_until_the_session_is_over(self, database: Database, opened: AHall) -> None:
        with pytest.raises(Refusal, match="session_runs"):
            await tells(database)
        async with database.reading() as session:
            assert list(await untold(session)) == []
        assert not await papers(database)

    async def test_gives_the_person_a_paper_and_a_letter_once(
        self, database: Database, opened: AHall, clock: FrozenClock
    ) -> None:
        async with database.unit(SYSTEM) as work:
            work.add(
                MailAddress(
                    person_id=SUBJECT, subject_key=await work.subject_key(SUBJECT),
                    address="zhang@example.org", given_at=work.now, confirmed_at=work.now,
                )
            )  # fmt: skip
        await is_over(database, opened, clock)
        async with database.reading() as session:
            assert list(await untold(session)) == [ID]
        for _ in range(2):
            await tells(database)
        (paper,) = await papers(database)
        assert (paper.addressee_person_id, paper.addressee_name) == (SUBJECT, "张三")
        assert (paper.facts["bidder_code"], paper.facts["looks"]) == ("A1", 1)
        async with database.reading() as session:
            letters = (await session.scalars(select(Letter.kind))).all()
            assert list(await untold(session)) == []
        assert letters == [LetterKind.IDENTITY_OPENED]
        assert (await journal(database)).count("identity.subject_told") == 1

    async def test_writes_no_letter_to_an_address_that_was_never_confirmed(
        self, database: Database, opened: AHall, clock: FrozenClock
    ) -> None:
        await is_over(database, opened, clock)
        await tells(database)
        async with database.reading() as session:
            assert (await session.scalars(select(Letter.kind))).all() == []
        assert len(await papers(database)) == 1

    async def test_tells_nobody_of_what_was_only_asked_for(
        self, database: Database, hall: AHall, clock: FrozenClock
    ) -> None:
        await asks(database, hall)
        await is_over(database, hall, clock)
        await tells(database)
        assert not await papers(database)

    async def test_is_the_worker_s(self, database: Database, opened: AHall) -> None:
        with pytest.raises(Refusal, match="forbidden"):
            await tells(database, FIRST)


async def is_over(database: Database, hall: AHall, clock: FrozenClock) -> None:
    async with database.unit(SYSTEM) as work:
        await open_session(work, session_id=hall.session_id)
    clock.advance(timedelta(days=2))
    async with database.unit(SYSTEM) as work:
        await close_session(work, session_id=hall.session_id, epoch=hall.epoch)
