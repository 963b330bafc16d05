"""Amounts in 大写 on a page, where there may be none yet."""

from auction.kernel import rmb
from auction.kernel.money import Money


def rmb_upper(amount: Money | None) -> str:
    """`壹仟贰佰叁拾肆元伍角`, ending in 整 when there are no fen; a dash for no amount."""
    return "—" if amount is None else rmb.rmb_upper(amount)
