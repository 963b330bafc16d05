"""What happened in valuation, as others may hear of it."""

from dataclasses import dataclass
from typing import ClassVar

from auction.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawMoved(Event):
    """A draw took one more message; its page shows more than before."""

    name: ClassVar[str] = "draw.moved"
    draw_id: str
    state: str

    def channel(self) -> str:
        """Everybody who watches this draw."""
        return f"luochui:draw:{self.draw_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferencePriceSet(Event):
    """A lot has its reference price."""

    name: ClassVar[str] = "reference_price.set"
    lot_id: str
    price_fen: int
