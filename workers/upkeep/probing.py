"""Probes of the live hall from outside its process, by a socket as a bidder's browser opens one.

A live process that hangs cannot say so itself. What is found is noted as a transition, if it is
one; while no session is live nothing is probed, and the record says that nobody measured.
"""

import asyncio
import logging
from datetime import timedelta

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException
from websockets.typing import Origin

from auction.kernel.actor import SYSTEM
from bidding.availability.commands import note_probe
from bidding.availability.queries import origins_to_probe
from bidding.availability.service import measure_of
from workers.wiring import Context

PERIOD_SECONDS = 5.0
"""As the rulebook's service.probe_every says."""

log = logging.getLogger(__name__)


async def probe_live(context: Context) -> None:
    """Probe every live origin, all at once, and note what was found."""
    async with context.database.reading() as session:
        origins = await origins_to_probe(session, context.clock.now())
    within = measure_of(await context.database.rulebook()).down_after
    asked = [probe(one, context.settings.web_origin, within=within) for one in origins]
    for origin, answer in zip(origins, await asyncio.gather(*asked), strict=True):
        async with context.database.unit(SYSTEM) as work:
            await note_probe(work, origin=origin, answer=answer)


async def probe(origin: str, web_origin: str, *, within: timedelta) -> timedelta | None:
    """Open a socket and time one ping of it; None when that took too long or failed."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(within.total_seconds()):
            async with connect(
                origin, origin=Origin(web_origin), compression=None, proxy=None, close_timeout=1
            ) as socket:
                began = loop.time()
                await (await socket.ping())
                return timedelta(seconds=loop.time() - began)
    except (TimeoutError, OSError, WebSocketException) as failure:
        log.warning("the hall at %s did not answer a probe: %s", origin, type(failure).__name__)
        return None
