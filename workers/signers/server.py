"""The signer process: answers one JSON line with another on a local socket; keys never leave it.

A question is {"id", "op", ...text fields}, an answer {"id", "ok": {...}} or {"id", "error": code}.
"""

import asyncio
import json
import logging
import signal
import socket
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from auction.kernel.clock import SystemClock
from auction.kernel.logs import log_as_json
from auction.kernel.refusal import Refusal
from auction.kernel.settings import Settings, read_settings
from workers.signers import documents, originals, receipts, sealer, vrf
from workers.signers.key_folder import KeyFolder
from workers.signers.operation import Operation, ReadingOperation

OPERATIONS: Mapping[str, Operation] = MappingProxyType(
    {**vrf.OPERATIONS, **receipts.OPERATIONS, **documents.OPERATIONS, **originals.OPERATIONS}
)
"""Every operation of every keeper. A keeper's module adds its own here."""

READING_OPERATIONS: Mapping[str, ReadingOperation] = MappingProxyType(
    {**sealer.OPERATIONS, **originals.READING_OPERATIONS}
)
"""Those of keepers that look at the database themselves before they answer."""

LINE_BYTES_MAX = 1 << 20
_log = logging.getLogger("luochui.signer")


async def answer(keys: KeyFolder, line: bytes, *, database_url: str = "") -> dict[str, object]:
    """Answer one line. Whatever is wrong with it, the asker gets a code and nothing more."""
    number: object = None
    try:
        question = json.loads(line)
        number = question.get("id") if isinstance(question, dict) else None
        name, fields = _understood(question)
        if name in READING_OPERATIONS:
            told = await READING_OPERATIONS[name](keys, database_url, fields)
        else:
            told = OPERATIONS[name](keys, fields)
        return {"id": number, "ok": dict(told)}
    except Refusal as no:
        return {"id": number, "error": no.code}
    except ValueError:
        return {"id": number, "error": "keys.bad_question"}


def _understood(question: object) -> tuple[str, dict[str, str]]:
    if not isinstance(question, dict):
        raise ValueError("a question is an object")
    fields = {name: value for name, value in question.items() if name not in ("id", "op")}
    if not all(isinstance(value, str) for value in fields.values()):
        raise ValueError("the fields of a question are text")
    name = str(question.get("op"))
    if name not in OPERATIONS and name not in READING_OPERATIONS:
        raise Refusal("keys.no_such_operation", op=name)
    return name, fields


async def _converse(
    keys: KeyFolder,
    database_url: str,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    """Answer one asker until it hangs up; a line too long ends the conversation."""
    try:
        while line := await reader.readline():
            told = await answer(keys, line, database_url=database_url)
            writer.write(json.dumps(told).encode() + b"\n")
            await writer.drain()
    except (ValueError, ConnectionError):
        _log.warning("conversation ended early")
    finally:
        writer.close()


async def serve(settings: Settings, *, until: asyncio.Event) -> None:
    """Answer questions until told to stop."""
    keys = KeyFolder(settings.keys_path)
    for role in vrf.ROLES:  # made at the first start, not in the middle of a draw
        vrf.public(keys, {"role": role})
    receipts.public(keys, {})
    originals.public(keys, {})
    documents.certify(keys, SystemClock().now())
    path = settings.signer_socket
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    _clear(path)

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _converse(keys, settings.database_url, reader, writer)

    server = await asyncio.start_unix_server(converse, path=str(path), limit=LINE_BYTES_MAX)
    path.chmod(0o600)
    _log.info("answering")
    await until.wait()
    server.close()
    path.unlink(missing_ok=True)


def _clear(path: Path) -> None:
    """Remove the socket that a killed signer left; refuse to take the place of a living one."""
    if not path.exists():
        return
    with socket.socket(socket.AF_UNIX) as caller:
        if caller.connect_ex(str(path)) == 0:
            raise SystemExit("another signer is answering at this socket")
    path.unlink()


async def _main() -> None:
    until = asyncio.Event()
    loop = asyncio.get_running_loop()
    for wish in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(wish, until.set)
    await serve(read_settings(), until=until)


if __name__ == "__main__":
    log_as_json("signers")
    asyncio.run(_main())
