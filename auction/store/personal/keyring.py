"""The file of keys outside the database: what the keys of subjects are wrapped under.

It lies beside the other keys of the platform and is read by the processes of pages and jobs.
Whoever has the database alone reads no personal data; whoever has this file alone neither.
"""

import os
import secrets
from collections import OrderedDict
from pathlib import Path
from uuid import UUID

import msgspec

from auction.kernel.personal import blind_index, keyed_digest, new_key, unwrap, wrap

CACHED_MAX = 4096
"""So many opened keys are kept in a process, the latest used; each is 32 bytes."""
_ID_BYTES = 6


class KeyringError(Exception):
    """The key file is missing, unreadable, or lacks a key that the database needs."""


class KeyFile(msgspec.Struct, frozen=True):
    """What the file holds."""

    current: str
    """Which of `keks` new keys are wrapped under."""
    keks: dict[str, bytes]
    """By id. More than one only while a rotation is under way."""
    blind: bytes
    """The key of blind indexes; it does not rotate, since indexes cannot be made anew from it."""


class Keyring:
    """One process's access to the file: it is read when first needed and whenever it changed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: KeyFile | None = None
        self._seen: tuple[int, int] = (0, 0)
        self._opened: OrderedDict[bytes, bytes] = OrderedDict()

    def wrap_new(self, subject_id: UUID) -> tuple[str, bytes]:
        """A new key for a subject, wrapped: the id of what it is wrapped under, and the bytes."""
        return self.wrap(subject_id, new_key())

    def wrap(self, subject_id: UUID, key: bytes) -> tuple[str, bytes]:
        """Wrap a subject's key under the key that is current now."""
        file = self.read()
        kek = file.keks[file.current]
        return file.current, wrap(kek, key, subject_id=subject_id, kek_id=file.current)

    def unwrap(self, subject_id: UUID, kek_id: str, wrapped: bytes) -> bytes:
        """Open a subject's key; what was opened of late is remembered by its wrapped bytes.

        A rotated key has other bytes and is opened anew; a destroyed one has none to ask with.
        """
        known = self._opened.get(wrapped)
        if known is not None:
            self._opened.move_to_end(wrapped)
            return known
        key = unwrap(self._kek(kek_id), wrapped, subject_id=subject_id, kek_id=kek_id)
        self._opened[wrapped] = key
        if len(self._opened) > CACHED_MAX:
            self._opened.popitem(last=False)
        return key

    def blind(self, use: str, text: str) -> bytes:
        """The blind index of a text (128 bits)."""
        return blind_index(self._known().blind, use, text)

    def digest(self, use: str, text: str) -> str:
        """What the journal may tell of a text: whether it is the same one, in hex (256 bits)."""
        return keyed_digest(self._known().blind, use, text)

    def holder_id(self, account: str, otherwise: UUID) -> UUID:
        """Whoever holds an account, as a subject; without an account the row is its own.

        The same account is the same subject in every line, order and receipt.
        """
        return UUID(bytes=self.blind("account holder", account)) if account else otherwise

    def read(self) -> KeyFile:
        """The file as it is now: one look at its date, and a reading when it changed."""
        try:
            found = self.path.stat()
        except FileNotFoundError as wrong:
            raise KeyringError(
                f"{self.path.name} is missing: personal data can neither be read nor written. "
                "Put the file back from its safe copy."
            ) from wrong
        seen = (found.st_mtime_ns, found.st_ino)
        if self._file is None or seen != self._seen:
            self._file, self._seen = _read(self.path), seen
        return self._file

    def _known(self) -> KeyFile:
        return self._file or self.read()

    def _kek(self, kek_id: str) -> bytes:
        """A key of the file; one not known yet may have come by a rotation."""
        kek = self._known().keks.get(kek_id) or self.read().keks.get(kek_id)
        if kek is None:
            raise KeyringError(
                f"{self.path.name} has no key {kek_id}: it is not the file of this database."
            )
        return kek


def make_keyring(path: Path) -> None:
    """Make the file with new keys; one that is there stays as it is."""
    kek_id = _new_id()
    made = KeyFile(current=kek_id, keks={kek_id: new_key()}, blind=new_key())
    draft = _write_draft(path, made)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    _sync_folder(path)


def begin_rotation(path: Path) -> KeyFile:
    """Add a key and make it current; a rotation that was cut off is gone on with instead."""
    file = _read(path)
    if len(file.keks) > 1:
        return file
    kek_id = _new_id()
    begun = KeyFile(current=kek_id, keks=file.keks | {kek_id: new_key()}, blind=file.blind)
    _replace(path, begun)
    return begun


def end_rotation(path: Path) -> list[str]:
    """Keep the current key alone, once nothing is wrapped under another; return what went."""
    file = _read(path)
    gone = sorted(set(file.keks) - {file.current})
    if gone:
        kept = {file.current: file.keks[file.current]}
        _replace(path, KeyFile(current=file.current, keks=kept, blind=file.blind))
    return gone


def _read(path: Path) -> KeyFile:
    try:
        file = msgspec.json.decode(path.read_bytes(), type=KeyFile)
    except (OSError, msgspec.MsgspecError) as wrong:
        raise KeyringError(f"{path.name} cannot be read: {type(wrong).__name__}.") from wrong
    if file.current not in file.keks:
        raise KeyringError(f"{path.name} names a current key that it does not hold.")
    return file


def _replace(path: Path, file: KeyFile) -> None:
    _write_draft(path, file).rename(path)
    _sync_folder(path)


def _write_draft(path: Path, file: KeyFile) -> Path:
    """Write beside it, whole and on disk: the file itself is never half written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    opened = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(opened, "wb") as written:
        written.write(msgspec.json.encode(file))
        written.flush()
        os.fsync(written.fileno())
    return draft


def _sync_folder(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _new_id() -> str:
    return secrets.token_hex(_ID_BYTES)
