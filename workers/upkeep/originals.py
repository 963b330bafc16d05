"""Originals handed in before sealing began are sealed; what lay open becomes an orphan."""

import logging

from auction.kernel.actor import SYSTEM
from auction.kernel.refusal import Refusal
from auction.kernel.sealed_file import seal_file
from auction.lots.photographs import Unsealed, record_sealing, unsealed
from workers.wiring import Context

PERIOD_SECONDS = 60.0
BATCH = 20

_log = logging.getLogger(__name__)


async def seal_originals(context: Context) -> None:
    """Seal the next originals that lie open; the sweep takes the open ones a day later."""
    async with context.database.reading() as session:
        found = await unsealed(session, most=BATCH)
    if not found:
        return
    public = bytes.fromhex((await context.keys.ask("original.public"))["public_key"])
    for one in found:
        await _seal(context, one, public)


async def _seal(context: Context, one: Unsealed, public: bytes) -> None:
    try:
        content = await context.files.get(one.original_digest)
    except Refusal as gone:
        _log.error("the original %s cannot be sealed: %s", one.original_digest, gone.code)
        return
    sealed = await context.files.put(seal_file(public, content))
    async with context.database.unit(SYSTEM) as work:
        await record_sealing(work, one.photograph_id, sealed_digest=sealed)
