"""Bidder code 竞买代码: what the hall knows a bidder by. It never holds a registration."""

from datetime import datetime
from typing import Final

from sqlalchemy import CheckConstraint, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from auction.kernel.ids import BidderCode, ListingId
from auction.store.base import Base
from auction.store.columns import Instant

ADMISSION_HOURS: Final = 12
"""How long a browser that opened the code may fetch tickets without the 参拍密码 again."""


class HallCode(Base):
    """One code of one listing's session (网拍18)."""

    __tablename__ = "hall_code"
    __table_args__ = (CheckConstraint("priority_rank >= 1", name="priority_rank"),)

    listing_id: Mapped[ListingId] = mapped_column(primary_key=True)
    code: Mapped[BidderCode] = mapped_column(Text, primary_key=True)
    priority_rank: Mapped[int | None]
    """Confirmed order of pre-emption, 1 first; an ordinary bidder has none (网拍19)."""
    sealed_registration: Mapped[bytes] = mapped_column(LargeBinary)
    """Which registration holds the code; opens in the sealer only, after the close."""
    issued_on_hour: Mapped[datetime] = mapped_column(Instant)
    """Rounded down to the hour, so that it does not tell which payment it followed."""


class HallAdmission(Base):
    """A browser that opened its code with the 参拍密码 and may fetch one-time tickets with it.

    Its key is a digest of the sign-in's token, which only that browser holds, so the row names
    a code and nobody.
    """

    __tablename__ = "hall_admission"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    listing_id: Mapped[ListingId]
    code: Mapped[BidderCode] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(Instant)
