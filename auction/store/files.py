"""Uploaded and produced files by content hash, durable before the row that names them commits."""

import asyncio
import os
import secrets
from pathlib import Path

from auction.kernel.canonical import sha256_hex
from auction.kernel.refusal import Refusal

_DIGEST_CHARS = 64


class FileStore:
    """A folder of files, each under its own SHA-256. Putting the same bytes twice is one file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def put(self, content: bytes) -> str:
        """Store bytes; return their digest once they are on disk."""
        return await asyncio.to_thread(self._put, content)

    async def get(self, digest: str) -> bytes:
        """Return the bytes of a digest; refuse with `file.missing` or `file.damaged`."""
        return await asyncio.to_thread(self._get, digest)

    def _place(self, digest: str) -> Path:
        if len(digest) != _DIGEST_CHARS or not digest.isalnum():
            raise Refusal("file.missing", digest=digest[:_DIGEST_CHARS])
        return self.folder / digest[:2] / digest

    def _put(self, content: bytes) -> str:
        digest = sha256_hex(content)
        place = self._place(digest)
        if place.exists():
            return digest
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = place.with_name(f"{digest}.{secrets.token_hex(4)}.part")
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.rename(place)
        folder = os.open(place.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # the name too must survive a power cut
        finally:
            os.close(folder)
        return digest

    def _get(self, digest: str) -> bytes:
        try:
            content = self._place(digest).read_bytes()
        except FileNotFoundError as missing:
            raise Refusal("file.missing", digest=digest) from missing
        if sha256_hex(content) != digest:
            raise Refusal("file.damaged", digest=digest)
        return content
