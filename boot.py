#!/usr/bin/env python3
"""From a clean clone to a running Luochui: `python3 boot.py help`. Standard library only."""

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

PYTHON_MIN = (3, 11)
PIP_MIN = (22, 3)
HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
RUNNING = HERE / "requirements.lock"
"""What the product runs on; all that a demonstration installs."""
TESTING = HERE / "requirements-dev.lock"
"""What tests and lint add to it."""
FETCHING = HERE / "requirements-boot.lock"
"""uv, which installs the other two in a third of pip's time."""
LOCKS = (RUNNING, TESTING, FETCHING)
HEARTBEAT_SECONDS = 5.0

HELP = """\
make demo      build, start everything, run the journey once, keep serving (Ctrl-C ends it)
make test      set up the tools of the tests and run the whole suite
make coverage  the suite with branch coverage; fails where a bar of tests/coverage_bars.py is missed
make lives     the suite's long part: a worker killed again and again, a canary among 200 (minutes)
make mutants   plant faults in the contest, change its operators one by one, say who noticed
make faults    kill servers, cut lines, step clocks under 64 bidders, say what held (ONLY=name,name)
make lint      style, types, floors, and no URL in the locks
make bench     measure, print a table, write var/bench.json     (ONLY=name,name runs a part)
make journey   a seized asset's whole life on a fresh database  (OUT=DIR keeps its papers)
make lock      write the three locks anew from pyproject.toml
make help      these lines

Without make: python3 boot.py and one of demo, test, coverage, lives (as: test -m long), mutants,
faults, lint, bench, journey [--out DIR], lock, help."""

# A program the tests use, the Debian package that brings it, and what is lost without it.
TOOLS = (
    ("chromium", "chromium", "browser tests"),
    ("pdftotext", "poppler-utils", "reading notices back, checking their signatures"),
    ("certutil", "libnss3-tools", "checking the signatures of notices"),
    ("hledger", "hledger", "the outside judge of the ledger export"),
)
TWO_PROCESSES = ("--numprocesses=2", "--dist=loadscope", "--no-loadscope-reorder")
"""Half of the suite waits for platforms that run; the other half computes meanwhile."""
CHINESE_FONT = ("fc-list", "fonts-noto-cjk", "Chinese in screenshots")


def main(arguments: list[str]) -> int:
    """Run one command and return its exit status."""
    name, rest = (arguments[0], arguments[1:]) if arguments else ("help", [])
    commands = {
        "demo": lambda: luochui("demo", rest),
        "journey": lambda: luochui("journey", rest),
        "bench": lambda: luochui("bench", rest),
        "test": lambda: test(rest),
        "coverage": coverage,
        "mutants": lambda: program("tests.machines.contest.judge", rest),
        "faults": lambda: program("tests.faults", rest),
        "lint": lint,
        "lock": lock,
        "help": show_help,
    }
    if name in {"-h", "--help"}:
        name = "help"
    if name not in commands:
        raise Failure(f"There is no command {name!r}; `python3 boot.py help` lists them.")
    if name != "help":
        require_python()
    return commands[name]()


class Failure(Exception):
    """What is wrong and what to do about it, in one sentence."""


def show_help() -> int:
    """Print one line for each command."""
    print(HELP)
    return 0


def luochui(command: str, rest: list[str]) -> int:
    """Hand over to the product's own command line."""
    build_environment()
    program = str(VENV / "bin" / "luochui")
    os.execv(program, [program, command, *rest])  # noqa: S606  (no shell wanted)


def test(rest: list[str]) -> int:
    """Set up the tools and run the suite."""
    build_environment(TESTING)
    set_up_tools()
    return in_environment(["-m", "pytest", *TWO_PROCESSES, *rest])


def coverage() -> int:
    """Run the suite counting branches by test, print what is not whole, and hold the bars."""
    status = test(["--cov", "--cov-context=test", "--cov-report="])
    in_environment(["-m", "coverage", "report", "--sort=cover", "--skip-covered"])
    return in_environment(["-m", "tests.coverage_bars"]) or status


def program(module: str, rest: list[str]) -> int:
    """Run a program of the tests: wrong contests noticed, faults borne; minutes."""
    build_environment(TESTING)
    return in_environment(["-m", module, *rest])


def lint() -> int:
    """Run every check that needs no database; all of them, so that all faults show at once."""
    build_environment(TESTING)
    checks = {
        "ruff check": ["-m", "ruff", "check", "."],
        "ruff format": ["-m", "ruff", "format", "--check", "."],
        "mypy": ["-m", "mypy"],
        "import contracts": ["-c", "from importlinter.cli import lint_imports_command as c; c()"],
    }
    failed = [name for name, arguments in checks.items() if not passes(name, arguments)]
    failed += [f"{lock.name} holds an address" for lock in LOCKS if has_address(lock)]
    if failed:
        say("lint failed: " + ", ".join(failed))
    return 1 if failed else 0


