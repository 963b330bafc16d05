"""`luochui bench`: measure, print a table, write bench.json."""

import json
import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from statistics import median
from typing import Final

import click

from auction.notices.render import Paper, render
from workers.bench.figure import Figure
from workers.bench.load.closing import close_storm_seconds, idle_percent_of_many
from workers.bench.load.growth import measure_growth, write_growth
from workers.bench.load.hot_lot import (
    burst_seconds,
    hot_lot_vs_echo,
    hot_lot_vs_naive,
    open_loop_p99_milliseconds,
)
from workers.bench.load.watching import (
    fanout_per_processor_second,
    reconnect_seconds,
    watchers_p99_milliseconds,
)
from workers.bench.resting import idle_megabytes, idle_percent, second_start_seconds
from workers.bench.searching import search_milliseconds
from workers.bench.serving import lot_page_milliseconds
from workers.bench.starting import clean_start_seconds
from workers.demo.show import run_whole_journey
from workers.embedded.place import REPOSITORY

PAPERS = 50


class Direction(StrEnum):
    """How a figure is held against its bar and its aim."""

    AT_MOST = "<="
    """The figure itself; less is better."""
    TIMES_BASELINE = "x"
    """The figure divided by the baseline of the same run; more is better."""


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One line of the table. A new one is one more row of BENCHMARKS."""

    name: str
    unit: str
    baseline: float
    """What was measured on two cores when the line was written; a Figure brings its own."""
    bar: float
    """Beyond this, in its direction, the line is not met."""
    aim: float
    measure: Callable[[], float | Figure]
    direction: Direction = Direction.AT_MOST

    def is_met(self, figure: Figure) -> bool:
        """Whether a figure holds the bar."""
        if self.direction is Direction.AT_MOST:
            return figure.value <= self.bar
        return figure.ratio >= self.bar


def journey_seconds() -> float:
    """The whole road on a fresh database, from nothing running to everything stopped."""
    began = time.perf_counter()
    run_whole_journey(None, None, lambda line: click.echo(line, err=True))
    return time.perf_counter() - began


def notice_milliseconds() -> float:
    """One page of a notice as PDF/A-2b, the compiler warm: the median of many."""
    paper = Paper(
        template="party_notice.1",
        title="拍卖通知书",
        code="00000-00000-00000",
        addressee="某某",
        issued_at=datetime(2026, 1, 1, tzinfo=UTC),
        facts={
            "court_name": "示范法院",
            "case_number": "（2026）浙0199执1号",
            "lot_title": "住宅用房",
            "round_name": "第一次拍卖",
            "addressee_role": "被执行人",
            "platform_name": "落槌",
            "starting_price_fen": 100,
            "opens_at": "2026-01-01T10:00:00+08:00",
            "closes_at": "2026-01-02T10:00:00+08:00",
        },
    )
    taken = []
    for _ in range(PAPERS):
        began = time.perf_counter()
        render(paper, "http://127.0.0.1:8000")
        taken.append(time.perf_counter() - began)
    return median(taken) * 1000


GROWTH: Final = "growth"
"""What `--only` names to have the second table made, with its plot."""
_TIMES: Final = Direction.TIMES_BASELINE

BENCHMARKS: tuple[Benchmark, ...] = (
    Benchmark("journey", "s", 90, 120, 60, journey_seconds),
    Benchmark("notice", "ms", 12, 100, 10, notice_milliseconds),
    Benchmark("clean_start", "s", 30, 30, 20, clean_start_seconds),
    Benchmark("second_start", "s", 3, 5, 3, second_start_seconds),
    Benchmark("idle_memory", "MB", 300, 400, 330, idle_megabytes),
    Benchmark("idle_cpu", "%", 11.5, 10, 3, idle_percent),
    Benchmark("lot_page", "ms", 1, 100, 50, lot_page_milliseconds),
    Benchmark("search", "ms", 60, 50, 20, search_milliseconds),
    Benchmark("hot_lot_vs_naive", "/s", 924, 8, 20, hot_lot_vs_naive, _TIMES),
    Benchmark(
        "hot_lot_vs_echo", "/s", 33_700, 0.15, 0.4, hot_lot_vs_echo, Direction.TIMES_BASELINE
    ),
    Benchmark("open_loop_p99", "ms", 23, 60, 25, open_loop_p99_milliseconds),
    Benchmark("burst_2000", "s", 0.25, 1, 0.4, burst_seconds),
    Benchmark("fanout_vs_broadcast", "/s", 84_200, 0.7, 0.95, fanout_per_processor_second, _TIMES),
    Benchmark("watchers_5000_p99", "ms", 174, 1_000, 300, watchers_p99_milliseconds),
    Benchmark("reconnect_5000", "s", 2.6, 10, 5, reconnect_seconds),
    Benchmark("close_storm", "s", 42, 60, 15, close_storm_seconds),
    Benchmark("idle_10000", "%", 4.7, 5, 2, idle_percent_of_many),
)


@click.command()
@click.option("--only", default="", help="NAME,NAME: run a part; growth: how figures grow.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=REPOSITORY / "var" / "bench.json",
    help="Where the table is written as JSON.",
)
def bench(only: str, out: Path) -> None:
    """Measure, print a table, write bench.json; status 1 when a bar is missed."""
    machine = machine_facts()
    said = ", ".join(f"{name} {fact}" for name, fact in machine.items())
    names = [name.strip() for name in only.split(",") if name.strip()]
    click.echo(said)
    if names == [GROWTH]:
        write_growth(measure_growth(), said, out.with_name("growth.json"))
        return
    chosen = _chosen(names)
    click.echo(_HEAD)
    lines = []
    for benchmark in chosen:
        figure = _figure(benchmark)
        lines.append(_line(benchmark, figure))
        click.echo(_row(benchmark, figure))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(lines, indent=1) + "\n", encoding="utf-8")
    out.with_suffix(".machine.json").write_text(
        json.dumps(machine, indent=1) + "\n", encoding="utf-8"
    )
    if not all(line["met"] for line in lines):
        raise click.exceptions.Exit(1)


_HEAD = (
    f"{'name':21s} {'value':>10s} {'unit':5s} {'baseline':>9s} {'ratio':>7s}"
    f" {'bar':>8s} {'aim':>8s}"
)


def _row(benchmark: Benchmark, figure: Figure) -> str:
    bar, aim = (f"{benchmark.direction}{bound:g}" for bound in (benchmark.bar, benchmark.aim))
    verdict = "met" if benchmark.is_met(figure) else "MISSED"
    return (
        f"{benchmark.name:21s} {figure.value:10.2f} {benchmark.unit:5s} {figure.baseline:9.2f}"
        f" {figure.ratio:7.2f} {bar:>8s} {aim:>8s}  {verdict}"
    )


def _chosen(names: Sequence[str]) -> Sequence[Benchmark]:
    known = {benchmark.name: benchmark for benchmark in BENCHMARKS}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise click.ClickException(
            f"There is no benchmark {', '.join(unknown)}; there are: {', '.join(known)}."
        )
    return [known[name] for name in names] or BENCHMARKS


def _figure(benchmark: Benchmark) -> Figure:
    told = benchmark.measure()
    found = told if isinstance(told, Figure) else Figure(told, benchmark.baseline)
    return Figure(round(found.value, 3), round(found.baseline, 3))


def machine_facts() -> dict[str, object]:
    """What the figures depend on: a table without its machine says nothing."""
    return {
        "system": platform.platform(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load_before": [round(load, 2) for load in os.getloadavg()],
    }


def _line(benchmark: Benchmark, figure: Figure) -> dict[str, object]:
    return {
        "name": benchmark.name,
        "value": figure.value,
        "unit": benchmark.unit,
        "baseline": figure.baseline,
        "ratio": figure.ratio,
        "direction": benchmark.direction.value,
        "bar": benchmark.bar,
        "aim": benchmark.aim,
        "met": benchmark.is_met(figure),
    }
