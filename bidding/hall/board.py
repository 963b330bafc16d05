"""What a session is to everybody: its states, its life, and its picture; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from auction.kernel.ids import BidderCode, ListingId, SessionId
from auction.kernel.money import Money


class SessionState(StrEnum):
    SCHEDULED = "scheduled"
    OPEN = "open"
    PAUSED = "paused"
    """By the platform, for a technical reason (网拍28(2)); resumes by itself."""
    SUSPENDED = "suspended"
    """By the court (网拍28(1)); two persons resume it."""
    SOLD = "sold"
    PASSED_IN = "passed_in"
    """流拍."""
    STOPPED = "stopped"
    """The lot was withdrawn."""


class SessionTrigger(StrEnum):
    OPEN = "open"
    PAUSE = "pause"
    SUSPEND = "suspend"
    RESUME = "resume"
    SELL = "sell"
    PASS_IN = "pass_in"  # noqa: S105  (流拍, not a password)
    STOP = "stop"


_S, _T = SessionState, SessionTrigger
SESSION_LIFE: Final[Mapping[tuple[SessionState, SessionTrigger], SessionState]] = {
    (_S.SCHEDULED, _T.OPEN): _S.OPEN,  # 网拍20
    (_S.OPEN, _T.PAUSE): _S.PAUSED,  # 网拍28(2)
    (_S.OPEN, _T.SUSPEND): _S.SUSPENDED,  # 网拍28(1)
    (_S.SCHEDULED, _T.SUSPEND): _S.SUSPENDED,
    (_S.PAUSED, _T.SUSPEND): _S.SUSPENDED,
    (_S.PAUSED, _T.RESUME): _S.OPEN,
    (_S.SUSPENDED, _T.RESUME): _S.OPEN,  # 网拍28(4)
    (_S.OPEN, _T.SELL): _S.SOLD,  # 网拍11、20、22
    (_S.OPEN, _T.PASS_IN): _S.PASSED_IN,  # 网拍26
    (_S.SCHEDULED, _T.STOP): _S.STOPPED,
    (_S.OPEN, _T.STOP): _S.STOPPED,
    (_S.PAUSED, _T.STOP): _S.STOPPED,
    (_S.SUSPENDED, _T.STOP): _S.STOPPED,
}
LIVE: Final = frozenset({_S.OPEN, _S.PAUSED, _S.SUSPENDED})
ENDED: Final = frozenset({_S.SOLD, _S.PASSED_IN, _S.STOPPED})


@dataclass(frozen=True, slots=True)
class Board:
    """A session as the public sees it: codes and prices."""

    session_id: SessionId
    listing_id: ListingId
    state: SessionState
    version: int
    seq: int
    price: Money | None
    """None before the first bid."""
    leading_code: BidderCode | None
    leading_rank: int | None
    lowest_next: Money
    starting_price: Money
    increment: Money
    opens_at: datetime
    scheduled_close_at: datetime
    closes_at: datetime
    extend_by: timedelta
    extensions: int
    paused_at: datetime | None
    pause_ground: str
    epoch: int
    home_id: UUID | None
    closed_at: datetime | None = None
    """When it ended; None while it has not, and in the practice hall, which keeps nothing."""

    @property
    def is_over(self) -> bool:
        """Whether nothing moves any more."""
        return self.state in ENDED
