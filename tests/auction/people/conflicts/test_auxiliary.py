"""A lot's appraiser may not bid for it, nor may whoever acts for that agency (网拍7, 34)."""

from uuid import UUID

from auction.kernel.actor import SYSTEM, Actor, Role
from auction.kernel.ids import OrganisationId, PersonId
from auction.people.conflicts.auxiliary import note_auxiliary_body
from auction.people.conflicts.queries import is_barred_person
from auction.people.organisation import Organisation, OrganisationKind
from auction.store.database import Database
from tests.builders import COURT, a_lot, a_person, uid
from tests.conftest import NOON
from tests.staff import employ

COMPANY = "91110000600037341L"
AGENCY = OrganisationId(uid(81))
CLERK = Actor(PersonId(uid(82)), frozenset({Role.AGENCY}), organisation_id=AGENCY)
ITSELF, OTHER_LOT = uid(83), uid(84)


async def is_barred(database: Database, person: UUID | None, lot: UUID) -> bool:
    async with database.reading() as session:
        return await is_barred_person(session, person or OTHER_LOT, court_id=COURT, lot_id=lot)


async def test_is_barred_from_that_lot_alone_with_everybody_who_acts_for_it(
    database: Database,
) -> None:
    lot = await a_lot(database)
    async with database.unit(SYSTEM) as work:
        work.add(
            Organisation(
                id=AGENCY, kind=OrganisationKind.AGENCY, name="某评估", credit_code=COMPANY,
                enrolled_at=NOON,
            )
        )  # fmt: skip
        await a_person(work, ITSELF, "某评估", COMPANY)
    await employ(database, CLERK)
    for person in (CLERK.person_id, ITSELF):
        assert not await is_barred(database, person, lot)
    for _ in range(2):
        async with database.unit(SYSTEM) as work:
            await note_auxiliary_body(work, lot, code=COMPANY)
    for person in (CLERK.person_id, ITSELF):
        assert await is_barred(database, person, lot)
        assert not await is_barred(database, person, OTHER_LOT)
