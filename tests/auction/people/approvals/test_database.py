"""What the serving role cannot write by SQL, whatever a serving process is made to say."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import select

from auction.kernel.actor import Actor, Role
from auction.kernel.clock import FrozenClock
from auction.kernel.ids import new_id
from auction.people.approvals.action import RULES, Action
from auction.people.approvals.request import ApprovalRequest, ApprovalSeat
from auction.store.database import Database
from tests.auction.people.approvals.table import ELSEWHERE, Table, both_roles, parts_of
from tests.conftest import NOON, Server

DAY = timedelta(hours=24)


class Writer:
    """The serving role with a connection of its own, beside every command."""

    def __init__(self, connection: asyncpg.Connection, table: Table) -> None:
        self.connection = connection
        self.table = table

    async def execute(self, statement: str, *given: object) -> None:
        await self.connection.execute(statement, *given)

    async def request(self) -> ApprovalRequest:
        return (await self.table.requests())[-1]

    async def writes_request(self, by: Actor, **changes: object) -> None:
        """Insert a request that is right but for the changes."""
        sealed = await self.request()
        row = {
            "id": new_id(NOON), "subject_id": sealed.subject_id,
            "action": str(self.table.action), "subject": new_id(NOON), "court_id": "浙0199",
            "payload_sealed": sealed.payload_sealed, "payload_hash": sealed.payload_hash,
            "proposed_by": by.person_id, "proposer_natural": by.person_id,
            "proposer_role": str(min(by.roles)), "proposed_at": NOON, "expires_at": NOON + DAY,
            "state": "open", "about_natural": None, "ended_at": None, **changes,
        }  # fmt: skip
        await self._insert("approval_request", row)

    async def writes_approval(self, by: Actor, **changes: object) -> None:
        """Insert an approval that is right but for the changes."""
        request = await self.request()
        row = {
            "request_id": request.id, "seat": 1, "action": str(request.action),
            "payload_hash": request.payload_hash, "proposer_natural": request.proposer_natural,
            "approved_by": by.person_id, "approver_natural": by.person_id,
            "role": str(min(parts_of(self.table.action)[1])), "approved_at": NOON, **changes,
        }  # fmt: skip
        await self._insert("approval", row)

    async def _insert(self, table: str, row: dict[str, object]) -> None:
        places = ", ".join(f"${n}" for n in range(1, len(row) + 1))
        columns = ", ".join(row)
        await self.execute(f"INSERT INTO {table} ({columns}) VALUES ({places})", *row.values())

    async def ends(self, state: str, at: object = NOON) -> None:
        request = await self.request()
        await self.execute(
            "UPDATE approval_request SET state = $2, ended_at = $3 WHERE id = $1",
            request.id, state, at,
        )  # fmt: skip


@pytest.fixture(params=[Action.LISTING_RESUME, Action.DISBURSEMENT], ids=str)
async def writer(
    request: pytest.FixtureRequest, server: Server, database: Database, clock: FrozenClock
) -> AsyncIterator[Writer]:
    table = Table(database, clock, request.param)
    await table.set()
    await table.propose()
    connection = await asyncpg.connect(server.app_url)
    yield Writer(connection, table)
    await connection.close()


@contextmanager
def refused(constraint: str) -> Iterator[None]:
    """The database refuses by a constraint of this name."""
    with pytest.raises(asyncpg.PostgresError) as no:
        yield
    assert getattr(no.value, "constraint_name", "") == constraint, no.value


class TestRequests:
    async def test_a_right_one_can_be_written(self, writer: Writer) -> None:
        await writer.writes_request(writer.table.seated[0])

    @pytest.mark.parametrize(
        ("changes", "constraint"),
        [
            ({"state": "spent", "ended_at": NOON}, "ck_approval_request_begins_open"),
            ({"expires_at": NOON + 2 * DAY}, "ck_approval_request_lives_a_day"),
            ({"court_id": "浙0198"}, "ck_approval_request_role"),
            ({"court_id": None}, "ck_approval_request_role"),
            ({"proposer_role": "administrator"}, "ck_approval_request_role"),
            ({"proposer_natural": UUID(int=1)}, "ck_approval_request_natural"),
        ],
        ids=str,
    )
    async def test_a_wrong_one_cannot(
        self, writer: Writer, changes: dict[str, object], constraint: str
    ) -> None:
        with refused(constraint):
            await writer.writes_request(writer.table.seated[0], **changes)

    async def test_one_about_oneself_cannot(self, writer: Writer) -> None:
        own = writer.table.seated[0]
        with refused("ck_approval_request_not_about_oneself"):
            await writer.writes_request(own, about_natural=own.person_id)

    async def test_one_by_the_account_of_a_firm_without_anybody_cannot(
        self, writer: Writer
    ) -> None:
        firm = await writer.table.firm(min(writer.table.seated[0].roles), None)
        with refused("ck_approval_request_natural"):
            await writer.writes_request(firm)

    async def test_a_second_open_one_for_the_same_subject_cannot(self, writer: Writer) -> None:
        with refused("uq_approval_request_open"):
            await writer.writes_request(writer.table.seated[0], subject=writer.table.subject)

    @pytest.mark.parametrize(
        "column", ["payload_hash", "payload_sealed", "expires_at", "proposed_by", "court_id"]
    )
    async def test_nothing_of_it_is_changed_afterwards(self, writer: Writer, column: str) -> None:
        other = {
            "payload_hash": "''",
            "payload_sealed": "''",
            "expires_at": "expires_at - interval '1 hour'",
            "proposed_by": f"'{writer.table.seated[-1].person_id}'",
            "court_id": "'浙0198'",
        }
        with refused("ck_approval_request_unchanged"):
            await writer.execute(f"UPDATE approval_request SET {column} = {other[column]}")

    async def test_it_is_not_removed(self, writer: Writer) -> None:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await writer.execute("DELETE FROM approval_request")


class TestApprovals:
    async def test_a_right_one_can_be_written(self, writer: Writer) -> None:
        await writer.writes_approval(writer.table.seated[1])

    async def test_a_self_approval_cannot(self, writer: Writer) -> None:
        own = await both_roles(writer.table, 1, 0)
        with refused("ck_approval_two_persons"):
            await writer.writes_approval(own)

    async def test_a_self_approval_by_another_account_cannot(self, writer: Writer) -> None:
        first = writer.table.seated[0]
        firm = await writer.table.firm(min(parts_of(writer.table.action)[1]), first)
        with refused("ck_approval_two_persons"):
            await writer.writes_approval(firm, approver_natural=first.person_id)
        with refused("ck_approval_natural"):
            await writer.writes_approval(firm)

    async def test_a_proposer_of_another_name_does_not_help(self, writer: Writer) -> None:
        own = await both_roles(writer.table, 1, 0)
        with refused("fk_approval_request"):
            await writer.writes_approval(own, proposer_natural=writer.table.seated[1].person_id)

    async def test_one_of_another_payload_cannot(self, writer: Writer) -> None:
        with refused("fk_approval_request"):
            await writer.writes_approval(writer.table.seated[1], payload_hash="0" * 64)

    async def test_one_after_a_day_cannot(self, writer: Writer) -> None:
        with refused("ck_approval_in_time"):
            await writer.writes_approval(writer.table.seated[1], approved_at=NOON + DAY)

    async def test_one_out_of_turn_or_of_no_seat_cannot(self, writer: Writer) -> None:
        for seat in (0, 2, 9):
            with refused("ck_approval_in_order"):
                await writer.writes_approval(writer.table.seated[1], seat=seat)

    async def test_one_in_a_role_not_held_cannot(self, writer: Writer) -> None:
        with refused("ck_approval_role"):
            await writer.writes_approval(await writer.table.somebody(Role.AGENCY))
        elsewhere = await writer.table.somebody(min(parts_of(writer.table.action)[1]), ELSEWHERE)
        with refused("ck_approval_role"):
            await writer.writes_approval(elsewhere)

    async def test_one_of_an_ended_request_cannot(self, writer: Writer) -> None:
        await writer.ends("withdrawn")
        with refused("ck_approval_of_open_request"):
            await writer.writes_approval(writer.table.seated[1])

    async def test_it_is_neither_changed_nor_removed(self, writer: Writer) -> None:
        await writer.table.approve(writer.table.seated[1])
        for statement in ("UPDATE approval SET seat = 2", "DELETE FROM approval"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await writer.execute(statement)


class TestUses:
    async def test_a_right_one_can_be_written(self, writer: Writer) -> None:
        await writer.table.approve_all()
        await writer.ends("spent")

    async def test_without_every_approval_it_cannot(self, writer: Writer) -> None:
        await writer.table.approve_up_to(len(writer.table.seated) - 1)
        with refused("ck_approval_request_complete"):
            await writer.ends("spent")

    async def test_a_second_use_cannot(self, writer: Writer) -> None:
        await writer.table.approve_all()
        await writer.table.spend()
        for state in ("spent", "open", "rejected"):
            with refused("ck_approval_request_ends_once"):
                await writer.ends(state)

    async def test_a_use_after_a_day_cannot(self, writer: Writer) -> None:
        await writer.table.approve_all()
        with refused("ck_approval_request_spent_in_time"):
            await writer.ends("spent", NOON + DAY)

    async def test_a_use_after_a_role_was_revoked_cannot(self, writer: Writer) -> None:
        await writer.table.approve_all()
        await writer.table.revoke(writer.table.seated[0])
        with refused("ck_approval_request_roles_held"):
            await writer.ends("spent")

    async def test_a_clock_put_back_does_not_help(self, writer: Writer, server: Server) -> None:
        """Every running platform asks the database's own clock; NOON is long past by it."""
        await writer.table.approve_up_to(len(writer.table.seated) - 1)
        last = writer.table.seated[-1]
        await server.start_approval_clock()
        try:
            with refused("ck_approval_in_time"):
                await writer.writes_approval(
                    last, seat=len(writer.table.seated) - 1, role=str(min(last.roles))
                )
        finally:
            await server.stop_approval_clock()
        await writer.table.approve(last)
        await server.start_approval_clock()
        try:
            with refused("ck_approval_request_spent_in_time"):
                await writer.ends("spent")
        finally:
            await server.stop_approval_clock()

    async def test_the_clock_cannot_be_replaced(self, writer: Writer) -> None:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await writer.execute(
                "CREATE OR REPLACE FUNCTION approval_clock() RETURNS timestamptz"
                " LANGUAGE sql STABLE AS $$ SELECT now() - interval '1 year' $$"
            )


async def test_the_table_of_actions_is_the_same_in_the_database(database: Database) -> None:
    async with database.reading() as session:
        rows = (await session.scalars(select(ApprovalSeat))).all()
    told = {(row.action, row.seat): (frozenset(row.roles), row.same_court) for row in rows}
    assert told == {
        (action, seat): (roles, RULES[action].same_court)
        for action in Action
        for seat, roles in enumerate(parts_of(action))
    }


async def test_the_serving_role_cannot_change_the_table_of_actions(writer: Writer) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await writer.execute("UPDATE approval_seat SET roles = '{bidder}'")
