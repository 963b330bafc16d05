"""The whole contest, sans I/O: given the hall and a bid, what happens.

Nothing here reads a clock, a database or a socket. The same bids in the same order
always give the same winner, so any session can be replayed from its entries.
What is made for each bid is a Struct: a hot lot makes a fifth of its time of dataclasses.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from auction.kernel.ids import BidderCode
from auction.kernel.money import ZERO, Money


class Ladder(StrEnum):
    """Which prices a bid may name. The law's case is `multiple` when the notice says so."""

    NONE = "none"
    """Any price, also a lower one: for replaying houses whose prices were checked elsewhere."""
    HIGHER = "higher"
    """Anything above the standing bid."""
    STEP = "step"
    """At least one increment above the standing bid (网拍20(1))."""
    MULTIPLE = "multiple"
    """The starting price and whole increments above it."""


class Extension(StrEnum):
    """What a bid close to the end does to the end."""

    NONE = "none"
    RESET = "reset"
    """The end moves to a fixed time after the bid, not after the old end (网拍20(2))."""
    OVERTIME = "overtime"
    """The same, and one such time always runs after the scheduled end."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one session, fixed when it is opened."""

    ladder: Ladder
    extension: Extension
    starting_price: Money = ZERO
    increment: Money = ZERO
    extend_trigger: timedelta = timedelta()
    """A bid with this much time left or less extends the session."""
    extend_by: timedelta = timedelta()
    """How long after such a bid the session ends."""
    window_after_first_bid: timedelta | None = None
    """In a sell-off the first bid starts the contest: this is how long it then runs."""

    def __post_init__(self) -> None:
        if self.ladder in {Ladder.STEP, Ladder.MULTIPLE} and not self.increment.fen:
            raise ValueError("a ladder of steps needs an increment above zero")


class Bid(msgspec.Struct, frozen=True):
    """One price offered under one bidder code."""

    code: BidderCode
    amount: Money
    entered_at: datetime
    """When the bid entered the platform's service system; 网拍20 makes this decisive."""
    priority_rank: int | None = None
    """Confirmed order of pre-emption, 1 first; None for an ordinary bidder (网拍19)."""
    expected_price: Money | None = None
    """Bid only if this is still the price standing (zero: no bid yet); None: whatever it is."""


class Hall(msgspec.Struct, frozen=True):
    """A session as the engine sees it."""

    live_since: datetime
    """The opening, or the last resumption."""
    closes_at: datetime
    leading: Bid | None = None
    extensions: int = 0
    paused_at: datetime | None = None
    is_over: bool = False
    """Closed or stopped: nothing moves any more."""

    @property
    def price(self) -> Money:
        """The price standing; zero before the first bid."""
        return self.leading.amount if self.leading else ZERO


class Reason(StrEnum):
    """Why a bid did not count. Each is recorded and told to the bidder."""

    OVER = "over"
    NOT_OPEN = "not_open"
    PAUSED = "paused"
    LATE = "late"
    BELOW_STARTING_PRICE = "below_starting_price"
    OFF_LADDER = "off_ladder"
    PRICE_CHANGED = "price_changed"
    BELOW_NEXT_PRICE = "below_next_price"
    UNKNOWN_CODE = "unknown_code"
    """Not a code of this session; told by the command, which alone can know."""


class Accepted(msgspec.Struct, frozen=True):
    hall: Hall
    is_extended: bool = False
    is_self_overbid: bool = False
    """The bidder was leading already: lawful, and he is warned."""


class Refused(msgspec.Struct, frozen=True):
    reason: Reason


@dataclass(frozen=True, slots=True)
class Sold:
    hall: Hall
    hammer: Bid


@dataclass(frozen=True, slots=True)
class PassedIn:
    hall: Hall


@dataclass(frozen=True, slots=True)
class StillOpen:
    closes_at: datetime


def open_hall(rules: Rules, *, opens_at: datetime, scheduled_close: datetime) -> Hall:
    """Return the hall before its first bid."""
    if rules.extension is Extension.OVERTIME:
        return Hall(opens_at, scheduled_close + rules.extend_by)
    return Hall(opens_at, scheduled_close)


def decide(hall: Hall, bid: Bid, rules: Rules) -> Accepted | Refused:
    """Admit the bid and advance the hall, or say why not.

    A refusal is a value, not an exception: it is a fact of the auction, and it is
    journaled in the same transaction as an acceptance would be.
    """
    reason = _untimely(hall, bid) or _unfit(hall, bid, rules)
    if reason is not None:
        return Refused(reason)
    closes_at, is_extended = _close_after(hall, bid, rules)
    after = replace(
        hall, leading=bid, closes_at=closes_at, extensions=hall.extensions + is_extended
    )
    return Accepted(after, is_extended, _is_own(hall, bid))


