"""The benchmark table: every line as agreed, a part by name, an unknown name refused."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from workers.terminal import bench
from workers.terminal.bench import BENCHMARKS, Benchmark
from workers.terminal.figure import Figure


@pytest.fixture(autouse=True)
def table(monkeypatch: pytest.MonkeyPatch) -> None:
    fast = Benchmark("fast", "ms", 2.0, 10.0, 1.0, lambda: 1.0)
    slow = Benchmark("slow", "s", 2.0, 10.0, 1.0, lambda: 11.0)
    monkeypatch.setattr(bench, "BENCHMARKS", (fast, slow))


def test_the_first_line_is_the_journey() -> None:
    assert (BENCHMARKS[0].name, BENCHMARKS[0].bar) == ("journey", 120)


def test_a_part_is_measured_and_written(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "bench.json"
    done = CliRunner().invoke(bench.bench, ["--only", "fast", "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert json.loads(out.read_text()) == [
        {"name": "fast", "value": 1.0, "unit": "ms", "baseline": 2.0, "ratio": 0.5,
         "bar": 10.0, "aim": 1.0, "met": True}
    ]  # fmt: skip


def test_a_figure_brings_the_baseline_of_its_own_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = Benchmark("both", "ms", 2.0, 10.0, 1.0, lambda: Figure(3.0, baseline=6.0))
    monkeypatch.setattr(bench, "BENCHMARKS", (both,))
    out = tmp_path / "bench.json"
    CliRunner().invoke(bench.bench, ["--out", str(out)])
    [line] = json.loads(out.read_text())
    assert (line["baseline"], line["ratio"]) == (6.0, 0.5)


def test_the_machine_stands_beside_the_table(tmp_path: Path) -> None:
    CliRunner().invoke(bench.bench, ["--only", "fast", "--out", str(tmp_path / "bench.json")])
    machine = json.loads((tmp_path / "bench.machine.json").read_text())
    assert set(machine) == {"system", "python", "cores", "load_before"}


def test_every_agreed_line_is_there() -> None:
    bars = {line.name: line.bar for line in BENCHMARKS}
    agreed = {
        "clean_start": 30, "second_start": 5, "idle_memory": 400, "lot_page": 100, "search": 50,
    }  # fmt: skip
    assert agreed.items() <= bars.items()


def test_a_missed_bar_is_status_1(tmp_path: Path) -> None:
    done = CliRunner().invoke(bench.bench, ["--out", str(tmp_path / "bench.json")])
    assert done.exit_code == 1
    assert "MISSED" in done.output


def test_an_unknown_name_is_refused() -> None:
    done = CliRunner().invoke(bench.bench, ["--only", "nothing"])
    assert done.exit_code == 1
    assert "there are: fast, slow" in done.output
