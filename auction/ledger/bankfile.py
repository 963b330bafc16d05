"""Reading a bank's statement file: encodings, headers, amounts and running balances; pure.

Chinese banks write UTF-8 with a mark or GB18030, put titles above the header and totals
below, end account numbers with a tab so that Excel keeps them, and use commas in amounts.
All of that is read; what cannot be read is named by its row, and then nothing is imported.
"""

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from auction.kernel.canonical import canon, sha256_hex
from auction.kernel.clock import BEIJING
from auction.kernel.money import FEN_MAX, ZERO, Money
from auction.kernel.refusal import Refusal

LINES_MAX = 20_000
BYTES_MAX = 8 * 1024 * 1024
TEXT_MAX = 200

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "line_no": ("line_no", "序号"),
    "booked_at": ("booked_at", "交易时间", "记账时间"),
    "amount": ("amount", "金额", "交易金额"),
    "direction": ("direction", "收支", "借贷标志"),
    "counterparty_name": ("counterparty_name", "对方户名"),
    "counterparty_account": ("counterparty_account", "对方账号"),
    "virtual_account": ("virtual_account", "虚拟账号", "子账号"),
    "remark": ("remark", "附言", "摘要"),
    "balance": ("balance", "余额", "账户余额"),
}
"""What a column may be called. All nine must be there, in any order."""

_IN = {"in", "收", "收入", "贷"}
_OUT = {"out", "支", "支出", "付", "借"}
_TOTALS = ("合计", "总计", "小计", "total")
_EXPONENT = re.compile(r"\d+(\.\d+)?[eE]\+?\d+")
_ACCOUNT = re.compile(r"[0-9A-Za-z-]{0,40}")


@dataclass(frozen=True, slots=True)
class FileLine:
    """One line as the bank wrote it."""

    line_no: int
    booked_at: datetime
    is_in: bool
    amount: Money
    counterparty_name: str
    counterparty_account: str
    virtual_account: str
    remark: str
    balance: Money
    occurrence: int = 1
    """Which of several lines that are alike in everything, within one file."""

    @property
    def digest(self) -> str:
        """What makes it this line and no other, whichever file it comes in.

        The running balance is part of it: two equal payments in one minute leave two.
        """
        fields = [
            self.booked_at.isoformat(), self.is_in, self.amount.fen, self.counterparty_account,
            self.counterparty_name, self.virtual_account, self.remark, self.balance.fen,
            self.occurrence,
        ]  # fmt: skip
        return sha256_hex(canon(fields))

    @property
    def balance_before(self) -> Money | None:
        """What the account held before this line; None when no account could have."""
        if not self.is_in:
            return self.balance + self.amount
        return self.balance - self.amount if self.balance >= self.amount else None


@dataclass(frozen=True, slots=True)
class LineError:
    """Why one row cannot be imported."""

    row: int
    """Its row in the file, counted from one as a spreadsheet does."""
    code: str
    value: str


@dataclass(frozen=True, slots=True)
class StatementFile:
    """What a file says."""

    lines: Sequence[FileLine]
    errors: Sequence[LineError]

    @property
    def opening_balance(self) -> Money:
        """What the account held before the first line."""
        before = self.lines[0].balance_before if self.lines else None
        return before or ZERO


@dataclass(frozen=True, slots=True)
class Gap:
    """Where lines do not begin with what the account held after the one before."""

    line_no: int
    expected: Money
    found: Money | None


def find_gap(fresh: Sequence[FileLine], closing: Money | None) -> Gap | None:
    """The first break of new lines that follow on `closing`: a line left out shows as a gap.

    Without a closing balance nothing was ever imported, and any opening will do.
    """
    before = closing
    for line in fresh:
        if before is not None and line.balance_before != before:
            return Gap(line.line_no, before, line.balance_before)
        before = line.balance
    return None


def read_statement(content: bytes) -> StatementFile:
    """Read a file; refuse with `bank.not_text`, `bank.no_header` or `bank.too_long` as a whole."""
    rows = _rows(content)
    header, places = _header(rows)
    lines: list[FileLine] = []
    alike: Counter[str] = Counter()
    errors: list[LineError] = []
    for row, cells in _body(rows, header):
        try:
            line = _line(cells, places)
        except _Unreadable as wrong:
            errors.append(LineError(row, wrong.code, wrong.value[:TEXT_MAX]))
            continue
        errors.extend(_balance_error(row, line, lines[-1] if lines else None))
        alike[line.digest] += 1
        lines.append(replace(line, occurrence=alike[line.digest]))
    if not lines and not errors:
        raise Refusal("bank.empty")
    return StatementFile(lines, errors)


