"""Clients that follow one session to its end, whatever happens to their sockets.

A bidder who loses his socket comes again with a new ticket, asks what became of the bid he
has not heard of, and sends that very bid again when it never came in. Nobody here ever gives
up a bid or makes it twice: whatever goes wrong then is the platform's doing.
"""

import asyncio
from contextlib import suppress
from itertools import count
from random import Random
from uuid import UUID, uuid4

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage
from websockets.typing import Origin

from tests.faults.history import Answered, BidSeen, Seen, Sent
from tests.faults.room import NoTicket, Room
from web.live import protocol
from web.live.protocol import FateTold, Fault, Frame, Snapshot, State, Told, Verdict

LOST = (OSError, TimeoutError, ConnectionClosed, InvalidHandshake, InvalidMessage)
ANSWER_SECONDS_MAX = 8.0
"""After so long without a word a bidder asks what became of his bid."""
_OVER = frozenset({"sold", "passed_in", "stopped"})
_decoder = msgspec.json.Decoder(Told)
_numbers = count(1)


class Client:
    """One person before one session: a watcher, or with a code a bidder."""

    def __init__(self, room: Room, chance: Random, code: str | None = None) -> None:
        self.room = room
        self.code = code
        self.state: State | None = None
        self.sockets = 0
        self._chance = chance
        self._name = code or f"W{next(_numbers):03d}"
        is_anywhere = code is None or room.is_spread
        self._origin = chance.choice(room.origins) if is_anywhere else room.origins[0]
        self._socket: ClientConnection | None = None
        self._pending: tuple[UUID, int] | None = None
        """His bid of which he has not heard yet."""
        self._is_asking = False
        self._news = asyncio.Event()

    @property
    def is_over(self) -> bool:
        """Whether this client was told that it is over."""
        return self.state is not None and self.state.state in _OVER

    async def follow(self) -> None:
        """Come, come again, and stay until it is over and no bid of his is open."""
        acting = asyncio.create_task(self._act()) if self.code else None
        try:
            while not (self.is_over and self._pending is None):
                with suppress(*LOST, NoTicket):
                    await self._stay()
                if self.is_over and self.code is not None:
                    break  # no page gives tickets any more: what is open stands in his record
                await asyncio.sleep(self._chance.uniform(0.05, 0.4))
        finally:
            if acting is not None:
                acting.cancel()
                await asyncio.gather(acting, return_exceptions=True)

    async def _stay(self) -> None:
        """One socket, from hello to its end."""
        hello = {"type": "hello", "listing": str(self.room.listing_id)}
        if self.code is not None:
            hello["ticket"] = await self.room.ticket(self.code)
        self.sockets += 1
        origin = Origin("http://127.0.0.1:8000")
        try:
            async with connect(
                self._origin, origin=origin, compression=None, open_timeout=3, close_timeout=1,
                ping_interval=4, ping_timeout=4,
            ) as socket:  # fmt: skip
                await socket.send(msgspec.json.encode(hello).decode())
                await self._listen(socket)
        except OSError:
            self._go_elsewhere()
            raise
        finally:
            self._socket = None

    async def _listen(self, socket: ClientConnection) -> None:
        async for text in socket:
            data = text.encode() if isinstance(text, str) else text
            await self._hear(socket, _decoder.decode(data))
            self._news.set()
            if self.is_over and self._pending is None:
                return

    def _go_elsewhere(self, origin: str = "") -> None:
        others = self.room.origins
        place = others.index(self._origin) if self._origin in others else 0
        self._origin = origin or others[(place + 1) % len(others)]

    async def _hear(self, socket: ClientConnection, told: Told) -> None:
        match told:
            case Snapshot() | Frame():
                self._see(told)
                if isinstance(told, Snapshot):
                    self._socket = socket
                    await self._ask()
            case Verdict():
                self._take(told)
            case FateTold(verdict=None):
                await self._send_again(told.bid_id)
            case FateTold():
                self._take(told.verdict)
            case Fault():
                await self._hear_fault(told)

    async def _hear_fault(self, told: Fault) -> None:
        if told.code == "home_elsewhere":
            self.room.redirected += bool(told.origin)
            self._go_elsewhere(told.origin)
        elif told.code in {"moved", "unknown", "too_fast"}:
            await self._ask()
        else:
            self.room.strange.append(f"{self._name} was told {told.code}")

    def _see(self, told: Snapshot | Frame) -> None:
        state, at = told.state, self.room.now()
        if self.state is None or state.version >= self.state.version:
            self.state = state
        bids = tuple(BidSeen(bid.seq, bid.code, bid.amount_fen) for bid in told.bids)
        self.room.history.seen.append(
            Seen(
                f"{self._name}.{self.sockets}", at, state.version, state.seq, state.state,
                state.price_fen, state.leader, state.closes_at, bids,
            )
        )  # fmt: skip
        if state.state in _OVER:
            self.room.told_over(at)

    def _take(self, told: Verdict) -> None:
        words = protocol.write_told(told)
        self.room.history.answered.append(
            Answered(
                self.code or "", told.bid_id, told.seq, told.is_accepted, told.reason,
                told.amount_fen, told.entered_at, told.closes_at, self.room.now(), words,
            )
        )  # fmt: skip
        if self._pending is not None and self._pending[0] == told.bid_id:
            self._pending = None

    async def _act(self) -> None:
        """Bid now and then; ask for the fate of a bid that nobody speaks of."""
        while True:
            self._news.clear()
            if self._pending is None:
                await asyncio.sleep(self._chance.uniform(0.1, 0.9))
                await self._bid()
                continue
            try:
                async with asyncio.timeout(ANSWER_SECONDS_MAX):
                    while self._pending is not None:
                        await self._news.wait()
                        self._news.clear()
            except TimeoutError:
                await self._ask()

    async def _bid(self) -> None:
        if self._socket is None or self.state is None or not self.room.is_bidding or self.is_over:
            return
        amount = self.state.least_fen + self.state.increment_fen * self._chance.randrange(6)
        self._pending = (uuid4(), amount)
        await self._send(self._socket)

    async def _send_again(self, bid_id: UUID) -> None:
        if self._pending is not None and self._pending[0] == bid_id and self._socket is not None:
            await self._send(self._socket)

    async def _send(self, socket: ClientConnection) -> None:
        """Hand the open bid to a socket."""
        if self._pending is None:
            return
        bid_id, amount = self._pending
        sent = Sent(self.code or "", bid_id, amount, self.room.now())
        self.room.history.sent.append(sent)
        with suppress(*LOST):
            said = {"type": "bid", "bid_id": str(bid_id), "amount_fen": amount}
            await socket.send(msgspec.json.encode(said).decode())

    async def _ask(self) -> None:
        if self._pending is not None and self._socket is not None:
            with suppress(*LOST):
                said = {"type": "fate", "bid_id": str(self._pending[0])}
                await self._socket.send(msgspec.json.encode(said).decode())


def a_crowd(room: Room, *, watchers: int, seed: int = 1) -> list[Client]:
    """A bidder for each code, and so many watchers."""
    chance = Random(seed)
    bidders = [Client(room, Random(chance.random()), code) for code in room.codes]
    return bidders + [Client(room, Random(chance.random())) for _ in range(watchers)]
