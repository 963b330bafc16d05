"""The contest a second time, written from the articles alone; it shares no code with the engine.

It is slow, plain, and knows nothing of batches, homes or databases: only facts in the order
in which they became true. What it says of each fact must be what the platform said.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Law:
    """The rules of one session as plain numbers: amounts in fen."""

    ladder: str
    extension: str
    start: int
    step: int
    trigger: timedelta
    by: timedelta
    window: timedelta | None


@dataclass(frozen=True, slots=True)
class Offer:
    """One price under one code."""

    code: str
    fen: int
    entered_at: datetime
    rank: int | None
    only_if: int | None
    is_known: bool = True


class Oracle:
    """One session, fact by fact."""

    def __init__(self, law: Law, opens_at: datetime, closes_at: datetime) -> None:
        self.law = law
        self.since = opens_at
        self.closes_at = closes_at + (law.by if law.extension == "overtime" else timedelta())
        self.stands_since: datetime | None = None
        self.price = 0
        self.rank: int | None = None
        self.leader: str | None = None
        self.is_ended = False
        self.extensions = 0

    def offer(self, offer: Offer) -> str:
        """The reason why the offer does not count; empty when it leads now."""
        reason = self._time(offer) if offer.is_known else "unknown_code"
        reason = reason or self._amount(offer)
        if reason:
            return reason
        is_first = self.leader is None
        self.leader, self.price, self.rank = offer.code, offer.fen, offer.rank
        self._move_the_end(offer.entered_at, is_first)
        return ""

    def stand_still(self, at: datetime) -> None:
        if not self.is_ended and self.stands_since is None:
            self.stands_since = at

    def go_on(self, at: datetime) -> None:
        if self.stands_since is None or self.is_ended:
            return
        start = self.stands_since if self.stands_since > self.since else self.since
        lost = at - start if at > start else timedelta()
        self.closes_at = max(self.closes_at + lost, at + self.law.by)
        self.since = max(self.since, at)
        self.stands_since = None

    def end(self, at: datetime) -> str:
        """What came of it at this instant: sold, passed_in, or open while it must not end."""
        if self.is_ended or self.stands_since is not None or at < self.closes_at:
            return "open"
        self.is_ended = True
        return "sold" if self.leader else "passed_in"

    def withdraw(self) -> None:
        self.is_ended = True

    def _time(self, offer: Offer) -> str:
        is_late = offer.entered_at >= self.closes_at
        if self.is_ended:
            return "late" if is_late else "over"
        if self.stands_since is not None and offer.entered_at >= self.stands_since:
            return "paused"
        if is_late:
            return "late"
        return "not_open" if offer.entered_at < self.since else ""

    def _amount(self, offer: Offer) -> str:
        if offer.fen < self.law.start:
            return "below_starting_price"
        if offer.only_if is not None and offer.only_if != self.price:
            return "price_changed"
        if self.law.ladder == "multiple" and (offer.fen - self.law.start) % self.law.step:
            return "off_ladder"
        if self.leader is None or offer.fen >= self._next():
            return ""
        return "" if self._precedes(offer) else "below_next_price"

    def _next(self) -> int:
        """Only called once somebody leads."""
        if self.law.ladder == "none":
            return 0
        return self.price + (1 if self.law.ladder == "higher" else self.law.step)

    def _precedes(self, offer: Offer) -> bool:
        """网拍21: the holder of a pre-emption may take the lot at the same price."""
        if offer.rank is None or offer.fen != self.price:
            return False
        return self.rank is None or offer.rank < self.rank

    def _move_the_end(self, entered_at: datetime, is_first: bool) -> None:
        if self.law.window is not None and is_first:
            self.closes_at = entered_at + self.law.window
            return
        if self.law.extension == "none" or self.closes_at - entered_at > self.law.trigger:
            return
        if entered_at + self.law.by > self.closes_at:
            self.closes_at = entered_at + self.law.by
            self.extensions += 1
