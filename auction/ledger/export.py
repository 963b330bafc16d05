"""The book as plain text for hledger and beancount, so that others can add it up; pure.

Amounts are whole fen in a commodity FEN: beancount lets a balance of two decimals be off by
one hundredth, so yuan would hide a fen. Every day ends with an assertion for each account
that moved, and the bank's own closing balance is asserted as the bank wrote it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from auction.kernel.clock import BEIJING
from auction.ledger.transfer import TransferKind

_MOVING = frozenset({TransferKind.SETTLED, TransferKind.SETTLE})


@dataclass(frozen=True, slots=True)
class Move:
    """One transfer, between accounts by their names outside."""

    debit: str
    credit: str
    fen: int
    kind: TransferKind


@dataclass(frozen=True, slots=True)
class Event:
    """One posting."""

    id: str
    posted_at: datetime
    name: str
    subject_ref: str
    moves: Sequence[Move]

    @property
    def on(self) -> date:
        """The day it belongs to, in Beijing."""
        return self.posted_at.astimezone(BEIJING).date()

    @property
    def legs(self) -> list[tuple[str, int]]:
        """What the accounts gain (debits) and lose; holds move nothing yet."""
        return [
            leg
            for move in self.moves
            if move.kind in _MOVING
            for leg in ((move.debit, move.fen), (move.credit, -move.fen))
        ]


@dataclass(frozen=True, slots=True)
class Closing:
    """What the bank said a court's account held at the end of its last statement."""

    account: str
    fen: int


@dataclass(frozen=True, slots=True)
class BookText:
    """All that is written out. Events in the order they were posted."""

    accounts: Sequence[str]
    events: Sequence[Event]
    closings: Sequence[Closing] = ()


@dataclass(frozen=True, slots=True)
class _Day:
    on: date
    events: Sequence[Event]
    totals: Sequence[tuple[str, int]]
    """What each account that moved held when the day ended."""


def hledger_text(book: BookText) -> str:
    """The book as hledger reads it; `hledger check --strict` accepts it."""
    lines = ["; Luochui ledger, whole fen", "commodity 1000. FEN", ""]
    lines += [f"account {account}" for account in sorted(book.accounts)]
    days = list(_days(book))
    for day in days:
        for event in day.events:
            lines += ["", *_hledger_event(event)]
        lines += ["", f"{day.on} end of day"]
        lines += [f"    {account}  0 FEN = {fen} FEN" for account, fen in day.totals]
    if days and book.closings:
        lines += ["", f"{days[-1].on} closing balance of the bank"]
        lines += [f"    {closing.account}  0 FEN = {closing.fen} FEN" for closing in book.closings]
    return "\n".join(lines) + "\n"


def _hledger_event(event: Event) -> Iterator[str]:
    held = [f"; {event.on} {event.id} {move.kind} {move.fen} FEN: {move.debit} -> {move.credit}"
            for move in event.moves if move.kind not in _MOVING]  # fmt: skip
    yield from held
    if event.legs:
        yield f"{event.on} ({event.id}) {event.name}  ; subject: {event.subject_ref}"
        yield from (f"    {account}  {fen} FEN" for account, fen in event.legs)


def beancount_text(book: BookText) -> str:
    """The book as beancount reads it; `bean-check` accepts it."""
    days = list(_days(book))
    first = days[0].on if days else date(2026, 1, 1)
    lines = ['option "title" "Luochui ledger, whole fen"', 'option "operating_currency" "FEN"']
    lines += ["", f"{first} commodity FEN"]
    lines += [f"{first} open {account} FEN" for account in sorted(book.accounts)]
    for day in days:
        for event in day.events:
            lines += ["", *_beancount_event(event)]
        # A balance of beancount is that of the morning, so the evening's is the next day's.
        lines += ["", *_beancount_balances(day.on, day.totals)]
    if days:
        closings = [(closing.account, closing.fen) for closing in book.closings]
        lines += ["", *_beancount_balances(days[-1].on, closings)]
    return "\n".join(lines) + "\n"


def _beancount_event(event: Event) -> Iterator[str]:
    for move in event.moves:
        if move.kind not in _MOVING:
            yield f"; {event.on} {event.id} {move.kind} {move.fen} FEN"
    if event.legs:
        yield f'{event.on} * "{event.name}" "{event.subject_ref}"'
        yield f'  posting: "{event.id}"'
        yield from (f"  {account}  {fen} FEN" for account, fen in event.legs)


def _beancount_balances(on: date, totals: Sequence[tuple[str, int]]) -> Iterator[str]:
    morning = on + timedelta(days=1)
    return (f"{morning} balance {account}  {fen} FEN" for account, fen in totals)


def _days(book: BookText) -> Iterator[_Day]:
    totals: dict[str, int] = {}
    by_day: dict[date, list[Event]] = {}
    for event in book.events:
        by_day.setdefault(event.on, []).append(event)
    for on in sorted(by_day):
        moved: set[str] = set()
        for event in by_day[on]:
            for account, fen in event.legs:
                totals[account] = totals.get(account, 0) + fen
                moved.add(account)
        yield _Day(on, by_day[on], [(account, totals[account]) for account in sorted(moved)])
