"""`luochui replay`: recorded auctions through the engine that serves live bidding."""

import csv
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from auction.kernel.clock import BEIJING
from bidding.replay import (
    ReplayError,
    Row,
    read_extension,
    read_increments,
    replay_art,
    replay_ebay,
    replay_records,
)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--format", "kind", type=click.Choice(["record", "art", "ebay"]), required=True)
@click.option("--extension", default="reset:300", help="none, reset[:SECONDS], overtime[:SECONDS]")
@click.option("--increments", default="", help="LOT=YUAN,...; for --format record")
@click.option("--end", default="", help="nominal end, with its zone; for --format record")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
def replay(  # noqa: PLR0917  (one parameter an option)
    file: Path, kind: str, extension: str, increments: str, end: str, out: Path
) -> None:
    """Run recorded bids through the engine and write what it decided, a line a session."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as source:
            rows = list(csv.DictReader(source))
        told = _replayed(rows, kind, extension, (increments, end))
        _write(told, out)
    except (ReplayError, UnicodeDecodeError, csv.Error) as wrong:
        raise click.ClickException(str(wrong)) from wrong
    click.echo(_summary(kind, told))


def _replayed(
    rows: Sequence[Row], kind: str, extension: str, terms: tuple[str, str]
) -> Sequence[Row]:
    if not rows:
        raise ReplayError("the file holds no bid")
    choice = read_extension(extension)
    if kind == "art":
        return list(replay_art(rows, extension=choice))
    if kind == "ebay":
        return list(replay_ebay(rows, extension=choice))
    increments, end = terms
    return list(
        replay_records(
            rows, increments=read_increments(increments), end=_end(end), extension=choice
        )
    )


def _end(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise ReplayError(f"--end is no time: {text!r}") from wrong
    return moment if moment.tzinfo else moment.replace(tzinfo=BEIJING)


def _write(told: Sequence[Row], out: Path) -> None:
    with out.open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, list(told[0]))
        writer.writeheader()
        writer.writerows(told)


def _summary(kind: str, told: Sequence[Row]) -> str:
    """One line that a person can hold against the published figures."""
    refused = sum(int(row["rejected_late" if kind == "art" else "refused"]) for row in told)
    if kind == "art":
        return f"{len(told)} sessions, {refused} bids refused as late"
    accepted = sum(int(row["accepted"]) for row in told)
    line = f"{len(told)} sessions, {accepted} accepted, {refused} refused"
    if kind == "ebay":
        same = sum(row["final_price"] == row["recorded_price"] for row in told)
        line += f", {same} of {len(told)} final prices as recorded"
    return line
