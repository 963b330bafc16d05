"""One-time admission of a socket: code, session, digest of the sign-in; used once, within 30 s."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from auction.kernel.ids import BidderCode, SessionId
from auction.store.base import Base
from auction.store.columns import Instant

LIFE: Final = timedelta(seconds=30)
_SECRET_BYTES: Final = 24


class Ticket(Base):
    """The hall knows the code it admits and nothing of the person."""

    __tablename__ = "tickets"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    session_id: Mapped[SessionId] = mapped_column(ForeignKey("sessions.id"))
    code: Mapped[BidderCode]
    sign_in: Mapped[bytes] = mapped_column(LargeBinary, index=True)
    """Digest of the sign-in it was fetched with: when that ends, the socket is closed."""
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


@dataclass(frozen=True, slots=True)
class Admission:
    """What a redeemed ticket lets a socket do."""

    session_id: SessionId
    code: BidderCode
    sign_in: bytes


def new_secret() -> str:
    """What the browser carries to the socket; only its digest is kept."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def digest_of(secret: str) -> bytes:
    """The key of a ticket's row."""
    return hashlib.sha256(secret.encode()).digest()
