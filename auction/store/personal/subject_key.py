"""The key of one subject, and columns sealed under it: written and read in the clear by rows.

A row with sealed columns carries its subject's key, which is loaded with it in the same query;
the key knows the keyring of the session that loaded it. So a row opens its own fields, with
nothing global and nothing asked again.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, Self, overload
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Function, event, func, select
from sqlalchemy import inspect as mapping_of
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, QueryContext, declared_attr, mapped_column, relationship

from auction.kernel.personal import Place, seal, unseal
from auction.kernel.refusal import Refusal, invariant
from auction.store.base import Base
from auction.store.columns import Instant
from auction.store.personal.keyring import Keyring

ERASED: Final = "（已删除）"
"""What is read where a subject's key was destroyed; in both languages of the pages."""
WRAPPING: Final = "subject_keys"
"""The lock that new keys share, and that a rotation takes alone when it changes the file."""
KEYRING: Final = "keyring"
"""Where a session keeps the keyring of its process."""
_IDS_MAX = 5000


class SubjectKey(Base):
    """One subject's key, wrapped. A subject is a person, an account's holder, or one row."""

    __tablename__ = "subject_keys"
    __table_args__ = (
        CheckConstraint(
            "(wrapped IS NULL) = (destroyed_at IS NOT NULL)", name="gone_when_destroyed"
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kek_id: Mapped[str] = mapped_column(index=True)
    """The key of the file that it is wrapped under."""
    wrapped: Mapped[bytes | None]
    made_at: Mapped[datetime] = mapped_column(Instant)
    destroyed_at: Mapped[datetime | None] = mapped_column(Instant)
    """When its subject was erased: nothing sealed under it can be read any more."""

    __allow_unmapped__ = True
    keyring: Keyring
    """Of the session that loaded it."""

    def seal(self, text: str, place: Place) -> bytes:
        """Seal a text; refuse with `person.erased` when the key was destroyed."""
        if self.wrapped is None:
            raise Refusal("person.erased")
        return seal(self.keyring.unwrap(self.id, self.kek_id, self.wrapped), text, place)

    def open(self, sealed: bytes, place: Place) -> str | None:
        """Open a field; None when the key was destroyed."""
        if self.wrapped is None:
            return None
        return unseal(self.keyring.unwrap(self.id, self.kek_id, self.wrapped), sealed, place)

    def rewrap(self) -> None:
        """Wrap it under the key that is current now; what is sealed under it stays as it is."""
        if self.wrapped is not None:
            key = self.keyring.unwrap(self.id, self.kek_id, self.wrapped)
            self.kek_id, self.wrapped = self.keyring.wrap(self.id, key)

    def destroy(self, now: datetime) -> None:
        """Forget it for good: everything sealed under it is noise from the commit on."""
        if self.wrapped is not None:
            self.wrapped, self.destroyed_at = None, now


@event.listens_for(SubjectKey, "load")
def _take_keyring(key: SubjectKey, context: QueryContext) -> None:
    key.keyring = context.session.info[KEYRING]


class Sealed:
    """A row that tells something about a subject: put first among the bases of its entity."""

    subject_id: Mapped[UUID] = mapped_column(ForeignKey("subject_keys.id"))

    @declared_attr
    @classmethod
    def subject_key(cls) -> Mapped[SubjectKey]:
        """Loaded in the row's own query, by an outer join: the row may be outer joined itself."""
        return relationship(SubjectKey, lazy="joined")

    def place_of(self, column: str) -> Place:
        """Where one of its fields stands."""
        mapper = mapping_of(type(self))
        (row_id,) = mapper.primary_key_from_instance(self)
        invariant(row_id is not None, "a row has its id before anything is sealed in it")
        return Place(mapper.local_table.name, column, row_id, self.subject_key.id)


class _SealedField:
    """Something of a row that lies sealed in the column `<name>_sealed`."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name, self.column = name, f"{name}_sealed"

    def _open(self, row: Sealed) -> str | None:
        sealed: bytes | None = getattr(row, self.column)
        return None if sealed is None else row.subject_key.open(sealed, row.place_of(self.name))

    def _seal(self, row: Sealed, text: str) -> None:
        setattr(row, self.column, row.subject_key.seal(text, row.place_of(self.name)))


class SealedText(_SealedField):
    """A text; `ERASED` once its subject was."""

    @overload
    def __get__(self, row: None, owner: type) -> Self: ...
    @overload
    def __get__(self, row: Sealed, owner: type) -> str: ...
    def __get__(self, row: Sealed | None, owner: type) -> Self | str:
        if row is None:
            return self
        told = self._open(row)
        return ERASED if told is None else told

    def __set__(self, row: Sealed, text: str) -> None:
        self._seal(row, text)


class SealedFacts(_SealedField):
    """A JSON object; empty once its subject was erased."""

    @overload
    def __get__(self, row: None, owner: type) -> Self: ...
    @overload
    def __get__(self, row: Sealed, owner: type) -> dict[str, object]: ...
    def __get__(self, row: Sealed | None, owner: type) -> Self | dict[str, object]:
        return self if row is None else _facts(self._open(row)) or {}

    def __set__(self, row: Sealed, facts: Mapping[str, object]) -> None:
        self._seal(row, _json(facts))


class SealedAnswer(_SealedField):
    """A JSON object that comes later: None until then, and once its subject was erased."""

    @overload
    def __get__(self, row: None, owner: type) -> Self: ...
    @overload
    def __get__(self, row: Sealed, owner: type) -> dict[str, object] | None: ...
    def __get__(self, row: Sealed | None, owner: type) -> Self | dict[str, object] | None:
        return self if row is None else _facts(self._open(row))

    def __set__(self, row: Sealed, facts: Mapping[str, object]) -> None:
        self._seal(row, _json(facts))


def _facts(told: str | None) -> dict[str, object] | None:
    return None if told is None else msgspec.json.decode(told, type=dict[str, object])


def _json(facts: Mapping[str, object]) -> str:
    return msgspec.json.encode(dict(facts)).decode()


def keyring_of(session: AsyncSession) -> Keyring:
    """The keyring of the process that opened a session."""
    keyring: Keyring = session.info[KEYRING]
    return keyring


async def subject_keys(
    session: AsyncSession, subject_ids: Iterable[UUID], now: datetime
) -> dict[UUID, SubjectKey]:
    """The keys of subjects; those that have none get one. The caller commits."""
    wanted = list(dict.fromkeys(subject_ids))
    found: dict[UUID, SubjectKey] = {}
    for start in range(0, len(wanted), _IDS_MAX):
        some = wanted[start : start + _IDS_MAX]
        known = await _known(session, some)
        missing = [subject_id for subject_id in some if subject_id not in known]
        if missing:
            await _make(session, missing, now)
            known |= await _known(session, missing)
        found |= known
    return found


async def _known(session: AsyncSession, ids: list[UUID]) -> dict[UUID, SubjectKey]:
    rows = await session.scalars(select(SubjectKey).where(SubjectKey.id.in_(ids)))
    return {row.id: row for row in rows}


async def _make(session: AsyncSession, ids: list[UUID], now: datetime) -> None:
    """Once the lock is held, no rotation can end before this commit: what is current stays."""
    await session.execute(select(func.pg_advisory_xact_lock_shared(_lock())))
    keyring = keyring_of(session)
    rows = []
    for subject_id in ids:
        kek_id, wrapped = keyring.wrap_new(subject_id)
        rows.append({"id": subject_id, "kek_id": kek_id, "wrapped": wrapped, "made_at": now})
    await session.execute(insert(SubjectKey).on_conflict_do_nothing(), rows)


async def lock_wrapping(session: AsyncSession) -> None:
    """Wait until nobody is wrapping a new key, and keep everybody from it until the commit."""
    await session.execute(select(func.pg_advisory_xact_lock(_lock())))


def _lock() -> Function[int]:
    return func.hashtextextended(WRAPPING, 0, type_=BigInteger)


async def missing_keks(session: AsyncSession) -> set[str]:
    """Keys that the database needs and the file lacks."""
    used = await session.scalars(
        select(SubjectKey.kek_id).where(SubjectKey.wrapped.is_not(None)).distinct()
    )
    return set(used) - set(keyring_of(session).read().keks)
