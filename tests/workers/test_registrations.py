from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID, uuid5

import asyncpg
import pytest
from sqlalchemy import func, select

from auction.kernel.actor import SYSTEM, Actor, Role
from auction.kernel.ids import CourtId, PersonId, RegistrationId
from auction.kernel.settings import Settings
from auction.store.database import Database
from auction.store.outbox import OutboxRow
from bidding import sealing
from bidding.admission import admit
from bidding.registration import (
    Capacity,
    CodeHolder,
    PriorityState,
    Registration,
    RegistrationState,
)
from tests.bidding.halls import AHall, a_hall
from tests.conftest import Server
from tests.web.live.rooms import a_signer
from workers.registrations import issue_codes, qualify_registration
from workers.wiring import Context, build_context, close_context

Execute = Callable[[str], Awaitable[None]]
SPACE = UUID("018f0000-0000-7000-8000-000000000000")
PRIVATE = bytes(range(32))
PEOPLE = ("alice", "bob", "carol")


@pytest.fixture
async def context(settings: Settings, database: Database) -> AsyncIterator[Context]:
    made = build_context(settings, database.clock)
    async with a_signer(settings):
        yield made
    await close_context(made)


async def paid(database: Database, hall: AHall) -> list[RegistrationId]:
    """Three registrations whose deposits are about to be held."""
    ids = [RegistrationId(uuid5(SPACE, name)) for name in PEOPLE]
    async with database.unit(SYSTEM) as work:
        for id_ in ids:
            work.add(
                Registration(
                    id=id_,
                    subject_key=await work.subject_key(id_),
                    listing_id=hall.listing_id,
                    court_id=CourtId("浙0199"),
                    person_id=PersonId(id_),
                    state=RegistrationState.DEPOSIT_AWAITED,
                    capacity=Capacity.SELF,
                    applied_at=work.now,
                    priority=PriorityState.NONE,
                    priority_ground="",
                    public_key=sealing.public_key_of(PRIVATE),
                    password_salt=bytes(16),
                )
            )
    return ids


async def issue_row(database: Database) -> OutboxRow:
    async with database.reading() as session:
        rows = await session.scalars(select(OutboxRow).where(OutboxRow.name == "issue_codes"))
        return rows.all()[-1]


class TestCodes:
    async def test_are_issued_to_all_who_wait_and_open_for_their_holders_alone(
        self, context: Context, database: Database, as_owner: Execute
    ) -> None:
        hall = await a_hall(database, as_owner)
        ids = await paid(database, hall)
        for id_ in ids:
            async with database.unit(SYSTEM) as work:
                await qualify_registration(context, work, registration_id=str(id_))
        row = await issue_row(database)
        await issue_codes(context, row.id, listing_id=str(hall.listing_id))
        codes = set()
        for id_ in ids:
            holder = Actor(PersonId(id_), frozenset({Role.BIDDER}))
            async with database.unit(holder) as work:
                codes.add(await admit(work, id_, private_key=PRIVATE, secret=id_.bytes))
        assert len(codes) == len(PEOPLE)

    async def test_come_after_a_wait_that_no_payment_explains(
        self, context: Context, database: Database, as_owner: Execute
    ) -> None:
        hall = await a_hall(database, as_owner)
        waits = set()
        for id_ in await paid(database, hall):
            async with database.unit(SYSTEM) as work:
                await qualify_registration(context, work, registration_id=str(id_))
            row = await issue_row(database)
            waits.add(row.due_at - row.made_at)
        assert len(waits) > 1

    async def test_are_issued_once_however_often_the_job_runs(
        self, context: Context, database: Database, as_owner: Execute, server: Server
    ) -> None:
        hall = await a_hall(database, as_owner)
        for id_ in await paid(database, hall):
            async with database.unit(SYSTEM) as work:
                await qualify_registration(context, work, registration_id=str(id_))
        row = await issue_row(database)
        for _ in range(3):
            await issue_codes(context, row.id, listing_id=str(hall.listing_id))
        owner = await asyncpg.connect(server.owner_url)
        held = await owner.fetchval(str(select(func.count()).select_from(CodeHolder)))
        await owner.close()
        assert held == len(PEOPLE)
