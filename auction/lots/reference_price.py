"""The reference price 财产处置参考价: an amount, how it was found, and how long it holds."""

from dataclasses import dataclass
from datetime import datetime

from auction.kernel.money import Money


@dataclass(frozen=True, slots=True)
class ReferencePrice:
    """What a lot's starting price is measured against (网拍10)."""

    amount: Money
    method: str
    """negotiation, directed_inquiry, online_inquiry or appraisal."""
    basis: str
    """The document it rests on, such as the report's number."""
    set_at: datetime
    valid_until: datetime
    """At most one year after it was fixed (参考价27)."""

    def holds_at(self, instant: datetime) -> bool:
        """Whether it may still carry a publication."""
        return self.set_at <= instant < self.valid_until
