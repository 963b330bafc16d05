"""A signer process's insides, answering within the test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from auction.kernel.settings import Settings
from auction.notices.notice import SignedPaper
from auction.store.keys import KeyHolder
from workers.signers import server


@asynccontextmanager
async def answering(settings: Settings) -> AsyncIterator[KeyHolder]:
    """The keepers of keys at the settings' socket, and one who asks them."""
    until = asyncio.Event()
    own = msgspec.structs.replace(settings, database_url=sealer_url(settings.database_url))
    task = asyncio.create_task(server.serve(own, until=until))
    while not settings.signer_socket.exists() and not task.done():  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    holder = KeyHolder(settings.signer_socket)
    try:
        yield holder
    finally:
        await holder.close()
        until.set()
        await task


def sealer_url(database_url: str) -> str:
    """The same database as the keepers' role has it; in tests both have one password."""
    return database_url.replace("luochui_app", "luochui_sealer")


def a_signed_paper(digest: str) -> SignedPaper:
    """What a worker notes about a paper, for tests that need no paper."""
    return SignedPaper(digest=digest, unsigned_digest="ab" * 32, certificate="cd" * 32)
