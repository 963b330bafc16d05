"""Amounts in 大写, as cheques and rulings write them."""

from cn2an import an2cn

from auction.kernel.money import Money


def rmb_upper(amount: Money | None) -> str:
    """`壹仟贰佰叁拾肆元伍角`, ending in 整 when there are no fen."""
    if amount is None:
        return "—"
    if amount.fen == 0:
        return "零元整"
    return str(an2cn(str(amount), "rmb"))
