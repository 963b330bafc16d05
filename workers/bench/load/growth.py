"""How the hall's figures grow with bidders, watchers and sessions: a second table, and its plot."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import click
import uvloop

from workers.bench.figure import percentile
from workers.bench.load.closing import idle_percent_of_many
from workers.bench.load.hot_lot import AHall, a_hall, check, check_accepted
from workers.bench.load.plot import Panel, drawn
from workers.bench.load.watching import lateness

BIDDERS: Final = (10, 30, 100, 300, 1_000)
WATCHERS: Final = (100, 300, 1_000, 2_000, 5_000)
SESSIONS: Final = (100, 1_000, 10_000)
SECONDS: Final = 4.0
BIDS_A_SECOND: Final = 50.0
PICTURE: Final = Path(__file__).with_name("growth.svg")


@dataclass(frozen=True, slots=True)
class Row:
    """One point: how much of what, and what was measured there."""

    what: str
    count: int
    unit: str
    value: float


def measure_growth(
    bidders: Sequence[int] = BIDDERS,
    watchers: Sequence[int] = WATCHERS,
    sessions: Sequence[int] = SESSIONS,
    seconds: float = SECONDS,
) -> list[Row]:
    """Every point, each printed as it comes."""
    rows = uvloop.run(_on_one_hall(bidders, watchers, seconds))
    for number in sessions:
        percent = idle_percent_of_many(number, number // 10, seconds * 5)
        rows.append(_told(Row("sessions at rest", number, "% of a core", percent)))
    return rows


def write_growth(rows: Sequence[Row], machine: str, table: Path, picture: Path = PICTURE) -> None:
    """Leave the table as JSON and the plot as SVG."""
    table.parent.mkdir(parents=True, exist_ok=True)
    table.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8")
    panels: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for row in rows:
        panels.setdefault((row.what, row.unit), []).append((row.count, row.value))
    drawing = drawn([Panel(what, unit, points) for (what, unit), points in panels.items()], machine)
    picture.write_text(drawing, encoding="utf-8")


async def _on_one_hall(
    bidders: Sequence[int], watchers: Sequence[int], seconds: float
) -> list[Row]:
    async with a_hall(max(bidders)) as hall:
        rows = []
        for number in bidders:
            rows += await of_bidders(hall, number, seconds)
        for number in watchers:
            late = await lateness(hall, number, BIDS_A_SECOND, seconds)
            rows.append(_told(Row("watchers, 50 bids/s", number, "ms to p99 of deliveries", late)))
    return rows


async def of_bidders(hall: AHall, number: int, seconds: float) -> list[Row]:
    """How many verdicts so many bidders get, and how long they wait for them."""
    crowd = await hall.crowd(number)
    told = await crowd.loop(seconds)
    crowd.leave()
    await check(hall, crowd)
    check_accepted(crowd)
    late = percentile([one.seconds for one in told], 99)
    return [
        _told(Row("bidders of one lot", number, "verdicts/s", len(told) / seconds)),
        _told(Row("bidders of one lot", number, "ms to p99 of verdicts", late)),
    ]


def _told(row: Row) -> Row:
    click.echo(f"{row.what:24s} {row.count:6d} {row.value:10.1f} {row.unit}")
    return row
