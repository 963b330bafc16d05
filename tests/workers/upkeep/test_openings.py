"""After the close the sealer says whose an opened code was, and the worker tells that person."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from auction.kernel.actor import SYSTEM, Role
from auction.kernel.clock import FrozenClock
from auction.kernel.ids import BidderCode, PersonId, RegistrationId
from auction.kernel.settings import Settings
from auction.notices.notice import Notice
from auction.notices.wording import NoticeKind
from auction.store.database import Database
from bidding import sealing
from bidding.admission import admit
from bidding.commands import close_session, open_session
from bidding.openings.commands import open_identity, propose_opening
from bidding.registration import Capacity, PriorityState, Registration, RegistrationState
from tests.bidding.halls import AHall, Execute, a_hall
from tests.builders import an_actor, uid
from tests.sales import BUYER, COURT, SaleDesk
from tests.staff import employ
from tests.web.live.rooms import a_signer
from tests.workers.test_registrations import issue_row
from workers.registrations import issue_codes, qualify_registration
from workers.upkeep.openings import tell_subjects
from workers.wiring import Context, build_context, close_context

PRIVATE = bytes(range(32))
ID, OPENING = RegistrationId(uid(901)), uid(902)
FIRST, SECOND = (an_actor(Role.SUPERVISOR, n, COURT) for n in (71, 72))


@pytest.fixture
async def context(settings: Settings, database: Database) -> AsyncIterator[Context]:
    made = build_context(settings, database.clock)
    async with a_signer(settings):
        yield made
    await close_context(made)


async def a_code(context: Context, hall: AHall) -> BidderCode:
    """The buyer's, issued by the sealer and opened by himself."""
    database = context.database
    async with database.unit(SYSTEM) as work:
        work.add(
            Registration(
                id=ID, subject_key=await work.subject_key(ID), listing_id=hall.listing_id,
                court_id=COURT, person_id=PersonId(BUYER.person_id or UUID(int=0)),
                state=RegistrationState.DEPOSIT_AWAITED, capacity=Capacity.SELF,
                applied_at=work.now, priority=PriorityState.NONE, priority_ground="",
                public_key=sealing.public_key_of(PRIVATE), password_salt=bytes(16),
            )
        )  # fmt: skip
    async with database.unit(SYSTEM) as work:
        await qualify_registration(context, work, registration_id=str(ID))
    row = await issue_row(database)
    await issue_codes(context, row.id, listing_id=str(hall.listing_id))
    async with database.unit(BUYER) as work:
        return await admit(work, ID, private_key=PRIVATE, secret=bytes(32))


async def opens(database: Database, hall: AHall, code: BidderCode) -> None:
    async with database.unit(FIRST) as work:
        asked = await propose_opening(
            work, OPENING, listing_id=hall.listing_id, code=code, reason="举报围标"
        )
    async with database.unit(SECOND) as work:
        await open_identity(work, OPENING, seen=asked.payload_hash)


async def told(database: Database) -> list[UUID | None]:
    async with database.reading() as session:
        wanted = select(Notice.addressee_person_id).where(Notice.kind == NoticeKind.IDENTITY_OPENED)
        return list(await session.scalars(wanted))


async def test_the_person_is_told_after_the_close_and_not_before(
    context: Context, clock: FrozenClock, as_owner: Execute
) -> None:
    database = context.database
    desk = SaleDesk(database, clock)
    await desk.found()
    await employ(database, FIRST, SECOND)
    offered = await desk.a_listing()
    hall = await a_hall(database, as_owner, offered=(offered.listing_id, offered.lot_id))
    async with database.unit(SYSTEM) as work:
        await open_session(work, session_id=hall.session_id)
    await opens(database, hall, await a_code(context, hall))
    await tell_subjects(context)
    assert await told(database) == []
    clock.advance(timedelta(days=2))
    async with database.unit(SYSTEM) as work:
        await close_session(work, session_id=hall.session_id, epoch=hall.epoch)
    for _ in range(2):
        await tell_subjects(context)
    assert await told(database) == [BUYER.person_id]