def passes(name: str, arguments: list[str]) -> bool:
    """Run one check, print its words only when it fails, and say how long it took."""
    began = time.monotonic()
    done = in_environment(arguments, quiet=True)
    say(f"{name}: {'ok' if done == 0 else 'FAILED'} ({time.monotonic() - began:.1f} s)")
    return done == 0


def has_address(lock: Path) -> bool:
    """A lock with a host in it would bind every clone to one machine's mirror."""
    lines = lock.read_text(encoding="utf-8").splitlines()
    found = [f"{lock.name}:{i}: {line}" for i, line in enumerate(lines, 1) if "://" in line]
    for line in found:
        say(line)
    return bool(found)


def lock() -> int:
    """Write the locks from pyproject.toml: every platform, every hash, no address."""
    build_environment()
    uv = shutil.which("uv") or fetch_uv()
    if not uv:
        raise Failure("Locks are written by uv, and it could not be installed: see above.")
    for file, wanted in (
        (FETCHING, ["--group", "pyproject.toml:boot"]),
        (RUNNING, ["pyproject.toml"]),
        (TESTING, ["--group", "pyproject.toml:dev", "-c", RUNNING.name]),
    ):
        before = file.read_bytes()
        command = [uv, "pip", "compile", "--universal", "--generate-hashes", "--no-header", "-q",
                   *wanted, "-o", file.name]  # fmt: skip
        status = patiently(f"Resolving {file.name}", command)
        if status:
            return status
        if has_address(file):
            file.write_bytes(before)
            raise Failure("The new lock held an address of this machine's index; the old stays.")
    return 0


def require_python() -> None:
    """Stop with a sentence where the syntax of the product would stop with a riddle."""
    if sys.version_info < PYTHON_MIN:
        found = ".".join(map(str, sys.version_info[:3]))
        raise Failure(
            f"Luochui needs Python 3.11 or newer and this is {found}: "
            "run boot.py, or make PYTHON=python3.12, with a newer one."
        )


def build_environment(*more: Path) -> None:
    """Make .venv hold what requirements.lock and `more` locks say; each leaves a marker."""
    wanted = (RUNNING, *more)
    if not all(marker_of(lock).exists() for lock in wanted):
        with only_one():
            if is_stale():
                make_environment()
            for lock in wanted:
                if not marker_of(lock).exists():
                    install(lock)
    write_command()


def marker_of(lock: Path) -> Path:
    """The file in .venv that says: all of this lock is installed."""
    return VENV / f".{lock.name}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:16]}"


def is_stale() -> bool:
    """Whether .venv must be made anew: not there, not whole, or built from an older lock."""
    older = [
        marker
        for lock in (RUNNING, TESTING)
        for marker in VENV.glob(f".{lock.name}-*")
        if marker != marker_of(lock)
    ]
    return bool(older) or not marker_of(RUNNING).exists()


def make_environment() -> None:
    """Make .venv from nothing, once it is known that something can fill it."""
    import venv  # noqa: PLC0415  (Debian splits it off; most runs do not need it)

    require_installer()
    say("Building .venv from requirements.lock; some seconds, once.")
    venv.create(VENV, with_pip=False, clear=True, symlinks=os.name != "nt")


def install(lock: Path) -> None:
    """Install a lock by uv, else by pip; its marker comes last."""
    for command in install_commands(lock):
        if patiently(f"Installing {lock.name}", command) == 0:
            marker_of(lock).touch()
            return
    raise Failure(
        "The packages could not be installed (the installer's words stand above): "
        "check that this machine reaches a package index, then run this again."
    )


def install_commands(lock: Path) -> Iterator[list[str]]:
    """The commands that can install a lock, best first; uv is fetched when it is asked for."""
    require_installer()
    python = str(VENV / "bin" / "python")
    uv = shutil.which("uv") or fetch_uv()
    if uv:
        yield [uv, "pip", "install", "-q", "--python", python, *locked(lock)]
    if pip_version() >= PIP_MIN:
        yield [*pip(), "--python", python, "install", "-q", "--no-compile", *locked(lock)]


def locked(lock: Path) -> list[str]:
    """Exactly what a lock says, as pip and uv understand it."""
    return ["--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", str(lock)]


def fetch_uv() -> str:
    """Install uv beside the environment, where it disturbs nothing; empty when it cannot be."""
    folder = VENV / "tools"
    uv = folder / "bin" / "uv"
    if not uv.exists() and pip_version() >= PIP_MIN:
        target = ["install", "-q", "--no-compile", "--target", str(folder)]
        patiently("Installing uv", [*pip(), *target, *locked(FETCHING)])
    return str(uv) if uv.exists() else ""


