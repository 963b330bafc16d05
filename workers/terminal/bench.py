"""`luochui bench`: measure, print a table, write bench.json; smaller is better in every line."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import click

from auction.notices.render import Paper, render
from workers.demo.show import run_whole_journey
from workers.embedded.place import REPOSITORY

PAPERS = 50


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One line of the table. A new one is one more row of BENCHMARKS."""

    name: str
    unit: str
    baseline: float
    """What was measured on two cores when the line was written."""
    bar: float
    """Above this the line is not met."""
    aim: float
    measure: Callable[[], float]


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


BENCHMARKS: tuple[Benchmark, ...] = (
    Benchmark("journey", "s", 90, 120, 60, journey_seconds),
    Benchmark("notice", "ms", 12, 100, 10, notice_milliseconds),
)


@click.command()
@click.option("--only", default="", help="NAME,NAME: run a part.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=REPOSITORY / "var" / "bench.json",
    help="Where the table is written as JSON.",
)
def bench(only: str, out: Path) -> None:
    """Measure, print a table, write bench.json; status 1 when a bar is missed."""
    chosen = _chosen([name.strip() for name in only.split(",") if name.strip()])
    click.echo(f"{'name':12s} {'value':>10s} {'unit':5s} {'baseline':>9s} {'bar':>7s} {'aim':>7s}")
    lines = []
    for benchmark in chosen:
        value = round(benchmark.measure(), 3)
        lines.append(_line(benchmark, value))
        verdict = "met" if value <= benchmark.bar else "MISSED"
        click.echo(
            f"{benchmark.name:12s} {value:10.2f} {benchmark.unit:5s} {benchmark.baseline:9.2f}"
            f" {benchmark.bar:7.0f} {benchmark.aim:7.0f}  {verdict}"
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(lines, indent=1) + "\n", encoding="utf-8")
    if not all(line["met"] for line in lines):
        raise click.exceptions.Exit(1)


def _chosen(names: Sequence[str]) -> Sequence[Benchmark]:
    known = {benchmark.name: benchmark for benchmark in BENCHMARKS}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise click.ClickException(
            f"There is no benchmark {', '.join(unknown)}; there are: {', '.join(known)}."
        )
    return [known[name] for name in names] or BENCHMARKS


def _line(benchmark: Benchmark, value: float) -> dict[str, object]:
    return {
        "name": benchmark.name,
        "value": value,
        "unit": benchmark.unit,
        "baseline": benchmark.baseline,
        "ratio": round(value / benchmark.baseline, 3),
        "bar": benchmark.bar,
        "aim": benchmark.aim,
        "met": value <= benchmark.bar,
    }
