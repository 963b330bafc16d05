"""The benchmark table: every line as agreed, a part by name, an unknown name refused."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from workers.bench import table as bench
from workers.bench.figure import Figure
from workers.bench.table import BENCHMARKS, Benchmark, Direction


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
         "direction": "<=", "bar": 10.0, "aim": 1.0, "met": True}
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


@pytest.mark.parametrize(("value", "verdict"), [(9.0, "met"), (7.0, "MISSED")])
def test_a_line_may_be_held_to_a_multiple_of_its_baseline(
    value: float, verdict: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Benchmark(
        "rate", "/s", 1.0, 8.0, 20.0, lambda: Figure(value, baseline=1.0), Direction.TIMES_BASELINE
    )
    monkeypatch.setattr(bench, "BENCHMARKS", (line,))
    done = CliRunner().invoke(bench.bench, ["--out", str(tmp_path / "bench.json")])
    assert verdict in done.output
    assert done.exit_code == (0 if verdict == "met" else 1)


def test_the_machine_stands_beside_the_table(tmp_path: Path) -> None:
    CliRunner().invoke(bench.bench, ["--only", "fast", "--out", str(tmp_path / "bench.json")])
    machine = json.loads((tmp_path / "bench.machine.json").read_text())
    assert set(machine) == {"system", "python", "cores", "load_before"}


def test_every_agreed_line_is_there() -> None:
    bars = {line.name: line.bar for line in BENCHMARKS}
    agreed = {
        "clean_start": 30, "second_start": 5, "idle_memory": 400, "lot_page": 100, "search": 50,
        "hot_lot_vs_naive": 8, "hot_lot_vs_echo": 0.15, "open_loop_p99": 60, "burst_2000": 1,
        "fanout_vs_broadcast": 0.7, "watchers_5000_p99": 1000, "reconnect_5000": 10,
        "close_storm": 60, "idle_10000": 5,
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
