"""Run recorded bids through the engine that serves live bidding, and say what it decided."""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import groupby
from typing import Annotated, Final, Literal

import msgspec
from msgspec import structs

from auction.kernel.clock import BEIJING
from auction.kernel.ids import BidderCode
from auction.kernel.money import ZERO, Money
from bidding.engine import (
    Accepted,
    Bid,
    Extension,
    Hall,
    Ladder,
    Reason,
    Refused,
    Rules,
    decide,
    open_hall,
    pause,
    resume,
    stop,
)

Row = Mapping[str, str]
_SECOND: Final = timedelta(seconds=1)
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Where auctions that tell only days since their opening begin."""
_NOT_IN_THE_RECORD: Final = frozenset({Reason.PRICE_CHANGED.value, Reason.UNKNOWN_CODE.value})
_MILLION: Final = 10**6


class ReplayError(ValueError):
    """One sentence on what in the file or the arguments cannot be replayed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the engine made of one session's bids."""

    accepted: int
    refused: int
    hall: Hall

    @property
    def winner(self) -> str:
        """Code of the winner, or nothing when no bid counted."""
        return str(self.hall.leading.code) if self.hall.leading else ""


@dataclass(frozen=True, slots=True)
class ExtensionChoice:
    """`none`, `reset`, `overtime`; with seconds: `reset:300`."""

    kind: Extension
    seconds: int | None = None

    def length(self, otherwise: int) -> timedelta:
        """How long an extension is; `otherwise` stands in where no seconds were given."""
        return timedelta(seconds=otherwise if self.seconds is None else self.seconds)


def run(hall: Hall, bids: Iterable[Bid], rules: Rules) -> Outcome:
    """Decide the bids in the order given."""
    accepted = refused = 0
    for bid in bids:
        verdict = decide(hall, bid, rules)
        if isinstance(verdict, Accepted):
            hall = verdict.hall
            accepted += 1
        else:
            refused += 1
    return Outcome(accepted, refused, hall)


def read_extension(text: str) -> ExtensionChoice:
    """Read the argument `--extension`."""
    kind, _, seconds = text.partition(":")
    if kind not in set(Extension) or not re.fullmatch(r"\d{0,6}", seconds):
        raise ReplayError(f"extension must be none, reset or overtime, then :seconds; not {text!r}")
    return ExtensionChoice(Extension(kind), int(seconds) if seconds else None)


def read_increments(text: str) -> dict[str, Money]:
    """Read the argument `--increments`: `1=46000,2=14000` in yuan."""
    found: dict[str, Money] = {}
    for part in filter(None, text.split(",")):
        lot, _, yuan = part.partition("=")
        found[lot.strip()] = _money(yuan, f"the increment of lot {lot}")
        if found[lot.strip()] == ZERO:
            raise ReplayError(f"the increment of lot {lot} must be above zero")
    return found


def replay_records(
    rows: Sequence[Row],
    *,
    increments: Mapping[str, Money],
    end: datetime,
    extension: ExtensionChoice,
) -> Iterator[Row]:
    """Judicial 竞价记录, oldest bid first; the starting price is the first price."""
    length = extension.length(300)
    for (lot,), group in _sessions(rows, "lot"):
        if lot not in increments:
            raise ReplayError(f"no increment was given for lot {lot}")
        bids = [_bid(row, "bidder", "price", _beijing(row, "bid_time")) for row in group]
        start = bids[0].amount
        rules = Rules(Ladder.MULTIPLE, extension.kind, start, increments[lot], length, length)
        opens_at = min(bid.entered_at for bid in bids)
        outcome = run(open_hall(rules, opens_at=opens_at, scheduled_close=end), bids, rules)
        yield {
            "lot": lot,
            "accepted": str(outcome.accepted),
            "refused": str(outcome.refused),
            "winner": outcome.winner,
            "final_price": str(outcome.hall.price),
            "closes_at": outcome.hall.closes_at.astimezone(BEIJING).isoformat(),
            "extensions": str(outcome.hall.extensions),
        }


