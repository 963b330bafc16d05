"""Codes for bidders whose deposit is held: issued in shuffled batches after a short random wait."""

import asyncio
import secrets
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from auction.kernel.actor import SYSTEM
from auction.kernel.ids import BidderCode, ListingId, RegistrationId
from auction.store.unit import Unit
from bidding.admission import (
    IssuedCode,
    add_codes,
    hold_registration,
    qualify_registrations,
)
from bidding.registration import PriorityState, Registration, RegistrationState
from workers.wiring import Context

WAIT_SECONDS_MAX: Final = 2.0
"""Payments of one statement arrive together; this blurs those that do not."""
PAUSE_MILLISECONDS_MAX: Final = 200


async def qualify_registration(_context: Context, work: Unit, *, registration_id: str) -> None:
    """After the deposit is held: have a code issued, at a time that does not tell whose it is."""
    registration = await hold_registration(work, UUID(registration_id))
    wait = timedelta(milliseconds=secrets.randbelow(int(WAIT_SECONDS_MAX * 1000)))
    work.enqueue("issue_codes", not_before=work.now + wait, listing_id=str(registration.listing_id))


async def issue_codes(context: Context, row_id: UUID, *, listing_id: str) -> None:
    """Issue codes to all who wait for one in this listing, in an order of chance."""
    issued = [await _issue(context, one) for one in await _waiting(context, UUID(listing_id))]
    async with context.database.unit(SYSTEM) as work:
        await add_codes(work, issued=issued)
    await asyncio.sleep(secrets.randbelow(PAUSE_MILLISECONDS_MAX) / 1000)
    async with context.database.unit(SYSTEM) as work:
        await qualify_registrations(work, issued=issued)
        await work.finish_job(row_id)


async def _waiting(context: Context, listing_id: UUID) -> list[Registration]:
    async with context.database.reading() as session:
        found = list(
            await session.scalars(
                select(Registration).where(
                    Registration.listing_id == listing_id,
                    Registration.state == RegistrationState.DEPOSIT_HELD,
                )
            )
        )
    secrets.SystemRandom().shuffle(found)
    return found


async def _issue(context: Context, registration: Registration) -> IssuedCode:
    answer = await context.keys.ask("code.issue", registration_id=str(registration.id))
    has_rank = registration.priority is PriorityState.CONFIRMED
    return IssuedCode(
        registration_id=RegistrationId(registration.id),
        listing_id=ListingId(registration.listing_id),
        code=BidderCode(answer["code"]),
        priority_rank=registration.priority_rank if has_rank else None,
        sealed_registration=bytes.fromhex(answer["sealed_registration"]),
        sealed_code=bytes.fromhex(answer["sealed_code"]),
    )
