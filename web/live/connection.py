"""One socket: bytes stamped as they arrive, messages handed on in the same call, sends bounded."""

import asyncio
import socket
from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from websockets.asyncio.server import Server, ServerConnection
from websockets.frames import (  # type: ignore[attr-defined]  # it has the compiled mask, if any
    CloseCode,
    Frame,
    Opcode,
    apply_mask,
)
from websockets.protocol import Event, State
from websockets.server import ServerProtocol

from auction.kernel.clock import Clock
from bidding.hall.ticket import Admission
from web.live.protocol import Bid, Fetch

UNSENT_BYTES_MAX: Final = 256 * 1024
PARTS_MAX: Final = 256
"""Fragments of one message."""
KERNEL_BYTES: Final = 64 * 1024
"""What the kernel keeps for a socket besides (it doubles the figure); left to itself it takes
some megabytes for one that does not read."""
_WHOLE_TEXT: Final = 0x81
_MASKED: Final = 0x80
_SIZE: Final = 0x7F
_SHORT, _LONG, _VERY_LONG = 125, 126, 127
_HEAD_BYTES: Final = 6
"""What comes before the payload of a short frame: two bytes and its mask."""
_END: Final = b"\r\n\r\n"
_DATA: Final = frozenset({Opcode.TEXT, Opcode.BINARY, Opcode.CONT})


class Place(Protocol):
    """The hall that a socket was let into."""

    def bid(self, connection: "HallConnection", said: Bid, entered_at: datetime) -> None:
        """Take a bid."""
        ...

    def fate(self, connection: "HallConnection", bid_id: UUID) -> None:
        """Say what became of a bid."""
        ...

    def fetch(self, connection: "HallConnection", said: Fetch) -> None:
        """Fill a gap."""
        ...


class Receiver(Protocol):
    """Who takes the messages."""

    def receive(self, connection: "HallConnection", data: bytes, entered_at: datetime) -> None:
        """Take one whole message, in the call that received its last byte."""
        ...

    def leave(self, connection: "HallConnection") -> None:
        """Note that a socket is gone."""
        ...


class HallConnection(ServerConnection):
    """A socket of the hall.

    The library would queue messages for a task. Here a message is decided on in the very
    call that received it: nothing that entered in time can be waiting unseen when a session
    ends. Fragments are put together; the time of the last one counts, as only then it is in.
    """

    def __init__(
        self,
        protocol: ServerProtocol,
        server: Server,
        *,
        clock: Clock,
        receiver: Receiver,
        close_timeout: float | None = 10,
        **options: float | int | None,
    ) -> None:
        super().__init__(protocol, server, close_timeout=close_timeout, **options)  # type: ignore[arg-type]
        self.admission: Admission | None = None
        self.place: Place | None = None
        self.is_greeted = False
        self.is_sent_away = False
        self.is_gone = False
        self.on_gone: Callable[[HallConnection], None] | None = None
        self.address = ""
        """Whose limit it counts towards; known with its first message."""
        self._clock = clock
        self._receiver = receiver
        self._entered_at = clock.now()
        self._parts: list[bytes] = []
        self._is_text = True
        self._is_between = True
        """Whether all that the library was given of frames ended with a whole one."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Bound what waits below us as well."""
        wire = transport.get_extra_info("socket")
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BYTES)
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Stamp the bytes, then let the library read them.

        It answers each ping by itself: who pings and does not read is sent away as well.
        """
        self._entered_at = self._clock.now()
        if self._is_between and self._is_one_bare_text(data):
            text = apply_mask(data[_HEAD_BYTES:], data[2:_HEAD_BYTES])
            self._receiver.receive(self, text, self._entered_at)
            return
        is_open = self.protocol.state is State.OPEN
        self._is_between &= are_whole(data) if is_open else is_whole_request(data)
        super().data_received(data)
        if self.transport.get_write_buffer_size() > UNSENT_BYTES_MAX:
            self.end(CloseCode.TRY_AGAIN_LATER, "too slow")
            self.transport.abort()

    def _is_one_bare_text(self, data: bytes) -> bool:
        """Whether it is one short text, which it would take the library ten times as long to read.

        The library is between two frames then, and stays there.
        """
        return (
            len(data) >= _HEAD_BYTES
            and data[0] == _WHOLE_TEXT
            and _MASKED <= data[1] <= _MASKED + _SHORT
            and len(data) == data[1] - _MASKED + _HEAD_BYTES
            and not self._parts
            and self.protocol.state is State.OPEN
        )

    def process_event(self, event: Event) -> None:
        """Put data frames together and hand on what is whole; the rest is the library's."""
        if not isinstance(event, Frame) or event.opcode not in _DATA:
            super().process_event(event)
            return
        self._take(event)

    def _take(self, frame: Frame) -> None:
        if frame.opcode is not Opcode.CONT:
            self._is_text = frame.opcode is Opcode.TEXT
        self._parts.append(bytes(frame.data))
        if len(self._parts) > PARTS_MAX:  # empty ones pass every other bound
            self.end(CloseCode.POLICY_VIOLATION, "too many fragments")
            self._parts = []
            return
        if not frame.fin:
            return
        message, self._parts = b"".join(self._parts), []
        if not self._is_text:
            self.end(CloseCode.UNSUPPORTED_DATA, "text only")
        else:
            self._receiver.receive(self, message, self._entered_at)

    def tell(self, text: bytes) -> None:
        """Send one text frame without waiting; a socket that does not read is closed."""
        self.pass_on(framed(text))

    def pass_on(self, frame: bytes) -> None:
        """Send the bytes of a whole frame: what many sockets are told is made once."""
        if self.protocol.state is not State.OPEN:
            return
        if self.transport.get_write_buffer_size() > UNSENT_BYTES_MAX:
            self.end(CloseCode.TRY_AGAIN_LATER, "too slow")
            self.transport.abort()
            return
        self.transport.write(frame)

    def end(self, code: CloseCode, reason: str) -> None:
        """Begin to close: what it says before it has answered that is not taken."""
        self.is_sent_away = True
        if self.protocol.state is State.OPEN:
            self.protocol.send_close(code, reason)
            self.send_data()
            self.loop.call_later(self.close_timeout or 10, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave the hall."""
        super().connection_lost(exc)
        self.is_gone = True
        self._receiver.leave(self)
        if self.on_gone is not None:
            self.on_gone(self)


def are_whole(data: bytes) -> bool:
    """Whether bytes that begin with a client's frame end with one; of very long ones: no."""
    place = 0
    while len(data) - place >= _HEAD_BYTES:
        size = data[place + 1] & _SIZE
        if size == _VERY_LONG:
            return False
        if size == _LONG:
            size = 2 + int.from_bytes(data[place + 2 : place + 4])
        place += _HEAD_BYTES + size
    return place == len(data)


def is_whole_request(data: bytes) -> bool:
    """Whether these bytes are all of what opens a socket, and nothing follows."""
    return data.startswith(b"GET ") and data.find(_END) == len(data) - len(_END)


def framed(text: bytes) -> bytes:
    """The bytes of one whole text frame, the same for every socket: no extension changes them."""
    size = len(text)
    if size <= _SHORT:
        return bytes((_WHOLE_TEXT, size)) + text
    if size < 1 << 16:
        return bytes((_WHOLE_TEXT, _LONG)) + size.to_bytes(2) + text
    return bytes((_WHOLE_TEXT, _VERY_LONG)) + size.to_bytes(8) + text
