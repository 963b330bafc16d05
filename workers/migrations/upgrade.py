"""Bring a database to the newest schema, and choose its rulebook when it is new."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from auction.law.rulebook import Rulebook
from auction.store.personal.keyring import KeyringError, make_keyring

_ROOT = Path(__file__).resolve().parents[2]


def upgrade(owner_url: str, rulebook: Rulebook, *, subject_keys: Path, to: str = "head") -> None:
    """Run the migrations as the owner, then choose `rulebook` unless one was chosen before.

    `owner_url` is postgresql://; `subject_keys` is the file that personal data is sealed by,
    made when the database has nothing sealed yet. Raises KeyringError when it is missing
    although there is. Blocking; call it outside an event loop.
    """
    if not subject_keys.exists():
        asyncio.run(_refuse_sealed(_async(owner_url), subject_keys.name))
        make_keyring(subject_keys)
    url = _async(owner_url)
    config = Config(_ROOT / "alembic.ini")
    config.set_main_option("script_location", str(_ROOT / "workers" / "migrations"))
    config.attributes["url"] = url
    config.attributes["subject_keys"] = subject_keys
    command.upgrade(config, to)
    asyncio.run(_choose(url, rulebook.name))


def _async(url: str) -> str:
    return url.replace("postgresql://", "postgresql+asyncpg://", 1)


async def _refuse_sealed(url: str, file: str) -> None:
    """A lost file is never replaced by a new one: what was sealed would be lost for good."""
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        has_table = await connection.scalar(
            text("SELECT to_regclass('public.subject_keys') IS NOT NULL")
        )
        has_keys = has_table and await connection.scalar(
            text("SELECT EXISTS (SELECT FROM subject_keys)")
        )
    await engine.dispose()
    if has_keys:
        raise KeyringError(
            f"{file} is missing, and this database has personal data sealed by it. "
            "Put the file back from its safe copy."
        )


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
