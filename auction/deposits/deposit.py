"""Deposit 保证金: what one registration must pay before it may bid, and what became of it."""

import unicodedata
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from auction.kernel.money import Money
from auction.kernel.transitions import after
from auction.store.base import Base
from auction.store.columns import Instant, MoneyFen, state_column, states_check
from auction.store.personal.subject_key import Sealed, SealedText


class DepositState(StrEnum):
    AWAITED = "awaited"
    HELD = "held"
    APPLIED = "applied"
    """Counted towards the price of the winner's sale."""
    RELEASE_ORDERED = "release_ordered"
    RELEASED = "released"
    FORFEITED = "forfeited"
    LAPSED = "lapsed"
    """Never paid while it could be; what comes later goes back to its payer."""


class DepositTrigger(StrEnum):
    RECEIVE = "receive"
    APPLY = "apply"
    ORDER_RELEASE = "order_release"
    CONFIRM_RELEASE = "confirm_release"
    FAIL_RELEASE = "fail_release"
    FORFEIT = "forfeit"
    LAPSE = "lapse"


_S, _T = DepositState, DepositTrigger
DEPOSIT_LIFE: Final[Mapping[tuple[DepositState, DepositTrigger], DepositState]] = {
    (_S.AWAITED, _T.RECEIVE): _S.HELD,  # 网拍17
    (_S.AWAITED, _T.LAPSE): _S.LAPSED,  # 网拍18: qualification ends with the bidding
    (_S.HELD, _T.APPLY): _S.APPLIED,  # 网拍23: counts towards the price
    (_S.HELD, _T.ORDER_RELEASE): _S.RELEASE_ORDERED,  # 网拍23: within 24 hours
    (_S.HELD, _T.FORFEIT): _S.FORFEITED,  # 网拍24
    (_S.APPLIED, _T.FORFEIT): _S.FORFEITED,  # 网拍24, once the default is declared
    (_S.RELEASE_ORDERED, _T.CONFIRM_RELEASE): _S.RELEASED,
    (_S.RELEASE_ORDERED, _T.FAIL_RELEASE): _S.HELD,  # the bank returned it: order anew
}


class Deposit(Sealed, Base):
    """The deposit of one registration. It knows the registration by its id alone."""

    __tablename__ = "deposits"
    __table_args__ = (
        states_check("state", DepositState),
        CheckConstraint("amount > 0", name="some_fen"),
        UniqueConstraint("registration_id"),
        UniqueConstraint("virtual_account"),
        Index(None, "listing_id"),
        Index(None, "court_id", "state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    registration_id: Mapped[UUID]
    listing_id: Mapped[UUID]
    court_id: Mapped[str]
    person_id: Mapped[UUID]
    amount: Mapped[Money] = mapped_column(MoneyFen)
    virtual_account: Mapped[str] = mapped_column(ForeignKey("virtual_accounts.number"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    """Where the book holds it."""
    state: Mapped[DepositState] = state_column(DepositState)
    opened_at: Mapped[datetime] = mapped_column(Instant)
    paid_by_name_sealed: Mapped[bytes]
    paid_by_name = SealedText()
    paid_by_account_sealed: Mapped[bytes]
    paid_by_account = SealedText()
    """Where it came from, and the only place it may go back to (原路退回)."""
    received_at: Mapped[datetime | None] = mapped_column(Instant)
    release_due_at: Mapped[datetime | None] = mapped_column(Instant)
    order_number: Mapped[str]
    ended_at: Mapped[datetime | None] = mapped_column(Instant)

    def take(self, trigger: DepositTrigger) -> None:
        """Move on, or refuse with `state.not_allowed`."""
        self.state = after(DEPOSIT_LIFE, self.state, trigger)

    @property
    def subject_ref(self) -> str:
        """How the book speaks of it."""
        return f"deposit:{self.id}"


def is_same_name(payer: str, registered: str) -> bool:
    """Whether a payer is the bidder himself (网拍17).

    Banks write full-width brackets, spaces and letters as they like; nothing else may differ.
    """
    return bool(payer.strip()) and _plain(payer) == _plain(registered)


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()
