"""The bootstrap: every failure is one sentence that says what to do."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import boot
from tests.architecture.test_sizes import sources

REPOSITORY = Path(boot.__file__).resolve().parent


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "boot.py", *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_has_a_line_for_every_target_of_the_makefile() -> None:
    targets = (REPOSITORY / "Makefile").read_text().split(".PHONY:")[1].splitlines()[0].split()
    lines = run("help").stdout.splitlines()
    for target in targets:
        assert sum(line.startswith(f"make {target} ") for line in lines) == 1


def test_help_is_there_under_the_names_people_try() -> None:
    assert run("--help").stdout == run("-h").stdout == run("help").stdout


def test_an_unknown_command_is_one_sentence() -> None:
    done = run("demmo")
    assert done.returncode == 1
    assert done.stderr == "boot: There is no command 'demmo'; `python3 boot.py help` lists them.\n"


def test_an_old_python_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2, "final", 0))
    with pytest.raises(boot.Failure, match=r"needs Python 3\.11 or newer and this is 3\.9\.2"):
        boot.require_python()


@pytest.mark.parametrize(
    ("version", "words"), [((), "has no pip"), ((20, 3), r"pip 20\.3 is too old")]
)
def test_a_python_that_can_install_nothing_is_named(
    monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...], words: str
) -> None:
    monkeypatch.setattr(boot, "pip_version", lambda: version)
    monkeypatch.setattr(boot.shutil, "which", lambda _name: None)
    with pytest.raises(boot.Failure, match=words):
        boot.require_installer()


def test_pip_is_found_as_it_names_itself() -> None:
    asked = subprocess.run(
        [*boot.pip(), "--version"], capture_output=True, text=True, check=False
    ).stdout.split()
    told = ".".join(map(str, boot.pip_version()))
    assert (asked[1] if asked else "").startswith(told)


class Ran:
    """The commands that boot was about to run: installing them for real is a bench line."""

    def __init__(self, *failing: str) -> None:
        self.commands: list[list[str]] = []
        self.failing = failing

    def __call__(self, what: str, command: list[str]) -> int:
        self.commands.append(command)
        if any(word in what for word in self.failing):
            return 1
        if "--target" in command:
            made = Path(command[command.index("--target") + 1]) / "bin" / "uv"
            made.parent.mkdir(parents=True)
            made.touch()
        return 0

    def locks(self) -> list[str]:
        return [Path(command[-1]).name for command in self.commands]


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty clone with three small locks, a pip, and no uv."""
    for name in ("RUNNING", "TESTING", "FETCHING"):
        lock = tmp_path / getattr(boot, name).name
        lock.write_text(f"{name.lower()}==1")
        monkeypatch.setattr(boot, name, lock)
    monkeypatch.setattr(boot, "HERE", tmp_path)
    monkeypatch.setattr(boot, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(boot, "pip_version", lambda: (23, 2, 1))
    monkeypatch.setattr(boot.shutil, "which", lambda _name: None)
    return tmp_path


class TestTheEnvironment:
    def test_of_a_demonstration_has_nothing_of_the_tests(
        self, monkeypatch: pytest.MonkeyPatch, place: Path
    ) -> None:
        ran = Ran()
        monkeypatch.setattr(boot, "patiently", ran)
        boot.build_environment()
        assert ran.locks() == ["requirements-boot.lock", "requirements.lock"]
        boot.build_environment()
        assert len(ran.commands) == 2

    def test_is_added_to_by_the_tests_and_not_built_again(
        self, monkeypatch: pytest.MonkeyPatch, place: Path
    ) -> None:
        ran = Ran()
        monkeypatch.setattr(boot, "patiently", ran)
        boot.build_environment()
        kept = place / ".venv" / "kept"
        kept.touch()
        boot.build_environment(boot.TESTING)
        boot.build_environment()
        assert ran.locks()[2:] == ["requirements-dev.lock"]
        assert kept.exists()

    @pytest.mark.parametrize("name", ["RUNNING", "TESTING"])
    def test_is_built_anew_when_a_lock_has_changed(
        self, monkeypatch: pytest.MonkeyPatch, place: Path, name: str
    ) -> None:
        ran = Ran()
        monkeypatch.setattr(boot, "patiently", ran)
        boot.build_environment(boot.TESTING)
        left = place / ".venv" / "left"
        left.touch()
        getattr(boot, name).write_text("other==2")
        boot.build_environment(boot.TESTING)
        assert not left.exists()
        assert ran.locks()[3:] == ran.locks()[:3]

    def test_is_filled_by_uv_with_every_hash_checked(
        self, monkeypatch: pytest.MonkeyPatch, place: Path
    ) -> None:
        ran = Ran()
        monkeypatch.setattr(boot, "patiently", ran)
        boot.build_environment(boot.TESTING)
        fetching, *installing = ran.commands
        assert fetching[: len(boot.pip())] == boot.pip()
        assert {command[0] for command in installing} == {
            str(place / ".venv" / "tools" / "bin" / "uv")
        }
        assert all("--require-hashes" in command for command in ran.commands)

    @pytest.mark.parametrize("failing", ["Installing uv", "Installing requirements.lock"])
    def test_is_filled_by_pip_where_uv_cannot_be_had_or_fails(
        self, monkeypatch: pytest.MonkeyPatch, place: Path, failing: str
    ) -> None:
        failed = 0

        def once(what: str, command: list[str]) -> int:
            nonlocal failed
            if what == failing and not failed:
                failed += 1
                return 1
            return ran(what, command)

        ran = Ran()
        monkeypatch.setattr(boot, "patiently", once)
        boot.build_environment()
        assert failed == 1
        assert ran.commands[-1][: len(boot.pip())] == boot.pip()
        assert "--require-hashes" in ran.commands[-1]
        assert boot.marker_of(boot.RUNNING).exists()

    def test_that_cannot_be_filled_is_told_and_leaves_no_marker(
        self, monkeypatch: pytest.MonkeyPatch, place: Path
    ) -> None:
        monkeypatch.setattr(boot, "patiently", Ran("Installing"))
        with pytest.raises(boot.Failure, match="reaches a package index"):
            boot.build_environment()
        assert not boot.marker_of(boot.RUNNING).exists()


def test_a_missing_tool_fails_when_nothing_may_be_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boot, "has_tool", lambda program: program != "hledger")
    monkeypatch.setattr(boot, "has_chinese_font", lambda: True)
    monkeypatch.setattr(boot, "can_use_apt", lambda: False)
    monkeypatch.setenv("CI", "true")
    with pytest.raises(boot.Failure, match="hledger"):
        boot.set_up_tools()


