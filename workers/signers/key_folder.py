"""The keys of the signer process: made on first use, one file each, readable by nobody else."""

import os
import secrets
from pathlib import Path

KEY_BYTES = 32


class KeyFolder:
    """Secret keys by name, kept in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[str, bytes] = {}
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)

    def secret(self, name: str) -> bytes:
        """The 32 secret bytes of `name`; made and fsynced before they are first used."""
        if name not in self._held:
            path = self._folder / f"{name}.key"
            self._held[name] = path.read_bytes() if path.exists() else _make(path)
        if len(self._held[name]) != KEY_BYTES:
            raise RuntimeError(f"the key file of {name} is damaged")
        return self._held[name]

    def keep(self, file: str, content: bytes) -> None:
        """Keep what belongs to a key, such as its certificate, under a file name."""
        _write(self._folder / file, content)

    def kept(self, file: str) -> bytes:
        """What was kept under a file name; nothing when nothing was."""
        path = self._folder / file
        return path.read_bytes() if path.exists() else b""


def _make(path: Path) -> bytes:
    made = secrets.token_bytes(KEY_BYTES)
    _write(path, made)
    return made


def _write(path: Path, content: bytes) -> None:
    """Write under another name first: half a key must never be found."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
