"""What a person proves to be there with: a code generator, passkeys, answered challenges."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from auction.store.base import Base
from auction.store.columns import Instant, state_column, states_check

FAILURES_MAX = 5


class CodeGenerator(Base):
    """One person's generator of one-time codes (RFC 6238).

    Its secret is made from `salt` and a key that lies outside the database, so that neither
    alone makes a code.
    """

    __tablename__ = "code_generator"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(Instant)
    confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    """When the first code was entered; before that it proves nothing."""
    last_counter: Mapped[int] = mapped_column(BigInteger)
    """The half minute of the last code accepted: a code is good once."""


class Passkey(Base):
    """A key pair of a person's device (WebAuthn); the platform keeps the public half."""

    __tablename__ = "passkey"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    label: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


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
