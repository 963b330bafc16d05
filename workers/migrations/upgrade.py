"""Bring a database to the newest schema, and choose its rulebook when it is new."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from auction.law.rulebook import Rulebook

_ROOT = Path(__file__).resolve().parents[2]


def upgrade(owner_url: str, rulebook: Rulebook, *, to: str = "head") -> None:
    """Run the migrations as the owner, then choose `rulebook` unless one was chosen before.

    `owner_url` is postgresql://. Blocking; call it outside an event loop.
    """
    url = owner_url.replace("postgresql://", "postgresql+asyncpg://", 1)
    config = Config(_ROOT / "alembic.ini")
    config.set_main_option("script_location", str(_ROOT / "workers" / "migrations"))
    config.attributes["url"] = url
    command.upgrade(config, to)
    asyncio.run(_choose(url, rulebook.name))


async def _choose(url: str, rulebook: str) -> None:
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO platform (id, rulebook, made_at) VALUES (1, :book, now())"
                " ON CONFLICT DO NOTHING"
            ),
            {"book": rulebook},
        )
    await engine.dispose()
