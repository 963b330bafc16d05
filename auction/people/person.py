"""Natural and legal persons, and what each may act as."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from auction.kernel.actor import Role
from auction.store.base import Base
from auction.store.columns import Instant, state_column, states_check
from auction.store.personal.subject_key import Sealed, SealedText

IDENTITY = "identity number"
"""What the blind index of identity numbers is called."""


class PersonKind(StrEnum):
    NATURAL = "natural"
    LEGAL = "legal"


class Person(Sealed, Base):
    """Somebody with a checked identity. One person is one row, whatever they act as."""

    __tablename__ = "person"
    __table_args__ = (states_check("kind", PersonKind),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[PersonKind] = state_column(PersonKind)
    name_sealed: Mapped[bytes]
    name = SealedText()
    """The name in the register: what a payer's account must be called (网拍17)."""
    identity_number_sealed: Mapped[bytes]
    identity_number = SealedText()
    """Resident number or credit code; shown only masked."""
    identity_index: Mapped[bytes] = mapped_column(unique=True)
    """By which a number is known again: its blind index."""
    username: Mapped[str] = mapped_column(unique=True)
    enrolled_at: Mapped[datetime] = mapped_column(Instant)


class RoleGrant(Base):
    """One role of one person, for one court or one organisation."""

    __tablename__ = "role_grant"
    __table_args__ = (
        states_check("role", Role),
        Index(
            "uq_role_grant_live",
            "person_id",
            "role",
            unique=True,
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    role: Mapped[Role] = state_column(Role)
    court_id: Mapped[str | None] = mapped_column(ForeignKey("court.id"))
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"))
    granted_at: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
