"""Uploaded and produced files by content hash, durable before the row that names them commits."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import obstore
from obstore.store import LocalStore, ObjectStore, from_url

from auction.kernel.canonical import sha256_hex
from auction.kernel.refusal import Refusal

_DIGEST_CHARS = 64


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file of the store: its digest and when its bytes were last put."""

    digest: str
    put_at: datetime


class FileStore:
    """Files each under its own SHA-256, in a folder or in a bucket. The same bytes are one file."""

    def __init__(self, place: Path | str) -> None:
        """A Path is a folder; a text is a URL such as s3://bucket/prefix."""
        self.folder = place if isinstance(place, Path) else None
        self._store: ObjectStore
        if isinstance(place, Path):
            place.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._store = LocalStore(place)
        else:
            self._store = from_url(place)

    async def put(self, content: bytes) -> str:
        """Store bytes; return their digest once they are on disk.

        Bytes known already are put again: that heals a damaged file and makes it young,
        so that the sweep of orphans never takes what a row is about to name.
        """
        digest = sha256_hex(content)
        await obstore.put_async(self._store, _key(digest), content)
        if self.folder is not None:  # LocalStore renames into place but leaves flushing to us
            await asyncio.to_thread(_flush, self.folder, self.folder / _key(digest))
        return digest

    async def get(self, digest: str) -> bytes:
        """Return the bytes of a digest; refuse with `file.missing` or `file.damaged`."""
        try:
            found = await obstore.get_async(self._store, _key(digest))
            content = bytes(await found.bytes_async())
        except FileNotFoundError as missing:
            raise Refusal("file.missing", digest=digest) from missing
        if sha256_hex(content) != digest:
            raise Refusal("file.damaged", digest=digest)
        return content

    async def stored_before(self, instant: datetime) -> AsyncIterator[StoredFile]:
        """Every file whose bytes were last put before an instant."""
        async for some in obstore.list(self._store):
            for meta in some:
                digest = meta["path"].rsplit("/", 1)[-1]
                if len(digest) == _DIGEST_CHARS and meta["last_modified"] < instant:
                    yield StoredFile(digest, meta["last_modified"])

    async def discard(self, file: StoredFile) -> bool:
        """Remove a file unless it was put again meanwhile; say whether it went."""
        key = _key(file.digest)
        try:
            if (await obstore.head_async(self._store, key))["last_modified"] > file.put_at:
                return False
            await obstore.delete_async(self._store, key)
        except FileNotFoundError:
            return False
        return True


def _key(digest: str) -> str:
    if len(digest) != _DIGEST_CHARS or not digest.isalnum():
        raise Refusal("file.missing", digest=digest[:_DIGEST_CHARS])
    return f"{digest[:2]}/{digest}"


def _flush(root: Path, place: Path) -> None:
    """Bytes and names must both survive a power cut before any row names them."""
    place.chmod(0o600)
    for path in (place, place.parent, root):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