def replay_art(rows: Sequence[Row], *, extension: ExtensionChoice) -> Iterator[Row]:
    """Soft-close sessions of art houses, without a price rule.

    Each house names its own overtime, and one overtime always runs after the scheduled
    close: there `reset` and `overtime` are the same thing.
    """
    resets = extension.kind is not Extension.NONE
    kind = Extension.OVERTIME if resets else Extension.NONE
    for (auction, item), group in _sessions(rows, "auction_id", "item_id"):
        scheduled = _beijing(group[0], "scheduled_closing_time")
        length = extension.length(int(_number(group[0], "overtime_seconds")))
        rules = Rules(Ladder.NONE, kind, extend_trigger=length, extend_by=length)
        bids = [_bid(row, "bidder_id", "bid_price", _beijing(row, "bid_time")) for row in group]
        opens_at = min(bid.entered_at for bid in bids)
        outcome = run(open_hall(rules, opens_at=opens_at, scheduled_close=scheduled), bids, rules)
        yield {
            "auction_id": auction,
            "item_id": item,
            "rejected_late": str(outcome.refused),
            "winner": outcome.winner,
            "final_price": str(outcome.hall.price).removesuffix(".00"),
            "close_offset_s": str((outcome.hall.closes_at - scheduled) // _SECOND),
        }


def replay_ebay(rows: Sequence[Row], *, extension: ExtensionChoice) -> Iterator[Row]:
    """Plain ascending auctions with a fixed end; the recorded price stands beside ours."""
    length = extension.length(0)
    for (auction,), group in _sessions(rows, "auctionid"):
        start = _money(_cell(group[0], "openbid"), "openbid")
        rules = Rules(Ladder.HIGHER, extension.kind, start, extend_trigger=length, extend_by=length)
        last = max(_number(row, "bidtime") for row in group)
        hall = open_hall(rules, opens_at=_EPOCH, scheduled_close=_EPOCH + _days(last) + _SECOND)
        bids = [
            _bid(row, "bidder", "bid", _EPOCH + _days(_number(row, "bidtime"))) for row in group
        ]
        outcome = run(hall, bids, rules)
        yield {
            "auctionid": auction,
            "accepted": str(outcome.accepted),
            "refused": str(outcome.refused),
            "winner": outcome.winner,
            "final_price": str(outcome.hall.price),
            "recorded_price": str(_money(_cell(group[0], "price"), "price")),
        }


ClockChangeKind = Literal["paused", "suspended", "resumed", "lagged", "stopped"]


class ClockChange(msgspec.Struct, frozen=True):
    """What stopped, started or moved the clock of a session beside its bids (网拍28)."""

    after_seq: int
    """The last bid that was decided before it; 0 when none was."""
    kind: ClockChangeKind
    at: Annotated[datetime, msgspec.Meta(tz=True)]
    """From when on it stood still, or ran again."""
    ground: str = ""
    """Of a standstill: its kind, as the journal says it."""
    closes_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    """The end after it, where it moved the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HallTerms:
    """What a published auction of this platform was announced with, and what stopped its clock."""

    start: Money
    increment: Money
    opens_at: datetime
    end: datetime
    extension: ExtensionChoice
    ranks: Mapping[str, int]
    """Codes with a confirmed right of pre-emption, and their rank."""
    clock: Sequence[ClockChange] = ()
    window: timedelta | None = None
    """In a sell-off: how long bidding runs after the first bid."""

    @property
    def rules(self) -> Rules:
        """As the engine takes them."""
        length = self.extension.length(300)
        kind = self.extension.kind
        return Rules(Ladder.MULTIPLE, kind, self.start, self.increment, length, length, self.window)


def replay_hall(rows: Sequence[Row], *, terms: HallTerms) -> Iterator[Row]:
    """The record of an auction of this platform: each verdict beside the engine's.

    What a bid expected (price_changed) and which codes there are (unknown_code) is not in the
    record: such a refusal is taken as it stands. What stopped the clock is taken from the terms
    and applied by the engine; a line without `seq` compares the end after it.
    """
    rules = terms.rules
    hall = open_hall(rules, opens_at=terms.opens_at, scheduled_close=terms.end)
    changes = deque(sorted(terms.clock, key=lambda change: change.after_seq))
    for row in rows:
        seq = int(_number(row, "seq"))
        while changes and changes[0].after_seq < seq:
            change = changes.popleft()
            hall = changed(hall, change, rules)
            yield _beside(hall, change)
        rank = terms.ranks.get(row.get("code") or "")
        verdict = _decided_again(hall, row, rank, rules)
        hall = verdict.hall if isinstance(verdict, Accepted) else hall
        ours = "accepted" if isinstance(verdict, Accepted) else f"refused {verdict.reason.value}"
        recorded = f"{_cell(row, 'verdict')} {row.get('reason') or ''}".strip()
        ends_at = _beijing(row, "closes_at_after")
        yield _compared(str(seq), (recorded, ours), ends_at, hall)
    for change in changes:
        hall = changed(hall, change, rules)
        yield _beside(hall, change)


def _decided_again(hall: Hall, row: Row, rank: int | None, rules: Rules) -> Accepted | Refused:
    reason = row.get("reason") or ""
    if reason in _NOT_IN_THE_RECORD:
        return Refused(Reason(reason))
    plain = _bid(row, "code", "amount", _beijing(row, "entered_at"))
    return decide(hall, structs.replace(plain, priority_rank=rank), rules)


def changed(hall: Hall, change: ClockChange, rules: Rules) -> Hall:
    """The hall after a change of its clock, as `bidding.hall.standstill` makes it."""
    match change.kind:
        case "paused":
            return pause(hall, max(change.at, hall.live_since))
        case "suspended":
            return pause(hall, change.at)
        case "resumed":
            return resume(hall, change.at, rules)
        case "lagged":
            closes_at = max(hall.closes_at, change.at + rules.extend_by)
            return structs.replace(hall, closes_at=closes_at)
        case "stopped":
            return stop(hall)


def _beside(hall: Hall, change: ClockChange) -> Row:
    told = (change.kind, change.kind)
    return _compared("", told, change.closes_at or hall.closes_at, hall)


def _compared(seq: str, verdicts: tuple[str, str], ends_at: datetime, hall: Hall) -> Row:
    recorded, ours = verdicts
    return {
        "seq": seq,
        "recorded": recorded,
        "engine": ours,
        "closes_at_recorded": ends_at.isoformat(),
        "closes_at_after": hall.closes_at.isoformat(),
        "same": "yes" if recorded == ours and ends_at == hall.closes_at else "no",
        "winner": str(hall.leading.code) if hall.leading else "",
        "price": str(hall.price),
    }


def read_ranks(text: str) -> dict[str, int]:
    """Read the argument `--priority`: `CODE=1,CODE=2`."""
    found: dict[str, int] = {}
    for part in filter(None, text.split(",")):
        code, _, rank = part.partition("=")
        if not re.fullmatch(r"[1-9][0-9]{0,3}", rank):
            raise ReplayError(f"--priority is CODE=RANK,CODE=RANK; not {part!r}")
        found[code.strip()] = int(rank)
    return found


def read_window(text: str) -> timedelta | None:
    """Read the argument `--window`, in seconds; none for what is no sell-off."""
    if not re.fullmatch(r"[0-9]{0,7}", text):
        raise ReplayError(f"--window is a number of seconds; not {text!r}")
    return timedelta(seconds=int(text)) if text else None


def read_yuan(text: str, what: str) -> Money:
    """Read an argument that is an amount."""
    return _money(text, what)


def _sessions(rows: Sequence[Row], *names: str) -> Iterator[tuple[tuple[str, ...], list[Row]]]:
    """Rows that stand together and agree in `names`."""
    for key, group in groupby(rows, key=lambda row: tuple(_cell(row, name) for name in names)):
        yield key, list(group)


def _bid(row: Row, code: str, amount: str, entered_at: datetime) -> Bid:
    """One recorded bid; some records lack the bidder, and he is then nobody."""
    return Bid(BidderCode(row.get(code) or ""), _money(_cell(row, amount), amount), entered_at)


def _cell(row: Row, name: str) -> str:
    found = row.get(name)
    if found is None or found == "":
        told = ", ".join(text for text in row.values() if isinstance(text, str))
        raise ReplayError(f"a row lacks {name}: {told[:80]}")
    return found


def _beijing(row: Row, name: str) -> datetime:
    """A moment; without a zone it is Beijing's."""
    text = _cell(row, name)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise ReplayError(f"{name} is no time: {text!r}") from wrong
    return moment if moment.tzinfo else moment.replace(tzinfo=BEIJING)


def _money(text: str, what: str) -> Money:
    try:
        return Money.parse(text)
    except ValueError as wrong:
        raise ReplayError(f"{what} is no amount in yuan: {text!r}") from wrong


def _number(row: Row, name: str) -> Decimal:
    text = _cell(row, name)
    try:
        number = Decimal(text)
    except InvalidOperation as wrong:
        raise ReplayError(f"{name} is no number: {text!r}") from wrong
    if not number.is_finite() or not 0 <= number < _MILLION:
        raise ReplayError(f"{name} is out of range: {text!r}")
    return number


def _days(days: Decimal) -> timedelta:
    return timedelta(microseconds=int(days * 86_400 * _MILLION))
