"""Proving to be there: challenges, one-time codes and passkeys, and the key they are made with."""

import hashlib
import hmac
import os
import secrets
from base64 import b32encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pyotp
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from auction.kernel.actor import Role
from auction.kernel.ids import PersonId
from auction.kernel.refusal import Refusal
from auction.people import policy
from auction.people.credentials import Factor, SignIn, token_digest
from auction.people.factors import Challenge, CodeGenerator, Passkey, Purpose
from auction.people.person import RoleGrant
from auction.store.unit import Unit

REQUIRED_OF = frozenset(Role) - {Role.VISITOR, Role.BIDDER, Role.SYSTEM}
"""Court staff, finance, registry, tax, agencies and administrators; offered to everybody else."""
CHALLENGE_LIFE = timedelta(minutes=10)
FAILURES_WINDOW = timedelta(minutes=15)
FAILURES_MAX = 20
_KEY_BYTES = 32
_SALT_BYTES = 20
_STEP_SECONDS = 30


class FactorKey:
    """The key, kept in a file outside the database, that codes and letters' links are made with."""

    def __init__(self, path: Path) -> None:
        self._key = _read_or_make(path)

    def generator_secret(self, person_id: UUID, salt: bytes) -> str:
        """What a person's code generator holds, in base32 (160 bits)."""
        return b32encode(self._mac(b"generator 1", person_id.bytes + salt)[:20]).decode()

    def first_salt(self, person_id: UUID) -> bytes:
        """The salt of a person's first generator; after one was given up it is drawn by chance."""
        return self._mac(b"salt 1", person_id.bytes)[:_SALT_BYTES]

    def shown_code(self, challenge_id: UUID) -> str:
        """The code that the demonstration shows: good for one challenge."""
        return f"{int.from_bytes(self._mac(b'shown 1', challenge_id.bytes)[:8]) % 1_000_000:06d}"

    def letter_secret(self, challenge_id: UUID) -> str:
        """What the link of a letter carries."""
        return self._mac(b"letter 1", challenge_id.bytes).hex()

    def browser_mark(self, username: str, nonce: str) -> str:
        """What shows that a browser has signed this account in before."""
        return self._mac(b"browser 1 ", f"{username.lower()}\0{nonce}".encode()).hex()

    def challenge_mac(self, about: str, body: bytes) -> bytes:
        """What shows that a passkey's challenge was made here, for this."""
        return self._mac(b"challenge 1 ", about.encode() + b"\0" + body)

    def upload_seal(self, court_id: str, digest: str) -> str:
        """What shows that a court uploaded a file, before any row names it."""
        return self._mac(b"upload 1", f"{court_id}\0{digest}".encode()).hex()

    def _mac(self, use: bytes, about: bytes) -> bytes:
        return hmac.new(self._key, b"luochui " + use + about, hashlib.sha256).digest()


