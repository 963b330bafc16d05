"""Bidders of one hot lot, over real sockets: in a closed loop, at a steady rate, in one burst."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from uuid import UUID

from workers.bench.load.client import ClientSocket, open_socket
from workers.bench.load.halls import INCREMENT_FEN, STARTING_FEN

PATIENCE_SECONDS = 60.0
_VERDICT = b'{"type":"verdict"'
_FAULT = b'{"type":"fault"'
_SNAPSHOT = b'{"type":"snapshot"'
_HELLO = b'{"type":"hello"'
_BID = b'{"type":"bid"'
_ID = b'"bid_id":"'
_ACCEPTED = (b'"is_accepted":true', b'"verdict": "accepted"')


class LoadError(Exception):
    """The server did not do what was measured; the sentence says what."""


@dataclass(slots=True)
class Told:
    """What became of one bid: when it was due, when its verdict was heard."""

    due_at: float
    heard_at: float = 0.0
    is_accepted: bool = False

    @property
    def seconds(self) -> float:
        """From when it was due to its verdict."""
        return self.heard_at - self.due_at


@dataclass(slots=True)
class Crowd:
    """Many bidders in one hall who all know the next price: nearly every bid is accepted."""

    numbers: "count[int]" = field(default_factory=lambda: count(1))
    """The next bid's number: its price is so many increments above the start."""
    told: dict[bytes, Told] = field(default_factory=dict)
    """By bid_id."""
    sockets: list[ClientSocket] = field(default_factory=list)
    is_echoed: bool = False
    """Whether the server says back what it hears, instead of deciding."""
    is_bidding: bool = False
    """Whether a bidder answers each verdict by the next bid."""
    _entered: int = 0
    _open: int = 0
    _faults: list[bytes] = field(default_factory=list)
    _stir: asyncio.Event = field(default_factory=asyncio.Event)

    async def enter(self, url: str, origin: str, listing: UUID, tickets: Sequence[str]) -> None:
        """Connect every bidder and wait until each was told the snapshot."""
        for number, ticket in enumerate(tickets):
            socket = await open_socket(url, origin, self._hear, number)
            self.sockets.append(socket)
            socket.say(f'{{"type":"hello","listing":"{listing}","ticket":"{ticket}"}}'.encode())
        await self._until(lambda: self._entered >= len(tickets), "the snapshots")

    def bid(self, socket: ClientSocket, due_at: float | None = None) -> None:
        """Offer the next price."""
        number = next(self.numbers)
        bid_id = b"00000000-0000-4000-8000-%012x" % number
        amount = STARTING_FEN + INCREMENT_FEN * number
        self.told[bid_id] = Told(time.perf_counter() if due_at is None else due_at)
        self._open += 1
        socket.say(b'{"type":"bid","bid_id":"%b","amount_fen":%d}' % (bid_id, amount))

    async def loop(self, seconds: float) -> list[Told]:
        """Every bidder bids again as soon as he has his verdict; return those heard meanwhile."""
        self.is_bidding = True
        for socket in self.sockets:
            self.bid(socket)
        await asyncio.sleep(seconds / 4)  # until the caches are warm and the batches even
        began = time.perf_counter()
        await asyncio.sleep(seconds)
        ended = time.perf_counter()
        self.is_bidding = False
        await self.settle()
        return [one for one in self.told.values() if began <= one.heard_at < ended]

    async def steady(self, per_second: float, seconds: float) -> list[Told]:
        """Bid at a steady rate, whether or not verdicts come; waiting for a turn counts."""
        before = len(self.told)
        began = time.perf_counter() + 0.1
        for number in range(int(per_second * seconds)):
            due_at = began + number / per_second
            await asyncio.sleep(max(0.0, due_at - time.perf_counter()))
            self.bid(self.sockets[number % len(self.sockets)], due_at)
        await self.settle()
        return list(self.told.values())[before:]

    async def burst(self, size: int) -> list[Told]:
        """Send so many bids at once."""
        before, due_at = len(self.told), time.perf_counter()
        for number in range(size):
            self.bid(self.sockets[number % len(self.sockets)], due_at)
        await self.settle()
        return list(self.told.values())[before:]

    async def settle(self) -> None:
        """Wait until every bid is decided."""
        await self._until(lambda: self._open == 0, "the verdicts")

    def leave(self) -> None:
        """Hang up."""
        for socket in self.sockets:
            socket.cut()

    async def _until(self, holds: Callable[[], bool], what: str) -> None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not holds():
                    if self._faults:
                        raise LoadError(self._faults[0].decode())
                    self._stir.clear()
                    await self._stir.wait()
        except TimeoutError as late:
            raise LoadError(f"waited {PATIENCE_SECONDS:.0f} s in vain for {what}") from late

    def _hear(self, socket: ClientSocket, message: bytes) -> None:
        if message.startswith(_VERDICT) or (self.is_echoed and message.startswith(_BID)):
            self._decided(socket, message)
        elif message.startswith(_HELLO if self.is_echoed else _SNAPSHOT):
            self._entered += 1
            self._stir.set()
        elif message.startswith(_FAULT):
            self._faults.append(message)
            self._stir.set()

    def _decided(self, socket: ClientSocket, message: bytes) -> None:
        place = message.index(_ID) + len(_ID)
        told = self.told[message[place : place + 36]]
        told.heard_at = time.perf_counter()
        told.is_accepted = any(word in message for word in _ACCEPTED)
        self._open -= 1
        if self.is_bidding:
            self.bid(socket)
        elif not self._open:
            self._stir.set()
