"""Bids decided together: each once, in the order they entered; pure.

What a batch decides is what its bids would have been told one by one, so it does not matter
how many a commit took with it.
"""

from collections.abc import Container, Iterable, Mapping
from datetime import datetime

import msgspec

from auction.kernel.ids import BidderCode, BidId
from auction.kernel.money import Money
from bidding.engine import Accepted, Bid, Hall, Reason, Refused, Rules, decide

BidKey = tuple[BidderCode, BidId]
"""A bidder's own bid_id is his idempotency key; nobody can occupy another's."""

Ranks = Mapping[BidderCode, int | None]
"""The codes issued for a session, each with its order of pre-emption if it was confirmed."""


class PlacedBid(msgspec.Struct, frozen=True):
    """A bid as it entered: what the socket stamped and the client said."""

    bid_id: BidId
    code: BidderCode
    amount: Money
    entered_at: datetime
    expected_price: Money | None = None

    @property
    def key(self) -> BidKey:
        """What makes the same bid the same."""
        return self.code, self.bid_id


class Settled(msgspec.Struct, frozen=True):
    """One bid, what became of it, and the hall as it then stood."""

    placed: PlacedBid
    rank: int | None
    verdict: Accepted | Refused
    hall: Hall

    @property
    def reason(self) -> str:
        """Why it did not count; empty for a bid that did."""
        return self.verdict.reason.value if isinstance(self.verdict, Refused) else ""

    @property
    def is_extended(self) -> bool:
        """Whether it moved the end."""
        return isinstance(self.verdict, Accepted) and self.verdict.is_extended

    @property
    def is_self_overbid(self) -> bool:
        """Whether its bidder had led before it."""
        return isinstance(self.verdict, Accepted) and self.verdict.is_self_overbid


def undecided(bids: Iterable[PlacedBid], known: Container[BidKey]) -> list[PlacedBid]:
    """The bids that nobody decided before, each once, in the order they entered.

    Those that entered at one instant keep the order in which they were taken.
    """
    fresh: dict[BidKey, PlacedBid] = {}
    for bid in sorted(bids, key=lambda bid: bid.entered_at):
        if bid.key not in known:
            fresh.setdefault(bid.key, bid)
    return list(fresh.values())


def settle(hall: Hall, bids: Iterable[PlacedBid], rules: Rules, ranks: Ranks) -> list[Settled]:
    """Put bids to the engine one after another."""
    settled: list[Settled] = []
    for placed in bids:
        verdict: Accepted | Refused = Refused(Reason.UNKNOWN_CODE)
        rank = ranks.get(placed.code)
        if placed.code in ranks:
            bid = Bid(placed.code, placed.amount, placed.entered_at, rank, placed.expected_price)
            verdict = decide(hall, bid, rules)
        if isinstance(verdict, Accepted):
            hall = verdict.hall
        settled.append(Settled(placed, rank, verdict, hall))
    return settled