def require_installer() -> None:
    """Stop with a sentence when neither uv nor a new enough pip is there."""
    version = pip_version()
    if shutil.which("uv") or version >= PIP_MIN:
        return
    if version:
        raise Failure(
            f"pip {'.'.join(map(str, version))} is too old: run "
            f"`{sys.executable} -m pip install --upgrade pip` (22.3 or newer), then this again."
        )
    raise Failure(
        f"{sys.executable} has no pip: install it (on Debian `apt-get install python3-pip`), "
        "then run this again."
    )


def pip() -> list[str]:
    """Pip of the Python that runs this, told to be brief."""
    return [sys.executable, "-m", "pip", "--disable-pip-version-check"]


def pip_version() -> tuple[int, ...]:
    """Pip's version, or an empty tuple where there is none."""
    try:
        words = metadata.version("pip")
    except metadata.PackageNotFoundError:
        return ()
    return tuple(int(part) for part in words.split(".")[:3] if part.isdigit())


def write_command() -> None:
    """Write .venv/bin/luochui, the one command of the product."""
    python = shlex.quote(str(VENV / "bin" / "python"))
    root = shlex.quote(str(HERE))
    text = f'#!/bin/sh\nPYTHONPATH={root} exec {python} -m workers.cli "$@"\n'
    file = VENV / "bin" / "luochui"
    if not file.exists() or file.read_text(encoding="utf-8") != text:
        file.write_text(text, encoding="utf-8")
        file.chmod(0o755)


class only_one:  # noqa: N801  (reads as the words it is used in)
    """Hold off a second build while one is running."""

    def __enter__(self) -> None:
        try:
            import fcntl  # noqa: PLC0415  (absent on Windows)
        except ImportError:
            return
        self._file = (HERE / ".venv.lock").open("w", encoding="utf-8")
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        if hasattr(self, "_file"):
            self._file.close()


def set_up_tools() -> None:
    """Bring what the tests use beside Python: by apt as root on Debian, else say what is lost."""
    missing = [(package, loss) for program, package, loss in TOOLS if not has_tool(program)]
    if not has_chinese_font():
        missing.append(CHINESE_FONT[1:])
    if missing and can_use_apt():
        packages = [package for package, _loss in missing]
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        patiently("Refreshing the list of packages", ["apt-get", "-q", "update"], environment)
        command = ["apt-get", "-q", "install", "-y", "--no-install-recommends", *packages]
        patiently(f"Installing {', '.join(packages)}", command, environment)
        missing = [(package, loss) for program, package, loss in TOOLS if not has_tool(program)]
    if not missing:
        return
    words = "; ".join(f"{package} ({loss})" for package, loss in missing)
    if os.environ.get("CI") == "true":
        raise Failure(f"Missing, and with CI=true nothing may be skipped: {words}.")
    say(f"Missing, so the tests that need it are skipped: {words}.")
    say("Install them by hand; for Chromium without apt, CHROMIUM=path names any build,")
    say("such as the one in the npm package @sparticuz/chromium.")


def has_tool(program: str) -> bool:
    """Whether the program is there; Chromium may be named by CHROMIUM."""
    named = os.environ.get(program.upper(), "")
    return bool(shutil.which(program) or (named and Path(named).exists()))


def has_chinese_font() -> bool:
    """Whether fontconfig knows any font for Chinese."""
    if not shutil.which(CHINESE_FONT[0]):
        return False
    asked = subprocess.run(["fc-list", ":lang=zh"], capture_output=True, text=True, check=False)
    return bool(asked.stdout.strip())


def can_use_apt() -> bool:
    """Whether we are root on a Debian."""
    return hasattr(os, "geteuid") and os.geteuid() == 0 and bool(shutil.which("apt-get"))


def in_environment(arguments: list[str], quiet: bool = False) -> int:
    """Run the environment's Python in the repository."""
    done = subprocess.run(
        [str(VENV / "bin" / "python"), *arguments],
        cwd=HERE,
        env={**os.environ, "PYTHONPATH": str(HERE)},
        stdout=subprocess.PIPE if quiet else None,
        stderr=subprocess.STDOUT if quiet else None,
        check=False,
    )
    if quiet and done.returncode:
        sys.stdout.buffer.write(done.stdout)
    return done.returncode


def patiently(what: str, command: list[str], environment: "dict[str, str] | None" = None) -> int:
    """Run a command that takes a while: a line each few seconds, its words only on failure."""
    began = time.monotonic()
    with subprocess.Popen(
        command, cwd=HERE, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        words = b""
        while True:
            try:
                words = process.communicate(timeout=HEARTBEAT_SECONDS)[0]
                break
            except subprocess.TimeoutExpired:
                say(f"  {what}: {time.monotonic() - began:.0f} s ...")
    if process.returncode:
        sys.stdout.buffer.write(words)
        say(f"{what}: failed after {time.monotonic() - began:.0f} s.")
    else:
        say(f"{what}: done in {time.monotonic() - began:.1f} s.")
    return process.returncode


def say(sentence: str) -> None:
    """Print at once."""
    print(sentence, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Failure as failure:
        sys.exit(f"boot: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
