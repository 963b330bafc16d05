"""Engines and sessions: writing by units of work, reading read-only."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from typing import Final
from weakref import WeakSet

import asyncpg
from sqlalchemy import TextClause, event, func, select, text
from sqlalchemy.engine.interfaces import AdaptedConnection, DBAPIConnection, ExceptionContext
from sqlalchemy.exc import DBAPIError, InterfaceError, InvalidatePoolError, SQLAlchemyError
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from auction.kernel.actor import Actor
from auction.kernel.clock import Clock, SystemClock
from auction.kernel.disciplined import DisciplinedClock, Reading
from auction.kernel.settings import Settings
from auction.law.rulebook import Rulebook
from auction.store.metrics import count_connections
from auction.store.personal.keyring import Keyring, KeyringError
from auction.store.personal.subject_key import KEYRING, missing_keks
from auction.store.platform import rulebook_in_force
from auction.store.unit import Unit

POOL_SIZE = 8
STATEMENT_SECONDS: Final = 30.0
"""So long a statement may take unless a process says otherwise: then the server breaks it off."""
ANSWER_SECONDS: Final = 5.0
"""So much later the server's word on it has come, or the line is dead."""
GIVEN_UP_SECONDS: Final = 1.0
"""So much later the server frees what a unit had locked that was given up."""
PING_SECONDS: Final = 3.0
"""So long a connection taken from the pool has to say that it lives."""
_SESSION = {
    "timezone": "UTC",
    "lock_timeout": "4000",
    "idle_in_transaction_session_timeout": "60000",
    "synchronous_commit": "on",
    "jit": "off",
}

OUTCOME_UNKNOWN: Final = (
    SQLAlchemyError,
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
"""What a unit ends with when its line broke: after the COMMIT was sent nobody knows what came of
it. The driver's own come as they are where it is asked directly, and the last two also through
SQLAlchemy when a server dies at a bad moment."""

_SILENT: Final = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)
_RESTS_SINCE: Final = "rests_since"
"""Under this name a pooled connection notes when it was given back."""
_READING = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


def _session(
    application: str, statement_seconds: float, patience_seconds: float | None
) -> dict[str, str]:
    """What every connection of a process asks of the server.

    A server does not see that a line went dead either: it would hold the locks of a process
    that has long since dialled again. Only the limit on a transaction ends it wherever it is.
    """
    own = {"application_name": application, "statement_timeout": _millis(statement_seconds)}
    if patience_seconds is not None:
        own["transaction_timeout"] = _millis(patience_seconds)
    return _SESSION | own


def _millis(seconds: float) -> str:
    return str(int(seconds * 1000))


def _free_after(seconds: float) -> TextClause:
    """Have the server end this transaction a moment after whoever began it gave it up."""
    return text(f"SET LOCAL transaction_timeout = {_millis(seconds + GIVEN_UP_SECONDS)}")


def is_away(wrong: BaseException) -> bool:
    """Whether an error says that PostgreSQL cannot be reached, rather than that it said no."""
    if isinstance(wrong, DBAPIError):
        return wrong.connection_invalidated or isinstance(wrong, InterfaceError)
    return isinstance(
        wrong,
        OSError | TimeoutError | asyncpg.PostgresConnectionError | asyncpg.CannotConnectNowError,
    )


