"""Bench line of the search: two Chinese characters among very many lots."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from auction.kernel.settings import Settings
from auction.listings.catalogue import CARDS_MAX, Sought, cards
from auction.store.database import Database
from workers.bench.crowd import WORDS, fill
from workers.bench.figure import Figure, p95
from workers.bench.resting import a_stack, a_state

LOTS = 200_000
ROUNDS = 12
_SCAN = text(
    "SELECT id, title FROM listings WHERE published_at IS NOT NULL AND title LIKE :like"
    " ORDER BY opens_at, id LIMIT :most"
)
"""The same question asked of the titles themselves: each of them is read."""

Ask = Callable[[AsyncSession, str], Awaitable[int]]


def search_milliseconds(lots: int = LOTS, rounds: int = ROUNDS) -> Figure:
    """The 95th percentile of the lots list's own query; beside it a sequential scan's."""
    with a_state() as state, a_stack(state, frozenset()) as settings:
        return asyncio.run(_measure(settings, lots, rounds))


async def _measure(settings: Settings, lots: int, rounds: int) -> Figure:
    await fill(settings.migration_database_url, lots)
    database = Database(settings)
    try:
        found = await _ask(database, _by_grams, rounds)
        scanned = await _ask(database, _by_scan, max(2, rounds // 4))
    finally:
        await database.close()
    return Figure(p95(found), baseline=p95(scanned))


async def _ask(database: Database, ask: Ask, rounds: int) -> list[float]:
    """Seconds of every question after a first round that warms up."""
    taken: list[float] = []
    for _ in range(rounds + 1):
        for word in WORDS:
            async with database.reading() as session:
                began = time.perf_counter()
                if not await ask(session, word):
                    raise LookupError(f"nothing was found for {word}")
                taken.append(time.perf_counter() - began)
    return taken[len(WORDS) :]


async def _by_grams(session: AsyncSession, word: str) -> int:
    return len(await cards(session, Sought(words=word)))


async def _by_scan(session: AsyncSession, word: str) -> int:
    for way in ("indexscan", "bitmapscan", "indexonlyscan"):
        await session.execute(text(f"SET LOCAL enable_{way} = off"))
    rows = await session.execute(_SCAN, {"like": f"%{word}%", "most": CARDS_MAX})
    return len(rows.all())
