"""What no linter knows: the rules of the house that hold across files."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.test_sizes import FLOORS, sources

MAY_COMMIT = {"auction/store/unit.py", "auction/store/database.py"}
LEAVE_NO_TRACE = {
    "touch_sign_in",  # a page view is no fact of the auction
}
FILES_MAX = 14


def _calls(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            yield node


def _names_called(path: Path) -> set[str]:
    return {call.func.attr for call in _calls(path) if isinstance(call.func, ast.Attribute)}


@pytest.mark.parametrize(
    "path", [path for path in sources() if str(path) not in MAY_COMMIT], ids=str
)
def test_nobody_but_the_unit_of_work_commits(path: Path) -> None:
    called = _names_called(path)
    if "workers/migrations" not in str(path):
        assert not called & {"commit", "rollback"}


def _folders() -> list[Path]:
    return sorted({path.parent for path in sources()})


@pytest.mark.parametrize("folder", _folders(), ids=str)
def test_a_folder_can_be_taken_in_at_a_glance(folder: Path) -> None:
    files = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
    assert len(files) <= FILES_MAX
    assert len(folder.parts) <= 3


def _commands() -> list[tuple[str, ast.AsyncFunctionDef]]:
    found = []
    for path in sources():
        if path.name != "commands.py" and path.parent.name != "commands":
            continue
        for node in ast.parse(path.read_text()).body:
            is_public = isinstance(node, ast.AsyncFunctionDef) and not node.name.startswith("_")
            if is_public and isinstance(node, ast.AsyncFunctionDef):
                found.append((f"{path}:{node.name}", node))
    return found


def _reaches(node: ast.AsyncFunctionDef, module: dict[str, ast.AST], method: str) -> bool:
    """Whether a command calls work.<method>, itself or in a private function of its module."""
    seen: set[str] = set()
    waiting: list[ast.AST] = [node]
    while waiting:
        for inner in ast.walk(waiting.pop()):
            if not isinstance(inner, ast.Call):
                continue
            if isinstance(inner.func, ast.Attribute) and inner.func.attr == method:
                return True
            name = inner.func.id if isinstance(inner.func, ast.Name) else ""
            if name in module and name not in seen:
                seen.add(name)
                waiting.append(module[name])
    return False


@pytest.mark.parametrize(("name", "node"), _commands(), ids=[name for name, _ in _commands()])
@pytest.mark.parametrize("method", ["require", "record"])
def test_every_command_asks_who_may_and_leaves_a_trace(
    name: str, node: ast.AsyncFunctionDef, method: str
) -> None:
    if method == "record" and node.name in LEAVE_NO_TRACE:
        return
    module: dict[str, ast.AST] = {
        inner.name: inner
        for inner in ast.parse(Path(name.split(":", maxsplit=1)[0]).read_text()).body
        if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert _reaches(node, module, method), f"{name} never calls work.{method}"


def test_the_floors_are_all_there_is() -> None:
    tops = {path.name for path in Path().iterdir() if (path / "__init__.py").exists()}
    assert tops == {*FLOORS, "tests"}
