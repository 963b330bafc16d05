"""Once a day: are the books even, do they agree with the bank, and do the journal's chains hold?"""

import logging

from sqlalchemy import select

from auction.ledger.tables import Account
from auction.ledger.trial import reconcile, trial_balance
from auction.store.journal import verify
from workers.wiring import Context

log = logging.getLogger(__name__)

PERIOD_SECONDS = 24 * 3600.0


async def check_books(context: Context) -> None:
    """Add everything up anew, and say aloud what does not hold."""
    for complaint in await complaints(context):
        log.error("the books do not hold: %s", complaint)


async def complaints(context: Context) -> list[str]:
    """Every way in which books, bank and journal disagree; none is the only good number."""
    found: list[str] = []
    async with context.database.reading() as session:
        courts = await session.scalars(select(Account.court_id).distinct())
        for court_id in courts.all():
            trial = await trial_balance(session, court_id)
            if not trial.is_sound:
                found.append(f"{court_id}: the trial balance is off by {trial.difference} fen")
            difference = (await reconcile(session, court_id)).difference
            if difference:
                found.append(f"{court_id}: book and bank differ by {difference} fen")
        verification = await verify(session)
    found += [f"{fault.stream} #{fault.seq}: {fault.sentence}" for fault in verification.faults]
    return found
