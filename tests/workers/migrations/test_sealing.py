"""A database of before personal data was sealed: upgraded, nothing is lost and nothing bare."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from auction.kernel.settings import SUBJECT_KEYS_FILE, Settings
from auction.law.rulebook import LAW
from auction.people.queries import person_numbered
from auction.store.base import Base
from auction.store.database import Database
from auction.store.personal.keyring import Keyring, KeyringError
from auction.store.personal.subject_key import Sealed, SealedAnswer, SealedFacts, SealedText
from tests.conftest import NOON, Server
from workers.migrations.models import metadata
from workers.migrations.upgrade import upgrade

BEFORE, NAME = "0019", "before"
BARE = "甄有章"
"""Part of every text that must not be found once the upgrade is through."""
STATES = {
    "person.kind": "natural", "letter.kind": "reset_password", "parties.role": "applicant",
    "assets.kind": "home", "statement_lines.direction": "in", "statement_lines.state": "new",
    "payment_orders.kind": "disbursement", "payment_orders.state": "ordered",
    "deposits.state": "held", "plan_line.rank": "ordinary", "plan_line.payee_kind": "creditor",
    "plan_objection.state": "raised", "disbursement.state": "ordered",
    "notice.kind": "plan_service", "notice.state": "issued", "report_objections.ground": "data",
    "report_objections.state": "raised", "registration.state": "applied",
    "registration.capacity": "self", "registration.priority": "none",
}  # fmt: skip
FACTS: dict[str, object] = {"court_name": "杭湾市人民法院", "buyer_name": BARE, "lines": [1, None]}
ROWS = 3
SEALED_FROM_BIRTH = {"approval_request", "participant", "joint_buyer"}
"""Made by a later migration."""


def entities() -> dict[str, type[Base]]:
    """Every entity with columns that were bare once, by its table."""
    metadata()
    mapped = [mapper.class_ for mapper in Base.registry.mappers]
    found = {one.__tablename__: one for one in mapped if issubclass(one, Sealed)}
    return {table: one for table, one in found.items() if table not in SEALED_FROM_BIRTH}


def sealed_of(entity: type[Base]) -> dict[str, object]:
    kinds = (SealedText, SealedFacts, SealedAnswer)
    return {name: it for name, it in vars(entity).items() if isinstance(it, kinds)}


def bare(table: str, column: str, number: int) -> object:
    """What stood in a column of before."""
    if (table, column) in {("notice", "facts"), ("notice", "answer")}:
        return FACTS | {"number": number}
    return f"{BARE} {table} {column} {number}"


class Old:
    """A database as it was before."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.url = server.postgres.url(name=NAME)
        self.keys = folder / SUBJECT_KEYS_FILE
        self.settings = Settings(
            database_url=server.postgres.url(
                user="luochui_app", password=server.app_password, name=NAME
            ),
            valkey_url="redis://127.0.0.1:1/0",
            luochui_state=folder,
        )

    def upgrade(self, to: str = "head") -> None:
        upgrade(self.url, LAW, subject_keys=self.keys, to=to)

    async def fill(self) -> None:
        """Some rows in every table that is going to be sealed, whatever they refer to."""
        connection = await asyncpg.connect(self.url)
        await connection.execute("SET session_replication_role = replica")
        for table, entity in entities().items():
            for number in range(ROWS):
                await self._insert(connection, table, number, set(sealed_of(entity)))
        await connection.close()

    async def _insert(
        self, connection: asyncpg.Connection, table: str, number: int, sealed: set[str]
    ) -> None:
        columns = await connection.fetch(
            "SELECT column_name, data_type, is_nullable = 'YES' AS free FROM"
            " information_schema.columns WHERE table_name = $1 AND table_schema = 'public'",
            table,
        )
        row: dict[str, object] = {}
        for name, kind, free in columns:
            if name in sealed:
                told = bare(table, name, number)
                row[name] = told if isinstance(told, str) else json.dumps(told)
            elif not free or (name == "person_id" and number):
                row[name] = STATES.get(f"{table}.{name}") or _value(kind, name, number)
        marks = ", ".join(f"${n}" for n in range(1, len(row) + 1))
        await connection.execute(
            f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", *row.values()
        )

    def file(self, table: str) -> bytes:
        """A table as it lies on the disk."""
        asyncio.run(_sql(self.url, "CHECKPOINT"))
        query = f"SELECT pg_read_binary_file(pg_relation_filepath('{table}')) AS file"
        found: bytes = asyncio.run(self.fetch(query))[0]["file"]
        return found

    async def fetch(self, query: str) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.url)
        try:
            return list(await connection.fetch(query))
        finally:
            await connection.close()


