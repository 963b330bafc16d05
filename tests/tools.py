"""Programs of the machine that some tests use: a missing one skips its tests, unless CI=true."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest


def tool(name: str) -> str:
    """The path of a program; without it the test is skipped, and with CI=true it fails."""
    found = os.environ.get(name.upper()) or shutil.which(name)
    if found:
        return found
    reason = f"{name} is not installed"
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}, and with CI=true nothing is skipped")
    pytest.skip(reason)


def run(program: str, *arguments: str | Path) -> str:
    """What a program prints."""
    command = [tool(program), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
