"""A draft lot: one row of an imported file, waiting for an officer to adopt it into a case."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from auction.kernel.ids import LotId
from auction.kernel.money import Money
from auction.store.base import Base
from auction.store.columns import Instant, MoneyFen, state_column, states_check


class DraftLotState(StrEnum):
    DRAFT = "draft"
    ADOPTED = "adopted"


class DraftLot(Base):
    """What another platform says of a lot. It proves nothing here: figures are only shown."""

    __tablename__ = "draft_lots"
    __table_args__ = (
        UniqueConstraint("source_number", "round"),
        states_check("state", DraftLotState),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    source_number: Mapped[str]
    round: Mapped[int]
    city: Mapped[str]
    year: Mapped[int]
    appraisal: Mapped[Money | None] = mapped_column(MoneyFen)
    starting_price: Mapped[Money] = mapped_column(MoneyFen)
    increment: Mapped[Money | None] = mapped_column(MoneyFen)
    registered: Mapped[int | None]
    has_priority_buyer: Mapped[bool | None]
    final_price: Mapped[Money | None] = mapped_column(MoneyFen)
    longitude: Mapped[Decimal | None] = mapped_column(Numeric(9, 6))
    latitude: Mapped[Decimal | None] = mapped_column(Numeric(9, 6))
    state: Mapped[DraftLotState] = state_column(DraftLotState)
    lot_id: Mapped[LotId | None] = mapped_column(ForeignKey("lots.id"))
    imported_at: Mapped[datetime] = mapped_column(Instant)
