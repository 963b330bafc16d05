"""The unit of work: one transaction by one actor at one instant; nothing else commits."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import asyncpg
from sqlalchemy import insert, inspect, select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.kernel import actor as acting
from auction.kernel.actor import Actor, Permission
from auction.kernel.events import Event
from auction.kernel.ids import CourtId, new_id, new_ids
from auction.kernel.logs import correlation
from auction.kernel.refusal import Refusal, invariant
from auction.law.rulebook import Rulebook
from auction.store import journal, outbox
from auction.store.base import Base
from auction.store.journal import Body, Entry, Fact, Head, Link
from auction.store.outbox import Leaving, OutboxKind
from auction.store.personal.keyring import Keyring
from auction.store.personal.subject_key import SubjectKey, keyring_of, subject_keys

EntityT = TypeVar("EntityT", bound=Base)


class Unit:
    """What a command works with. Commands lock, require, decide, apply, record, emit."""

    def __init__(
        self, session: AsyncSession, *, actor: Actor, now: datetime, rules: Rulebook
    ) -> None:
        self.session = session
        self.actor = actor
        self.now = now
        self.rules = rules
        self._facts: list[Fact] = []
        self._leaving: list[Leaving] = []
        self._driver: asyncpg.Connection | None = None
        self._is_over = False

    def new_id(self) -> UUID:
        """Make an identifier for a row born in this unit."""
        return new_id(self.now)

    async def load(self, entity: type[EntityT], key: UUID) -> EntityT:
        """Return a row without locking it, or refuse with `not_found`."""
        found = await self.session.get(entity, key)
        return self._present(entity, key, found)

    async def lock(self, entity: type[EntityT], key: UUID, *, share: bool = False) -> EntityT:
        """Return a row as it is now, locked until the commit (FOR UPDATE, or FOR SHARE)."""
        await self.session.flush()
        found = await self.session.get(
            entity, key, with_for_update={"read": share, "of": entity}, populate_existing=True
        )
        return self._present(entity, key, found)

    async def lock_all(
        self, entity: type[EntityT], keys: Collection[UUID]
    ) -> "dict[UUID, EntityT]":
        """Return rows as they are now by their ids, locked in that order until the commit."""
        await self.session.flush()
        mapper = inspect(entity)
        (key,) = mapper.primary_key
        rows = await self.session.scalars(
            select(entity)
            .where(key.in_(keys))
            .order_by(key)
            .with_for_update(of=entity)
            .execution_options(populate_existing=True)
        )
        found = {mapper.primary_key_from_instance(row)[0]: row for row in rows}
        return {one: self._present(entity, one, found.get(one)) for one in keys}

    def add(self, entity: Base) -> None:
        """Add a new row."""
        self.session.add(entity)

    async def subject_key(self, subject_id: UUID) -> SubjectKey:
        """The key that personal data of a subject is sealed under; made when there is none."""
        return (await self.subject_keys([subject_id]))[subject_id]

    async def subject_keys(self, subject_ids: Iterable[UUID]) -> dict[UUID, SubjectKey]:
        """The keys of many subjects at once."""
        return await subject_keys(self.session, subject_ids, self.now)

    async def holder_key(self, account: str, otherwise: UUID) -> SubjectKey:
        """The key of whoever holds an account; without an account, of the row itself."""
        return await self.subject_key(self.keyring.holder_id(account, otherwise))

    @property
    def keyring(self) -> Keyring:
        """The keys outside the database, for blind indexes and keyed digests."""
        return keyring_of(self.session)

    async def insert(self, entity: type[Base], rows: Sequence[Mapping[str, object]]) -> None:
        """Add many new rows as one statement; none of them is held as an entity."""
        await self.session.flush()
        table = entity.metadata.tables[entity.__tablename__]
        await self.session.execute(insert(table), rows)

    def require(self, permission: Permission, court_id: CourtId | str | None = None) -> None:
        """Refuse with `forbidden` unless the actor may."""
        acting.require(self.actor, permission, CourtId(court_id) if court_id is not None else None)

    def record(self, kind: str, stream: str, **body: object) -> None:
        """Journal a fact in this commit. The body holds ids, codes and integers, never names."""
        self._facts.append(Fact(self.new_id(), kind, stream, body))

    async def entries(self) -> list[Entry]:
        """Chain the facts recorded so far now, for a command that needs their hashes."""
        facts, self._facts = self._facts, []
        return await journal.append(self.session, facts, actor=self.actor.pseudonym, at=self.now)

    def chain(self, head: Head, said: Sequence[tuple[str, Body]]) -> list[Link]:
        """The entries that follow a head which this unit locked; the caller writes them."""
        ids = new_ids(self.now, len(said))
        named = ((fact_id, kind, body) for fact_id, (kind, body) in zip(ids, said, strict=True))
        return journal.chain(head, named, actor=self.actor.pseudonym, at=self.now)

    async def driver(self) -> asyncpg.Connection:
        """The driver's connection, within this unit's transaction, which a statement has begun.

        For the statements of a hot lot: SQLAlchemy takes twice the driver's own time for each.
        """
        if self._driver is None:
            lent = await (await self.session.connection()).get_raw_connection()
            self._driver = lent.driver_connection
        driver: asyncpg.Connection = self._driver
        invariant(driver.is_in_transaction(), "the driver is used once a transaction has begun")
        return driver

    def emit(self, event: Event) -> None:
        """Tell the world after the commit, by the relay."""
        self._send(OutboxKind.EVENT, event.name, event.channel(), event.payload(), self.now)

    def enqueue(self, job: str, *, not_before: datetime | None = None, **body: str) -> None:
        """Have the worker do a job after the commit, at least once."""
        self._send(OutboxKind.JOB, job, "", dict(body), not_before or self.now)

    async def finish_job(self, row_id: UUID) -> None:
        """Mark a job done in this commit: its effect and its end are one."""
        await self.finish_jobs([row_id])

    async def finish_jobs(self, row_ids: Sequence[UUID]) -> None:
        """Mark jobs done in this commit that has the effect of all of them."""
        await outbox.mark_done(self.session, row_ids, self.now)

    async def commit(self) -> None:
        """Write the journal and make everything durable. Called once, by the Database."""
        invariant(not self._is_over, "a unit commits once")
        self._is_over = True
        await self.session.flush()
        await self.entries()
        await outbox.put(self.session, self._leaving, self.now)
        await self.session.commit()

    def _send(
        self, kind: OutboxKind, name: str, channel: str, body: dict[str, object], due_at: datetime
    ) -> None:
        self._leaving.append(
            Leaving(self.new_id(), kind, name, channel, body, due_at, correlation())
        )

    @staticmethod
    def _present(entity: type[EntityT], key: UUID, found: EntityT | None) -> EntityT:
        if found is None:
            raise Refusal("not_found", what=entity.__tablename__, id=str(key))
        return found
