"""Codes for bidders whose deposit is held: issued in shuffled batches after a short random wait.

The worker carries each code in the box that its bidder alone can open, and never learns it.
"""

import secrets
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from auction.kernel.actor import SYSTEM
from auction.kernel.ids import RegistrationId
from auction.store.unit import Unit
from bidding.admission import hold_registration, qualify_registrations
from bidding.registration import Registration, RegistrationState
from workers.wiring import Context

BATCH: Final = 50
"""So many in one run; each who waits has a job of his own, so that nobody is left over."""
WAIT_SECONDS_MAX: Final = 2.0
"""Payments of one statement arrive together; this blurs those that do not."""


async def qualify_registration(_context: Context, work: Unit, *, registration_id: str) -> None:
    """After the deposit is held: have a code issued, at a time that does not tell whose it is."""
    registration = await hold_registration(work, UUID(registration_id))
    wait = timedelta(milliseconds=secrets.randbelow(int(WAIT_SECONDS_MAX * 1000)))
    work.enqueue("issue_codes", not_before=work.now + wait, listing_id=str(registration.listing_id))


async def issue_codes(context: Context, row_id: UUID, *, listing_id: str) -> None:
    """Issue codes to all who wait for one in this listing, in an order of chance."""
    boxes = {one: await _issue(context, one) for one in await _waiting(context, UUID(listing_id))}
    async with context.database.unit(SYSTEM) as work:
        await qualify_registrations(work, boxes=boxes)
        await work.finish_job(row_id)


async def _waiting(context: Context, listing_id: UUID) -> list[RegistrationId]:
    async with context.database.reading() as session:
        found = list(
            await session.scalars(
                select(Registration.id).where(
                    Registration.listing_id == listing_id,
                    Registration.state == RegistrationState.DEPOSIT_HELD,
                )
            )
        )
    secrets.SystemRandom().shuffle(found)
    return found[:BATCH]


async def _issue(context: Context, registration_id: RegistrationId) -> bytes:
    answer = await context.keys.ask("code.issue", registration_id=str(registration_id))
    return bytes.fromhex(answer["sealed_code"])
