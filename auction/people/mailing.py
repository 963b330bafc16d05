"""Mail addresses confirmed, passwords set anew by letters or while signed in, letters written."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from auction.kernel.ids import PersonId
from auction.kernel.refusal import Refusal
from auction.people import policy
from auction.people.credentials import Credential, SignIn, token_digest
from auction.people.factors import Challenge, Purpose
from auction.people.person import Person
from auction.people.proving import FactorKey
from auction.store.base import Base
from auction.store.columns import Instant, state_column, states_check
from auction.store.personal.subject_key import Sealed, SealedText
from auction.store.unit import Unit

CONFIRM_LIFE = timedelta(days=1)
RESET_LIFE = timedelta(minutes=30)
RESET_EVERY = timedelta(minutes=2)
ADDRESS_CHARS_MAX = 200
_ADDRESS = re.compile(r"[^\s@<>\"',;:\\]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]*\.)+[A-Za-z]{2,}")


class LetterKind(StrEnum):
    CONFIRM_MAIL = "confirm_mail"
    RESET = "reset_password"
    CHANGED = "password_changed"
    IDENTITY_OPENED = "identity_opened"
    """Before a close two supervisors had his bidder code opened; he is told after it."""


class MailAddress(Sealed, Base):
    """Where a person reads mail; it proves nothing before it is confirmed."""

    __tablename__ = "mail_address"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    address_sealed: Mapped[bytes]
    address = SealedText()
    given_at: Mapped[datetime] = mapped_column(Instant)
    confirmed_at: Mapped[datetime | None] = mapped_column(Instant)


class Letter(Sealed, Base):
    """One letter. Its link is made when it is sent and written nowhere in the database."""

    __tablename__ = "letter"
    __table_args__ = (states_check("kind", LetterKind),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[LetterKind] = state_column(LetterKind)
    address_sealed: Mapped[bytes]
    address = SealedText()
    challenge_id: Mapped[UUID | None] = mapped_column(ForeignKey("challenge.id"))
    made_at: Mapped[datetime] = mapped_column(Instant)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)


@dataclass(frozen=True, slots=True)
class LetterView:
    """A letter as its person finds it in the platform."""

    id: UUID
    kind: LetterKind
    address: str
    made_at: datetime
    sent_at: datetime | None


def mail_address(text: str) -> str:
    """The address in its one form, or refuse with `mail.wrong`."""
    address = text.strip()
    if len(address) > ADDRESS_CHARS_MAX or not _ADDRESS.fullmatch(address):
        raise Refusal("mail.wrong")
    return address


async def give_mail_address(
    work: Unit, person_id: PersonId, *, address: str, key: FactorKey
) -> None:
    """Note where a person reads mail, and send what confirms it."""
    await work.lock(Person, person_id)
    work.require(policy.GIVE_MAIL)
    checked = mail_address(address)
    found = await work.session.get(MailAddress, person_id)
    if found is None:
        work.add(
            MailAddress(
                person_id=person_id,
                subject_key=await work.subject_key(person_id),
                address=checked,
                given_at=work.now,
                confirmed_at=None,
            )
        )
    else:
        found.address, found.given_at, found.confirmed_at = checked, work.now, None
    await work.session.flush()
    challenge_id = await _challenge(work, person_id, Purpose.CONFIRM_MAIL, CONFIRM_LIFE, key)
    await _write(work, person_id, LetterKind.CONFIRM_MAIL, checked, challenge_id)
    work.record("person.mail_given", stream=f"person:{person_id}")


async def confirm_mail(work: Unit, *, secret: str) -> None:
    """The link of the letter was followed: the address is the person's."""
    work.require(policy.PROVE)
    challenge = await _answered(work, secret, Purpose.CONFIRM_MAIL)
    found = await work.lock(MailAddress, _person_of(challenge))
    if found.given_at > challenge.made_at:
        raise Refusal("mail.link_over")
    found.confirmed_at = work.now
    work.record("person.mail_confirmed", stream=f"person:{found.person_id}")


async def ask_reset(work: Unit, *, username: str, key: FactorKey) -> None:
    """Send a link for a new password to a confirmed address; whoever asks learns nothing."""
    work.require(policy.PROVE)
    found = await work.session.scalar(
        select(MailAddress)
        .join(Person, Person.id == MailAddress.person_id)
        .where(Person.username == username.strip().lower(), MailAddress.confirmed_at.is_not(None))
    )
    if found is None or await _asked_lately(work, found.person_id):
        return
    challenge_id = await _challenge(work, found.person_id, Purpose.RESET, RESET_LIFE, key)
    await _write(work, found.person_id, LetterKind.RESET, found.address, challenge_id)
    work.record("person.reset_asked", stream=f"person:{found.person_id}")


