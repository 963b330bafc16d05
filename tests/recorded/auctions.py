"""Recorded auctions as values: their rules, their bids, and what the replay makes of them."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

from auction.kernel.clock import BEIJING
from auction.kernel.money import Money
from bidding.engine import Extension, Ladder, Rules, open_hall
from bidding.replay import Row, read_extension, read_increments, replay_art, replay_records

DATA = Path(__file__).parents[3] / "shared" / "data"
RECORDS = DATA / "judicial" / "bid_records_dev.csv"
ART = DATA / "engine" / "art_bids_dev.csv"
INCREMENTS = "1=46000,2=14000,3=5000"
NOMINAL_END = datetime(2026, 5, 26, 10, tzinfo=BEIJING)
FIVE = timedelta(minutes=5)
FEN = Money(1)


@dataclass(frozen=True, slots=True)
class RecordedBid:
    """One bid as somebody else's house recorded it."""

    code: str
    amount: Money
    entered_at: datetime


@dataclass(frozen=True, slots=True)
class RecordedAuction:
    """One auction, to be held again."""

    key: str
    rules: Rules
    scheduled_close_at: datetime
    bids: tuple[RecordedBid, ...]

    @property
    def opens_at(self) -> datetime:
        """Its first bid opened it, as far as the record tells."""
        return min(bid.entered_at for bid in self.bids)

    @property
    def codes(self) -> set[str]:
        """Everybody who bid."""
        return {bid.code for bid in self.bids}

    @property
    def first_close_at(self) -> datetime:
        """Its end before any bid."""
        hall = open_hall(
            self.rules, opens_at=self.opens_at, scheduled_close=self.scheduled_close_at
        )
        return hall.closes_at


@dataclass(frozen=True, slots=True)
class Result:
    """What matters of an auction: who won, at what price, and when it was over."""

    winner: str
    price: Money
    closes_at: datetime
    refused: int


def read_rows(path: Path) -> list[Row]:
    """The rows of a record."""
    with path.open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


def judicial(rows: Iterable[Row]) -> Iterator[RecordedAuction]:
    """竞价记录 of judicial auctions, oldest bid first, five minutes of extension."""
    increments = read_increments(INCREMENTS)
    for lot, group in groupby(rows, key=lambda row: row["lot"]):
        bids = tuple(_bid(row, "bidder", "price") for row in group)
        rules = Rules(Ladder.MULTIPLE, Extension.RESET, bids[0].amount, increments[lot], FIVE, FIVE)
        yield RecordedAuction(lot, rules, NOMINAL_END, bids)


def art(rows: Iterable[Row]) -> Iterator[RecordedAuction]:
    """Soft-close sessions of art houses: no rule of price, one overtime after the scheduled end.

    A session of ours needs a starting price and an increment; a fen is below every bid here.
    """
    for key, group in groupby(rows, key=lambda row: f"{row['auction_id']}/{row['item_id']}"):
        told = list(group)
        length = timedelta(seconds=int(told[0]["overtime_seconds"]))
        yield RecordedAuction(
            key, Rules(Ladder.NONE, Extension.OVERTIME, FEN, FEN, length, length),
            _moment(told[0]["scheduled_closing_time"]),
            tuple(_bid(row, "bidder_id", "bid_price") for row in told),
        )  # fmt: skip


def replayed_judicial(rows: list[Row]) -> dict[str, Result]:
    """What the pure replay says of each lot."""
    told = replay_records(
        rows, increments=read_increments(INCREMENTS), end=NOMINAL_END,
        extension=read_extension("reset:300"),
    )  # fmt: skip
    return {
        row["lot"]: Result(
            row["winner"], Money.parse(row["final_price"]),
            datetime.fromisoformat(row["closes_at"]), int(row["refused"]),
        )
        for row in told
    }  # fmt: skip


def replayed_art(rows: list[Row]) -> dict[str, Result]:
    """What the pure replay says of each session."""
    ends: Mapping[str, datetime] = {
        f"{row['auction_id']}/{row['item_id']}": _moment(row["scheduled_closing_time"])
        for row in rows
    }
    found = {}
    for row in replay_art(rows, extension=read_extension("reset")):
        key = f"{row['auction_id']}/{row['item_id']}"
        found[key] = Result(
            row["winner"], Money.parse(row["final_price"]),
            ends[key] + timedelta(seconds=int(row["close_offset_s"])), int(row["rejected_late"]),
        )  # fmt: skip
    return found


def _bid(row: Row, code: str, amount: str) -> RecordedBid:
    # Codes of art houses are numbers from 0 on; a code of ours begins with a letter.
    name = row[code] if row[code][:1].isalpha() else f"N{row[code]}"
    return RecordedBid(name, Money.parse(row[amount]), _moment(row["bid_time"]))


def code_of(winner: str) -> str:
    """A replay's winner as the code he bids under here."""
    return winner if winner[:1].isalpha() or not winner else f"N{winner}"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING)
