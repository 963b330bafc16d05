"""No orphan servers: when the parent is gone, however it went, its children are told to stop.

The parent holds the write end of a pipe. A tiny process holds the other end and knows the
children's pids; when the pipe closes (exit, crash, kill -9) it signals them, last started
first. Works wherever there are pipes; Linux-only calls are not needed.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

STOP_SECONDS_MAX = 20.0
_POLL_SECONDS = 0.05


class Leash:
    """The parent's side: tell the watcher which children there are."""

    def __init__(self) -> None:
        self._watcher = subprocess.Popen(
            [sys.executable, "-S", "-E", __file__],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    def hold(self, pid: int, stop_signal: signal.Signals = signal.SIGTERM) -> None:
        """Have `pid` stopped by `stop_signal` when this process is gone."""
        self._tell(f"+{pid} {int(stop_signal)}")

    def let_go(self, pid: int) -> None:
        """Forget a child that has ended, since its pid may be given to another."""
        self._tell(f"-{pid}")

    def close(self) -> None:
        """End the watcher; children still held are stopped."""
        if self._watcher.stdin is not None:
            self._watcher.stdin.close()
        self._watcher.wait(STOP_SECONDS_MAX * 2)

    def _tell(self, line: str) -> None:
        stdin = self._watcher.stdin
        if stdin is not None:
            stdin.write(line.encode() + b"\n")
            stdin.flush()


def watch() -> None:
    """Read the parent's lines until the pipe closes, then stop what is still held."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    held: dict[int, int] = {}
    for raw in sys.stdin:
        line = raw.strip()
        if line.startswith("+"):
            pid, number = line[1:].split()
            held[int(pid)] = int(number)
        elif line.startswith("-"):
            held.pop(int(line[1:]), None)
    for pid, number in reversed(held.items()):
        _stop(pid, number)


def is_alive(pid: int) -> bool:
    """Whether a process runs under this pid; one that ended and was not reaped does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:  # where there is no /proc, whoever adopts orphans reaps them too
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return True


def _stop(pid: int, number: int) -> None:
    deadline = time.monotonic() + STOP_SECONDS_MAX
    try:
        os.kill(pid, number)
        while is_alive(pid) and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        if is_alive(pid):
            os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


if __name__ == "__main__":
    watch()
