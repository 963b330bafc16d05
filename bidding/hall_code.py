"""Bidder code 竞买代码: what the hall knows a bidder by. It never holds a registration.

The hall learns a code only when its holder opens it and comes in. When the code was issued it
stood nowhere but in a box that he alone can open, so no row, order or instant of the issuing
leads from his payment to the code.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import CheckConstraint, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from auction.kernel.ids import BidderCode, ListingId
from auction.store.base import Base
from auction.store.columns import Instant

ADMISSION_HOURS: Final = 12
"""How long from the hour in which it opened the code a browser may fetch tickets without the
参拍密码 again."""


class HallCode(Base):
    """One code of one listing's session (网拍18)."""

    __tablename__ = "hall_code"
    __table_args__ = (CheckConstraint("priority_rank >= 1", name="priority_rank"),)

    listing_id: Mapped[ListingId] = mapped_column(primary_key=True)
    code: Mapped[BidderCode] = mapped_column(Text, primary_key=True)
    priority_rank: Mapped[int | None]
    """Confirmed order of pre-emption, 1 first; an ordinary bidder has none (网拍19)."""
    sealed_registration: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    """Of codes issued before the sealer had its own table; the serving role may not read it."""
    issued_on_hour: Mapped[datetime] = mapped_column(Instant)
    """When the hall first knew it, rounded down to the hour."""


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
    """On the hour, so that it does not tell which sign-in was active when it was made."""
