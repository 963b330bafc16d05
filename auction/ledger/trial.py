"""Trial balance, and the book held against the bank's statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import BigInteger, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.ledger.chart import AccountKind, Side
from auction.ledger.statement import Allocation, Direction, StatementLine
from auction.ledger.tables import Account, AccountBalance, TransferRow
from auction.ledger.transfer import Balance, TransferKind

_MOVING = (TransferKind.SETTLED, TransferKind.SETTLE)


@dataclass(frozen=True, slots=True)
class TrialLine:
    """One account: what its balance row says, and what its transfers add up to."""

    account_id: UUID
    court_id: str
    kind: AccountKind
    owner_ref: str
    balance: Balance
    summed_debits: int
    summed_credits: int

    @property
    def has_drifted(self) -> bool:
        """Whether the kept balance differs from the sum of the transfers."""
        return (self.balance.debits_posted, self.balance.credits_posted) != (
            self.summed_debits,
            self.summed_credits,
        )


@dataclass(frozen=True, slots=True)
class Trial:
    """The trial balance of a court, or of all courts."""

    lines: Sequence[TrialLine]

    @property
    def debits(self) -> int:
        """All debits, in fen."""
        return sum(line.summed_debits for line in self.lines)

    @property
    def credits(self) -> int:
        """All credits, in fen."""
        return sum(line.summed_credits for line in self.lines)

    @property
    def difference(self) -> int:
        """What must be zero, to the fen."""
        return self.debits - self.credits

    @property
    def is_sound(self) -> bool:
        """Whether debits equal credits and no kept balance has drifted."""
        return not self.difference and not any(line.has_drifted for line in self.lines)

    def held_as(self, kind: AccountKind) -> int:
        """How many fen stand in accounts of a kind."""
        return sum(line.balance.posted.fen for line in self.lines if line.kind is kind)


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The court's bank account in the book, and the same account at the bank."""

    book_fen: int
    bank_fen: int
    unbooked_in_fen: int
    """Lines in that no posting explains yet."""
    unbooked_out_fen: int

    @property
    def difference(self) -> int:
        """What nothing explains; must be zero."""
        return self.bank_fen - self.book_fen - self.unbooked_in_fen + self.unbooked_out_fen

    @property
    def is_even(self) -> bool:
        """Whether book and bank hold the same."""
        return self.book_fen == self.bank_fen


async def trial_balance(session: AsyncSession, court_id: str | None = None) -> Trial:
    """Add all transfers up anew and set them beside the kept balances."""
    sums = await _sums(session)
    wanted = (
        select(Account, AccountBalance)
        .join(AccountBalance, AccountBalance.account_id == Account.id)
        .order_by(Account.court_id, Account.kind, Account.owner_ref)
    )
    if court_id is not None:
        wanted = wanted.where(Account.court_id == court_id)
    return Trial([_line(account, kept, sums) for account, kept in await session.execute(wanted)])


async def reconcile(session: AsyncSession, court_id: str) -> Reconciliation:
    """Hold the book against the closing balance of the last statement (法发〔2017〕6号4)."""
    trial = await trial_balance(session, court_id)
    closing = await session.scalar(
        select(StatementLine.balance)
        .where(StatementLine.court_id == court_id)
        .order_by(StatementLine.position.desc())
        .limit(1)
    )
    return Reconciliation(
        trial.held_as(AccountKind.TRUST_BANK),
        closing.fen if closing else 0,
        await _unbooked(session, court_id, Direction.IN),
        await _unbooked(session, court_id, Direction.OUT),
    )


async def _sums(session: AsyncSession) -> dict[tuple[UUID, Side], int]:
    """Debits and credits of every account, straight from the transfers."""
    sums: dict[tuple[UUID, Side], int] = {}
    sides = (
        (Side.DEBIT, TransferRow.debit_account_id),
        (Side.CREDIT, TransferRow.credit_account_id),
    )
    for side, column in sides:
        rows = await session.execute(
            select(column, func.sum(cast(TransferRow.amount, BigInteger)))
            .where(TransferRow.kind.in_(_MOVING))
            .group_by(column)
        )
        sums |= {(account_id, side): int(fen) for account_id, fen in rows}
    return sums


async def _unbooked(session: AsyncSession, court_id: str, direction: Direction) -> int:
    found = await session.scalar(
        select(func.coalesce(func.sum(cast(StatementLine.amount, BigInteger)), 0))
        .outerjoin(Allocation, Allocation.line_id == StatementLine.id)
        .where(
            StatementLine.court_id == court_id,
            StatementLine.direction == direction,
            Allocation.id.is_(None),
        )
    )
    return int(found or 0)


def _line(account: Account, kept: AccountBalance, sums: dict[tuple[UUID, Side], int]) -> TrialLine:
    return TrialLine(
        account.id,
        account.court_id,
        account.kind,
        account.owner_ref,
        Balance(
            kept.normal_side,
            kept.debits_posted,
            kept.credits_posted,
            kept.debits_pending,
            kept.credits_pending,
        ),
        sums.get((account.id, Side.DEBIT), 0),
        sums.get((account.id, Side.CREDIT), 0),
    )
