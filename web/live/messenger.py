"""Hands a bid of the page without JavaScript to the home of its session, as a socket client."""

import asyncio
import json
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from auction.kernel.money import Money
from auction.kernel.refusal import Refusal
from auction.kernel.settings import Settings

PATIENCE_SECONDS: Final = 10.0
MESSAGE_BYTES_MAX: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Told:
    """The verdict on a bid that was handed over."""

    is_accepted: bool
    reason: str
    seq: int
    amount: Money
    entered_at: str
    receipt: str


async def hand_over(
    settings: Settings,
    *,
    ticket: str,
    bid_id: UUID,
    amount: Money,
    only_if_price: Money | None,
) -> Told:
    """Bid under the ticket's code and wait for the verdict; refuse with `hall.not_reached`.

    The bid_id is the page's own: the form sent twice gets the first verdict again.
    """
    bid: dict[str, object] = {"type": "bid", "bid_id": str(bid_id), "amount_fen": amount.fen}
    if only_if_price is not None:
        bid["only_if_price"] = only_if_price.fen
    try:
        async with (
            asyncio.timeout(PATIENCE_SECONDS),
            connect(
                settings.live_origin,
                origin=settings.web_origin,  # type: ignore[arg-type]
                compression=None,
                max_size=MESSAGE_BYTES_MAX,
            ) as socket,
        ):
            await socket.send(json.dumps({"type": "hello", "ticket": ticket}))
            await socket.send(json.dumps(bid))
            async for message in socket:
                told = json.loads(message)
                if told.get("type") == "verdict" and told.get("bid_id") == str(bid_id):
                    return _told(told, amount)
    except (OSError, TimeoutError, WebSocketException) as cut:
        raise Refusal("hall.not_reached") from cut
    raise Refusal("hall.not_reached")


def _told(verdict: dict[str, object], amount: Money) -> Told:
    return Told(
        is_accepted=bool(verdict.get("accepted")),
        reason=str(verdict.get("reason", "")),
        seq=int(str(verdict.get("seq", 0))),
        amount=amount,
        entered_at=str(verdict.get("entered_at", "")),
        receipt=json.dumps(verdict.get("receipt"), ensure_ascii=False, indent=1),
    )
