"""Who is barred by 网拍34: declared by the court or the provider, or an auxiliary body of a lot.

Of whom they declare nothing is kept but the blind index of his number, so that the list can be
asked about one person and can never be read.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from auction.kernel.ids import LotId, PersonId
from auction.store.base import Base
from auction.store.columns import Instant, state_column, states_check


class Relation(StrEnum):
    """What bars him, towards whoever declared him."""

    STAFF = "staff"
    AUXILIARY = "auxiliary"
    """Commissioned with auxiliary work (网拍7), a body or somebody on its staff."""
    NEAR_RELATIVE = "near_relative"
    """Of one of these: 近亲属."""


class BarredPerson(Base):
    """One declaration. A person or a body is known again by its number alone."""

    __tablename__ = "barred_person"
    __table_args__ = (
        states_check("relation", Relation),
        CheckConstraint("(ended_by IS NULL) = (ended_at IS NULL)", name="ended_whole"),
        Index("ix_barred_person_identity_index", "identity_index"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    court_id: Mapped[str | None] = mapped_column(ForeignKey("court.id"))
    """Whose auctions he may not bid in; none when the provider declared him: in nobody's."""
    relation: Mapped[Relation] = state_column(Relation)
    identity_index: Mapped[bytes]
    declared_by: Mapped[PersonId]
    declared_at: Mapped[datetime] = mapped_column(Instant)
    ended_by: Mapped[PersonId | None]
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class AuxiliaryBody(Base):
    """An organisation that does auxiliary work for one lot, such as its appraisal (网拍7)."""

    __tablename__ = "auxiliary_body"

    lot_id: Mapped[LotId] = mapped_column(ForeignKey("lots.id"), primary_key=True)
    credit_code: Mapped[str] = mapped_column(primary_key=True)
    commissioned_at: Mapped[datetime] = mapped_column(Instant)
