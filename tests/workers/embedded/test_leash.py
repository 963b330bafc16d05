"""The leash: when a parent is killed, its children are told to stop."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from workers.embedded.leash import Leash, is_alive

REPOSITORY = Path(__file__).resolve().parents[3]
SECONDS_MAX = 20.0
PARENT = """
import subprocess, sys, time
from workers.embedded.leash import Leash
leash = Leash()
for _ in range(2):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"],
                             start_new_session=True)
    leash.hold(child.pid)
    print(child.pid, flush=True)
time.sleep(600)
"""


def ended(pid: int) -> bool:
    deadline = time.monotonic() + SECONDS_MAX
    while is_alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def sleeper() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])


class TestLeash:
    def test_a_killed_parent_leaves_no_children(self) -> None:
        parent = subprocess.Popen(
            [sys.executable, "-c", PARENT],
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        )
        assert parent.stdout is not None
        with parent.stdout:
            children = [int(parent.stdout.readline()) for _ in range(2)]
        assert all(is_alive(pid) for pid in children)
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
        assert all(ended(pid) for pid in children)

    def test_a_child_let_go_runs_on(self) -> None:
        held, free = sleeper(), sleeper()
        leash = Leash()
        leash.hold(held.pid)
        leash.hold(free.pid)
        leash.let_go(free.pid)
        leash.close()
        assert held.wait(SECONDS_MAX) == -signal.SIGTERM
        assert free.poll() is None
        free.kill()
        free.wait()

    def test_a_child_that_ended_unreaped_is_not_alive(self) -> None:
        child = subprocess.Popen([sys.executable, "-c", ""])
        assert ended(child.pid)
        child.wait()
