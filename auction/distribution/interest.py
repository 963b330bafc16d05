"""加倍迟延利息: what a debtor who pays late owes on top, computed apart from other interest."""

from datetime import date
from fractions import Fraction

from auction.kernel.money import ZERO, Money

BASIS = "迟延利息1、3"


def late_interest(unpaid_principal: Money, *, due_on: date, until: date, daily: Fraction) -> Money:
    """Return principal x daily rate x days, from the end of the term to pay until `until`.

    `until` is the day the sale ruling takes effect (迟延利息3). Only principal counts,
    never interest upon interest (迟延利息1); a term that has not ended yields nothing.
    """
    days = (until - due_on).days
    if days <= 0:
        return ZERO
    return unpaid_principal.at_rate_half_up(daily * days)
