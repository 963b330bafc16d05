"""A lean client socket for load: what asks must cost less than what answers.

It knows just enough of RFC 6455: it greets, sends masked text frames, hands on whole text
messages as bytes, answers pings. Frames of the server come whole, as this platform sends them.
"""

import asyncio
import base64
import secrets
from collections.abc import Callable
from typing import Final, cast
from urllib.parse import urlsplit

_TEXT: Final = 0x1
_CLOSE: Final = 0x8
_PING: Final = 0x9
_PONG: Final = 0xA
_FIN: Final = 0x80
_SMALL: Final = 125
_MEDIUM: Final = 126
_MASK_ZERO: Final = bytes(4)
"""A mask of zeros is a lawful mask, and masking with it costs nothing."""


class ClientSocket(asyncio.Protocol):
    """One open socket; `hear` is called with it and each whole text message."""

    def __init__(self, hear: "Hear", number: int) -> None:
        self.number = number
        self.is_open = False
        self.lost_at: float | None = None
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._hear = hear
        self._rest = b""
        self._greeted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hold the way out."""
        # uvloop's transports write, though they are no subclass of asyncio's.
        self._transport = cast(asyncio.Transport, transport)

    async def greet(self, origin: str, host: str) -> None:
        """Ask for a WebSocket and wait for the yes."""
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        lines = (
            "GET / HTTP/1.1", f"Host: {host}", f"Origin: {origin}", "Upgrade: websocket",
            "Connection: Upgrade", f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13",
        )  # fmt: skip
        self._write("\r\n".join((*lines, "", "")).encode())
        await self._greeted

    def say(self, text: bytes) -> None:
        """Send one text message."""
        self._write(framed(text))

    def cut(self) -> None:
        """Drop the connection without a goodbye."""
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Take whole frames out of what came; keep the rest."""
        if self._rest:
            data, self._rest = self._rest + data, b""
        if not self.is_open:
            head, mark, data = data.partition(b"\r\n\r\n")
            if not mark:
                self._rest = head
                return
            self._open(head)
        place = 0
        while (found := _frame(data, place)) is not None:
            kind, start, end = found
            if end > len(data):
                break
            self._take(kind, data[start:end])
            place = end
        self._rest = data[place:] if place else data

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        self.is_open = False
        if not self._greeted.done():
            self._greeted.set_exception(exc or ConnectionError("the server hung up"))
        if not self.gone.done():
            self.gone.set_result(None)

    def _open(self, head: bytes) -> None:
        told = head.decode("latin-1").splitlines()[0]
        self.is_open = " 101 " in told
        if self._greeted.done():  # nobody waits for it any more
            return
        if self.is_open:
            self._greeted.set_result(None)
        else:
            self._greeted.set_exception(ConnectionError(told))

    def _take(self, kind: int, payload: bytes) -> None:
        if kind == _TEXT:
            self._hear(self, payload)
        elif kind == _PING:
            self._write(framed(payload, _PONG))
        elif kind == _CLOSE:
            self.cut()

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)


Hear = Callable[[ClientSocket, bytes], None]


async def open_socket(url: str, origin: str, hear: Hear, number: int = 0) -> ClientSocket:
    """Connect and greet; raise ConnectionError when the server does not want it."""
    place = urlsplit(url)
    loop = asyncio.get_running_loop()
    _, socket = await loop.create_connection(
        lambda: ClientSocket(hear, number), place.hostname or "", place.port or 80
    )
    await socket.greet(origin, place.netloc)
    return socket


def framed(payload: bytes, kind: int = _TEXT) -> bytes:
    """One whole client frame."""
    size = len(payload)
    if size <= _SMALL:
        head = bytes((_FIN | kind, _FIN | size))
    else:
        head = bytes((_FIN | kind, _FIN | _MEDIUM)) + size.to_bytes(2)
    return head + _MASK_ZERO + payload


def _frame(data: bytes, place: int) -> tuple[int, int, int] | None:
    """Kind, start and end of the frame at a place; None while its head is not whole."""
    if len(data) < place + 2:
        return None
    size, start = data[place + 1], place + 2
    if size > _SMALL:
        wide = 2 if size == _MEDIUM else 8
        start += wide
        if len(data) < start:
            return None
        size = int.from_bytes(data[start - wide : start])
    return data[place] & 0x0F, start, start + size
