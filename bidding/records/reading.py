"""Reading a raw 竞价记录 as another platform exports it: its encoding, order, heads; pure."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from auction.kernel.clock import BEIJING
from auction.kernel.money import ZERO, Money

HEADS: Final[Mapping[str, tuple[str, ...]]] = {
    "status": ("状态", "竞价状态", "status"),
    "code": ("竞买号", "竞买代码", "竞拍人", "竞买人", "bidder"),
    "amount": ("价格", "出价", "竞拍价格", "出价金额", "price"),
    "bid_at": ("时间", "出价时间", "竞拍时间", "bid_time"),
}
"""What each column is called in the exports that were seen; a unit in brackets may follow."""
ROWS_MAX: Final = 100_000
CELL_MAX: Final = 64
_UNIT = re.compile(r"[（(].*?[）)]\s*$")
_MONEY_MARKS = str.maketrans("", "", "¥￥元 \u3000")
_TIMES: Final = ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y年%m月%d日 %H:%M:%S")


class RecordError(ValueError):
    """One sentence on what in the file is no record of bids, and where."""


@dataclass(frozen=True, slots=True)
class ForeignBid:
    """One bid as the other house recorded it."""

    code: str
    amount: Money
    bid_at: datetime
    """Aware, to the second."""
    status: str
    """As it stood there: 出局, 领先, 成交; may be empty."""


def read_record(content: bytes) -> list[ForeignBid]:
    """Read an export, oldest bid first whatever its order; heads may be repeated on every page.

    UTF-8 or GB18030, separated by commas or tabs; amounts in yuan, with or without thousands
    separators; times are Beijing's. Raises RecordError naming the line.
    """
    text = _text(content)
    first_line = text.partition("\n")[0]
    separator = "\t" if "\t" in first_line else ","
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    bids = list(_bids(rows))
    if not bids:
        raise RecordError("the file holds no bid")
    return _oldest_first(bids)


def _text(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding).lstrip()
        except UnicodeDecodeError:
            continue
    raise RecordError("the file is neither UTF-8 nor GBK text")


def _bids(rows: Iterator[list[str]]) -> Iterator[ForeignBid]:
    places: dict[str, int] = {}
    for line, cells in enumerate(_read(rows), 1):
        found = _places(cells)
        if found:
            places = found
        elif not any(cell.strip() for cell in cells):
            continue
        elif not places:
            raise RecordError(f"line {line} is no head: it must name 竞买号, 价格 and 时间")
        elif line > ROWS_MAX:
            raise RecordError(f"the file has more than {ROWS_MAX} lines")
        else:
            yield _bid(cells, places, line)


def _read(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    try:
        yield from rows
    except csv.Error as wrong:
        raise RecordError(f"the file is no CSV: {wrong}") from wrong


def _places(cells: Sequence[str]) -> dict[str, int]:
    """Where the columns are, when this line is a head; else nothing."""
    names = [_UNIT.sub("", cell.strip()).lower() for cell in cells]
    found = {
        column: next(place for place, name in enumerate(names) if name in known)
        for column, known in HEADS.items()
        if any(name in known for name in names)
    }
    return found if {"code", "amount", "bid_at"} <= set(found) else {}


def _bid(cells: Sequence[str], places: Mapping[str, int], line: int) -> ForeignBid:
    told = {
        column: cells[place].strip() if place < len(cells) else ""
        for column, place in places.items()
    }
    for column, cell in told.items():
        if len(cell) > CELL_MAX or (not cell and column != "status"):
            raise RecordError(f"line {line}: {HEADS[column][0]} is empty or too long")
    return ForeignBid(
        told["code"], _amount(told["amount"], line), _moment(told["bid_at"], line),
        told.get("status", ""),
    )  # fmt: skip


def _amount(text: str, line: int) -> Money:
    try:
        amount = Money.parse(text.translate(_MONEY_MARKS))
    except ValueError:
        amount = ZERO
    if not amount.fen:
        raise RecordError(f"line {line}: 价格 is no amount in yuan: {text!r}")
    return amount


def _moment(text: str, line: int) -> datetime:
    for shape in _TIMES:
        try:
            return datetime.strptime(text.replace("T", " "), shape).replace(tzinfo=BEIJING)
        except ValueError:
            continue
    raise RecordError(f"line {line}: 时间 is no time: {text!r}")


def _oldest_first(bids: list[ForeignBid]) -> list[ForeignBid]:
    """Turn a file that begins with the newest; bids of one second keep their order then."""
    first, last = bids[0], bids[-1]
    is_newest_first = (first.bid_at, first.amount) > (last.bid_at, last.amount)
    turned = bids[::-1] if is_newest_first else bids
    return sorted(turned, key=lambda bid: bid.bid_at)
