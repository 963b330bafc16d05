"""The judge of coverage: which modules it asks, which tests are their own, what it counts."""

from pathlib import Path

import coverage
import pytest
from coverage import CoverageData

from tests import coverage_bars
from tests.coverage_bars import judge, judged_modules, own_reach, own_tests, reach

HALF = """\
def half(number):
    if number:
        return 1
    return 0
"""
IMPORT = {(-1, 1), (1, -1)}
YES = {(-1, 2), (2, 3), (3, -1)}
NO = {(-1, 2), (2, 4), (4, -1)}
MODULE = Path("auction/half.py")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree with one module, its own tests, and tests of another."""
    for file in ("auction/half.py", "tests/auction/test_half.py", "tests/auction/test_other.py"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(HALF)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def measured(repository: Path, **ran: set[tuple[int, int]]) -> coverage.Coverage:
    """What would be measured had these tests run these arcs of the module."""
    data = CoverageData(str(repository / ".coverage"))
    contexts = {"": IMPORT} | {
        f"tests/auction/test_{name}.py::test_it|run": ran[name] for name in ran
    }
    for context, arcs in contexts.items():
        data.set_context(context)
        data.add_arcs({str(repository / MODULE): arcs})
    data.write()
    found = coverage.Coverage(data_file=str(repository / ".coverage"), config_file=False)
    found.load()
    return found


class TestWhatCounts:
    def test_what_its_own_tests_run_besides_what_runs_on_import(self, repository: Path) -> None:
        found = own_reach(measured(repository, half=YES | NO), MODULE)
        assert (found.percent, found.is_whole, found.missing) == (100.0, True, "")

    def test_not_what_other_tests_run_on_their_way(self, repository: Path) -> None:
        both = measured(repository, half=YES, other=NO)
        assert own_reach(both, MODULE).missing == "4 2->4"
        assert reach(both, MODULE).is_whole

    def test_a_branch_never_taken_is_missing_though_every_line_ran(self, repository: Path) -> None:
        (repository / MODULE).write_text("def sign(n):\n    if n:\n        n = 1\n    return n\n")
        found = own_reach(measured(repository, half={(-1, 2), (2, 3), (3, 4), (4, -1)}), MODULE)
        assert not found.is_whole
        assert found.missing == "2->4"

    def test_who_misses_the_bar_is_named_with_both_shares(
        self, repository: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert judge(measured(repository, half=YES, other=NO), [MODULE]) == ["auction/half.py"]
        told = capsys.readouterr().out.split()
        assert told == ["auction/half.py", "66.7", "100.0", "4", "2->4"]
        assert judge(measured(repository, half=YES | NO), [MODULE]) == []


class TestOwnTests:
    def test_are_those_of_its_name_and_of_its_aspects(self, repository: Path) -> None:
        (repository / "tests/auction/test_half_odd.py").write_text("")
        assert [path.name for path in own_tests(MODULE)] == ["test_half.py", "test_half_odd.py"]

    def test_are_not_those_of_a_module_with_a_longer_name(self, repository: Path) -> None:
        (repository / "auction/half_odd.py").write_text(HALF)
        (repository / "tests/auction/test_half_odd.py").write_text("")
        assert [path.name for path in own_tests(MODULE)] == ["test_half.py"]


class TestWhomItAsks:
    def test_pure_modules_and_commands_but_no_page_and_no_worker(self) -> None:
        asked = {str(path) for path in judged_modules()}
        assert {
            "auction/kernel/money.py",
            "auction/listings/terms.py",
            "bidding/engine.py",
            "bidding/enrolment.py",
            "auction/ledger/book.py",
            "valuation/commands/draws.py",
        } <= asked
        assert not any(name.startswith(("web/", "workers/")) for name in asked)

    def test_no_module_of_plain_values(self) -> None:
        asked = {str(path) for path in judged_modules()}
        assert "auction/law/rules_auction.py" not in asked

    def test_every_module_that_the_contract_keeps_pure(self) -> None:
        assert all(path.exists() for path in coverage_bars.pure_modules())
