"""The execution case 执行案件, its parties, and where they are paid."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Select, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, mapped_column

from auction.kernel.ids import CaseId, CourtId, PartyId, PersonId
from auction.kernel.transitions import after
from auction.store.base import Base
from auction.store.columns import Instant, state_column, states_check
from auction.store.personal.subject_key import Sealed, SealedText


class CaseState(StrEnum):
    OPEN = "open"
    STAYED = "stayed"
    """Enforcement rests by a decision of the court (暂缓/中止)."""
    CLOSED = "closed"


class CaseTrigger(StrEnum):
    STAY = "stay"
    RESUME = "resume"
    CLOSE = "close"


CASE_LIFE: Final[Mapping[tuple[CaseState, CaseTrigger], CaseState]] = {
    (CaseState.OPEN, CaseTrigger.STAY): CaseState.STAYED,  # 民诉法267, 网拍28
    (CaseState.STAYED, CaseTrigger.RESUME): CaseState.OPEN,  # 网拍28(4)
    (CaseState.OPEN, CaseTrigger.CLOSE): CaseState.CLOSED,
}


class PartyRole(StrEnum):
    APPLICANT = "applicant"
    """申请执行人."""
    RESPONDENT = "respondent"
    """被执行人."""
    CREDITOR = "creditor"
    """Another creditor: a mortgagee, or one who joined the distribution."""
    PRIORITY_HOLDER = "priority_holder"
    """优先购买权人: a co-owner, tenant or shareholder to be notified (网拍16)."""


class Case(Base):
    """One enforcement case; keeps the rulebook in force when it was opened."""

    __tablename__ = "cases"
    __table_args__ = (UniqueConstraint("court_id", "number"), states_check("state", CaseState))

    id: Mapped[CaseId] = mapped_column(primary_key=True)
    court_id: Mapped[CourtId]
    number: Mapped[str]
    """案号, for example （2026）浙0199执88号."""
    enforcement_basis: Mapped[str]
    """The judgment that is enforced (网拍13(2))."""
    officer_id: Mapped[PersonId]
    debtor_is_enterprise: Mapped[bool]
    """An enterprise legal person's assets are shared by order of seizure (民诉解释514)."""
    state: Mapped[CaseState] = state_column(CaseState)
    rulebook: Mapped[str]
    opened_at: Mapped[datetime] = mapped_column(Instant)
    stay_ground: Mapped[str]

    def advance(self, trigger: CaseTrigger) -> None:
        """Follow the table, or refuse."""
        self.state = after(CASE_LIFE, self.state, trigger)

    @property
    def stream(self) -> str:
        """The case's chain in the journal."""
        return f"case:{self.id}"


class Party(Sealed, Base):
    """Somebody with a part in the case. A person signs in; an enterprise's agent does for it."""

    __tablename__ = "parties"
    __table_args__ = (
        Index(
            "uq_parties_standing",
            "case_id",
            "person_id",
            "role",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        states_check("role", PartyRole),
    )

    id: Mapped[PartyId] = mapped_column(primary_key=True)
    case_id: Mapped[CaseId] = mapped_column(ForeignKey("cases.id"))
    role: Mapped[PartyRole] = state_column(PartyRole)
    person_id: Mapped[PersonId | None]
    """Whose inbox notices go to; None when the party has no account here."""
    name_sealed: Mapped[bytes]
    name = SealedText()
    contact_sealed: Mapped[bytes]
    contact = SealedText()
    payout_name_sealed: Mapped[bytes]
    payout_name = SealedText()
    payout_bank: Mapped[str]
    payout_account_sealed: Mapped[bytes]
    payout_account = SealedText()
    """Where his money goes; empty until he names it."""
    added_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_because: Mapped[str] = mapped_column(server_default="")
    """Why a party added by mistake counts no longer; the row stays."""

    @staticmethod
    def standing_in(case_id: UUID) -> Select["Party"]:
        """Everybody who has a part in a case, in the order they were added."""
        return (
            select(Party)
            .where(Party.case_id == case_id, Party.ended_at.is_(None))
            .order_by(Party.added_at, Party.id)
        )
