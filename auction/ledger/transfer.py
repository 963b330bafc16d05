"""Transfers and postings as values, and the laws that they obey; pure.

A transfer moves an amount from the account it debits to the account it credits, so that
every posting balances by construction. A pending transfer (a hold) sets the amount aside;
a later transfer settles or voids it, once and wholly.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from auction.kernel.canonical import canon, sha256_hex
from auction.kernel.ids import AccountId, CourtId, TransferId
from auction.kernel.money import FEN_MAX, ZERO, Money
from auction.kernel.refusal import Refusal, invariant
from auction.ledger.chart import Side


class TransferKind(StrEnum):
    """What a transfer does."""

    SETTLED = "settled"
    """Moves the money now."""
    PENDING = "pending"
    """Holds the money; it still counts as the debited account's, but cannot be spent."""
    SETTLE = "settle"
    """Moves the money that a hold set aside."""
    VOID = "void"
    """Gives back what a hold set aside."""


RESOLVING = frozenset({TransferKind.SETTLE, TransferKind.VOID})


@dataclass(frozen=True, slots=True)
class Transfer:
    """One amount from one account to another."""

    debit: AccountId
    credit: AccountId
    amount: Money
    kind: TransferKind = TransferKind.SETTLED
    resolves: TransferId | None = None
    """The hold that it settles or voids."""
    id: TransferId | None = None
    """Set by who needs to name it again, as a hold; else the book gives one."""

    def __post_init__(self) -> None:
        invariant(self.debit != self.credit, "a transfer is between two accounts")
        invariant(ZERO < self.amount <= Money(FEN_MAX), "a transfer moves some fen")
        resolves = self.resolves is not None
        invariant(resolves == (self.kind in RESOLVING), "a resolution names its hold")


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One business event in the book: its transfers stand or fall together."""

    key: str
    """Idempotency key: the same event posted twice is one posting."""
    event: str
    """What happened, noun.participle: `deposit.received`."""
    court_id: CourtId
    subject_ref: str
    """What it is about: `registration:<id>`, `sale:<id>`. Never a name."""
    transfers: tuple[Transfer, ...]

    def __post_init__(self) -> None:
        invariant(bool(self.key), "a posting has a key")
        invariant(bool(self.transfers), "a posting has a transfer")

    @property
    def accounts(self) -> list[AccountId]:
        """The accounts it touches, debit before credit, in the order of its transfers."""
        return [account for t in self.transfers for account in (t.debit, t.credit)]

    @property
    def digest(self) -> str:
        """What tells a repeat from a conflict: everything but the ids the book gives."""
        return sha256_hex(canon([self.event, self.court_id, self.subject_ref, self._moves()]))

    def _moves(self) -> list[list[str | int]]:
        return [
            [str(t.debit), str(t.credit), t.amount.fen, str(t.kind), str(t.resolves or "")]
            for t in self.transfers
        ]


@dataclass(frozen=True, slots=True)
class Balance:
    """What one account has seen. Fen as whole numbers: sums may pass what Money carries."""

    normal_side: Side
    debits_posted: int = 0
    credits_posted: int = 0
    debits_pending: int = 0
    credits_pending: int = 0

    @property
    def posted(self) -> Money:
        """The amount on the normal side."""
        return Money(self._own - self._other)

    @property
    def available(self) -> Money:
        """What may still be moved away: the amount less what holds set aside."""
        away = self.debits_pending if self.normal_side is Side.CREDIT else self.credits_pending
        return Money(self._own - self._other - away)

    @property
    def is_lawful(self) -> bool:
        """Whether nothing is overdrawn: holds count as spent, expected money does not count."""
        away = self.debits_pending if self.normal_side is Side.CREDIT else self.credits_pending
        pending = (self.debits_pending, self.credits_pending)
        return self._other + away <= self._own and min(pending) >= 0

    @property
    def _own(self) -> int:
        return self.credits_posted if self.normal_side is Side.CREDIT else self.debits_posted

    @property
    def _other(self) -> int:
        return self.debits_posted if self.normal_side is Side.CREDIT else self.credits_posted


@dataclass(frozen=True, slots=True)
class Books:
    """The balances and open holds that a posting touches."""

    balances: Mapping[AccountId, Balance]
    holds: Mapping[TransferId, Transfer] = field(default_factory=dict)


def after_posting(books: Books, posting: Posting) -> Books:
    """Return the books after `posting`, or refuse; what refuses one transfer refuses all."""
    for transfer in posting.transfers:
        books = _after_transfer(books, transfer)
    return books


def _after_transfer(books: Books, transfer: Transfer) -> Books:
    holds = dict(books.holds)
    if transfer.resolves is not None:
        _check_resolution(holds.pop(transfer.resolves, None), transfer)
    if transfer.kind is TransferKind.PENDING and transfer.id is not None:
        holds[transfer.id] = transfer
    balances = dict(books.balances)
    for account, side in ((transfer.debit, Side.DEBIT), (transfer.credit, Side.CREDIT)):
        balances[account] = _moved(balances[account], side, transfer)
        if not balances[account].is_lawful:
            raise Refusal("ledger.overdrawn", account=str(account), amount=transfer.amount)
    return Books(balances, holds)


def _check_resolution(hold: Transfer | None, resolution: Transfer) -> None:
    if hold is None:
        raise Refusal("ledger.hold_resolved", hold=str(resolution.resolves))
    same = (hold.debit, hold.credit, hold.amount) == (
        resolution.debit,
        resolution.credit,
        resolution.amount,
    )
    invariant(same, "a hold is settled or voided wholly, between its own accounts")


def _moved(balance: Balance, side: Side, transfer: Transfer) -> Balance:
    fen = transfer.amount.fen
    posted = fen if transfer.kind in {TransferKind.SETTLED, TransferKind.SETTLE} else 0
    pending = fen if transfer.kind is TransferKind.PENDING else 0
    pending -= fen if transfer.resolves is not None else 0
    if side is Side.DEBIT:
        return replace(
            balance,
            debits_posted=balance.debits_posted + posted,
            debits_pending=balance.debits_pending + pending,
        )
    return replace(
        balance,
        credits_posted=balance.credits_posted + posted,
        credits_pending=balance.credits_pending + pending,
    )