def test_a_missing_tool_is_told_when_it_may_be_skipped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(boot, "has_tool", lambda program: program != "hledger")
    monkeypatch.setattr(boot, "has_chinese_font", lambda: True)
    monkeypatch.setattr(boot, "can_use_apt", lambda: False)
    monkeypatch.delenv("CI", raising=False)
    boot.set_up_tools()
    assert "hledger" in capsys.readouterr().out


@pytest.mark.parametrize("lock", boot.LOCKS, ids=lambda lock: lock.name)
def test_a_lock_holds_hashes_and_no_address(lock: Path, tmp_path: Path) -> None:
    assert not boot.has_address(lock)
    assert "--hash=sha256:" in lock.read_text()
    spoiled = tmp_path / lock.name
    spoiled.write_text("--index-url https://mirror.example/simple\n" + lock.read_text())
    assert boot.has_address(spoiled)


ASKED = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())


@pytest.mark.parametrize(
    ("lock", "asked"),
    [
        (boot.RUNNING, ASKED["project"]["dependencies"]),
        (boot.TESTING, ASKED["dependency-groups"]["dev"]),
        (boot.FETCHING, ASKED["dependency-groups"]["boot"]),
    ],
    ids=["running", "testing", "fetching"],
)
def test_a_lock_pins_what_the_project_asks_for(lock: Path, asked: list[str]) -> None:
    pinned = _pins(lock)
    for pin in asked:
        name, version = pin.split(";")[0].strip().lower().split("==")
        assert pinned[name.split("[")[0]] == version


def test_the_tests_bring_no_other_version_of_what_runs() -> None:
    running, testing = _pins(boot.RUNNING), _pins(boot.TESTING)
    assert {name: testing[name] for name in running.keys() & testing.keys()}.items() <= (
        running.items()
    )


def test_a_demonstration_is_spared_the_tests_tools() -> None:
    assert not _pins(boot.RUNNING).keys() & {"pytest", "playwright", "hypothesis", "mypy"}


def _pins(lock: Path) -> dict[str, str]:
    lines = [line.split()[0] for line in lock.read_text().splitlines() if line[:1].isalnum()]
    return dict(line.lower().split("==") for line in lines)


def test_nothing_that_runs_imports_the_tests_tools() -> None:
    only_tests = _pins(boot.TESTING).keys() - _pins(boot.RUNNING).keys()
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                assert name.split(".")[0].replace("_", "-") not in only_tests, f"{path}: {name}"
