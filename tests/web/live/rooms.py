"""A live server in the test's own loop, with real sockets, PostgreSQL and the real clock."""

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import msgspec

from auction.kernel.actor import Actor, Role
from auction.kernel.clock import SystemClock
from auction.kernel.ids import BidderCode, PersonId, new_id
from auction.kernel.settings import Settings
from auction.store.database import Database
from bidding.hall.ticket import issue_ticket
from tests.bidding.halls import AHall
from tests.signers import answering
from web.live.keeper import Keeper
from web.live.server import run
from workers.demo.bidder import Bidder


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


@dataclass
class ARoom:
    """A running live server and how to get in."""

    settings: Settings
    database: Database
    keeper: Keeper
    clients: list[Bidder] = field(default_factory=list)

    def bidder(self, hall: AHall, code: str) -> Bidder:
        async def get_ticket() -> str:
            actor = Actor(PersonId(new_id(self.database.clock.now())), frozenset({Role.BIDDER}))
            async with self.database.unit(actor) as work:
                return await issue_ticket(
                    work,
                    session_id=hall.session_id,
                    code=BidderCode(code),
                    sign_in=secrets.token_bytes(8),
                )

        return self.client(hall, get_ticket)

    def client(self, hall: AHall, get_ticket: Callable[[], Awaitable[str]] | None = None) -> Bidder:
        made = Bidder(
            self.settings.live_origin, self.settings.web_origin, str(hall.listing_id), get_ticket
        )
        self.clients.append(made)
        return made


@asynccontextmanager
async def a_signer(settings: Settings) -> AsyncIterator[None]:
    async with answering(settings):
        yield


@asynccontextmanager
async def a_room(settings: Settings, database: Database) -> AsyncIterator[ARoom]:
    """Run one live process; leaving drains it as SIGTERM would."""
    port = free_port()
    own = msgspec.structs.replace(
        settings,
        live_port=port,
        live_origin=f"ws://127.0.0.1:{port}",
        live_messages_a_second=200,
        live_messages_a_second_by_bidder=300,
        live_messages_a_second_by_address=100_000,
        live_sockets_by_address=100_000,
    )
    until = asyncio.Event()
    started: asyncio.Future[Keeper] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(run(own, until, ready=started.set_result))
    done, _ = await asyncio.wait([task, started], return_when=asyncio.FIRST_COMPLETED)
    if task in done:
        await task
    room = ARoom(own, database, started.result())
    try:
        yield room
    finally:
        until.set()
        await task
        for client in room.clients:
            await client.leave()


@asynccontextmanager
async def real_time(settings: Settings) -> AsyncIterator[Database]:
    """The test's database by the wall clock: the hall's process lives by PostgreSQL's."""
    database = Database(settings, clock=SystemClock())
    try:
        yield database
    finally:
        await database.close()
