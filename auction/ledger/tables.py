"""The tables of the book: accounts with their balances, postings and their transfers."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from auction.kernel.money import Money
from auction.ledger.chart import AccountKind, Side
from auction.ledger.transfer import TransferKind
from auction.store.base import Base
from auction.store.columns import Instant, MoneyFen, state_column, states_check


class Account(Base):
    """One account of one court. Every fen the court holds stands in exactly one."""

    __tablename__ = "accounts"
    __table_args__ = (
        states_check("kind", AccountKind),
        states_check("normal_side", Side),
        CheckConstraint("(kind = 'trust_bank') = (normal_side = 'debit')", name="side_of_kind"),
        UniqueConstraint("court_id", "kind", "owner_ref"),
        UniqueConstraint("id", "court_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    court_id: Mapped[str]
    kind: Mapped[AccountKind] = state_column(AccountKind)
    normal_side: Mapped[Side] = state_column(Side)
    owner_ref: Mapped[str]
    """`registration:<id>`, `sale:<id>` ..., or `court` for a shared account."""
    opened_at: Mapped[datetime] = mapped_column(Instant)


class AccountBalance(Base):
    """What an account has seen. Only the trigger on transfers writes it."""

    __tablename__ = "account_balances"
    __table_args__ = (
        CheckConstraint(
            "debits_posted >= 0 AND credits_posted >= 0"
            " AND debits_pending >= 0 AND credits_pending >= 0",
            name="not_negative",
        ),
        CheckConstraint(
            "normal_side <> 'credit' OR debits_posted + debits_pending <= credits_posted",
            name="no_overdraft_of_credits",
        ),
        CheckConstraint(
            "normal_side <> 'debit' OR credits_posted + credits_pending <= debits_posted",
            name="no_overdraft_of_debits",
        ),
    )

    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    normal_side: Mapped[Side] = state_column(Side)
    debits_posted: Mapped[int] = mapped_column(BigInteger)
    credits_posted: Mapped[int] = mapped_column(BigInteger)
    debits_pending: Mapped[int] = mapped_column(BigInteger)
    credits_pending: Mapped[int] = mapped_column(BigInteger)


class PostingRow(Base):
    """One business event in the book. Rows are only ever added."""

    __tablename__ = "postings"
    __table_args__ = (
        UniqueConstraint("idempotency_key"),
        UniqueConstraint("id", "court_id"),
        Index(None, "subject_ref"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    court_id: Mapped[str]
    idempotency_key: Mapped[str]
    payload_digest: Mapped[str]
    event: Mapped[str]
    subject_ref: Mapped[str]
    posted_at: Mapped[datetime] = mapped_column(Instant)
    posted_by: Mapped[str]


class TransferRow(Base):
    """One amount from one account to another, both of the posting's court. Only ever added."""

    __tablename__ = "transfers"
    __table_args__ = (
        states_check("kind", TransferKind),
        CheckConstraint("amount > 0 AND amount <= 9000000000000000", name="some_fen"),
        CheckConstraint("debit_account_id <> credit_account_id", name="two_accounts"),
        CheckConstraint(
            "(kind IN ('settle', 'void')) = (resolves IS NOT NULL)", name="resolution_names_hold"
        ),
        UniqueConstraint("posting_id", "position"),
        UniqueConstraint("resolves"),
        ForeignKeyConstraint(["posting_id", "court_id"], ["postings.id", "postings.court_id"]),
        ForeignKeyConstraint(
            ["debit_account_id", "court_id"], ["accounts.id", "accounts.court_id"]
        ),
        ForeignKeyConstraint(
            ["credit_account_id", "court_id"], ["accounts.id", "accounts.court_id"]
        ),
        Index(None, "debit_account_id"),
        Index(None, "credit_account_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    posting_id: Mapped[UUID]
    court_id: Mapped[str]
    position: Mapped[int]
    debit_account_id: Mapped[UUID]
    credit_account_id: Mapped[UUID]
    amount: Mapped[Money] = mapped_column(MoneyFen)
    kind: Mapped[TransferKind] = state_column(TransferKind)
    resolves: Mapped[UUID | None] = mapped_column(ForeignKey("transfers.id"))
