"""What deposit a bidder owes: an applicant's claim counts towards it (网拍17(2)); pure."""

from collections.abc import Iterable

from auction.kernel.money import ZERO, Money


def deposit_due(deposit: Money, claims: Iterable[Money]) -> Money:
    """What an applicant still pays: nothing when his claims reach the deposit, else the rest."""
    claimed = sum(claim.fen for claim in claims)
    return Money(deposit.fen - claimed) if claimed < deposit.fen else ZERO
