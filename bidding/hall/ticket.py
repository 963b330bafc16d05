"""One-time admission of a socket: code, session, digest of the sign-in; used once, within 30 s.

The digest is mixed with the ticket's secret, which the browser carries to the socket and the
database never learns: only the live process that holds the socket can tell that an ended
sign-in was this socket's, and no row leads from a code to a person.
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ForeignKey, LargeBinary, update
from sqlalchemy.orm import Mapped, mapped_column

from auction.kernel.ids import BidderCode, SessionId
from auction.kernel.refusal import Refusal
from auction.store.base import Base
from auction.store.columns import Instant
from auction.store.unit import Unit
from bidding.hall import policy
from bidding.hall.board import ENDED
from bidding.hall.session import Session

LIFE: Final = timedelta(seconds=30)
_SECRET_BYTES: Final = 24


class Ticket(Base):
    """The hall knows the code it admits and nothing of the person."""

    __tablename__ = "tickets"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    session_id: Mapped[SessionId] = mapped_column(ForeignKey("sessions.id"))
    code: Mapped[BidderCode]
    sign_in: Mapped[bytes] = mapped_column(LargeBinary, index=True)
    """The sign-in it was fetched with, blinded: when that ends, the socket is closed."""
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


@dataclass(frozen=True, slots=True)
class Admission:
    """What a redeemed ticket lets a socket do."""

    session_id: SessionId
    code: BidderCode
    sign_in: bytes
    secret: str = field(repr=False)
    """What blinds the sign-in; it lives in this process as long as the socket."""

    def is_of(self, sign_in: bytes) -> bool:
        """Whether the socket was let in with this sign-in."""
        return blinded(self.secret, sign_in) == self.sign_in


def new_secret() -> str:
    """What the browser carries to the socket; only its digest is kept."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def digest_of(secret: str) -> bytes:
    """The key of a ticket's row."""
    return hashlib.sha256(secret.encode()).digest()


def blinded(secret: str, sign_in: bytes) -> bytes:
    """A sign-in as a ticket's row names it: only who has the ticket's secret can make it."""
    return hashlib.sha256(b"luochui hall ticket 2" + secret.encode() + sign_in).digest()


async def issue_ticket(
    work: Unit, *, session_id: SessionId, code: BidderCode, sign_in: bytes
) -> str:
    """Give a bidder's page what lets one socket in under his code.

    `sign_in` is the digest of his sign-in's token; the page has checked that the code is his.
    """
    work.require(policy.ADMIT)
    session = await work.load(Session, session_id)
    if session.state in ENDED:
        raise Refusal("session.over")
    secret = new_secret()
    work.add(
        Ticket(
            digest=digest_of(secret),
            session_id=session_id,
            code=code,
            sign_in=blinded(secret, sign_in),
            expires_at=work.now + LIFE,
        )
    )
    return secret


async def redeem_ticket(work: Unit, *, secret: str) -> Admission:
    """Use up a ticket; refuse one that is unknown, used or too old, without saying which."""
    work.require(policy.REDEEM)
    redeemed = await work.session.execute(
        update(Ticket)
        .where(
            Ticket.digest == digest_of(secret),
            Ticket.used_at.is_(None),
            Ticket.expires_at > work.now,
        )
        .values(used_at=work.now)
        .returning(Ticket.session_id, Ticket.code, Ticket.sign_in)
    )
    row = redeemed.one_or_none()
    if row is None:
        raise Refusal("ticket.not_valid")
    return Admission(*row, secret)
