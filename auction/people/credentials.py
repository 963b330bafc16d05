"""Passwords and sign-ins: argon2id hashes, and opaque tokens of which only the digest is kept."""

import asyncio
import hashlib
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from auction.kernel.refusal import Refusal
from auction.store.base import Base
from auction.store.columns import Instant, state_column, states_check

PASSWORD_CHARS_MIN = 12
PASSWORD_CHARS_MAX = 200
IDLE_MAX = timedelta(minutes=30)
STAFF_IDLE_MAX = timedelta(minutes=15)
LIFE_MAX = timedelta(hours=12)
STAFF_LIFE_MAX = timedelta(hours=8)
TOUCH_EVERY = timedelta(minutes=1)
TOKEN_BYTES = 32
MEMORY_KIB = 46 * 1024
PASSES = 2
"""RFC 9106 lets memory and passes be traded; these take about 0.14 s."""


class Credential(Base):
    """How a person proves to be that person."""

    __tablename__ = "credential"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    password_hash: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(Instant)


class Factor(StrEnum):
    """How a person last proved to be there."""

    PASSWORD = "password"  # noqa: S105  (the name of a way to prove, not a secret)
    TOTP = "totp"
    PASSKEY = "passkey"
    SHOWN_CODE = "shown_code"
    """In the demonstration only: a one-time code shown on the page itself."""


class SignIn(Base):
    """One signed-in browser. It ends by idling, by age, or by being revoked."""

    __tablename__ = "sign_in"
    __table_args__ = (states_check("factor", Factor),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    token_digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    browser: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)
    idle_seconds: Mapped[int]
    ends_at: Mapped[datetime] = mapped_column(Instant, index=True)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    factor: Mapped[Factor] = state_column(Factor)
    proven_at: Mapped[datetime] = mapped_column(Instant)
    """When its person last proved to be there; money, approvals and openings ask for it anew."""

    def is_live(self, now: datetime) -> bool:
        """Whether it still signs its person in."""
        idle_ends_at = self.seen_at + timedelta(seconds=self.idle_seconds)
        return self.revoked_at is None and now < self.ends_at and now < idle_ends_at


def new_token() -> str:
    """A token for a cookie: 256 random bits."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_digest(token: str) -> bytes:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode()).digest()


def check_password(password: str) -> None:
    """Refuse a password that is too short or too long; composition is the person's own choice."""
    if len(password) < PASSWORD_CHARS_MIN:
        raise Refusal("password.too_short", least=PASSWORD_CHARS_MIN)
    if len(password) > PASSWORD_CHARS_MAX:
        raise Refusal("password.too_long", most=PASSWORD_CHARS_MAX)


class Passwords:
    """Hashes on two threads at most, so that a flood of sign-ins cannot eat the machine."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=1)
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="argon2")
        self._nobody = self._hasher.hash(secrets.token_urlsafe(TOKEN_BYTES))

    async def hash(self, password: str) -> str:
        """Hash a new password."""
        check_password(password)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._hasher.hash, password)

    async def matches(self, stored: str | None, password: str) -> bool:
        """Whether `password` is the one; takes as long when there is nobody (`stored` is None)."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(
            self._threads, self._verify, stored or self._nobody, password
        )
        return found and stored is not None

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False)

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password[:PASSWORD_CHARS_MAX])
        except (VerificationError, InvalidHashError):
            return False
