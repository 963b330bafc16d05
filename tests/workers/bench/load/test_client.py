"""The load client: frames as RFC 6455 writes them, cut anywhere on their way."""

import asyncio

import pytest

from workers.bench.load.client import ClientSocket, framed

GREETED = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"


def server_frame(payload: bytes, kind: int = 1) -> bytes:
    size = len(payload)
    if size < 126:
        return bytes((0x80 | kind, size)) + payload
    if size < 65536:
        return bytes((0x80 | kind, 126)) + size.to_bytes(2) + payload
    return bytes((0x80 | kind, 127)) + size.to_bytes(8) + payload


@pytest.mark.parametrize("step", [1, 3, 1000, 1_000_000])
async def test_messages_come_out_whole_wherever_they_are_cut(step: int) -> None:
    heard: list[bytes] = []
    socket = ClientSocket(lambda _, message: heard.append(message), 0)
    messages = [b"a", b"b" * 200, b"c" * 70_000]
    data = GREETED + b"".join(server_frame(message) for message in messages)
    for place in range(0, len(data), step):
        socket.data_received(data[place : place + step])
    assert heard == messages


async def test_no_greeting_is_an_error() -> None:
    socket = ClientSocket(lambda *_: None, 0)
    waiting = asyncio.create_task(socket.greet("http://a", "b"))
    await asyncio.sleep(0)
    socket.data_received(b"HTTP/1.1 403 Forbidden\r\n\r\n")
    with pytest.raises(ConnectionError, match="403"):
        await waiting


def test_a_frame_is_masked_and_says_its_length() -> None:
    assert framed(b"hi") == b"\x81\x82\0\0\0\0hi"
    assert framed(b"x" * 300)[:4] == b"\x81\xfe\x01\x2c"
