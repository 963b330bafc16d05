"""The demonstration as an operator starts it: the whole road walked once, then kept serving."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from workers.demo.browser import Browser
from workers.demo.journey import Address, Journey
from workers.demo.seed import ACCOUNTS_FILE
from workers.demo.show import LOTS
from workers.embedded.place import any_ports

REPOSITORY = Path(__file__).resolve().parents[2]
SECONDS_MAX = 600
SECONDS_TO_STOP_MAX = 60


@dataclass
class Demonstration:
    """A platform on which one asset was sold, and what its operator has of it."""

    origin: str
    live_origin: str
    state: Path
    said: list[str]
    browsers: dict[str, Browser] = field(default_factory=dict)

    @property
    def accounts(self) -> dict[str, dict[str, str]]:
        told: dict[str, dict[str, str]] = json.loads((self.state / ACCOUNTS_FILE).read_text())
        return told

    @property
    def papers(self) -> Path:
        """What the road left behind."""
        return self.state / "journey"

    def journey(self, name: str) -> Journey:
        return Journey(
            address=Address(self.origin, self.live_origin),
            accounts=self.accounts,
            out=self.state / name,
            lots=LOTS,
            say=lambda _line: None,
            _browsers=self.browsers,
        )

    async def leave(self) -> None:
        for browser in self.browsers.values():
            await browser.close()


@contextmanager
def demonstration() -> Iterator[Demonstration]:
    """Run `luochui demo` on a fresh state until the block ends; the road must end well.

    LUOCHUI_RUNNING names the state of a demonstration that runs already: it is used and left.
    """
    if running := os.environ.get("LUOCHUI_RUNNING"):
        yield _found(Path(running), [])
        return
    state = Path(tempfile.mkdtemp(prefix="luochui-demo-", dir="/var/tmp"))
    state.chmod(0o711)
    process = subprocess.Popen(
        [sys.executable, "-m", "workers.cli", "demo"],
        cwd=REPOSITORY,
        env={**os.environ, "LUOCHUI_STATE": str(state), **_ports()},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield _found(state, _lines_until_it_serves(process))
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=SECONDS_TO_STOP_MAX)
        shutil.rmtree(state, ignore_errors=True)


def _ports() -> dict[str, str]:
    """Ports of its own: of two demonstrations that start together, both would find 8000 free."""
    ports = any_ports()
    return {"WEB_PORT": str(ports.web), "LIVE_PORT": str(ports.live)}


def _lines_until_it_serves(process: subprocess.Popen[str]) -> list[str]:
    said: list[str] = []
    patience = threading.Timer(SECONDS_MAX, process.kill)
    patience.start()
    assert process.stdout is not None
    try:
        for line in process.stdout:
            said.append(line.rstrip())
            if line.startswith("journey FAILED"):
                break
            if line.startswith("Luochui serves at "):
                return said
    finally:
        patience.cancel()
    raise AssertionError("the demonstration did not end its road:\n" + "\n".join(said))


def _found(state: Path, said: list[str]) -> Demonstration:
    settings = json.loads((state / "run" / "settings.json").read_text())
    return Demonstration(settings["WEB_ORIGIN"], settings["LIVE_ORIGIN"], state, said)
