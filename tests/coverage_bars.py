"""The bars of `make coverage`: what the suite reaches, and what each module's own tests reach.

A pure module and a module of commands is whole, in lines and branches, by its own tests alone:
`auction/listings/terms.py` by `tests/auction/listings/test_terms.py`. What other tests happen to
run on their way shows nothing about it, so only lines reached while its own tests ran are counted,
besides those that run on import. All the code together has a lower bar.

    python -m tests.coverage_bars            # judges what `pytest --cov --cov-context=test` wrote
    python -m tests.coverage_bars auction/law bidding/engine.py        # only these, by own tests
"""

import ast
import json
import re
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import coverage

WHOLE_PERCENT_MIN = 95.0
PURE_CONTRACT = "Pure modules touch no I/O"
COMMAND_FLOORS = ("auction", "bidding", "valuation")
IMPORTED = "^$"
"""The context in which modules are imported and tests are collected."""
PLACES_MAX = 160
"""Width of the column that names missing lines."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How much of one module was run: its share in percent, and where the rest stands."""

    percent: float
    is_whole: bool
    missing: str


def judged_modules() -> list[Path]:
    """Every module that its own tests must reach wholly: the pure ones and those of commands."""
    return sorted({path for path in (*pure_modules(), *command_modules()) if has_functions(path)})


def pure_modules() -> Iterator[Path]:
    """The modules that the import contract keeps free of I/O; a package stands for its modules."""
    contracts = tomllib.loads(Path("pyproject.toml").read_text())["tool"]["importlinter"]
    pure = next(one for one in contracts["contracts"] if one["name"] == PURE_CONTRACT)
    for name in pure["source_modules"]:
        place = Path(*name.split("."))
        if place.is_dir():
            yield from place.rglob("*.py")
        else:
            yield place.with_suffix(".py")


def command_modules() -> Iterator[Path]:
    """The modules below the edges with a public function that works in a unit it is given."""
    for floor in COMMAND_FLOORS:
        for path in Path(floor).rglob("*.py"):
            if any(_is_command(node) for node in ast.parse(path.read_text()).body):
                yield path


def _is_command(node: ast.stmt) -> bool:
    if not isinstance(node, ast.AsyncFunctionDef) or node.name.startswith("_"):
        return False
    return any(
        isinstance(argument.annotation, ast.Name) and argument.annotation.id == "Unit"
        for argument in node.args.args
    )


def has_functions(path: Path) -> bool:
    """Whether a module does anything; one of plain values is shown by the tests of its readers."""
    tree = ast.parse(path.read_text())
    return any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for node in ast.walk(tree))


def own_tests(module: Path) -> list[Path]:
    """A module's own tests: test_NAME.py at its place in the mirror, and test_NAME_ASPECT.py.

    A module with the longer name takes precedence: test_enrolment_policy.py is not enrolment's.
    """
    folder = Path("tests") / module.parent
    longer = [
        f"test_{path.stem}"
        for path in module.parent.glob(f"{module.stem}_*.py")
        if path.stem != module.stem
    ]
    found = [folder / f"test_{module.stem}.py", *folder.glob(f"test_{module.stem}_*.py")]
    return sorted(
        path
        for path in found
        if path.exists() and not any(f"{path.stem}_".startswith(f"{name}_") for name in longer)
    )


def reach(measured: coverage.Coverage, module: Path, contexts: list[str] | None = None) -> Reach:
    """How much of a module was run, at all or while some contexts (patterns) were on."""
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        measured.json_report(morfs=[str(module)], outfile=report.name, contexts=contexts)
        found = json.loads(Path(report.name).read_text())
    (file,) = found["files"].values()
    arcs = [f"{came}->{'exit' if to < 0 else to}" for came, to in file["missing_branches"]]
    places = [*_ranges(file["missing_lines"]), *arcs]
    summary = file["summary"]
    return Reach(summary["percent_covered"], not places, " ".join(places))


def _ranges(lines: Sequence[int]) -> Iterator[str]:
    """Numbers as ranges: 3 4 5 9 are 3-5 and 9."""
    begun = before = 0
    for line in [*lines, 0]:
        if line == before + 1 and before:
            before = line
            continue
        if before:
            yield str(begun) if begun == before else f"{begun}-{before}"
        begun = before = line


def own_reach(measured: coverage.Coverage, module: Path) -> Reach:
    """How much of a module its own tests run."""
    own = [f"^{re.escape(str(path))}::" for path in own_tests(module)]
    return reach(measured, module, [IMPORTED, *own])


def judge(measured: coverage.Coverage, modules: Sequence[Path]) -> list[str]:
    """Print a line for each module that misses its bar and return the names of those."""
    missed = []
    for module in modules:
        own = own_reach(measured, module)
        if own.is_whole:
            continue
        missed.append(str(module))
        everyone = reach(measured, module)
        print(  # noqa: T201
            f"{module!s:44} {own.percent:6.1f} {everyone.percent:6.1f}  {own.missing[:PLACES_MAX]}"
        )
    return missed


def main(chosen: list[str]) -> int:
    """Judge the modules and the whole; 1 when a bar is missed."""
    measured = coverage.Coverage()
    measured.load()
    if not measured.get_data().has_arcs():
        print("Nothing is measured: run `pytest --cov --cov-context=test --cov-report=` first.")  # noqa: T201
        return 1
    modules = [
        module
        for module in judged_modules()
        if not chosen or any(module.is_relative_to(one) for one in chosen)
    ]
    print(f"{'module':44} {'own %':>6} {'all %':>6}  not reached by its own tests")  # noqa: T201
    missed = judge(measured, modules)
    print(f"{len(modules) - len(missed)} of {len(modules)} modules whole by their own tests")  # noqa: T201
    if chosen:
        return 1 if missed else 0
    with tempfile.NamedTemporaryFile(suffix=".txt", mode="w") as report:
        whole = measured.report(file=report)
    print(f"{whole:.2f} % of all lines and branches; the bar is {WHOLE_PERCENT_MIN:.0f} %")  # noqa: T201
    return 1 if missed or whole < WHOLE_PERCENT_MIN else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