def _read_or_make(path: Path) -> bytes:
    """Read the key, or make it; of two processes that make it at once one wins."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        opened = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(opened, "wb") as file:
            file.write(secrets.token_bytes(_KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_bytes()


@dataclass(frozen=True, slots=True)
class FactorsView:
    """What a person can prove to be there with, and whether more than a password is needed."""

    is_required: bool
    has_generator: bool
    passkeys: tuple[Passkey, ...]

    @property
    def is_asked(self) -> bool:
        """Whether signing in asks for more than the password."""
        return self.is_required or self.is_enrolled

    @property
    def is_enrolled(self) -> bool:
        """Whether there is a second factor to be asked for."""
        return self.has_generator or bool(self.passkeys)


async def factors_of(session: AsyncSession, person_id: UUID) -> FactorsView:
    """What a person has, and what his roles require."""
    roles = await session.scalars(
        select(RoleGrant.role).where(
            RoleGrant.person_id == person_id, RoleGrant.revoked_at.is_(None)
        )
    )
    generator = await session.get(CodeGenerator, person_id)
    passkeys = await session.scalars(
        select(Passkey)
        .where(Passkey.person_id == person_id, Passkey.revoked_at.is_(None))
        .order_by(Passkey.made_at)
    )
    return FactorsView(
        is_required=bool(set(roles) & REQUIRED_OF),
        has_generator=generator is not None and generator.confirmed_at is not None,
        passkeys=tuple(passkeys),
    )


async def challenge_of(
    session: AsyncSession, secret: str, purpose: Purpose, now: datetime
) -> Challenge | None:
    """The open challenge that a secret belongs to."""
    found = await session.scalar(
        select(Challenge).where(
            Challenge.digest == token_digest(secret), Challenge.purpose == purpose
        )
    )
    return found if found is not None and found.is_open(now) else None


async def open_challenge(
    work: Unit,
    *,
    purpose: Purpose,
    person_id: UUID | None,
    secret: str,
    life: timedelta = CHALLENGE_LIFE,
) -> UUID:
    """Open a challenge; refuse after too many wrong answers by who knows the password."""
    work.require(policy.PROVE)
    if person_id is not None:
        await _refuse_guessing(work, person_id)
    challenge_id = work.new_id()
    work.add(
        Challenge(
            id=challenge_id, purpose=purpose, person_id=person_id, digest=token_digest(secret),
            failures=0, made_at=work.now, expires_at=work.now + life, used_at=None,
        )
    )  # fmt: skip
    return challenge_id


async def _refuse_guessing(work: Unit, person_id: UUID) -> None:
    failures = await work.session.scalar(
        select(func.coalesce(func.sum(Challenge.failures), 0)).where(
            Challenge.person_id == person_id, Challenge.made_at > work.now - FAILURES_WINDOW
        )
    )
    if (failures or 0) >= FAILURES_MAX:
        raise Refusal("signin.try_later", minutes=FAILURES_WINDOW // timedelta(minutes=1))


async def generator_secret_of(session: AsyncSession, person_id: UUID, key: FactorKey) -> str:
    """What a person's generator holds or, before its first code, is to hold.

    Looking at it writes nothing: the first generator's salt follows from the key.
    """
    found = await session.get(CodeGenerator, person_id)
    salt = found.salt if found else key.first_salt(person_id)
    return key.generator_secret(person_id, salt)


async def answer_code(
    work: Unit, challenge_id: UUID, *, code: str, key: FactorKey, is_shown: bool
) -> Factor | None:
    """Answer a challenge by a one-time code; a wrong one is counted and answered with None.

    `is_shown` says that the code was shown on the page itself, in the demonstration.
    """
    challenge = await work.lock(Challenge, challenge_id)
    work.require(policy.PROVE)
    if not challenge.is_open(work.now) or challenge.person_id is None:
        return None
    typed = "".join(code.split())
    if is_shown and hmac.compare_digest(typed.encode(), key.shown_code(challenge_id).encode()):
        challenge.used_at = work.now
        return Factor.SHOWN_CODE
    if await _take_code(work, challenge.person_id, typed, key):
        challenge.used_at = work.now
        return Factor.TOTP
    challenge.failures += 1
    work.record("person.code_wrong", stream=f"person:{challenge.person_id}")
    return None


async def _take_code(work: Unit, person_id: UUID, code: str, key: FactorKey) -> bool:
    await work.session.execute(
        insert(CodeGenerator)
        .values(
            person_id=person_id, salt=key.first_salt(person_id), made_at=work.now, last_counter=0
        )
        .on_conflict_do_nothing()
    )
    generator = await work.lock(CodeGenerator, person_id)
    secret = key.generator_secret(person_id, generator.salt)
    counter = accepted_counter(secret, code, now=work.now, last=generator.last_counter)
    if counter is None:
        return False
    generator.last_counter = counter
    if generator.confirmed_at is None:
        generator.confirmed_at = work.now
        work.record("person.generator_confirmed", stream=f"person:{person_id}")
    return True


def accepted_counter(secret: str, code: str, *, now: datetime, last: int) -> int | None:
    """The half minute whose code this is: now, or one beside it, never one used already."""
    current = int(now.timestamp()) // _STEP_SECONDS
    generator = pyotp.HOTP(secret)
    for counter in (current, current - 1, current + 1):
        if counter > last and hmac.compare_digest(generator.at(counter).encode(), code.encode()):
            return counter
    return None


async def prove_again(work: Unit, sign_in_id: UUID, *, factor: Factor) -> None:
    """Note that a signed-in person has just proven to be there."""
    found = await work.lock(SignIn, sign_in_id)
    work.require(policy.STEP_UP)
    if found.person_id != work.actor.person_id or not found.is_live(work.now):
        raise Refusal("not_found", what="sign_in", id=str(sign_in_id))
    found.proven_at = work.now
    found.factor = factor
    work.record("person.proven", stream=f"person:{found.person_id}", factor=str(factor))


async def drop_generator(work: Unit) -> None:
    """Give one's own generator up; staff may not, unless a passkey remains."""
    person_id = _own(work)
    work.require(policy.STEP_UP)
    factors = await factors_of(work.session, person_id)
    if factors.is_required and not factors.passkeys:
        raise Refusal("factor.last_one")
    generator = await work.lock(CodeGenerator, person_id)
    generator.confirmed_at = None
    generator.salt = secrets.token_bytes(_SALT_BYTES)
    work.record("person.generator_dropped", stream=f"person:{person_id}")


def _own(work: Unit) -> PersonId:
    if work.actor.person_id is None:
        raise Refusal("forbidden", action="person.prove")
    return work.actor.person_id
