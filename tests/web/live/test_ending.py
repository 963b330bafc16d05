"""Sockets end with the sign-in that let them in, however it ends."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import text
from websockets.frames import Frame, Opcode

from auction.kernel.actor import SYSTEM, VISITOR, Actor, Role
from auction.kernel.ids import BidderCode, PersonId, new_id
from auction.people.commands import Enrolment, enroll_person, revoke_sign_ins, sign_in
from auction.people.credentials import new_token, token_digest
from auction.people.person import PersonKind
from auction.store.database import Database
from bidding.hall.ticket import issue_ticket
from tests.bidding.halls import AHall, Execute
from tests.web.live.rooms import ARoom
from workers.demo.bidder import Bidder, HallError
from workers.demo.cast import resident

SECONDS_MAX = 2.0


async def someone_signed_in(database: Database, serial: int) -> tuple[PersonId, str]:
    who = Enrolment(f"p{serial}", PersonKind.NATURAL, "某竞买人", resident(serial), "a hash")
    async with database.unit(VISITOR) as work:
        person_id = await enroll_person(work, work.new_id(), enrolment=who)
    token = new_token()
    async with database.unit(VISITOR) as work:
        made = new_id(work.now)
        await sign_in(work, made, person_id=person_id, token=token, browser="a browser")
    return person_id, token


def seat(room: ARoom, hall: AHall, code: str, token: str) -> Bidder:
    async def get_ticket() -> str:
        actor = Actor(PersonId(new_id(room.database.clock.now())), frozenset({Role.BIDDER}))
        async with room.database.unit(actor) as work:
            return await issue_ticket(
                work,
                session_id=hall.session_id,
                code=BidderCode(code),
                sign_in=token_digest(token),
            )

    return room.client(hall, get_ticket)


async def revoked(database: Database, person_id: PersonId, _: Execute) -> None:
    async with database.unit(SYSTEM) as work:
        assert await revoke_sign_ins(work, person_id) == 1


async def idled_out(_: Database, person_id: PersonId, as_owner: Execute) -> None:
    await as_owner(
        "UPDATE sign_in SET seen_at = now() - interval '30 minutes' + interval '0.2 seconds'"
        f" WHERE person_id = '{person_id}'"
    )


async def grown_old(_: Database, person_id: PersonId, as_owner: Execute) -> None:
    await as_owner(
        "UPDATE sign_in SET ends_at = now() + interval '0.2 seconds'"
        f" WHERE person_id = '{person_id}'"
    )


@pytest.mark.parametrize("end", [revoked, idled_out, grown_old])
async def test_the_socket_of_an_ended_sign_in_closes_within_two_seconds_and_no_other(
    room: ARoom,
    hall: AHall,
    as_owner: Execute,
    end: Callable[[Database, PersonId, Execute], Awaitable[None]],
) -> None:
    ending, token = await someone_signed_in(room.database, 1)
    _, other_token = await someone_signed_in(room.database, 2)
    shut_out, other = seat(room, hall, "A1", token), seat(room, hall, "B2", other_token)
    await shut_out.enter()
    await other.enter()
    await end(room.database, ending, as_owner)
    async with asyncio.timeout(SECONDS_MAX):
        await shut_out.closed()
    with pytest.raises(HallError, match="ticket_not_valid"):
        await shut_out.enter()
    verdict = await other.bid(100_000)
    assert verdict["is_accepted"]


async def test_no_row_leads_from_a_code_to_a_person(
    room: ARoom, hall: AHall, now_database: Database
) -> None:
    _, token = await someone_signed_in(room.database, 1)
    await seat(room, hall, "A1", token).enter()
    async with now_database.reading() as session:
        marks = set(await session.scalars(text("SELECT sign_in FROM tickets")))
        digests = set(await session.scalars(text("SELECT token_digest FROM sign_in")))
    assert marks
    assert not marks & digests


async def test_a_socket_that_was_sent_away_bids_no_more_even_if_it_stays(
    room: ARoom, hall: AHall, as_owner: Execute
) -> None:
    ending, token = await someone_signed_in(room.database, 1)
    stays, other = seat(room, hall, "A1", token), seat(room, hall, "B2", "another")
    await stays.enter()
    await other.enter()
    socket = stays._socket
    assert socket is not None
    hears = asyncio.get_running_loop().create_future()
    answer, socket.protocol.send_eof = socket.send_data, lambda: None

    def bids_instead_of_answering() -> None:
        """What a program that wants to stay would do with the hall's close."""
        if socket.protocol.close_rcvd is None:
            answer()
        elif not hears.done():
            bid = {"type": "bid", "bid_id": str(new_id(room.database.clock.now()))}
            text = json.dumps({**bid, "amount_fen": 100_000}).encode()
            frame = Frame(Opcode.TEXT, text).serialize(mask=True, extensions=[])
            socket.transport.write(frame)
            hears.set_result(None)

    socket.send_data = bids_instead_of_answering
    await revoked(room.database, ending, as_owner)
    async with asyncio.timeout(SECONDS_MAX):
        await hears
    verdict = await other.bid(100_000)
    assert verdict["is_accepted"], "the other's bid is the first one of this amount"


async def test_a_bid_with_a_close_right_behind_it_counts(room: ARoom, hall: AHall) -> None:
    _, token = await someone_signed_in(room.database, 1)
    hasty, other = seat(room, hall, "A1", token), seat(room, hall, "B2", "another")
    await hasty.enter()
    await other.enter()
    socket = hasty._socket
    assert socket is not None
    bid = {"type": "bid", "bid_id": str(new_id(room.database.clock.now())), "amount_fen": 100_000}
    frames = (Frame(Opcode.TEXT, json.dumps(bid).encode()), Frame(Opcode.CLOSE, b"\x03\xe8"))
    socket.transport.write(b"".join(one.serialize(mask=True, extensions=[]) for one in frames))
    await other.until(lambda: other.leader == "A1", "the bid of the one who left")
