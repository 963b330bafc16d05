"""Asking the keepers of keys: the signer process answers on a local socket, keys never leave it."""

import asyncio
import json
from itertools import count
from pathlib import Path

from auction.kernel.refusal import Refusal

Answer = dict[str, str]
_LINE_BYTES_MAX = 1 << 20
_ANSWER_SECONDS_MAX = 10.0


class KeyHolder:
    """A client of the signer process: one connection, one JSON line a question.

    Questions are asked one after another; the signer answers in order.
    """

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._turn = asyncio.Lock()
        self._numbers = count(1)
        self._stream: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, op: str, **question: str) -> Answer:
        """Ask one thing. Refuses with `keys.refused` on a no, `keys.unavailable` on silence."""
        async with self._turn:
            number = next(self._numbers)
            line = json.dumps({"id": number, "op": op, **question}) + "\n"
            try:
                async with asyncio.timeout(_ANSWER_SECONDS_MAX):
                    told = await self._exchange(line.encode())
            except (OSError, TimeoutError, EOFError) as silent:
                await self.close()
                raise Refusal("keys.unavailable", op=op) from silent
        if "error" in told:
            raise Refusal("keys.refused", op=op, reason=str(told["error"]))
        return {name: str(value) for name, value in dict(told["ok"]).items()}  # type: ignore[call-overload]

    async def _exchange(self, line: bytes) -> dict[str, object]:
        if self._stream is None:
            self._stream = await asyncio.open_unix_connection(
                str(self._socket), limit=_LINE_BYTES_MAX
            )
        reader, writer = self._stream
        writer.write(line)
        await writer.drain()
        answer = await reader.readline()
        if not answer:
            raise EOFError("the signer hung up")
        told: dict[str, object] = json.loads(answer)
        return told

    async def close(self) -> None:
        """Hang up; the next question calls again."""
        if self._stream is not None:
            self._stream[1].close()
            self._stream = None
