"""Bench lines of a platform at rest: its second start, its memory, its processor time."""

import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import click

from auction.law.rulebook import DEMONSTRATION
from workers.bench.processes import processor_seconds, pss_megabytes, tree_of
from workers.embedded.place import any_ports
from workers.stack import Plan, Stack

PROGRAMS = frozenset({"signers", "worker", "live", "pages"})
SETTLE_SECONDS = 5.0
WATCH_SECONDS = 20.0


@contextmanager
def a_state() -> Iterator[Path]:
    """A state folder of its own, thrown away afterwards."""
    # Short, because a local socket's path is; open, because PostgreSQL runs as somebody else.
    state = Path(tempfile.mkdtemp(prefix="luochui-"))
    state.chmod(0o711)
    try:
        yield state
    finally:
        shutil.rmtree(state, ignore_errors=True)


def a_stack(
    state: Path,
    programs: frozenset[str] = PROGRAMS,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> Stack:
    """A platform on a state folder: its own servers, whatever the environment names."""
    plan = Plan(
        state=state,
        rulebook=DEMONSTRATION,
        ports=any_ports(),
        environment=environment,
        programs=programs,
    )
    return Stack(plan, lambda line: click.echo(line, err=True))


def second_start_seconds() -> float:
    """From nothing running to pages served, on a database that was there before."""
    with a_state() as state:
        with a_stack(state):
            pass
        began = time.perf_counter()
        with a_stack(state):
            return time.perf_counter() - began


def idle_megabytes() -> float:
    """Proportional memory of every process of the platform, the servers too."""
    with a_state() as state:
        stack = a_stack(state)
        with stack:
            time.sleep(SETTLE_SECONDS)
            return pss_megabytes(tree_of(stack.pids()))


def idle_percent() -> float:
    """Processor time of every process, in percent of one core."""
    with a_state() as state:
        stack = a_stack(state)
        with stack:
            time.sleep(SETTLE_SECONDS)
            pids = tree_of(stack.pids())
            before = processor_seconds(pids)
            time.sleep(WATCH_SECONDS)
            return (processor_seconds(pids) - before) / WATCH_SECONDS * 100
