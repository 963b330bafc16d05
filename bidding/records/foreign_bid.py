"""Rows of another house's 竞价记录 of a lot; only ever added."""

from datetime import datetime
from typing import Self
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from auction.kernel.ids import LotId
from auction.kernel.money import Money
from auction.store.base import Base
from auction.store.columns import Instant, MoneyFen
from bidding.records.reading import ForeignBid


class ForeignBidRow(Base):
    """One bid as another house recorded it. Its codes are that house's and lead to nobody here."""

    __tablename__ = "foreign_bids"
    __table_args__ = (UniqueConstraint("lot_id", "bid_at", "code", "amount"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_id: Mapped[LotId] = mapped_column(ForeignKey("lots.id"))
    place: Mapped[int]
    """Its place in the file, oldest first: bids of one second are told apart by it."""
    code: Mapped[str]
    amount: Mapped[Money] = mapped_column(MoneyFen)
    bid_at: Mapped[datetime] = mapped_column(Instant)
    status: Mapped[str]
    imported_at: Mapped[datetime] = mapped_column(Instant)

    @property
    def bid(self) -> ForeignBid:
        """The bid as it was read."""
        return ForeignBid(self.code, self.amount, self.bid_at, self.status)

    @classmethod
    def of(cls, bid: ForeignBid, key: UUID, *, lot_id: LotId, place: int, at: datetime) -> Self:
        """The row of a bid."""
        return cls(
            id=key, lot_id=lot_id, place=place, code=bid.code, amount=bid.amount,
            bid_at=bid.bid_at, status=bid.status, imported_at=at,
        )  # fmt: skip
