import csv
import io

from auction.kernel.money import Money
from auction.ledger.orderfile import OrderLine, write_orders


def rows(*orders: OrderLine) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(write_orders(orders).decode("utf-8-sig"))))


def test_a_row_says_whom_what_and_under_which_number() -> None:
    (row,) = rows(OrderLine("TB20260302ABCDEF0123", "张三", "6222001", Money(123_456)))
    assert row == {
        "order_number": "TB20260302ABCDEF0123",
        "payee_name": "张三",
        "payee_account": "6222001\t",
        "amount": "1234.56",
        "remark": "TB20260302ABCDEF0123",
    }


def test_a_name_is_never_run_as_a_formula() -> None:
    (row,) = rows(OrderLine("N", "=HYPERLINK(1)", "1", Money(1)))
    assert row["payee_name"] == "'=HYPERLINK(1)"
