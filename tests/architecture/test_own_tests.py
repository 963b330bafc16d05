"""Each pure module and each module of commands has tests of its own; `make coverage` asks more."""

from pathlib import Path

import pytest

from tests.coverage_bars import judged_modules, own_tests


@pytest.mark.parametrize("module", judged_modules(), ids=str)
def test_stands_beside_its_own_tests(module: Path) -> None:
    assert own_tests(module), f"{module} has no tests/{module.parent}/test_{module.stem}.py"
