"""Bench line of the first start: a clean clone, `boot.py demo`, and the first page."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

import click

from workers.bench.resting import a_state
from workers.embedded.place import REPOSITORY

PATIENCE_SECONDS = 300.0
STOP_SECONDS = 30.0
_POLL_SECONDS = 0.1
_LEFT_OUT = ("DATABASE_URL", "MIGRATION_DATABASE_URL", "VALKEY_URL", "PYTHONPATH", "VIRTUAL_ENV")


def clean_start_seconds() -> float:
    """From before the clone to the home page; the installer's package cache is what it is.

    The clone lies in a folder that nobody else may enter, as below /root: PostgreSQL, which never
    runs as root, must find its own way. What demo says is passed on with the seconds so far.
    """
    with a_state() as state, tempfile.TemporaryDirectory(prefix="luochui-") as place:
        clone = Path(place) / "clone"
        began = time.perf_counter()
        git = shutil.which("git") or "git"
        subprocess.run([git, "clone", "-q", str(REPOSITORY), str(clone)], check=True)
        _tell(began, "the clone is there")
        environment = {k: v for k, v in os.environ.items() if k not in _LEFT_OUT}
        with subprocess.Popen(
            [_python(), "boot.py", "demo"],
            cwd=clone,
            env={**environment, "LUOCHUI_STATE": str(state), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as demo:
            said: list[str] = []
            listening = threading.Thread(target=_pass_on, args=(demo, began, said))
            listening.start()
            try:
                _await_page(state / "run" / "settings.json", demo, said)
                taken = time.perf_counter() - began
                _tell(began, "the first page is there")
                return taken
            finally:
                demo.send_signal(signal.SIGINT)
                demo.wait(STOP_SECONDS)
                listening.join()


def _pass_on(demo: "subprocess.Popen[str]", began: float, said: list[str]) -> None:
    """Print what demo says and when, and keep it for the sentence of a failure."""
    for line in demo.stdout or ():
        said.append(line.rstrip())
        _tell(began, line.rstrip())


def _tell(began: float, what: str) -> None:
    click.echo(f"{time.perf_counter() - began:8.2f} s  {what}", err=True)


def _python() -> str:
    """The Python that made this environment: a clone starts from one outside any."""
    return getattr(sys, "_base_executable", sys.executable)


def _await_page(settings: Path, demo: "subprocess.Popen[str]", said: list[str]) -> None:
    give_up = time.perf_counter() + PATIENCE_SECONDS
    while time.perf_counter() < give_up and demo.poll() is None:
        if settings.exists() and _answers(json.loads(settings.read_text())["WEB_ORIGIN"]):
            return
        time.sleep(_POLL_SECONDS)
    raise TimeoutError(f"the clone served no page: {' / '.join(said[-3:])}")


def _answers(origin: str) -> bool:
    try:
        with urllib.request.urlopen(f"{origin}/", timeout=5) as answered:  # noqa: S310
            return bool(answered.status == 200)  # noqa: PLR2004
    except OSError:
        return False
