from datetime import timedelta

import pytest

from auction.kernel.actor import SYSTEM, Actor, Role
from auction.kernel.clock import FrozenClock
from auction.kernel.ids import BidderCode, PersonId, new_id
from auction.kernel.refusal import Refusal
from auction.store.database import Database
from bidding.hall.standstill import stop_session
from bidding.hall.ticket import LIFE, Admission, issue_ticket, redeem_ticket
from tests.bidding.halls import AHall, Execute, a_hall


async def a_ticket(database: Database, hall: AHall) -> str:
    bidder = Actor(PersonId(new_id(database.clock.now())), frozenset({Role.BIDDER}))
    async with database.unit(bidder) as work:
        return await issue_ticket(
            work, session_id=hall.session_id, code=BidderCode("A1"), sign_in=b"digest"
        )


async def redeem(database: Database, secret: str) -> Admission:
    async with database.unit(SYSTEM) as work:
        return await redeem_ticket(work, secret=secret)


async def test_it_admits_one_code_to_one_session(database: Database, as_owner: Execute) -> None:
    hall = await a_hall(database, as_owner)
    admitted = await redeem(database, await a_ticket(database, hall))
    assert (admitted.session_id, admitted.code) == (hall.session_id, BidderCode("A1"))
    assert admitted.is_of(b"digest")
    assert not admitted.is_of(b"another")


async def test_it_is_used_once(database: Database, as_owner: Execute) -> None:
    secret = await a_ticket(database, await a_hall(database, as_owner))
    await redeem(database, secret)
    with pytest.raises(Refusal, match=r"ticket\.not_valid"):
        await redeem(database, secret)


async def test_it_lives_thirty_seconds(
    database: Database, as_owner: Execute, clock: FrozenClock
) -> None:
    secret = await a_ticket(database, await a_hall(database, as_owner))
    clock.advance(LIFE)
    with pytest.raises(Refusal, match=r"ticket\.not_valid"):
        await redeem(database, secret)
    assert timedelta(seconds=30) == LIFE


async def test_a_made_up_one_admits_nobody(database: Database) -> None:
    with pytest.raises(Refusal, match=r"ticket\.not_valid"):
        await redeem(database, "guess")


async def test_an_ended_session_admits_nobody(database: Database, as_owner: Execute) -> None:
    hall = await a_hall(database, as_owner)
    async with database.unit(SYSTEM) as work:
        await stop_session(work, session_id=hall.session_id)
    with pytest.raises(Refusal, match=r"session\.over"):
        await a_ticket(database, hall)
