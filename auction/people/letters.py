"""Mail addresses, and the letters sent to them: the copy in the platform is the record."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from auction.store.base import Base
from auction.store.columns import Instant, state_column, states_check


class LetterKind(StrEnum):
    CONFIRM_MAIL = "confirm_mail"
    RESET = "reset_password"
    CHANGED = "password_changed"


class MailAddress(Base):
    """Where a person reads mail; it proves nothing before it is confirmed."""

    __tablename__ = "mail_address"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    address: Mapped[str]
    given_at: Mapped[datetime] = mapped_column(Instant)
    confirmed_at: Mapped[datetime | None] = mapped_column(Instant)


class Letter(Base):
    """One letter. Its link is made when it is sent and written nowhere in the database."""

    __tablename__ = "letter"
    __table_args__ = (states_check("kind", LetterKind),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[LetterKind] = state_column(LetterKind)
    address: Mapped[str]
    challenge_id: Mapped[UUID | None] = mapped_column(ForeignKey("challenge.id"))
    made_at: Mapped[datetime] = mapped_column(Instant)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
