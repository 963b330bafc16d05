"""What the hall tells the world: codes and prices, never names."""

from dataclasses import dataclass
from typing import ClassVar

from auction.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfSession(Event):
    """Something that happened in one session; `version` orders what happened there."""

    session_id: str
    picture: int
    """Version of the session after it; an older one is never shown over a newer."""

    def channel(self) -> str:
        """Every session has its own channel."""
        return f"session:{self.session_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BidsAccepted(_OfSession):
    name: ClassVar[str] = "bids.accepted"

    seq: int
    code: str
    price_fen: int
    extensions: int
    closes_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionChanged(_OfSession):
    """It was opened, paused, suspended or resumed."""

    name: ClassVar[str] = "session.changed"

    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionClosed(_OfSession):
    name: ClassVar[str] = "session.closed"

    listing_id: str
    state: str
    code: str
    price_fen: int
