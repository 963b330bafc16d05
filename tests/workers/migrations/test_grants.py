"""Which database role may do what: asked of PostgreSQL itself, for every table and column."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.conftest import Server
from workers.migrations.models import metadata

SEALER, APP = "luochui_sealer", "luochui_app"
TABLES = sorted(metadata().tables)
NEEDED_BY_SEALER = {
    ("registration", "id"): {"SELECT"},
    ("registration", "listing_id"): {"SELECT"},
    ("registration", "state"): {"SELECT"},
    ("registration", "public_key"): {"SELECT"},
    ("sessions", "id"): {"SELECT"},
    ("sessions", "listing_id"): {"SELECT"},
    ("sessions", "state"): {"SELECT"},
    ("journal", "stream"): {"SELECT"},
    ("journal", "kind"): {"SELECT"},
    ("hall_code", "listing_id"): {"SELECT"},
    ("hall_code", "code"): {"SELECT"},
    ("hall_code", "sealed_registration"): {"SELECT"},
    ("code_holder", "listing_id"): {"SELECT", "INSERT"},
    ("code_holder", "tag"): {"SELECT", "INSERT"},
    ("code_holder", "registration_id"): {"SELECT", "INSERT"},
    ("original_openings", "id"): {"SELECT"},
    ("original_openings", "photograph_id"): {"SELECT"},
    ("photographs", "id"): {"SELECT"},
    ("photographs", "original_digest"): {"SELECT"},
    ("identity_opening", "id"): {"SELECT"},
    ("identity_opening", "listing_id"): {"SELECT"},
    ("identity_opening", "code"): {"SELECT"},
    ("approval_request", "action"): {"SELECT"},
    ("approval_request", "subject"): {"SELECT"},
    ("approval_request", "state"): {"SELECT"},
}
"""All that the sealer and the keeper of originals ask for: no person, no name, no money."""
RIGHTS = """
    SELECT c.table_name, c.column_name, p.privilege
    FROM information_schema.columns c,
         unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) AS p (privilege)
    WHERE c.table_schema = 'public'
      AND has_column_privilege($1, format('public.%I', c.table_name)::regclass,
                               c.column_name, p.privilege)
"""
WIDER = """
    SELECT c.relname, p.privilege
    FROM pg_class c, unnest(ARRAY['DELETE', 'TRUNCATE', 'TRIGGER', 'MAINTAIN']) AS p (privilege)
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p')
      AND has_table_privilege($1, c.oid, p.privilege)
"""


@pytest.fixture
async def owner(server: Server) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(server.owner_url)
    yield connection
    await connection.close()


async def rights(owner: asyncpg.Connection, role: str) -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for table, column, privilege in await owner.fetch(RIGHTS, role):
        found.setdefault((table, column), set()).add(privilege)
    return found


async def test_nobody_but_the_owner_and_two_roles_can_sign_in(owner: asyncpg.Connection) -> None:
    found = await owner.fetch(
        "SELECT rolname, rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication"
        " FROM pg_roles WHERE rolcanlogin AND rolname <> 'luochui_owner' ORDER BY rolname"
    )
    assert [tuple(row) for row in found] == [
        (APP, False, False, False, False, False),
        (SEALER, False, False, False, False, False),
    ]


async def test_neither_is_a_member_of_another_role(owner: asyncpg.Connection) -> None:
    members = await owner.fetch(
        "SELECT r.rolname FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member"
        " WHERE r.rolname = ANY($1)", [APP, SEALER],
    )  # fmt: skip
    assert members == []


async def test_the_sealer_has_exactly_what_it_needs(owner: asyncpg.Connection) -> None:
    assert await rights(owner, SEALER) == NEEDED_BY_SEALER
    assert await owner.fetch(WIDER, SEALER) == []


async def test_the_serving_role_has_nothing_of_what_only_the_sealer_needs(
    owner: asyncpg.Connection,
) -> None:
    found = await rights(owner, APP)
    assert not [key for key in found if key[0] == "code_holder"]
    assert "SELECT" not in found["hall_code", "sealed_registration"]
    assert found["hall_code", "code"] == {"SELECT", "INSERT"}
    assert ("alembic_version", "version_num") not in found


async def test_the_serving_role_removes_and_rearranges_nothing(owner: asyncpg.Connection) -> None:
    assert await owner.fetch(WIDER, APP) == []
    found = await rights(owner, APP)
    assert not [key for key, held in found.items() if "REFERENCES" in held]
    assert {table for table, _ in found} == {*TABLES, "account_balances"} - {"code_holder"}


async def test_everybody_else_has_nothing(owner: asyncpg.Connection) -> None:
    granted = await owner.fetch(
        "SELECT table_name, privilege_type FROM information_schema.role_table_grants"
        " WHERE table_schema = 'public' AND grantee NOT IN ('luochui_owner', $1, $2)",
        APP, SEALER,
    )  # fmt: skip
    assert granted == []


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        (APP, "SELECT tag FROM code_holder"),
        (APP, "INSERT INTO code_holder VALUES (gen_random_uuid(), '', gen_random_uuid())"),
        (APP, "SELECT sealed_registration FROM hall_code"),
        (APP, "UPDATE hall_code SET code = code"),
        (SEALER, "SELECT person_id FROM registration"),
        (SEALER, "SELECT username FROM person"),
        (SEALER, "SELECT leaf FROM journal"),
        (SEALER, "SELECT virtual_account FROM deposits"),
        (SEALER, "UPDATE code_holder SET tag = tag"),
        (SEALER, "UPDATE sessions SET state = 'sold'"),
    ],
)
async def test_what_is_not_granted_is_refused(server: Server, role: str, statement: str) -> None:
    url = {APP: server.app_url, SEALER: server.sealer_url}[role]
    connection = await asyncpg.connect(url)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    finally:
        await connection.close()
