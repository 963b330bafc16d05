"""A challenge: something to be answered once, soon, by who holds its secret or its answer."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from auction.store.base import Base
from auction.store.columns import Instant, state_column, states_check

FAILURES_MAX = 5


class Purpose(StrEnum):
    """What answering it leads to."""

    SIGN_IN = "sign_in"
    """The password was right; the second factor is awaited."""
    PASSKEY = "passkey"
    """A passkey is to sign this challenge: signing in, or proving to be there."""
    STEP_UP = "step_up"
    CONFIRM_MAIL = "confirm_mail"
    RESET = "reset_password"


class Challenge(Base):
    """One challenge. It ends by its answer, by age, or by five wrong answers."""

    __tablename__ = "challenge"
    __table_args__ = (states_check("purpose", Purpose),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    purpose: Mapped[Purpose] = state_column(Purpose)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"), index=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    """Of the secret that the browser, or the letter, carries."""
    failures: Mapped[int]
    made_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)

    def is_open(self, now: datetime) -> bool:
        """Whether it can still be answered."""
        return self.used_at is None and now < self.expires_at and self.failures < FAILURES_MAX
