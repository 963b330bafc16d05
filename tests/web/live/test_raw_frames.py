"""RFC 6455 by raw bytes: what the hall answers to 60 things that no library would send."""

import asyncio
import base64
import shutil
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from auction.kernel.settings import SUBJECT_KEYS_FILE, Settings
from tests.conftest import NO_VALKEY, Server, empty
from tests.web.live.rooms import ARoom, a_room, a_signer, real_time
from web.live.connection import are_whole

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
FIN, RSV1, RSV2, RSV3, MASKED = 0x80, 0x40, 0x20, 0x10, 0x80
KEY = base64.b64encode(bytes(range(16))).decode()
ACCEPT = "Bz3qJYTGdOe8gUSpLosEdiLKDrk="
"""SHA-1 of KEY and the GUID of section 1.3, worked out once by another program."""
MASK = b"\x12\x34\x56\x78"
ASKED = b'{"type":"ping","sent":7}'
WORD = b'{"type":"ping","sent":"\xe8\x90\xbd"}'
"""A text with a character of three bytes; the hall does not understand it."""
ENDED = 1006
"""RFC 6455 7.1.5: closed without a word."""


def frame(
    opcode: int, payload: bytes = b"", *, first: int = FIN, mask: bytes | None = MASK, form: int = 0
) -> bytes:
    """A frame as bytes; `first` holds FIN and the reserved bits, `form` forces a longer length."""
    size = len(payload)
    bit = MASKED if mask is not None else 0
    if form == 64 or size > 0xFFFF:
        head = struct.pack("!BBQ", first | opcode, bit | 127, size)
    elif form == 16 or size > 125:
        head = struct.pack("!BBH", first | opcode, bit | 126, size)
    else:
        head = struct.pack("!BB", first | opcode, bit | size)
    if mask is None:
        return head + payload
    return head + mask + bytes(byte ^ mask[n % 4] for n, byte in enumerate(payload))


def closing(code: int, reason: bytes = b"") -> bytes:
    return frame(CLOSE, struct.pack("!H", code) + reason)


PONGED = (TEXT, "pong")
PUZZLED = (TEXT, "not_understood")
Told = tuple[int, str | int | bytes]


def pong(payload: bytes) -> Told:
    return (PONG, payload)


def closed(code: int) -> Told:
    return (CLOSE, code)


@dataclass(frozen=True)
class Case:
    section: str
    what: str
    sent: bytes
    told: tuple[Told, ...]


