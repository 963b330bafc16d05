"""A made-up bank: it keeps the running balance and writes the files that finance staff import."""

import csv
import io
from dataclasses import dataclass
from datetime import datetime

from auction.kernel.clock import BEIJING
from auction.kernel.money import ZERO, Money

HEADER = (
    "line_no", "booked_at", "amount", "direction", "counterparty_name", "counterparty_account",
    "virtual_account", "remark", "balance",
)  # fmt: skip
TITLE = "执行款专户交易明细"


@dataclass(frozen=True, slots=True, kw_only=True)
class BankEntry:
    """One movement that the bank will show."""

    is_in: bool
    amount: Money
    name: str
    account: str
    virtual_account: str = ""
    remark: str = ""


class DemoBank:
    """Writes statement files one after another, each beginning where the last one ended."""

    def __init__(self, balance: Money = ZERO) -> None:
        self.balance = balance
        self._lines_written = 0

    def statement(self, entries: list[BankEntry], at: datetime) -> bytes:
        """Book the entries and return the file that shows them, with its title and its total."""
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow((TITLE,))
        writer.writerow(HEADER)
        for entry in entries:
            writer.writerow(self._row(entry, at))
        writer.writerow(("合计", *[""] * 7, _with_commas(self.balance)))
        return text.getvalue().encode("utf-8-sig")

    def _row(self, entry: BankEntry, at: datetime) -> tuple[str, ...]:
        self._lines_written += 1
        moved = self.balance + entry.amount if entry.is_in else self.balance - entry.amount
        self.balance = moved
        return (
            str(self._lines_written),
            at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S"),
            _with_commas(entry.amount),
            "in" if entry.is_in else "out",
            entry.name,
            f"{entry.account}\t",
            f"{entry.virtual_account}\t",
            entry.remark,
            _with_commas(moved),
        )


def _with_commas(amount: Money) -> str:
    return f"{amount.fen // 100:,}.{amount.fen % 100:02d}"
