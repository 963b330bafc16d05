"""A client of the live hall, for robots: it never misses a bid and never bids twice.

It keeps the newest state, fetches what a gap hides, and after a cut asks what became of a
bid before it says anything new. `web/live/protocol.py` describes the messages.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID, uuid4  # noqa: TID251  (a robot stands outside the platform)

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

PATIENCE_SECONDS: Final = 15.0
Message = dict[str, object]
GetTicket = Callable[[], Awaitable[str]]
"""Fetches a one-time ticket from the bidder's own page."""


class HallError(Exception):
    """The hall did not do what a bidder would expect; the sentence says what."""


class Bidder:
    """One socket after another to one listing's hall, under one code or as a watcher."""

    def __init__(
        self, live_origin: str, web_origin: str, listing: str, get_ticket: GetTicket | None = None
    ) -> None:
        self.code: str | None = None
        self.state: Message = {}
        self.bids: dict[int, Message] = {}
        """Accepted bids by seq, as this client saw them."""
        self.faults: list[str] = []
        self.snapshots = 0
        self._live_origin = live_origin
        self._web_origin = web_origin
        self._listing = listing
        self._get_ticket = get_ticket
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._seen_seq = -1
        self._changed = asyncio.Event()
        self._answers: dict[str, asyncio.Future[Message]] = {}

    async def enter(self) -> None:
        """Connect, say hello and wait for the snapshot."""
        hello: Message = {"type": "hello", "listing": self._listing}
        if self._get_ticket is not None:
            hello["ticket"] = await self._get_ticket()
        before = self.snapshots
        self._socket = await connect(
            self._live_origin,
            origin=Origin(self._web_origin),
            compression=None,
        )
        self._reader = asyncio.create_task(self._read(self._socket))
        await self._say(hello)
        await self.until(lambda: self.snapshots > before or bool(self.faults), "a snapshot")
        if self.snapshots == before:
            raise HallError(f"not let in: {self.faults[-1]}")

    async def bid(self, amount_fen: int, *, bid_id: UUID | None = None) -> Message:
        """Offer an amount; return the verdict, asking for it after a cut if need be."""
        number = str(bid_id or uuid4())
        await self._say({"type": "bid", "bid_id": number, "amount_fen": amount_fen})
        return await self._answer(number)

    async def send_bid(self, amount_fen: int) -> str:
        """Offer an amount and do not wait; return the bid_id."""
        number = str(uuid4())
        await self._say({"type": "bid", "bid_id": number, "amount_fen": amount_fen})
        return number

    async def fate(self, bid_id: str) -> Message | None:
        """Ask what became of a bid; None when it never came in."""
        await self._say({"type": "fate", "bid_id": bid_id})
        answer = await self._answer(bid_id)
        if answer.get("type") == "fate":
            verdict = answer.get("verdict")
            return verdict if isinstance(verdict, dict) else None
        return answer

    async def cut(self) -> None:
        """Lose the connection, as in a tunnel: no goodbye."""
        if self._socket is not None:
            self._socket.transport.abort()
            await self._socket.wait_closed()

    async def closed(self) -> None:
        """Wait until the hall has closed the socket."""
        if self._socket is not None:
            await self._socket.wait_closed()

    async def leave(self) -> None:
        """Close politely."""
        if self._socket is not None:
            await self._socket.close()
        if self._reader is not None:
            await asyncio.wait([self._reader])

    async def until(
        self, holds: Callable[[], bool], what: str, *, seconds: float = PATIENCE_SECONDS
    ) -> None:
        """Wait for news until something holds; raise HallError when it takes too long."""
        try:
            async with asyncio.timeout(seconds):
                while not holds():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError as late:
            raise HallError(f"waited {seconds:.0f} s in vain for {what}") from late

    def number(self, name: str) -> int:
        """A number of the newest state; 0 where it has none."""
        value = self.state.get(name)
        return value if isinstance(value, int) else 0

    @property
    def leader(self) -> str | None:
        """The code that leads."""
        value = self.state.get("leader")
        return value if isinstance(value, str) else None

    @property
    def phase(self) -> str:
        """The session's state."""
        return str(self.state.get("state", ""))

    async def _say(self, message: Message) -> None:
        if self._socket is None:
            raise HallError("not connected")
        try:
            await self._socket.send(json.dumps(message))
        except ConnectionClosed as gone:
            raise HallError("the connection is gone") from gone

    async def _answer(self, bid_id: str) -> Message:
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._answers[bid_id] = future
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await future
        except TimeoutError as late:
            raise HallError(f"no verdict on {bid_id}") from late
        finally:
            self._answers.pop(bid_id, None)

    async def _read(self, socket: ClientConnection) -> None:
        try:
            async for text in socket:
                await self._hear(json.loads(text))
                self._changed.set()
        except ConnectionClosed:
            pass
        for waiting in self._answers.values():
            if not waiting.done():
                waiting.set_exception(HallError("the connection is gone"))
        self._changed.set()

    async def _hear(self, message: Message) -> None:
        kind = message.get("type")
        if kind in {"snapshot", "frame"}:
            await self._see(message)
        elif kind in {"verdict", "fate", "fault"}:
            waiting = self._answers.get(str(message.get("bid_id")))
            if waiting is not None and not waiting.done():
                waiting.set_result(message)
            elif kind == "fault":
                self.faults.append(str(message.get("code")))

    async def _see(self, message: Message) -> None:
        """Take a newer state, once each bid; ask for what is missing in between."""
        state, bids = message["state"], message["bids"]
        if not isinstance(state, dict) or not isinstance(bids, list):
            raise HallError("the hall told no state")
        if message["type"] == "snapshot":
            self.snapshots += 1
            code = message["code"]
            self.code = code if isinstance(code, str) else None
        first = message.get("from_seq", 0)
        if isinstance(first, int) and first > self._seen_seq + 1 and self._seen_seq >= 0:
            await self._say({"type": "fetch", "from_seq": self._seen_seq})
        for bid in bids:
            self.bids[int(bid["seq"])] = bid
        self._seen_seq = max(self._seen_seq, int(state["seq"]))
        if int(state["version"]) >= self.number("version"):
            self.state = state
