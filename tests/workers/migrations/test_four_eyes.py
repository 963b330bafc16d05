"""Proposals of roles from before approval requests: each becomes one, with what became of it."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import select

from auction.kernel.canonical import sha256_hex
from auction.kernel.settings import SUBJECT_KEYS_FILE, Settings
from auction.law.rulebook import LAW
from auction.people.approvals.queries import SALT, read_payload
from auction.people.approvals.request import Approval, ApprovalRequest, RequestState
from auction.store.database import Database
from tests.conftest import NOON, Server
from workers.migrations.upgrade import upgrade

BEFORE, NAME = "0025", "proposals"
SUBJECT, FIRST, SECOND = (UUID(int=number) for number in (1, 2, 3))
PROPOSALS = (
    (UUID(int=11), "approved", SECOND),
    (UUID(int=12), "rejected", SECOND),
    (UUID(int=13), "proposed", None),
)


@pytest.fixture
def settings_of_old(server: Server, tmp_path: Path) -> Iterator[Settings]:
    url, keys = server.postgres.url(name=NAME), tmp_path / SUBJECT_KEYS_FILE
    asyncio.run(_sql(server.postgres.url(), f"CREATE DATABASE {NAME}"))
    upgrade(url, LAW, subject_keys=keys, to=BEFORE)
    asyncio.run(_fill(url))
    upgrade(url, LAW, subject_keys=keys)
    yield Settings(
        database_url=server.postgres.url(
            user="luochui_app", password=server.app_password, name=NAME
        ),
        valkey_url="redis://127.0.0.1:1/0",
        luochui_state=tmp_path,
    )
    asyncio.run(_sql(server.postgres.url(), f"DROP DATABASE {NAME} WITH (FORCE)"))


async def _sql(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()


async def _fill(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("SET session_replication_role = replica")
    for person in (SUBJECT, FIRST, SECOND):
        await connection.execute(
            "INSERT INTO person (id, subject_id, kind, name_sealed, identity_number_sealed,"
            " identity_index, username, enrolled_at) VALUES ($1, $1, 'natural', '', '', $2, $3,"
            " $4)",
            person, person.bytes, str(person), NOON,
        )  # fmt: skip
    for proposal, state, decider in PROPOSALS:
        await connection.execute(
            "INSERT INTO role_proposal (id, person_id, role, court_id, state, proposed_by,"
            " proposed_at, decided_by, decided_at) VALUES ($1, $2, 'panel', '浙0199', $3, $4, $5,"
            " $6, $7)",
            proposal, SUBJECT, state, FIRST, NOON, decider, NOON if decider else None,
        )  # fmt: skip
    await connection.close()


def test_every_proposal_is_a_request_with_its_end(settings_of_old: Settings) -> None:
    async def read() -> tuple[list[ApprovalRequest], list[Approval]]:
        database = Database(settings_of_old)
        async with database.reading() as session:
            wanted = select(ApprovalRequest).order_by(ApprovalRequest.id)
            requests = list(await session.scalars(wanted))
            approvals = list(await session.scalars(select(Approval)))
        await database.close()
        return requests, approvals

    requests, (approval,) = asyncio.run(read())
    assert [(one.id, one.state) for one in requests] == [
        (PROPOSALS[0][0], RequestState.SPENT),
        (PROPOSALS[1][0], RequestState.REJECTED),
        (PROPOSALS[2][0], RequestState.OPEN),
    ]
    for request in requests:
        told = read_payload(request)
        assert len(str(told.pop(SALT))) == 32
        assert told == {
            "court": "浙0199", "organisation": None, "person": str(SUBJECT), "role": "panel",
        }  # fmt: skip
        assert sha256_hex(request.payload.encode()) == request.payload_hash
        assert request.expires_at == NOON + timedelta(hours=24)
    assert (approval.request_id, approval.approved_by) == (PROPOSALS[0][0], SECOND)
