"""What the court itself charges for enforcement: 执行费, 诉讼费用交纳办法14(1) and 38."""

from auction.kernel.money import ZERO, Money, total
from auction.law.rulebook import Rulebook

FLAT = "dist.execution_fee_flat"
BANDS = "dist.execution_fee_band"


def execution_fee(amount: Money, rules: Rulebook) -> Money:
    """Return the fee on the amount enforced: flat for the first band, progressive above it."""
    pieces = [Money.yuan(rules.integer(FLAT))]
    floor = ZERO
    for band in rules.bands(BANDS):
        top = amount if band.up_to is None else min(amount, band.up_to)
        if top > floor:
            pieces.append((top - floor).at_rate_half_up(band.share))
            floor = top
    return total(pieces)