LONG = b'{"type":"ping","sent":7' + b" " * (4096 - len(ASKED)) + b"}"
CASES = (
    # masks and lengths
    Case("5.3", "a masked text is read", frame(TEXT, ASKED), (PONGED,)),
    Case("5.3", "a mask of zeros is a mask", frame(TEXT, ASKED, mask=bytes(4)), (PONGED,)),
    Case("5.3", "each frame has a mask of its own",
         frame(TEXT, ASKED) + frame(TEXT, ASKED, mask=b"\xff\x00\xff\x00"), (PONGED, PONGED)),
    Case("5.1", "a text without a mask ends it", frame(TEXT, ASKED, mask=None), (closed(1002),)),
    Case("5.1", "a ping without a mask ends it", frame(PING, mask=None), (closed(1002),)),
    Case("5.1", "a close without a mask ends it",
         frame(CLOSE, struct.pack("!H", 1000), mask=None), (closed(1002),)),
    Case("5.2", "a length in 16 bits", frame(TEXT, ASKED.ljust(126)), (PONGED,)),
    Case("5.2", "a length in 16 bits where 7 would do",
         frame(TEXT, ASKED, form=16), (PONGED,)),
    Case("5.2", "a length in 64 bits where 7 would do",
         frame(TEXT, ASKED, form=64), (PONGED,)),
    Case("5.2", "a length of 63 bits that nobody means",
         struct.pack("!BBQ", FIN | TEXT, MASKED | 127, 2**62) + MASK, (closed(1009),)),
    Case("5.2", "a length with its highest bit set",
         struct.pack("!BBQ", FIN | TEXT, MASKED | 127, 2**63) + MASK, (closed(1009),)),
    Case("5.2", "an empty text is a message", frame(TEXT), (PUZZLED,)),
    # reserved bits and opcodes
    *(Case("5.2", f"reserved bit {bit:#x} of a text", frame(TEXT, ASKED, first=FIN | bit),
           (closed(1002),)) for bit in (RSV1, RSV2, RSV3)),
    Case("5.2", "a reserved bit of a ping", frame(PING, first=FIN | RSV1), (closed(1002),)),
    Case("5.2", "a reserved bit of a close", frame(CLOSE, first=FIN | RSV3), (closed(1002),)),
    *(Case("5.2", f"reserved opcode {opcode}", frame(opcode, ASKED), (closed(1002),))
      for opcode in (3, 4, 7, 11, 12, 15)),
    # fragments
    Case("5.4", "two fragments are one message",
         frame(TEXT, ASKED[:9], first=0) + frame(CONT, ASKED[9:]), (PONGED,)),
    Case("5.4", "each byte in its own frame",
         frame(TEXT, ASKED[:1], first=0)
         + b"".join(frame(CONT, ASKED[n : n + 1], first=0) for n in range(1, len(ASKED) - 1))
         + frame(CONT, ASKED[-1:]), (PONGED,)),
    Case("5.4", "empty fragments before and after",
         frame(TEXT, first=0) + frame(CONT, ASKED, first=0) + frame(CONT), (PONGED,)),
    Case("10.4", "fragments of nothing without end",
         frame(TEXT, first=0) + frame(CONT, first=0) * 256, (closed(1008),)),
    Case("5.4", "a ping between fragments is answered first",
         frame(TEXT, ASKED[:9], first=0) + frame(PING, b"now") + frame(CONT, ASKED[9:]),
         (pong(b"now"), PONGED)),
    Case("5.4", "a pong between fragments says nothing",
         frame(TEXT, ASKED[:9], first=0) + frame(PONG, b"now") + frame(CONT, ASKED[9:]),
         (PONGED,)),
    Case("5.4", "a continuation of nothing", frame(CONT, ASKED), (closed(1002),)),
    Case("5.4", "an unfinished continuation of nothing", frame(CONT, ASKED, first=0),
         (closed(1002),)),
    Case("5.4", "a new text before the last one is whole",
         frame(TEXT, ASKED[:9], first=0) + frame(TEXT, ASKED), (closed(1002),)),
    Case("5.4", "a binary before the text is whole",
         frame(TEXT, ASKED[:9], first=0) + frame(BINARY, ASKED), (closed(1002),)),
    Case("5.4", "a continuation after the last one",
         frame(TEXT, ASKED[:9], first=0) + frame(CONT, ASKED[9:]) + frame(CONT, b"}"),
         (closed(1002),)),  # it came in the same breath: the connection failed before the answer
    Case("5.4", "a reserved bit of a continuation",
         frame(TEXT, ASKED[:9], first=0) + frame(CONT, ASKED[9:], first=FIN | RSV1),
         (closed(1002),)),
    Case("5.6", "binary is not spoken here", frame(BINARY, ASKED), (closed(1003),)),
    Case("5.6", "binary in fragments neither",
         frame(BINARY, ASKED[:9], first=0) + frame(CONT, ASKED[9:]), (closed(1003),)),
    # control frames
    Case("5.5.2", "a ping is answered with its bytes", frame(PING, b"\x00\xff"),
         (pong(b"\x00\xff"),)),
    Case("5.5.2", "an empty ping", frame(PING), (pong(b""),)),
    Case("5.5.2", "a ping of 125 bytes", frame(PING, b"p" * 125), (pong(b"p" * 125),)),
    Case("5.5.2", "two pings, two pongs in order", frame(PING, b"1") + frame(PING, b"2"),
         (pong(b"1"), pong(b"2"))),
    Case("5.5.3", "a pong nobody asked for", frame(PONG, b"hi") + frame(TEXT, ASKED), (PONGED,)),
    Case("5.5", "a ping of 126 bytes", frame(PING, b"p" * 126), (closed(1002),)),
    Case("5.5", "a ping in fragments", frame(PING, b"p", first=0), (closed(1002),)),
    Case("5.5", "a close in fragments", frame(CLOSE, first=0), (closed(1002),)),
    Case("5.5", "a close of 126 bytes", closing(1000, b"r" * 124), (closed(1002),)),
    # closing
    Case("5.5.1", "a close without a code", frame(CLOSE), ((CLOSE, b""),)),
    Case("5.5.1", "a close of one byte", frame(CLOSE, b"\x03"), (closed(1002),)),
    Case("5.5.1", "nothing is answered after a close",
         closing(1000) + frame(TEXT, ASKED), (closed(1000),)),
    Case("5.5.1", "nothing is answered after the hall's own close",
         frame(BINARY, ASKED) + frame(TEXT, ASKED), (closed(1003),)),
    *(Case("7.4.1", f"code {code} is given back", closing(code), (closed(code),))
      for code in (1000, 1001, 1011)),
    Case("7.4.2", "a code of an application", closing(4999, b"bye"), (closed(4999),)),
    *(Case("7.4", f"code {code} must not be sent", closing(code), (closed(1002),))
      for code in (0, 999, 1004, 1005, 1006, 1015, 2999, 5000)),
    Case("7.1.6", "a reason that is not UTF-8", closing(1000, b"\xff"), (closed(1007),)),
    Case("5.4", "a close within a fragmented message",
         frame(TEXT, ASKED[:9], first=0) + closing(1000), (closed(1002),)),
    # UTF-8
    Case("8.1", "a character of three bytes", frame(TEXT, WORD), (PUZZLED,)),
    Case("8.1", "a character cut by a fragment is whole in the end",
         frame(TEXT, WORD[:24], first=0) + frame(CONT, WORD[24:]), (PUZZLED,)),
    Case("8.1", "a byte that no text has", frame(TEXT, b"\xff"), (closed(1007),)),
    Case("8.1", "a bad byte in a name that is not read",
         frame(TEXT, b'{"type":"ping","sent":7,"x":"\xff"}'), (closed(1007),)),
    Case("8.1", "a surrogate", frame(TEXT, b'"\xed\xa0\x80"'), (closed(1007),)),
    Case("8.1", "an overlong slash", frame(TEXT, b'"\xc0\xaf"'), (closed(1007),)),
    Case("8.1", "a text that ends within a character", frame(TEXT, b"\xe8\x90"),
         (closed(1007),)),
    Case("8.1", "a bad byte in the second fragment",
         frame(TEXT, b'"', first=0) + frame(CONT, b"\xfe"), (closed(1007),)),
    # size
    Case("10.4", "4096 bytes are taken", frame(TEXT, LONG), (PONGED,)),
    Case("10.4", "4097 bytes are too many", frame(TEXT, LONG + b" "), (closed(1009),)),
    Case("10.4", "too many in two fragments",
         frame(TEXT, LONG[:2048], first=0) + frame(CONT, LONG), (closed(1009),)),
)  # fmt: skip