def _note_rest(_opened: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
    record.info[_RESTS_SINCE] = time.monotonic()


async def _ping(line: asyncpg.Connection, *, seconds_max: float) -> None:
    await line.execute("SELECT 1", timeout=seconds_max)


def _note_silence(told: ExceptionContext) -> None:
    """The driver waited for an answer longer than the server takes for any: the line is dead."""
    if isinstance(told.original_exception, TimeoutError):
        told.is_disconnect = True


class OwnerError(Exception):
    """A serving process was given the owner of the tables; it refuses to start."""


class Database:
    """One process's access to PostgreSQL.

    A line that went dead in silence looks whole for ever. The server breaks a statement off after
    `statement_seconds`; a connection on which that was not heard either is given up, and what it
    was asked fails as when the server is away. A connection from the pool is asked whether it
    lives before it is used. With `unit_seconds` no unit takes longer than that. With
    `patience_seconds`, a unit or a reading that takes longer has every connection hung up: for a
    process that has nothing long to do.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock | None = None,
        application: str = "luochui",
        statement_seconds: float = STATEMENT_SECONDS,
        unit_seconds: float | None = None,
        patience_seconds: float | None = None,
    ) -> None:
        self._url = settings.database_url
        self._unit_seconds = unit_seconds
        self._patience_seconds = patience_seconds
        self.trust_seconds = 0.0
        """So long after it was in use a connection is not asked whether it lives, which takes a
        round trip before each transaction: for who asks again himself when it does not."""
        # Half of the connections each: no crowd of questions keeps a commit waiting.
        self._writing_turns = asyncio.Semaphore(POOL_SIZE)
        self._reading_turns = asyncio.Semaphore(POOL_SIZE)
        self._lines: WeakSet[asyncpg.Connection] = WeakSet()
        self.clock = clock or SystemClock()
        self.engine: AsyncEngine = create_async_engine(
            settings.async_database_url,
            pool_size=POOL_SIZE,
            max_overflow=POOL_SIZE,
            pool_use_lifo=True,  # what one connection has prepared, the next one would prepare anew
            hide_parameters=True,  # a failed statement's values may be somebody's name
            connect_args={
                "server_settings": _session(application, statement_seconds, patience_seconds),
                "timeout": min(10, patience_seconds or 10),
                "command_timeout": statement_seconds + ANSWER_SECONDS,
            },
        )
        event.listen(self.engine.sync_engine, "connect", self._note_line)
        event.listen(self.engine.sync_engine, "checkin", _note_rest)
        event.listen(self.engine.sync_engine, "checkout", self._ask_whether_it_lives)
        event.listen(self.engine.sync_engine, "handle_error", _note_silence)
        self.keyring = Keyring(settings.subject_keys_path)
        self._sessions = async_sessionmaker(
            self.engine, expire_on_commit=False, info={KEYRING: self.keyring}
        )
        count_connections(self.engine.sync_engine.pool)
        self._rulebook: Rulebook | None = None

    @asynccontextmanager
    async def unit(self, actor: Actor, *, seconds_max: float | None = None) -> AsyncIterator[Unit]:
        """One command: committed once when the block ends, rolled back when it raises.

        After `seconds_max` (or else the `unit_seconds` of the process) it is broken off, by
        TimeoutError, and the server frees what it had locked even when it hears nothing of that.
        """
        limit = self._unit_seconds if seconds_max is None else seconds_max
        async with asyncio.timeout(limit):
            rules = await self.rulebook()
            async with self._in_time(self._writing_turns), self._sessions() as session:
                if limit is not None:
                    await session.execute(_free_after(limit))
                work = Unit(session, actor=actor, now=self.clock.now(), rules=rules)
                yield work
                await work.commit()

    @asynccontextmanager
    async def reading(self, *, seconds_max: float | None = None) -> AsyncIterator[AsyncSession]:
        """A read-only transaction that sees one state of the database.

        With `seconds_max` it is broken off after so long, by TimeoutError.
        """
        async with (
            asyncio.timeout(seconds_max),
            self._in_time(self._reading_turns),
            self._sessions() as session,
        ):
            await session.connection(execution_options=_READING)
            yield session

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[AsyncConnection]:
        """A connection kept for many small looks, each seeing what is committed by then."""
        async with self.engine.connect() as connection:
            yield await connection.execution_options(isolation_level="AUTOCOMMIT")

    async def compare(self, clock: DisciplinedClock) -> Reading:
        """Hold a clock against PostgreSQL's; a small drift is put right at once."""
        asked = clock.tick()
        async with self._in_time(self._writing_turns), self.engine.connect() as connection:
            answer = await connection.execute(select(func.clock_timestamp()))
            told: datetime = answer.scalar_one()
        return clock.compare(told, asked=asked, answered=clock.tick())

    async def set_at_start(self, clock: DisciplinedClock) -> None:
        """Set the clock of a process that starts, however far off its machine's is."""
        reading = await self.compare(clock)
        if not reading.is_followed:
            clock.accept(reading.drift)

    async def rulebook(self) -> Rulebook:
        """The rulebook chosen when the database was made; read once."""
        if self._rulebook is None:
            async with self._in_time(self._writing_turns), self._sessions() as session:
                self._rulebook = await rulebook_in_force(session)
        return self._rulebook

    async def refuse_owner(self) -> None:
        """Raise OwnerError when this connection could change the tables themselves."""
        async with self._sessions() as session:
            owns = await session.scalar(
                text(
                    "SELECT pg_has_role(current_user, tableowner, 'member') FROM pg_tables"
                    " WHERE schemaname = 'public' AND tablename = 'journal'"
                )
            )
        if owns:
            raise OwnerError(
                "DATABASE_URL names the owner of the tables; give the serving role instead."
            )

    async def require_keys(self) -> None:
        """Raise KeyringError when the key file is missing or is not the file of this database."""
        async with self._sessions() as session:
            missing = await missing_keks(session)
        if missing:
            raise KeyringError(
                f"{self.keyring.path.name} lacks the keys {', '.join(sorted(missing))}: "
                "it is not the file of this database."
            )

    @asynccontextmanager
    async def _in_time(self, turns: asyncio.Semaphore) -> AsyncIterator[None]:
        """Hang up when the block takes longer than this process waits for PostgreSQL.

        Its turn at a connection is waited for first: a queue is no silence.
        """
        if self._patience_seconds is None:
            yield
            return
        async with turns:
            loop = asyncio.get_running_loop()
            due = loop.call_later(self._patience_seconds, self._hang_up)
            try:
                yield
            finally:
                due.cancel()

    async def redial(self) -> None:
        """To be called when a small look was not answered: frees whoever waits on a dead line.

        When the server answers on a new connection, the old ones went dead in silence, and all of
        them are hung up. When it does not, it is away or overloaded, and nothing is done.
        """
        older = tuple(self._lines)
        try:
            fresh = await asyncpg.connect(
                self._url, timeout=PING_SECONDS, command_timeout=PING_SECONDS
            )
            await fresh.execute("SELECT 1")
            fresh.terminate()
        except _SILENT:
            return
        for line in older:
            line.terminate()

    def _hang_up(self) -> None:
        """Break every connection: what fell silent on one of them did so on all."""
        for line in tuple(self._lines):
            line.terminate()

    def _ask_whether_it_lives(
        self, opened: AdaptedConnection, record: ConnectionPoolEntry, _taken: PoolProxiedConnection
    ) -> None:
        """Have a connection that does not answer replaced, and with it all that are as old."""
        since = record.info.pop(_RESTS_SINCE, None)
        if since is not None and time.monotonic() - since < self.trust_seconds:
            return
        try:
            opened.run_async(partial(_ping, seconds_max=PING_SECONDS))
        except _SILENT as silent:
            raise InvalidatePoolError from silent

    def _note_line(self, opened: AdaptedConnection, _record: object) -> None:
        self._lines.add(opened.driver_connection)

    async def close(self) -> None:
        """Give all connections back."""
        await self.engine.dispose()