async def _asked_lately(work: Unit, person_id: UUID) -> bool:
    lately = await work.session.scalar(
        select(Challenge.id)
        .where(
            Challenge.person_id == person_id,
            Challenge.purpose == Purpose.RESET,
            Challenge.made_at > work.now - RESET_EVERY,
        )
        .limit(1)
    )
    return lately is not None


async def reset_password(work: Unit, *, secret: str, password_hash: str) -> None:
    """Set a new password by a letter's link: every sign-in ends, the second factor stays."""
    work.require(policy.PROVE)
    challenge = await _answered(work, secret, Purpose.RESET)
    person_id = _person_of(challenge)
    await _set_password(work, person_id, password_hash)
    work.record("person.password_reset", stream=f"person:{person_id}")


async def change_password(
    work: Unit, person_id: PersonId, *, password_hash: str, sign_in_id: UUID
) -> None:
    """Set one's own new password while signed in; every other sign-in ends, a letter tells it.

    The caller has checked the present password.
    """
    work.require(policy.CHANGE_PASSWORD)
    if work.actor.person_id != person_id:
        raise Refusal("forbidden", action=policy.CHANGE_PASSWORD.action)
    await _set_password(work, person_id, password_hash, kept=sign_in_id)
    work.record("person.password_changed", stream=f"person:{person_id}")


async def _set_password(
    work: Unit, person_id: UUID, password_hash: str, *, kept: UUID | None = None
) -> None:
    credential = await work.lock(Credential, person_id)
    credential.password_hash = password_hash
    credential.changed_at = work.now
    live = await work.session.scalars(
        select(SignIn)
        .where(
            SignIn.person_id == person_id,
            SignIn.revoked_at.is_(None),
            SignIn.id.is_distinct_from(kept),
        )
        .with_for_update()
    )
    for one in live:
        one.revoked_at = work.now
    await write_letter(work, person_id, LetterKind.CHANGED)


async def is_open(session: AsyncSession, secret: str, purpose: Purpose, now: datetime) -> bool:
    """Whether a letter's link still leads somewhere."""
    found = await session.scalar(
        select(Challenge).where(
            Challenge.digest == token_digest(secret), Challenge.purpose == purpose
        )
    )
    return found is not None and found.is_open(now)


async def mail_of(session: AsyncSession, person_id: UUID) -> MailAddress | None:
    """Where a person reads mail."""
    return await session.get(MailAddress, person_id)


async def letters_of(session: AsyncSession, person_id: UUID) -> list[LetterView]:
    """The letters of one person, newest first: the record of what was sent."""
    rows = await session.scalars(
        select(Letter)
        .where(Letter.person_id == person_id)
        .order_by(Letter.made_at.desc())
        .limit(20)
    )
    return [LetterView(row.id, row.kind, row.address, row.made_at, row.sent_at) for row in rows]


async def write_letter(work: Unit, person_id: UUID, kind: LetterKind) -> None:
    """Write to a person where he confirmed that he reads mail; else nothing is sent."""
    address = await work.session.get(MailAddress, person_id)
    if address is not None and address.confirmed_at is not None:
        await _write(work, person_id, kind, address.address, None)


async def mark_sent(work: Unit, letter_id: UUID) -> None:
    """Note that a letter left."""
    letter = await work.lock(Letter, letter_id)
    work.require(policy.SEND_LETTER)
    if letter.sent_at is None:
        letter.sent_at = work.now
        work.record(
            "letter.sent", stream=f"person:{letter.person_id}", letter_kind=str(letter.kind)
        )


async def _challenge(
    work: Unit, person_id: UUID, purpose: Purpose, life: timedelta, key: FactorKey
) -> UUID:
    challenge_id = work.new_id()
    work.add(
        Challenge(
            id=challenge_id, purpose=purpose, person_id=person_id,
            digest=token_digest(key.letter_secret(challenge_id)), failures=0,
            made_at=work.now, expires_at=work.now + life, used_at=None,
        )
    )  # fmt: skip
    await work.session.flush()
    return challenge_id


async def _write(
    work: Unit, person_id: UUID, kind: LetterKind, address: str, challenge_id: UUID | None
) -> None:
    letter_id = work.new_id()
    work.add(
        Letter(
            id=letter_id, subject_key=await work.subject_key(person_id),
            person_id=person_id, kind=kind, address=address,
            challenge_id=challenge_id, made_at=work.now, sent_at=None,
        )
    )  # fmt: skip
    work.enqueue("send_letter", letter_id=str(letter_id))


async def _answered(work: Unit, secret: str, purpose: Purpose) -> Challenge:
    found = await work.session.scalar(
        select(Challenge)
        .where(Challenge.digest == token_digest(secret), Challenge.purpose == purpose)
        .with_for_update()
    )
    if found is None or not found.is_open(work.now):
        raise Refusal("mail.link_over")
    found.used_at = work.now
    return found


def _person_of(challenge: Challenge) -> UUID:
    if challenge.person_id is None:
        raise Refusal("mail.link_over")
    return challenge.person_id
