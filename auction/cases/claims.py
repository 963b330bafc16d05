"""Claims 债权: what each creditor asks for, with what rank."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from auction.kernel.ids import CaseId, ClaimId, PartyId
from auction.kernel.money import Money
from auction.store.base import Base
from auction.store.columns import Instant, MoneyFen, state_column, states_check


class ClaimKind(StrEnum):
    """What decides a claim's place in the order of payment."""

    ORDINARY = "ordinary"
    CONSTRUCTION = "construction"
    """工程款优先 (民法典807)."""
    POSSESSORY_LIEN = "possessory_lien"
    MORTGAGE = "mortgage"
    """Registered; ranks by the day of registration (民法典414(1))."""
    UNREGISTERED_MORTGAGE = "unregistered_mortgage"
    STATUTORY_PRIORITY = "statutory_priority"
    TAX_ARREARS = "tax_arrears"
    """Before a mortgage that is younger than the arrears (征管法45)."""


class Claim(Base):
    """One amount owed to one party. Figures are the creditor's own, checked by the officer."""

    __tablename__ = "claims"
    __table_args__ = (
        states_check("kind", ClaimKind),
        CheckConstraint("principal >= 0 AND interest >= 0 AND advanced_costs >= 0", name="amounts"),
        CheckConstraint("seizure_order >= 1", name="seizure_order"),
        CheckConstraint("kind = 'ordinary' OR since IS NOT NULL", name="ranked"),
    )

    id: Mapped[ClaimId] = mapped_column(primary_key=True)
    case_id: Mapped[CaseId] = mapped_column(ForeignKey("cases.id"), index=True)
    party_id: Mapped[PartyId] = mapped_column(ForeignKey("parties.id"))
    kind: Mapped[ClaimKind] = state_column(ClaimKind)
    principal: Mapped[Money] = mapped_column(MoneyFen)
    interest: Mapped[Money] = mapped_column(MoneyFen)
    """Ordinary interest fixed by the judgment; 加倍迟延利息 is computed apart."""
    advanced_costs: Mapped[Money] = mapped_column(MoneyFen)
    """Costs of enforcement that this creditor advanced, such as the appraisal (执行规定34)."""
    since: Mapped[date | None]
    """When a priority was registered or arose; tax arrears: when they fell due."""
    seizure_order: Mapped[int | None]
    """Place among the seizures of an enterprise's assets (民诉解释514)."""
    pay_by: Mapped[date | None]
    """End of the term that the judgment gave; late interest runs from here (迟延利息1)."""
    title_document: Mapped[str]
    """The document that proves the claim."""
    registered_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_because: Mapped[str] = mapped_column(server_default="")
    """Why a claim registered by mistake counts no longer; the row stays."""
