"""Whoever's code two supervisors had opened before the close is told of it after the close."""

from typing import Final
from uuid import UUID

from auction.kernel.actor import SYSTEM
from auction.kernel.ids import PersonId
from bidding.enrolment_queries import registration_named
from bidding.openings.commands import tell_subject
from bidding.openings.queries import untold
from workers.wiring import Context

PERIOD_SECONDS: Final = 10.0


async def tell_subjects(context: Context) -> None:
    """Have the sealer say once more whose each opened code is, and tell that person."""
    async with context.database.reading() as session:
        waiting = await untold(session)
    for opening_id in waiting:
        told = await context.keys.ask("code.open_approved", opening_id=str(opening_id))
        await _tell(context, opening_id, UUID(told["registration_id"]))


async def _tell(context: Context, opening_id: UUID, registration_id: UUID) -> None:
    async with context.database.unit(SYSTEM) as work:
        registration = await registration_named(work.session, registration_id)
        await tell_subject(work, opening_id, person_id=PersonId(registration.person_id))
