"""Amounts in 大写, as instruments of payment and rulings write them."""

import cn2an

from auction.kernel.money import Money


def rmb_upper(amount: Money) -> str:
    """Write an amount in 大写: `壹仟贰佰叁拾肆元伍角`; whole yuan end in 整."""
    written: str = cn2an.an2cn(str(amount), "rmb")
    return written
