"""What a sale does when its time has come: terms missed, titles passed by a signature elsewhere."""

from auction.kernel.actor import SYSTEM
from auction.settlement.commands import miss_term, serve_ruling
from auction.settlement.queries import overdue, signed_for
from workers.wiring import Context


async def note_missed_terms(context: Context) -> None:
    """Make overdue every sale whose announced term passed without the whole balance (网拍25)."""
    async with context.database.reading() as session:
        due = await overdue(session, context.clock.now())
    for sale_id in due:
        async with context.database.unit(SYSTEM) as work:
            await miss_term(work, sale_id)


async def pass_signed_titles(context: Context) -> None:
    """Note title as passed where the buyer signed for the ruling but not on the sale's page."""
    async with context.database.reading() as session:
        signed = await signed_for(session)
    for sale_id in signed:
        async with context.database.unit(SYSTEM) as work:
            await serve_ruling(work, sale_id)
