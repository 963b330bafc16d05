"""Bids without JavaScript go as their bidder's, not as one crowd from the pages' own machine."""

from uuid import UUID

import msgspec
import pytest
from websockets.asyncio.server import ServerConnection, serve

from auction.kernel.refusal import Refusal
from auction.kernel.settings import Settings
from web.live.messenger import hand_over
from web.live.protocol import Bid, Fault, write_told

LISTING, BID = UUID(int=1), Bid(UUID(int=2), 100_000)
CHAIN = "203.0.113.9, 192.0.2.1"


async def a_ticket() -> str:
    return "a ticket"


@pytest.mark.parametrize(
    ("code", "refusal"),
    [("too_many_sockets", "hall.too_many_sockets"), ("leaving", "hall.not_reached")],
)
async def test_the_hall_is_told_whose_bid_it_is_and_its_no_comes_back(
    settings: Settings, code: str, refusal: str
) -> None:
    told: list[str] = []

    async def no_room(connection: ServerConnection) -> None:
        assert connection.request is not None
        told.append(connection.request.headers["X-Forwarded-For"])
        await connection.recv()
        await connection.send(write_told(Fault(0, code)).decode())

    async with serve(no_room, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        here = msgspec.structs.replace(settings, live_origin=f"ws://127.0.0.1:{port}")
        with pytest.raises(Refusal, match=refusal):
            await hand_over(
                here, listing_id=LISTING, bid=BID, fetch_ticket=a_ticket, forwarded_for=CHAIN
            )
    assert set(told) == {CHAIN}