def request(
    *, method: str = "GET", path: str = "/", version: str = "HTTP/1.1", **headers: str | None
) -> bytes:
    """An opening handshake; a header given as None is left out."""
    told: dict[str, str | None] = {
        "Host": "{host}",
        "Origin": "{origin}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": KEY,
        "Sec-WebSocket-Version": "13",
    }
    told |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{name}: {value}" for name, value in told.items() if value is not None]
    return "\r\n".join((f"{method} {path} {version}", *lines, "", "")).encode()


HANDSHAKES = (
    ("4.2.2", "the accept is the hash of the key", request(), 101),
    ("4.1", "the words of Upgrade and Connection in any case",
     request(Upgrade="WebSocket", Connection="keep-alive, upgrade"), 101),
    ("9.1", "an extension that is offered is not taken",
     request(Sec_WebSocket_Extensions="permessage-deflate"), 101),
    ("4.2.1", "no Upgrade", request(Upgrade=None), 426),
    ("4.2.1", "an Upgrade to something else", request(Upgrade="h2c"), 426),
    ("4.2.1", "no Connection", request(Connection=None), 426),
    ("4.2.1", "no key", request(Sec_WebSocket_Key=None), 400),
    ("4.2.1", "a key of 8 bytes", request(Sec_WebSocket_Key="AAAAAAAAAAA="), 400),
    ("4.2.1", "a key that is no base64", request(Sec_WebSocket_Key="?" * 24), 400),
    ("4.2.1", "no version", request(Sec_WebSocket_Version=None), 400),
    ("4.4", "version 8", request(Sec_WebSocket_Version="8"), 400),
    ("4.1", "not a GET", request(method="POST"), 405),
    ("4.1", "HTTP 1.0", request(version="HTTP/1.0"), 505),
    ("10.2", "no Origin", request(Origin=None), 403),
    ("10.2", "another Origin", request(Origin="https://evil.example"), 403),
    ("10.2", "an Origin with the right one in front", request(Origin="{origin}.evil.example"), 403),
    ("3", "another path", request(path="/chat"), 404),
)  # fmt: skip