class _Unreadable(Exception):
    def __init__(self, code: str, value: str) -> None:
        super().__init__(code, value)
        self.code = code
        self.value = value


def _rows(content: bytes) -> list[list[str]]:
    if len(content) > BYTES_MAX:
        raise Refusal("bank.too_long", most=LINES_MAX)
    try:
        rows = list(csv.reader(io.StringIO(_text(content), newline="")))
    except csv.Error as wrong:
        raise Refusal("bank.not_text") from wrong
    if len(rows) > LINES_MAX:
        raise Refusal("bank.too_long", most=LINES_MAX)
    return rows


def _text(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise Refusal("bank.not_text")


def _header(rows: Sequence[Sequence[str]]) -> tuple[int, dict[str, int]]:
    """Find the header below whatever titles stand above it."""
    for number, cells in enumerate(rows):
        names = [_plain(cell).lower() for cell in cells]
        places = {
            column: names.index(name)
            for column, called in COLUMNS.items()
            for name in called
            if name in names
        }
        if len(places) == len(COLUMNS):
            return number, places
    raise Refusal("bank.no_header")


def _body(rows: Sequence[list[str]], header: int) -> Iterator[tuple[int, list[str]]]:
    for number, cells in enumerate(rows[header + 1 :], start=header + 2):
        if not any(cell.strip() for cell in cells):
            continue
        if _plain(cells[0]).lower().startswith(_TOTALS):
            continue
        yield number, cells


def _line(cells: Sequence[str], places: Mapping[str, int]) -> FileLine:
    if len(cells) <= max(places.values()):
        raise _Unreadable("bank.row_short", ",".join(cells))
    cell = {column: _plain(cells[place]) for column, place in places.items()}
    return FileLine(
        line_no=_number(cell["line_no"]),
        booked_at=_instant(cell["booked_at"]),
        is_in=_is_in(cell["direction"]),
        amount=_amount(cell["amount"], least=1),
        counterparty_name=_words(cell["counterparty_name"]),
        counterparty_account=_account(cell["counterparty_account"]),
        virtual_account=_account(cell["virtual_account"]),
        remark=_words(cell["remark"]),
        balance=_amount(cell["balance"], least=0),
    )


def _plain(cell: str) -> str:
    """A cell without the tab and quote that keep spreadsheets off, in NFC."""
    return unicodedata.normalize("NFC", cell.strip().strip("\t'\"=").strip())


def _number(text: str) -> int:
    digits = unicodedata.normalize("NFKC", text)
    if not digits.isascii() or not digits.isdecimal() or len(digits) > 9:  # noqa: PLR2004
        raise _Unreadable("bank.line_no_wrong", text)
    return int(digits)


def _instant(text: str) -> datetime:
    plain = unicodedata.normalize("NFKC", text).replace("/", "-")
    try:
        moment = datetime.fromisoformat(plain)
    except ValueError as wrong:
        raise _Unreadable("bank.time_wrong", text) from wrong
    return moment if moment.tzinfo else moment.replace(tzinfo=BEIJING)


def _is_in(text: str) -> bool:
    if text.lower() in _IN:
        return True
    if text.lower() in _OUT:
        return False
    raise _Unreadable("bank.direction_wrong", text)


def _amount(text: str, *, least: int) -> Money:
    plain = unicodedata.normalize("NFKC", text).removeprefix("¥")
    try:
        amount = Money.parse(plain)
    except ValueError as wrong:
        raise _Unreadable("bank.amount_wrong", text) from wrong
    if not least <= amount.fen <= FEN_MAX:
        raise _Unreadable("bank.amount_wrong", text)
    return amount


def _account(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).replace(" ", "")
    if _EXPONENT.fullmatch(plain):
        raise _Unreadable("bank.account_rounded", text)  # a spreadsheet lost its last digits
    if not _ACCOUNT.fullmatch(plain):
        raise _Unreadable("bank.account_wrong", text)
    return plain


def _words(text: str) -> str:
    if len(text) > TEXT_MAX or any(unicodedata.category(sign)[0] == "C" for sign in text):
        raise _Unreadable("bank.text_wrong", text)
    return text


def _balance_error(row: int, line: FileLine, previous: FileLine | None) -> Iterator[LineError]:
    expected = previous.balance if previous else line.balance_before
    if expected is None or line.balance_before != expected:
        yield LineError(row, "bank.balance_wrong", str(line.balance))
