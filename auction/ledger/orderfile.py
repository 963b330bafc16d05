"""The file of payment orders that finance takes to the bank; pure."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from auction.kernel.money import Money

HEADER = ("order_number", "payee_name", "payee_account", "amount", "remark")
_FORMULA = ("=", "+", "-", "@")


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One payment as the bank needs it."""

    order_number: str
    payee_name: str
    payee_account: str
    amount: Money


def write_orders(orders: Sequence[OrderLine]) -> bytes:
    """Write a CSV file that Excel opens as Chinese text; the remark carries the order's number."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEADER)
    for order in orders:
        name, account = _inert(order.payee_name), order.payee_account
        number = order.order_number
        writer.writerow((number, name, f"{account}\t", str(order.amount), number))
    return text.getvalue().encode("utf-8-sig")


def _inert(text: str) -> str:
    """A name that a spreadsheet would run as a formula is shown as text."""
    return f"'{text}" if text.startswith(_FORMULA) else text
