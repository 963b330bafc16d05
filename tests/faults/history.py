"""What was done and seen in one session under faults, as its clients and the database tell it.

Two clocks: `*_at` of a client are seconds of the harness's own monotonic counter, which no
fault touches; `*_ms` are milliseconds since 1970 by the platform's clock.
"""

from dataclasses import dataclass, field
from uuid import UUID

BidKey = tuple[str, UUID]
"""Who bid, and the id that he gave his bid."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A bid whose bytes were handed to a socket; sent again it is another Sent."""

    code: str
    bid_id: UUID
    amount_fen: int
    sent_at: float


@dataclass(frozen=True, slots=True)
class Answered:
    """A verdict that a bidder was told, at once or when he asked for its fate."""

    code: str
    bid_id: UUID
    seq: int
    is_accepted: bool
    reason: str
    amount_fen: int
    entered_ms: int
    closes_ms: int
    answered_at: float
    words: bytes
    """The whole verdict as it was told, without the frame around it."""


@dataclass(frozen=True, slots=True)
class BidSeen:
    """An accepted bid as a socket showed it."""

    seq: int
    code: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Seen:
    """One picture that a socket was sent, with the bids it told."""

    watcher: str
    seen_at: float
    version: int
    seq: int
    state: str
    price_fen: int | None
    leader: str | None
    closes_ms: int
    bids: tuple[BidSeen, ...] = ()


@dataclass(frozen=True, slots=True)
class Recorded:
    """A bid entry as the database holds it when all is over."""

    seq: int
    code: str
    bid_id: UUID
    amount_fen: int
    entered_ms: float
    is_accepted: bool
    reason: str
    closes_after_ms: float


@dataclass(frozen=True, slots=True)
class Ending:
    """The session as the database holds it when all is over."""

    state: str
    leader: str | None
    price_fen: int | None
    closes_ms: float
    closed_ms: float | None
    times_closed: int
    """How many `session.closed` entries its journal has."""


@dataclass(slots=True)
class History:
    """Everything about one session."""

    starting_fen: int
    step_fen: int
    scheduled_close_ms: float
    sent: list[Sent] = field(default_factory=list)
    answered: list[Answered] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    recorded: list[Recorded] = field(default_factory=list)
    ending: Ending | None = None
    told_over_ms: float | None = None
    """When the first socket was told the end, by the platform's clock; None: nobody was."""
