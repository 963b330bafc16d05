"""What the court itself charges for enforcement: 执行费, 诉讼费用交纳办法 arts. 14(1) and 38."""

from dataclasses import dataclass
from fractions import Fraction

from auction.kernel.money import Money, total

BASIS = "诉讼费用交纳办法14(1)"
FLAT = Money.yuan(50)
"""For amounts up to 10,000 yuan, and the first piece of every larger one."""
FLAT_UP_TO = Money.yuan(10_000)


@dataclass(frozen=True, slots=True)
class Band:
    """One step of the progressive schedule: what lies above `above`, at `rate`."""

    above: Money
    rate: Fraction


BANDS = (
    Band(FLAT_UP_TO, Fraction(15, 1000)),
    Band(Money.yuan(500_000), Fraction(10, 1000)),
    Band(Money.yuan(5_000_000), Fraction(5, 1000)),
    Band(Money.yuan(10_000_000), Fraction(1, 1000)),
)


def execution_fee(amount: Money) -> Money:
    """Return the 执行费 on the amount enforced; the debtor bears it (art. 38)."""
    edges = [band.above for band in BANDS[1:]]
    pieces = [FLAT]
    for band, upper in zip(BANDS, [*edges, amount], strict=True):
        top = min(amount, upper)
        if top > band.above:
            pieces.append((top - band.above).at_rate_half_up(band.rate))
    return total(pieces)
