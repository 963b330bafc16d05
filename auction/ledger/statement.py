"""Bank statements, their lines, and the allocation of lines to postings."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from auction.kernel.ids import AccountId, CourtId, PostingId, StatementLineId
from auction.kernel.money import Money
from auction.ledger import policy
from auction.ledger.book import court_account, find_account, post
from auction.ledger.chart import AccountKind
from auction.ledger.transfer import Posting
from auction.store.base import Base
from auction.store.columns import Instant, MoneyFen, state_column, states_check
from auction.store.full_views import Viewed, note_view
from auction.store.personal.subject_key import Sealed, SealedText
from auction.store.unit import Unit

LINE_DIGEST = "statement line"
"""What the keyed digest of lines is called."""


class Direction(StrEnum):
    """Whether money came into the court's account or left it."""

    IN = "in"
    OUT = "out"


class LineState(StrEnum):
    """How far a line has come."""

    NEW = "new"
    """Imported; the worker has yet to match it."""
    MATCHED = "matched"
    UNIDENTIFIED = "unidentified"
    """Nothing takes it: a person looks at it (案款认领)."""
    CLAIMED = "claimed"
    """A person said what it is; the worker has yet to book that."""
    REFUNDING = "refunding"
    """Ordered back to the account that paid it."""
    REFUNDED = "refunded"


class Statement(Base):
    """One imported file of the court's dedicated account. Rows are only ever added."""

    __tablename__ = "statements"
    __table_args__ = (UniqueConstraint("court_id", "file_digest"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    court_id: Mapped[str]
    file_digest: Mapped[str]
    file_name: Mapped[str]
    opening_balance: Mapped[Money] = mapped_column(MoneyFen)
    closing_balance: Mapped[Money] = mapped_column(MoneyFen)
    lines_added: Mapped[int]
    lines_repeated: Mapped[int]
    imported_at: Mapped[datetime] = mapped_column(Instant)
    imported_by: Mapped[UUID]


class StatementLine(Sealed, Base):
    """One line as the bank wrote it. Only its state, reason and claim ever change."""

    __tablename__ = "statement_lines"
    __table_args__ = (
        states_check("direction", Direction),
        states_check("state", LineState),
        CheckConstraint("amount > 0", name="some_fen"),
        UniqueConstraint("court_id", "digest"),
        UniqueConstraint("court_id", "position"),
        UniqueConstraint("id", "court_id"),
        Index(None, "state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    court_id: Mapped[str]
    statement_id: Mapped[UUID] = mapped_column(ForeignKey("statements.id"))
    position: Mapped[int]
    """Its place among all lines of the court's account."""
    line_no: Mapped[int]
    """Its number in the bank's file."""
    digest: Mapped[str]
    """What makes it this line and no other, keyed: nobody can try names and accounts on it."""
    booked_at: Mapped[datetime] = mapped_column(Instant)
    direction: Mapped[Direction] = state_column(Direction)
    amount: Mapped[Money] = mapped_column(MoneyFen)
    counterparty_name_sealed: Mapped[bytes]
    counterparty_name = SealedText()
    counterparty_account_sealed: Mapped[bytes]
    counterparty_account = SealedText()
    virtual_account: Mapped[str]
    remark_sealed: Mapped[bytes]
    remark = SealedText()
    balance: Mapped[Money] = mapped_column(MoneyFen)
    state: Mapped[LineState] = state_column(LineState)
    reason: Mapped[str]
    """Why it is unidentified: the code of the refusal."""
    claimed_as: Mapped[str]
    """The virtual account or order number that a person gave it."""
    claim_reason: Mapped[str]
    claimed_by: Mapped[UUID | None]


class Allocation(Base):
    """So much of a line is explained by a posting. Rows are only ever added."""

    __tablename__ = "allocations"
    __table_args__ = (
        CheckConstraint("amount > 0", name="some_fen"),
        UniqueConstraint("line_id", "posting_id"),
        ForeignKeyConstraint(
            ["line_id", "court_id"], ["statement_lines.id", "statement_lines.court_id"]
        ),
        ForeignKeyConstraint(["posting_id", "court_id"], ["postings.id", "postings.court_id"]),
        Index(None, "posting_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    court_id: Mapped[str]
    line_id: Mapped[UUID]
    posting_id: Mapped[UUID]
    amount: Mapped[Money] = mapped_column(MoneyFen)
    allocated_at: Mapped[datetime] = mapped_column(Instant)


@dataclass(frozen=True, slots=True, kw_only=True)
class BankLine:
    """A statement line as commands of upper floors take it."""

    id: StatementLineId
    court_id: CourtId
    direction: Direction
    amount: Money
    counterparty_name: str
    counterparty_account: str
    remark: str
    booked_at: datetime
    money: AccountId
    """Where the book has this money: debit it for money in, credit it for money out.
    The trust bank account, or the line's own account once it lay unidentified."""
    is_booked: bool = False
    """Whether the line already stands in the book, as unidentified money."""


async def post_line(work: Unit, line: BankLine, posting: Posting) -> PostingId:
    """Post what a bank line means and allocate the line to it; repeating it adds nothing."""
    posting_id = await post(work, posting)
    if line.is_booked:
        return posting_id  # the line explains the posting that took it in, not this one
    await allocate(work, line, posting_id)
    return posting_id


async def allocate(work: Unit, line: BankLine, posting_id: PostingId) -> None:
    """Say that the whole line is explained by a posting. The database refuses too much."""
    await work.session.execute(
        insert(Allocation)
        .values(
            id=work.new_id(),
            court_id=line.court_id,
            line_id=line.id,
            posting_id=posting_id,
            amount=line.amount,
            allocated_at=work.now,
        )
        .on_conflict_do_nothing(index_elements=["line_id", "posting_id"])
    )


async def view_line(work: Unit, line_id: UUID, *, reason: str) -> StatementLine:
    """Look at who paid, or was paid, by which account, in full; noted with the reason."""
    line = await work.load(StatementLine, line_id)
    work.require(policy.VIEW_PAYMENT, line.court_id)
    await note_view(work, Viewed.LINE, line.id, reason=reason)
    return line


async def bank_line_of(work: Unit, line: StatementLine) -> BankLine:
    """A line as the commands that book it take it: with the account that has its money."""
    court_id = CourtId(line.court_id)
    apart = await find_account(
        work.session, AccountKind.UNIDENTIFIED_RECEIPTS, f"line:{line.id}", court_id
    )
    bank = await court_account(work, AccountKind.TRUST_BANK, court_id)
    return BankLine(
        id=StatementLineId(line.id),
        court_id=court_id,
        direction=line.direction,
        amount=line.amount,
        counterparty_name=line.counterparty_name,
        counterparty_account=line.counterparty_account,
        remark=line.remark,
        booked_at=line.booked_at,
        money=AccountId(apart or bank),
        is_booked=apart is not None,
    )
