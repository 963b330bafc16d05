"""Bench line of the first start: a clean clone, `boot.py demo`, and the first page."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from workers.embedded.place import REPOSITORY
from workers.terminal.resting import a_state

PATIENCE_SECONDS = 300.0
STOP_SECONDS = 30.0
_POLL_SECONDS = 0.1
_LEFT_OUT = ("DATABASE_URL", "MIGRATION_DATABASE_URL", "VALKEY_URL", "PYTHONPATH", "VIRTUAL_ENV")


def clean_start_seconds() -> float:
    """From before the clone to the home page; the installer's package cache is what it is."""
    with a_state() as place:
        state = place / "s"
        began = time.perf_counter()
        clone = place / "clone"
        git = shutil.which("git") or "git"
        subprocess.run([git, "clone", "-q", str(REPOSITORY), str(clone)], check=True)
        environment = {k: v for k, v in os.environ.items() if k not in _LEFT_OUT}
        with subprocess.Popen(
            [_python(), "boot.py", "demo"],
            cwd=clone,
            env={**environment, "LUOCHUI_STATE": str(state)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as demo:
            try:
                _await_page(state / "run" / "settings.json", demo)
                return time.perf_counter() - began
            finally:
                demo.send_signal(signal.SIGINT)
                demo.wait(STOP_SECONDS)


def _python() -> str:
    """The Python that made this environment: a clone starts from one outside any."""
    return getattr(sys, "_base_executable", sys.executable)


def _await_page(settings: Path, demo: "subprocess.Popen[bytes]") -> None:
    give_up = time.perf_counter() + PATIENCE_SECONDS
    while time.perf_counter() < give_up and demo.poll() is None:
        if settings.exists() and _answers(json.loads(settings.read_text())["WEB_ORIGIN"]):
            return
        time.sleep(_POLL_SECONDS)
    raise TimeoutError("the clone served no page")


def _answers(origin: str) -> bool:
    try:
        with urllib.request.urlopen(f"{origin}/", timeout=5) as answered:  # noqa: S310
            return bool(answered.status == 200)  # noqa: PLR2004
    except OSError:
        return False
