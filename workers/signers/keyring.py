"""The keys of the signer process: made on first use, one file each, readable by nobody else."""

import os
import secrets
from pathlib import Path

KEY_BYTES = 32


class Keyring:
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


def _make(path: Path) -> bytes:
    """Write a new key under another name first: half a key must never be found."""
    made = secrets.token_bytes(KEY_BYTES)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(made)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
    return made
