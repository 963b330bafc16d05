"""Put a wrong source in a module's place, in a process of its own, and see who notices.

    python -m tests.machines.contest.judge            planted faults, then every operator
    python -m tests.machines.contest.judge --planted  planted faults only
    python -m tests.machines.contest.judge --part 2/8 planted faults, then one part of eight

The whole of it takes minutes; status 1 when anything wrong went unnoticed without a reason.
"""

import importlib
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from tests.machines.contest.operators import mutants
from tests.machines.contest.planted import BATCH, ENGINE, PLANTED, TURN
from tests.machines.contest.survivors import SURVIVORS

SEEDS = 600
"""So many sessions are played against each wrong source before the tests are asked."""
TESTS = (
    "tests/bidding/test_engine.py",
    "tests/bidding/hall/test_turn.py",
    "tests/bidding/hall/test_batch.py",
)


@dataclass(frozen=True, slots=True)
class Suspect:
    """A wrong source."""

    name: str
    module: str
    source: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """Who noticed: `seed 17`, `tests`, or nobody."""

    name: str
    noticed_by: str


def planted() -> list[Suspect]:
    """The faults planted by hand; each must change its module."""
    found = []
    for fault in PLANTED:
        right = source_of(fault.module)
        if right.count(fault.right) != 1:
            raise ValueError(f"{fault.name}: its right source stands {right.count(fault.right)}x")
        found.append(Suspect(fault.name, fault.module, right.replace(fault.right, fault.wrong)))
    return found


def operators() -> list[Suspect]:
    """Every operator of the engine, the batch and the turn, changed one at a time."""
    return [
        Suspect(mutant.name, module, mutant.source)
        for module in (ENGINE, BATCH, TURN)
        for mutant in mutants(source_of(module))
    ]


def source_of(module: str) -> str:
    """The right source of a module."""
    return Path(*module.split(".")).with_suffix(".py").read_text(encoding="utf-8")


def judge(suspect: Suspect) -> Judgement:
    """Run the simulator, then the tests, with the suspect in its module's place."""
    put_in_place(suspect)
    seed = _noticed_by_simulator()
    if seed is not None:
        return Judgement(suspect.name, f"seed {seed}")
    return Judgement(suspect.name, "tests" if _noticed_by_tests() else "")


def judge_by_simulator(suspect: Suspect) -> Judgement:
    """Run the simulator alone."""
    put_in_place(suspect)
    seed = _noticed_by_simulator()
    return Judgement(suspect.name, "" if seed is None else f"seed {seed}")


def put_in_place(suspect: Suspect) -> None:
    """Load the suspect under the module's name, before anything that uses it."""
    module = ModuleType(suspect.module)
    sys.modules[suspect.module] = module
    parent, _, own = suspect.module.rpartition(".")
    setattr(importlib.import_module(parent), own, module)
    exec(compile(suspect.source, suspect.module, "exec"), module.__dict__)  # noqa: S102


def _noticed_by_simulator() -> int | None:
    checks = importlib.import_module("tests.machines.contest.checks")
    world = importlib.import_module("tests.machines.contest.world")
    for seed in range(SEEDS):
        try:
            played = world.World(seed)
            played.play()
            if checks.violations(played):
                return seed
        except Exception:  # a crash is noticed as well as a wrong winner
            return seed
    return None


def _noticed_by_tests() -> bool:
    import pytest  # noqa: PLC0415  (most suspects never get so far)

    with open(os.devnull, "w") as nowhere:
        sys.stdout = sys.stderr = nowhere
        status = pytest.main(["-x", "-q", "-p", "no:cacheprovider", *TESTS])
    return status != pytest.ExitCode.OK


def judge_all(
    suspects: Sequence[Suspect], by: Callable[[Suspect], Judgement], workers: int = 2
) -> Iterator[Judgement]:
    """Judge each suspect in a fresh process; yield in order."""
    importlib.import_module("auction.kernel.transitions")  # what no suspect changes, read once
    with multiprocessing.get_context("fork").Pool(workers, maxtasksperchild=1) as pool:
        yield from pool.imap(by, suspects, chunksize=1)


def main(arguments: Sequence[str]) -> int:
    """Print who noticed what; return 1 when something went unnoticed."""
    unnoticed = _tell("planted", judge_all(planted(), judge_by_simulator), {})
    if "--planted" not in arguments:
        chosen = _part(operators(), arguments)
        unnoticed += _tell("operator", judge_all(chosen, judge), SURVIVORS)
    return 1 if unnoticed else 0


def _part(suspects: list[Suspect], arguments: Sequence[str]) -> list[Suspect]:
    """All of them, or every eighth from the second on when asked for `--part 2/8`."""
    if "--part" not in arguments:
        return suspects
    number, _, parts = arguments[list(arguments).index("--part") + 1].partition("/")
    return suspects[int(number) - 1 :: int(parts)]


def _tell(kind: str, judgements: Iterable[Judgement], explained: dict[str, str]) -> int:
    """Print one line each as they come; return how many survivors have no explanation."""
    count, survivors = 0, []
    for one in judgements:
        count += 1
        if one.noticed_by:
            print(f"{kind}: noticed by {one.noticed_by:9s} {one.name}", flush=True)
        else:
            survivors.append(one.name)
            why = explained.get(one.name, "NOT EXPLAINED")
            print(f"{kind}: SURVIVED {one.name}: {why}", flush=True)
    print(f"{kind}: {count} judged, {len(survivors)} survived", flush=True)
    return sum(name not in explained for name in survivors)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
