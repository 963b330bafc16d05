"""What processes hold and burn, as Linux tells it: proportional memory and processor time."""

import os
from collections.abc import Iterable
from pathlib import Path

PROC = Path("/proc")
_PPID, _UTIME, _STIME = 1, 11, 12
"""Places in /proc/PID/stat, counted after the name in brackets."""


def tree_of(roots: Iterable[int]) -> set[int]:
    """The processes and everything they started, such as PostgreSQL's backends."""
    children: dict[int, list[int]] = {}
    for place in PROC.iterdir():
        if place.name.isdigit() and (stat := _stat(int(place.name))):
            children.setdefault(int(stat[_PPID]), []).append(int(place.name))
    found: set[int] = set()
    waiting = list(roots)
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found.add(pid)
            waiting += children.get(pid, [])
    return found


def pss_megabytes(pids: Iterable[int]) -> float:
    """Memory with each shared page divided among those who share it."""
    return sum(_pss_kilobytes(pid) for pid in pids) / 1024


def processor_seconds(pids: Iterable[int]) -> float:
    """Time spent on a processor so far, in both modes."""
    ticks = sum(int(s[_UTIME]) + int(s[_STIME]) for pid in pids if (s := _stat(pid)))
    return ticks / os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str]:
    try:
        text = (PROC / str(pid) / "stat").read_text()
    except OSError:  # it ended between two looks
        return []
    return text.rpartition(")")[2].split()


def _pss_kilobytes(pid: int) -> int:
    try:
        text = (PROC / str(pid) / "smaps_rollup").read_text()
    except OSError:
        return 0
    for line in text.splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0