def lowest_next(hall: Hall, rules: Rules) -> Money:
    """The least an ordinary bidder may offer now."""
    if hall.leading is None:
        return rules.starting_price
    if rules.ladder is Ladder.NONE:
        return ZERO
    if rules.ladder is Ladder.HIGHER:
        return hall.price + Money(1)
    return hall.price + rules.increment


def pause(hall: Hall, at: datetime) -> Hall:
    """Stop the clock (网拍28). Bids that entered before `at` are still decided."""
    if hall.is_over or hall.paused_at is not None:
        return hall
    return replace(hall, paused_at=at)


def resume(hall: Hall, at: datetime, rules: Rules) -> Hall:
    """Start the clock again: give back the time lost, and at least one extension."""
    if hall.paused_at is None or hall.is_over:
        return hall
    lost_from = max(hall.paused_at, hall.live_since)  # before the opening nothing is lost
    given_back = hall.closes_at + max(at - lost_from, timedelta())
    closes_at = max(given_back, at + rules.extend_by)
    # Only an opening lies ahead: the last resumption may be later than `at` by a clock set back.
    is_unopened = hall.paused_at < hall.live_since
    live_since = max(at, hall.live_since) if is_unopened else at
    return replace(hall, paused_at=None, live_since=live_since, closes_at=closes_at)


def stop(hall: Hall) -> Hall:
    """End without a winner: the court withdrew the lot (网拍28, 31)."""
    return replace(hall, is_over=True)


def close(hall: Hall, now: datetime) -> Sold | PassedIn | StillOpen:
    """Say what came of it. The caller has decided every bid that entered in time.

    One bidder is enough (网拍11), and the last bid standing wins (网拍20(2), 21).
    """
    if hall.is_over or hall.paused_at is not None or now < hall.closes_at:
        return StillOpen(hall.closes_at)
    over = replace(hall, is_over=True)
    return PassedIn(over) if hall.leading is None else Sold(over, hall.leading)


def _untimely(hall: Hall, bid: Bid) -> Reason | None:
    """What the time of entry forbids. The end is half-open: at the instant is late."""
    is_late = bid.entered_at >= hall.closes_at
    if hall.is_over:
        return Reason.LATE if is_late else Reason.OVER
    if hall.paused_at is not None and bid.entered_at >= hall.paused_at:
        return Reason.PAUSED
    if is_late:
        return Reason.LATE
    return Reason.NOT_OPEN if bid.entered_at < hall.live_since else None


def _unfit(hall: Hall, bid: Bid, rules: Rules) -> Reason | None:
    """What the price forbids."""
    if bid.amount < rules.starting_price:
        return Reason.BELOW_STARTING_PRICE
    if bid.expected_price not in {None, hall.price}:
        return Reason.PRICE_CHANGED
    if rules.ladder is Ladder.MULTIPLE and not _is_on_ladder(bid.amount, rules):
        return Reason.OFF_LADDER
    if bid.amount < lowest_next(hall, rules) and not _matches_by_priority(hall, bid):
        return Reason.BELOW_NEXT_PRICE
    return None


def _is_on_ladder(amount: Money, rules: Rules) -> bool:
    return (amount - rules.starting_price).fen % rules.increment.fen == 0


def _matches_by_priority(hall: Hall, bid: Bid) -> bool:
    """At the same price the better rank wins, at the same rank the earlier bid (网拍21)."""
    standing = hall.leading
    if standing is None or bid.priority_rank is None or bid.amount != standing.amount:
        return False
    return standing.priority_rank is None or bid.priority_rank < standing.priority_rank


def _is_own(hall: Hall, bid: Bid) -> bool:
    return hall.leading is not None and hall.leading.code == bid.code


def _close_after(hall: Hall, bid: Bid, rules: Rules) -> tuple[datetime, bool]:
    """The end after an accepted bid, and whether that was an extension."""
    if rules.window_after_first_bid is not None and hall.leading is None:
        return bid.entered_at + rules.window_after_first_bid, False
    left = hall.closes_at - bid.entered_at
    if rules.extension is Extension.NONE or left > rules.extend_trigger:
        return hall.closes_at, False
    closes_at = max(hall.closes_at, bid.entered_at + rules.extend_by)
    return closes_at, closes_at > hall.closes_at
