"""Reading a lots file: every row becomes a draft row or a problem; pure."""

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeVar

from auction.kernel.money import FEN_MAX, Money
from auction.kernel.refusal import Refusal

COLUMNS: Final = (
    "lot_id", "rnd", "city", "year", "appraisal", "start_price", "increment", "registered",
    "has_priority_buyer", "final_price", "longitude", "latitude",
)  # fmt: skip
"""The columns of the file, as the public data set has them."""
ROWS_MAX: Final = 200_000
ROUNDS: Final = (1, 2, 4)
"""一拍, 二拍, 变卖, as the platforms number them."""
_YEARS: Final = (2000, 2100)
_LONGITUDES: Final = (Decimal(73), Decimal(136))
_LATITUDES: Final = (Decimal(3), Decimal(54))
_COUNT = re.compile(r"(\d{1,6})(?:\.0)?")
_DEGREES = re.compile(r"-?\d{1,3}(?:\.\d{1,15})?")

ValueT = TypeVar("ValueT")


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftRow:
    """One sound row."""

    source_number: str
    round: int
    city: str
    year: int
    appraisal: Money | None
    starting_price: Money
    increment: Money | None
    registered: int | None
    has_priority_buyer: bool | None
    final_price: Money | None
    longitude: Decimal | None
    latitude: Decimal | None


@dataclass(frozen=True, slots=True)
class Problem:
    """Why one row of the file became no draft."""

    line: int
    column: str
    value: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Reading:
    """All that came of a file: together as many as it has rows."""

    rows: tuple[DraftRow, ...]
    problems: tuple[Problem, ...]


class _Wrong(Exception):
    def __init__(self, column: str, sentence: str) -> None:
        super().__init__(column, sentence)
        self.column = column
        self.sentence = sentence


def read_lots(content: bytes) -> Reading:
    """Read a CSV file in UTF-8; refuse it whole only where it is no such file."""
    rows: list[DraftRow] = []
    problems: list[Problem] = []
    seen: dict[tuple[str, int], int] = {}
    for line, cells in _lines(content):
        try:
            row = _row(cells)
            _refuse_repeated(seen.setdefault((row.source_number, row.round), line), line)
        except _Wrong as wrong:
            value = (cells.get(wrong.column) or "")[:80]
            problems.append(Problem(line, wrong.column, value, wrong.sentence))
        else:
            rows.append(row)
    return Reading(tuple(rows), tuple(problems))


def _refuse_repeated(first: int, line: int) -> None:
    if first != line:
        raise _Wrong("lot_id", f"与第{first}行重复")


def report(problems: Sequence[Problem]) -> str:
    """The error report as CSV: line of the file, column, what stood there, what is wrong."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("line", "column", "value", "problem"))
    writer.writerows(
        (problem.line, problem.column, _harmless(problem.value), problem.sentence)
        for problem in problems
    )
    return out.getvalue()


def _harmless(value: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{value}" if value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value


def _lines(content: bytes) -> Sequence[tuple[int, Mapping[str, str | None]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise Refusal("import.not_utf8", byte=wrong.start) from wrong
    reader = csv.DictReader(io.StringIO(text, newline=""), restval=None, restkey="")
    try:
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise Refusal("import.column_missing", column=missing[0])
        found = [(reader.line_num, cells) for cells in reader]
    except csv.Error as wrong:
        raise Refusal("import.not_csv", line=reader.line_num) from wrong
    if len(found) > ROWS_MAX:
        raise Refusal("import.too_many_rows", most=ROWS_MAX)
    return found


def _row(cells: Mapping[str, str | None]) -> DraftRow:
    if "" in cells or any(cells[name] is None for name in COLUMNS):
        raise _Wrong("lot_id", "列数与表头不符")
    text = {name: (cells[name] or "").strip() for name in COLUMNS}
    starting_price = _required(text, "start_price", _amount)
    final_price = _optional(text, "final_price", _amount)
    if final_price is not None and final_price < starting_price:
        raise _Wrong("final_price", "成交价低于起拍价(网拍20)")
    return DraftRow(
        source_number=_required(text, "lot_id", _number),
        round=_required(text, "rnd", _round),
        city=_required(text, "city", _name),
        year=_required(text, "year", _year),
        appraisal=_optional(text, "appraisal", _amount),
        starting_price=starting_price,
        increment=_optional(text, "increment", _amount),
        registered=_optional(text, "registered", _count),
        has_priority_buyer=_optional(text, "has_priority_buyer", _yes_or_no),
        final_price=final_price,
        longitude=_optional(text, "longitude", _longitude),
        latitude=_optional(text, "latitude", _latitude),
    )


def _required(text: Mapping[str, str], column: str, read: Callable[[str], ValueT | None]) -> ValueT:
    if not text[column]:
        raise _Wrong(column, "不能为空")
    value = read(text[column])
    if value is None:
        raise _Wrong(column, _WANTED[column])
    return value


def _optional(
    text: Mapping[str, str], column: str, read: Callable[[str], ValueT | None]
) -> ValueT | None:
    return _required(text, column, read) if text[column] else None


_WANTED: Final = {
    "lot_id": "应为1到20位数字",
    "rnd": "轮次应为1、2或4",
    "city": "应为不超过40字的地名",
    "year": "应为四位年份",
    "appraisal": "应为大于零的金额(元，至多两位小数)",
    "start_price": "应为大于零的金额(元，至多两位小数)",
    "increment": "应为大于零的金额(元，至多两位小数)",
    "final_price": "应为大于零的金额(元，至多两位小数)",
    "registered": "应为非负整数",
    "has_priority_buyer": "应为0或1",
    "longitude": "应为中国境内的经度",
    "latitude": "应为中国境内的纬度",
}


def _number(text: str) -> str | None:
    return text if re.fullmatch(r"[0-9]{1,20}", text) else None


def _name(text: str) -> str | None:
    return text if re.fullmatch(r"[^\x00-\x1f]{1,40}", text) else None


def _amount(text: str) -> Money | None:
    try:
        money = Money.parse(text)
    except ValueError:
        return None
    return money if 0 < money.fen <= FEN_MAX else None


def _count(text: str) -> int | None:
    match = _COUNT.fullmatch(text)
    return int(match[1]) if match else None


def _round(text: str) -> int | None:
    number = _count(text)
    return number if number in ROUNDS else None


def _year(text: str) -> int | None:
    number = _count(text)
    return number if number is not None and _YEARS[0] <= number <= _YEARS[1] else None


def _yes_or_no(text: str) -> bool | None:
    return {"0": False, "1": True, "0.0": False, "1.0": True}.get(text)


def _longitude(text: str) -> Decimal | None:
    return _degrees(text, _LONGITUDES)


def _latitude(text: str) -> Decimal | None:
    return _degrees(text, _LATITUDES)


def _degrees(text: str, between: tuple[Decimal, Decimal]) -> Decimal | None:
    if not _DEGREES.fullmatch(text):
        return None
    value = Decimal(text)
    return value.quantize(Decimal("0.000001")) if between[0] <= value <= between[1] else None