def _value(kind: str, name: str, number: int) -> object:
    values: dict[str, object] = {
        "uuid": UUID(int=number + 1 if name in {"id", "person_id"} else 1000 + number),
        "timestamp with time zone": NOON,
        "date": NOON.date(),
        "boolean": True,
        "integer": number + 1,
        "bigint": number + 1,
        "bytea": bytes([number]),
    }
    return values.get(kind, f"{name}{number}")


@pytest.fixture
def old(server: Server, tmp_path: Path) -> Iterator[Old]:
    found = Old(server, tmp_path)
    asyncio.run(_sql(server.postgres.url(), f"CREATE DATABASE {NAME}"))
    found.upgrade(BEFORE)
    asyncio.run(found.fill())
    yield found
    asyncio.run(_sql(server.postgres.url(), f"DROP DATABASE {NAME} WITH (FORCE)"))


async def _sql(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()


async def _check(old: Old) -> None:
    """Everything reads as it did, through the entities, as the serving role."""
    database = Database(old.settings)
    seen = 0
    async with database.reading() as session:
        for table, entity in entities().items():
            rows = (await session.scalars(select(entity))).all()
            told = {name: [getattr(row, name) for row in rows] for name in sealed_of(entity)}
            for name, texts in told.items():
                expected = [bare(table, name, number) for number in range(ROWS)]
                assert sorted(texts, key=str) == sorted(expected, key=str), (table, name)
                seen += len(texts)
        known = await person_numbered(session, str(bare("person", "identity_number", 1)))
        assert known is not None
        assert known.id == UUID(int=2)
    await database.close()
    assert seen > 20 * ROWS  # more than twenty columns are sealed


def test_every_name_reads_as_before_and_none_is_left_in_the_files(old: Old) -> None:
    digests = asyncio.run(old.fetch("SELECT digest FROM statement_lines ORDER BY position"))
    assert {table for table in entities() if BARE.encode() in old.file(table)} == set(entities())
    old.upgrade()
    asyncio.run(_check(old))
    assert {table for table in entities() if BARE.encode() in old.file(table)} == set()
    keyring = Keyring(old.keys)
    keyed = asyncio.run(old.fetch("SELECT digest FROM statement_lines ORDER BY position"))
    assert [row["digest"] for row in keyed] == [
        keyring.digest("statement line", row["digest"]) for row in digests
    ]


def test_an_upgrade_that_was_cut_off_is_gone_on_with(old: Old) -> None:
    async def hold_parties() -> None:
        connection = await asyncpg.connect(old.url)
        await connection.execute("BEGIN; LOCK TABLE parties IN ACCESS SHARE MODE")
        with pytest.raises(DBAPIError, match="lock timeout"):
            await asyncio.to_thread(old.upgrade)
        await connection.close()

    asyncio.run(hold_parties())
    old.upgrade()
    asyncio.run(_check(old))


def test_a_lost_key_file_is_not_replaced(old: Old) -> None:
    old.upgrade()
    kept = old.keys.read_bytes()
    old.keys.unlink()
    with pytest.raises(KeyringError, match="missing"):
        old.upgrade()
    assert not old.keys.exists()
    old.keys.write_bytes(kept)
    old.upgrade()
    asyncio.run(_check(old))