class Raw:
    """A TCP connection that says what it is told to."""

    def __init__(
        self, settings: Settings, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ):
        self.settings, self.reader, self.writer = settings, reader, writer

    async def shake(self, asked: bytes) -> tuple[int, dict[str, str]]:
        """Send an opening handshake; return the status and the headers."""
        host = urlsplit(self.settings.live_origin).netloc
        filled = asked.replace(b"{host}", host.encode())
        self.writer.write(filled.replace(b"{origin}", self.settings.web_origin.encode()))
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        status, *lines = head.strip().split("\r\n")
        pairs = (line.split(": ", 1) for line in lines)
        return int(status.split(" ")[1]), {name.lower(): value for name, value in pairs}

    async def told(self) -> Told:
        """The next frame of the hall; ENDED when there is none."""
        try:
            first, second = await self.reader.readexactly(2)
            size = second & 0x7F
            if size == 126:
                (size,) = struct.unpack("!H", await self.reader.readexactly(2))
            payload = await self.reader.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError):
            return (CLOSE, ENDED)
        assert first & 0xF0 == FIN, "the hall sends whole frames without reserved bits"
        assert not second & MASKED, "a server must not mask (5.1)"
        return _read(first & 0x0F, payload)


def _read(opcode: int, payload: bytes) -> Told:
    if opcode == CLOSE and payload:
        payload[2:].decode()
        return (CLOSE, int.from_bytes(payload[:2], "big"))
    if opcode == TEXT:
        said = payload.decode()
        return (TEXT, "pong" if '"type":"pong"' in said else said.partition('"code":"')[2][:14])
    return (opcode, payload)


@pytest.fixture(scope="module")
async def live(
    server: Server,
    key_file: Path,
    broom: asyncpg.Connection,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[ARoom]:
    """One hall for the whole table: none of these comes as far as a session."""
    state = tmp_path_factory.mktemp("raw")
    shutil.copy(key_file, state / SUBJECT_KEYS_FILE)
    own = Settings(database_url=server.app_url, valkey_url=NO_VALKEY, luochui_state=state)
    async with real_time(own) as database, a_signer(own), a_room(own, database) as room:
        yield room
    await empty(broom)


@pytest.fixture
async def raw(live: ARoom) -> AsyncIterator[Raw]:
    host, port = urlsplit(live.settings.live_origin).netloc.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    yield Raw(live.settings, reader, writer)
    writer.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.section} {case.what}")
async def test_a_frame_is_answered_as_the_standard_says(raw: Raw, case: Case) -> None:
    await raw.shake(request())
    raw.writer.write(case.sent)
    for expected in case.told:
        assert await raw.told() == expected
    if case.told[-1][0] == CLOSE:
        assert await raw.told() == (CLOSE, ENDED), "a server hangs up first (7.1.1)"
    else:
        raw.writer.write(closing(1000))
        assert await raw.told() == closed(1000), "nothing more was said"


DISGUISED = frame(TEXT, frame(TEXT, ASKED), mask=bytes(4))
"""A text whose payload is no UTF-8, but looks like a whole frame."""


@pytest.mark.parametrize("cut", [1, 2, 5, 6])
async def test_a_part_that_looks_like_a_message_is_read_as_what_it_is(raw: Raw, cut: int) -> None:
    await raw.shake(request())
    raw.writer.write(frame(PING, b"read") + DISGUISED[:cut])
    assert await raw.told() == pong(b"read")
    raw.writer.write(DISGUISED[cut:])
    assert await raw.told() == closed(1007)


async def test_a_part_that_came_with_the_handshake_counts_as_well(raw: Raw) -> None:
    await raw.shake(request() + DISGUISED[:6])
    raw.writer.write(DISGUISED[6:])
    assert await raw.told() == closed(1007)


@pytest.mark.parametrize(
    ("data", "is_whole"),
    [
        (frame(TEXT, ASKED), True),
        (frame(PONG) + frame(TEXT, ASKED), True),
        (frame(TEXT, ASKED.ljust(126)) + frame(CONT), True),
        (frame(TEXT, ASKED)[:-1], False),
        (frame(TEXT, ASKED) + frame(TEXT)[:1], False),
        (frame(TEXT, ASKED, form=64), False),  # none of ours is so long
    ],
)
def test_whole_frames_are_told_from_parts(data: bytes, is_whole: bool) -> None:
    assert are_whole(data) is is_whole


@pytest.mark.parametrize(
    ("asked", "status"),
    [one[2:] for one in HANDSHAKES],
    ids=[f"{section} {what}" for section, what, *_ in HANDSHAKES],
)
async def test_a_handshake_is_answered_as_the_standard_says(
    raw: Raw, asked: bytes, status: int
) -> None:
    answered, headers = await raw.shake(asked)
    assert answered == status
    assert "sec-websocket-extensions" not in headers
    if status == 101:
        assert headers["sec-websocket-accept"] == ACCEPT
        assert headers["upgrade"].lower() == "websocket"


def test_the_table_has_the_sixty_cases_that_were_promised() -> None:
    assert len({case.what for case in CASES}) == len(CASES) >= 60
