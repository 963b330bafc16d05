"""What a person proves to be there with beside the password: a code generator, passkeys."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from auction.store.base import Base
from auction.store.columns import Instant


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
