"""The bootstrap: every failure is one sentence that says what to do."""

import subprocess
import sys
from pathlib import Path

import pytest

import boot

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


def test_a_python_without_pip_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boot, "pip_version", lambda: ())
    monkeypatch.setattr(boot.shutil, "which", lambda _name: None)
    with pytest.raises(boot.Failure, match="has no pip"):
        boot.find_installer()


def test_a_pip_that_is_too_old_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boot, "pip_version", lambda: (20, 3))
    monkeypatch.setattr(boot.shutil, "which", lambda _name: None)
    with pytest.raises(boot.Failure, match=r"pip 20\.3 is too old"):
        boot.find_installer()


def test_uv_is_preferred_and_pip_stands_by(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boot, "pip_version", lambda: (23, 2, 1))
    monkeypatch.setattr(boot.shutil, "which", lambda name: f"/usr/bin/{name}")
    first, second = boot.find_installer()
    assert first[0] == "/usr/bin/uv"
    assert "--require-hashes" in first
    assert "--require-hashes" in second


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


def test_the_lock_holds_hashes_and_no_address(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert not boot.lock_has_address()
    assert "--hash=sha256:" in boot.LOCK.read_text()
    spoiled = tmp_path / "requirements.lock"
    spoiled.write_text("--index-url https://mirror.example/simple\n")
    monkeypatch.setattr(boot, "LOCK", spoiled)
    assert boot.lock_has_address()


def test_the_lock_pins_what_the_project_asks_for() -> None:
    asked = [
        line.strip().split('"')[1].split(";")[0].strip()
        for line in (REPOSITORY / "pyproject.toml").read_text().splitlines()
        if line.startswith('    "') and "==" in line
    ]
    lock = boot.LOCK.read_text().lower()
    for pin in asked:
        name, version = pin.lower().split("==")
        assert f"{name.split('[')[0]}=={version}" in lock
