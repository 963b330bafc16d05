"""What an officer does to a session at the desk, on PostgreSQL."""

from datetime import timedelta

import pytest

from auction.kernel.actor import Actor, Role
from auction.kernel.clock import FrozenClock
from auction.kernel.ids import CourtId, PersonId, new_id
from auction.kernel.refusal import Refusal
from auction.store.database import Database
from bidding.desk.alerts import EventKind
from bidding.desk.commands import start_session
from bidding.desk.queries import events
from bidding.hall.board import Board, SessionState
from tests.bidding.halls import AHall, Execute, a_hall

HOUR = timedelta(hours=1)


def staff(database: Database, role: Role, court: str = "浙0199") -> Actor:
    return Actor(PersonId(new_id(database.clock.now())), frozenset({role}), CourtId(court))


async def starts(database: Database, hall: AHall, actor: Actor) -> Board:
    async with database.unit(actor) as work:
        return await start_session(work, session_id=hall.session_id)


class TestStarting:
    async def test_opens_a_session_whose_time_has_come_and_once_only(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await a_hall(database, as_owner, opens_in=HOUR)
        clock.advance(HOUR)
        officer = staff(database, Role.OFFICER)
        boards = [await starts(database, hall, officer) for _ in range(2)]
        assert [board.state for board in boards] == [SessionState.OPEN] * 2
        async with database.reading() as session:
            told = [one.kind for one in await events(session, hall.session_id)]
        assert told.count(EventKind.OPENED) == 1

    async def test_is_refused_before_the_announced_time_and_says_when_that_is(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await a_hall(database, as_owner, opens_in=HOUR)
        clock.advance(HOUR - timedelta(seconds=1))
        with pytest.raises(Refusal) as refused:
            await starts(database, hall, staff(database, Role.OFFICER))
        assert refused.value.code == "session.not_due"
        assert refused.value.facts["opens_at"] == hall.opens_at.isoformat()

    @pytest.mark.parametrize(
        ("role", "court"), [(Role.OFFICER, "浙0198"), (Role.PANEL, "浙0199"), (Role.BIDDER, "")]
    )
    async def test_is_for_the_officers_of_its_own_court(
        self, database: Database, as_owner: Execute, clock: FrozenClock, role: Role, court: str
    ) -> None:
        hall = await a_hall(database, as_owner, opens_in=HOUR)
        clock.advance(HOUR)
        with pytest.raises(Refusal, match="forbidden"):
            await starts(database, hall, staff(database, role, court))

    async def test_opens_nothing_that_the_court_suspended(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await a_hall(database, as_owner, opens_in=HOUR)
        clock.advance(HOUR)
        await as_owner(f"UPDATE listings SET state = 'suspended' WHERE id = '{hall.listing_id}'")
        board = await starts(database, hall, staff(database, Role.OFFICER))
        assert board.state is SessionState.SUSPENDED
