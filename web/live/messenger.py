"""Hands a bid of the page without JavaScript to the home of its session, as a socket client."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Origin

from auction.kernel.money import Money
from auction.kernel.refusal import Refusal
from auction.kernel.settings import Settings
from web.live.protocol import Bid, Fault, Hello, Snapshot, Told, Verdict

PATIENCE_SECONDS: Final = 10.0
MESSAGE_BYTES_MAX: Final = 1 << 20
HOMES_MAX: Final = 3
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_told = msgspec.json.Decoder(Told)
_said = msgspec.json.Encoder()

FetchTicket = Callable[[], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class HandedOver:
    """The verdict on a bid that was handed over."""

    is_accepted: bool
    reason: str
    seq: int
    amount: Money
    entered_at: datetime
    receipt: str


async def hand_over(
    settings: Settings,
    *,
    listing_id: UUID,
    bid: Bid,
    fetch_ticket: FetchTicket,
    forwarded_for: str = "",
) -> HandedOver:
    """Bid as a socket would and wait for the verdict; refuse with `hall.not_reached`.

    The bid_id is the page's own: the form sent twice gets the first verdict again.
    `forwarded_for` says whose bid it is, as a reverse proxy would: a hall that counts this
    machine among its proxies counts the bid to its bidder's address and not to ours.
    """
    origin = settings.live_origin
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            for _ in range(HOMES_MAX):
                hello = Hello(listing_id, await fetch_ticket())
                told = await _converse(origin, settings.web_origin, (hello, bid), forwarded_for)
                if isinstance(told, Verdict):
                    return _handed_over(told)
                if told.code == "too_many_sockets":
                    raise Refusal("hall.too_many_sockets")
                origin = told.origin or origin
    except (OSError, TimeoutError, WebSocketException, msgspec.DecodeError) as cut:
        raise Refusal("hall.not_reached") from cut
    raise Refusal("hall.not_reached")


async def _converse(
    origin: str, web_origin: str, said: tuple[Hello, Bid], forwarded_for: str
) -> Verdict | Fault:
    """Greet, wait to be let in, bid, and return the verdict or what went wrong."""
    hello, bid = said
    async with connect(
        origin,
        origin=Origin(web_origin),
        additional_headers={"X-Forwarded-For": forwarded_for} if forwarded_for else None,
        compression=None,
        max_size=MESSAGE_BYTES_MAX,
    ) as socket:
        await socket.send(_said.encode(hello), text=True)
        return await _verdict(socket, bid)


async def _verdict(socket: ClientConnection, bid: Bid) -> Verdict | Fault:
    async for message in socket:
        told = _told.decode(message)
        if isinstance(told, Snapshot):
            await socket.send(_said.encode(bid), text=True)
        elif isinstance(told, Fault) or (isinstance(told, Verdict) and told.bid_id == bid.bid_id):
            return told
    raise OSError("the hall hung up before its verdict")


def _handed_over(verdict: Verdict) -> HandedOver:
    return HandedOver(
        is_accepted=verdict.is_accepted,
        reason=verdict.reason,
        seq=verdict.seq,
        amount=Money(verdict.amount_fen),
        entered_at=_EPOCH + timedelta(milliseconds=verdict.entered_at),
        receipt=msgspec.json.format(_said.encode(verdict.receipt)).decode(),
    )
