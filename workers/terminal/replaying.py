"""`luochui replay`: recorded auctions through the engine that serves live bidding."""

import csv
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import click
import msgspec

from auction.kernel.clock import BEIJING
from bidding.replay import (
    ClockChange,
    ExtensionChoice,
    HallTerms,
    ReplayError,
    Row,
    read_extension,
    read_increments,
    read_ranks,
    read_window,
    read_yuan,
    replay_art,
    replay_ebay,
    replay_hall,
    replay_records,
)

COLUMNS = {
    "record": ("lot", "bid_time", "price"),
    "art": ("auction_id", "item_id", "scheduled_closing_time", "overtime_seconds", "bid_time",
            "bid_price"),
    "ebay": ("auctionid", "openbid", "bidtime", "bid", "price"),
    "hall": ("seq", "code", "amount", "entered_at", "verdict", "reason", "closes_at_after"),
}  # fmt: skip
"""What each format must have; the columns of the bidder may be empty or absent."""

NEEDED = {"record": ("increments", "end"), "hall": ("start", "increment", "opens", "end")}
"""The options without which a format cannot be replayed."""

EPILOG = """\b
Columns of FILE, a CSV with a head line:
  record  lot, bid_time, bidder, price; needs --end and --increments
  art     auction_id, item_id, scheduled_closing_time, overtime_seconds,
          bid_time, bidder_id, bid_price
  ebay    auctionid, openbid, bidtime (days), bidder, bid, price
  hall    bids-ID.csv of this platform: seq, code, amount, entered_at,
          decided_at, verdict, reason, closes_at_after; needs --terms with
          terms-ID.json of the lot, or --start, --increment, --opens, --end

With hall every recorded verdict is checked; status 1 when one differs.
What paused, suspended or lengthened an auction is in its terms-ID.json alone."""


class TermsFile(msgspec.Struct, frozen=True):
    """What the file of `--terms` may hold; each but the clock can be an option as well."""

    start: str = ""
    increment: str = ""
    opens: str = ""
    end: str = ""
    extension: str = ""
    priority: str = ""
    window: str = ""
    clock: tuple[ClockChange, ...] = ()

    @property
    def options(self) -> dict[str, str]:
        """The terms that are there, as options."""
        told = msgspec.structs.asdict(self)
        return {name: text for name, text in told.items() if text and isinstance(text, str)}


@click.command(epilog=EPILOG)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--format", "kind", type=click.Choice(list(COLUMNS)), required=True)
@click.option("--extension", default="", help="none, reset[:SECONDS], overtime[:SECONDS]")
@click.option("--increments", default="", help="LOT=YUAN,...; for --format record")
@click.option("--end", default="", help="nominal end, with its zone; for record and hall")
@click.option("--start", default="", help="starting price in yuan; for hall")
@click.option("--increment", default="", help="in yuan; for hall")
@click.option("--opens", default="", help="opening, with its zone; for hall")
@click.option("--priority", default="", help="CODE=RANK,...; for hall")
@click.option("--window", default="", help="of a sell-off: seconds after the first bid; for hall")
@click.option(
    "--terms",
    "terms_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="terms-ID.json of the lot, instead of the options above; for hall",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write a line each.")
def replay(file: Path, kind: str, out: Path | None, terms_file: Path | None, **given: str) -> None:
    """Run recorded bids through the engine that serves live bidding, and say what it decided."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as source:
            rows = list(csv.DictReader(source))
        terms = _read_terms(terms_file)
        options = {"extension": "reset:300"} | terms.options
        options |= {name: text for name, text in given.items() if text}
        told = _replayed(rows, kind, options, terms.clock)
        if out:
            _write(told, out)
    except (ReplayError, UnicodeDecodeError, csv.Error, msgspec.DecodeError) as wrong:
        raise click.ClickException(str(wrong)) from wrong
    click.echo(_summary_of_hall(told) if kind == "hall" else _summary(kind, told))
    if kind == "hall" and any(row["same"] == "no" for row in told):
        raise click.exceptions.Exit(1)


def _read_terms(file: Path | None) -> TermsFile:
    return msgspec.json.decode(file.read_bytes(), type=TermsFile) if file else TermsFile()


def _replayed(
    rows: Sequence[Row], kind: str, options: Mapping[str, str], clock: Sequence[ClockChange]
) -> Sequence[Row]:
    if not rows:
        raise ReplayError("the file holds no bid")
    lacking = [name for name in COLUMNS[kind] if name not in rows[0]]
    if lacking:
        raise ReplayError(f"the file has no column {', '.join(lacking)}: see replay --help")
    missing = [f"--{name}" for name in NEEDED.get(kind, ()) if not options.get(name)]
    if missing:
        instead = ", or --terms with terms-ID.json of the lot" if kind == "hall" else ""
        raise ReplayError(f"--format {kind} needs {' and '.join(missing)}{instead}")
    choice = read_extension(options["extension"])
    if kind == "art":
        return list(replay_art(rows, extension=choice))
    if kind == "ebay":
        return list(replay_ebay(rows, extension=choice))
    if kind == "hall":
        return list(replay_hall(rows, terms=_terms(options, choice, clock)))
    increments, end = read_increments(options["increments"]), _time(options, "end")
    return list(replay_records(rows, increments=increments, end=end, extension=choice))


def _terms(
    options: Mapping[str, str], choice: ExtensionChoice, clock: Sequence[ClockChange]
) -> HallTerms:
    increment = read_yuan(options["increment"], "--increment")
    if not increment.fen:
        raise ReplayError("--increment must be above zero")
    return HallTerms(
        start=read_yuan(options["start"], "--start"),
        increment=increment,
        opens_at=_time(options, "opens"),
        end=_time(options, "end"),
        extension=choice,
        ranks=read_ranks(options.get("priority", "")),
        clock=clock,
        window=read_window(options.get("window", "")),
    )


def _time(options: Mapping[str, str], name: str) -> datetime:
    text = options[name]
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise ReplayError(f"--{name} is no time: {text!r}") from wrong
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


def _summary_of_hall(told: Sequence[Row]) -> str:
    """Winner and price, and each verdict and end that the record tells otherwise."""
    differing = [row for row in told if row["same"] == "no"]
    bids = [row for row in told if row["seq"]]
    same = sum(row["same"] == "yes" for row in bids)
    last = told[-1]
    ending = f"winner {last['winner']} at {last['price']} yuan" if last["winner"] else "no winner"
    moves = len(told) - len(bids)
    beside = f", {moves} {'change' if moves == 1 else 'changes'} of the clock" if moves else ""
    count = f"{len(bids)} bids, {same} as recorded{beside}; {ending}"
    return "\n".join([*map(_difference, differing), count])


def _difference(row: Row) -> str:
    """What a line of the record tells otherwise: the verdict, the end after it, or both."""
    sentences = []
    if row["recorded"] != row["engine"]:
        sentences.append(f"recorded {row['recorded']}, the engine says {row['engine']}")
    if row["closes_at_recorded"] != row["closes_at_after"]:
        ends = f"{row['closes_at_recorded']}, the engine says {row['closes_at_after']}"
        sentences.append(f"the end after it is recorded {ends}")
    name = f"bid {row['seq']}" if row["seq"] else row["recorded"]
    return f"{name}: {'; '.join(sentences)}"
