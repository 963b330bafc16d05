"""Registration 报名: one person's way into one listing's session. It never holds a bidder code."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from auction.kernel.ids import CourtId, ListingId, PersonId, RegistrationId
from auction.kernel.transitions import after
from auction.store.base import Base
from auction.store.columns import Instant, state_column, states_check
from auction.store.personal.subject_key import Sealed, SealedText


class RegistrationState(StrEnum):
    APPLIED = "applied"
    """The tasks before the deposit are being done."""
    DEPOSIT_AWAITED = "deposit_awaited"
    DEPOSIT_HELD = "deposit_held"
    """Paid under the bidder's own name; a code is about to be issued."""
    QUALIFIED = "qualified"
    """Holds a code that only he can open; may enter the hall."""
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class RegistrationTrigger(StrEnum):
    SUBMIT = "submit"
    HOLD_DEPOSIT = "hold_deposit"
    ISSUE_CODE = "issue_code"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


_S, _T = RegistrationState, RegistrationTrigger
REGISTRATION_LIFE: Final[
    Mapping[tuple[RegistrationState, RegistrationTrigger], RegistrationState]
] = {
    (_S.APPLIED, _T.SUBMIT): _S.DEPOSIT_AWAITED,  # 网拍14, 17
    (_S.APPLIED, _T.WITHDRAW): _S.WITHDRAWN,
    (_S.APPLIED, _T.REFUSE): _S.REFUSED,  # 网拍34
    (_S.DEPOSIT_AWAITED, _T.HOLD_DEPOSIT): _S.DEPOSIT_HELD,  # 网拍17
    (_S.DEPOSIT_AWAITED, _T.REFUSE): _S.REFUSED,
    (_S.DEPOSIT_AWAITED, _T.WITHDRAW): _S.WITHDRAWN,
    (_S.DEPOSIT_HELD, _T.ISSUE_CODE): _S.QUALIFIED,  # 网拍18(1)
    (_S.DEPOSIT_HELD, _T.REFUSE): _S.REFUSED,
}


class Capacity(StrEnum):
    """In whose name he bids. Agents and joint buyers are confirmed by the court (网拍14(2))."""

    SELF = "self"
    AGENT = "agent"
    JOINT = "joint"


class PriorityState(StrEnum):
    """Where a claim of pre-emption stands; unconfirmed, he bids as anybody does (网拍19)."""

    NONE = "none"
    CLAIMED = "claimed"
    CONFIRMED = "confirmed"
    DECLINED = "declined"


class Registration(Sealed, Base):
    """The claim of one person to take part in one listing."""

    __tablename__ = "registration"
    __table_args__ = (
        UniqueConstraint("listing_id", "person_id"),
        states_check("state", RegistrationState),
        states_check("capacity", Capacity),
        states_check("priority", PriorityState),
        CheckConstraint("priority_rank >= 1", name="priority_rank"),
    )

    id: Mapped[RegistrationId] = mapped_column(primary_key=True)
    listing_id: Mapped[ListingId]
    court_id: Mapped[CourtId] = mapped_column(Text)
    person_id: Mapped[PersonId] = mapped_column(index=True)
    state: Mapped[RegistrationState] = state_column(RegistrationState)
    capacity: Mapped[Capacity] = state_column(Capacity)
    applied_at: Mapped[datetime] = mapped_column(Instant)
    submitted_at: Mapped[datetime | None] = mapped_column(Instant)
    priority: Mapped[PriorityState] = state_column(PriorityState)
    priority_ground_sealed: Mapped[bytes]
    priority_ground = SealedText()
    priority_rank: Mapped[int | None]
    priority_decided_by: Mapped[PersonId | None]
    priority_decided_at: Mapped[datetime | None] = mapped_column(Instant)
    password_salt: Mapped[bytes | None] = mapped_column(LargeBinary)
    """What his 参拍密码 is mixed with; the password itself is nowhere."""
    public_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    """X25519, derived from the 参拍密码: his code is sealed to it."""
    sealed_code: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Opens with his 参拍密码 only; to everybody else it is noise."""

    def advance(self, trigger: RegistrationTrigger) -> None:
        """Follow the table, or refuse."""
        self.state = after(REGISTRATION_LIFE, self.state, trigger)


class AcknowledgementKind(StrEnum):
    WARNING = "warning"
    """One of the seven of 网拍14."""
    UNDERTAKING = "undertaking"
    """What the bidder promises of himself, for example to be allowed to buy (竞买资格3)."""


class Acknowledgement(Base):
    """That a person took note of one text, in one version, at one time; append-only."""

    __tablename__ = "acknowledgement"
    __table_args__ = (states_check("kind", AcknowledgementKind),)

    registration_id: Mapped[RegistrationId] = mapped_column(
        ForeignKey("registration.id"), primary_key=True
    )
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[AcknowledgementKind] = state_column(AcknowledgementKind)
    version: Mapped[str] = mapped_column(Text)
    acknowledged_at: Mapped[datetime] = mapped_column(Instant)


class CodeHolder(Base):
    """Whose code it is, as only the sealer can tell: the code stands here as a keyed digest.

    The sealer's own role writes and reads it; the serving role has no right on it at all.
    """

    __tablename__ = "code_holder"

    listing_id: Mapped[ListingId] = mapped_column(primary_key=True)
    tag: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    """HMAC of the code under the sealer's key: without that key it is noise."""
    registration_id: Mapped[RegistrationId]
