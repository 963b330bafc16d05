"""One of the product's own processes, run beside the others: its log, its health, its end."""

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from workers.embedded.leash import Leash
from workers.embedded.postgres import ServerError

REPOSITORY = Path(__file__).resolve().parents[2]
READY_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 15.0
_POLL_SECONDS = 0.05
_HTTP_OK = 200


@dataclass(frozen=True, slots=True)
class Program:
    """What to run and how to know that it is ready."""

    name: str
    module: str
    is_ready: Callable[[], bool]


class Child:
    """A program running; started again under the same settings when it dies."""

    def __init__(self, program: Program, environment: Mapping[str, str], logs: Path) -> None:
        self.program = program
        self.log = logs / f"{program.name}.log"
        self._environment = dict(environment)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id."""
        if self._process is None:
            raise ServerError(f"{self.program.name} is not running.")
        return self._process.pid

    def start(self, leash: Leash) -> None:
        """Start it without waiting."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self.program.module],
                cwd=REPOSITORY,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        leash.hold(self._process.pid)

    def is_running(self) -> bool:
        """Whether it is there."""
        return self._process is not None and self._process.poll() is None

    def await_ready(self) -> None:
        """Wait until it answers; raise ServerError with the end of its log when it does not."""
        deadline = time.monotonic() + READY_SECONDS_MAX
        while time.monotonic() < deadline:
            if not self.is_running():
                raise ServerError(f"{self.program.name} ended at once: {self.last_words()}")
            if self.program.is_ready():
                return
            time.sleep(_POLL_SECONDS)
        raise ServerError(
            f"{self.program.name} was not ready within {READY_SECONDS_MAX:.0f} s; see {self.log}."
        )

    def stop(self, leash: Leash) -> None:
        """Ask it to end, and insist after a while."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        leash.let_go(self._process.pid)
        self._process = None

    def last_words(self) -> str:
        """The last line of its log that says something."""
        lines = (
            self.log.read_text(errors="replace").strip().splitlines() if self.log.exists() else []
        )
        return lines[-1][-400:] if lines else "it wrote nothing."


def answers_http(url: str) -> Callable[[], bool]:
    """Ready when a GET is answered by 200."""

    def ask() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  (our own loopback)
                return int(answer.status) == _HTTP_OK
        except (urllib.error.URLError, OSError):
            return False

    return ask


def accepts_tcp(port: int) -> Callable[[], bool]:
    """Ready when the loopback port accepts a connection."""

    def ask() -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return True
        except OSError:
            return False

    return ask


def accepts_local(path: Path) -> Callable[[], bool]:
    """Ready when the local socket accepts a connection."""

    def ask() -> bool:
        with socket.socket(socket.AF_UNIX) as wire:
            return wire.connect_ex(str(path)) == 0

    return ask


def is_up() -> bool:
    """Ready as soon as it runs."""
    return True
