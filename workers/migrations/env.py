"""Run migrations as the owner of the tables, one at a time, without waiting long for locks."""

import asyncio

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from workers.migrations.models import metadata

LOCK_KEY = 0x6C756F63  # "luoc": two upgrades at once wait for each other


def run(connection: Connection) -> None:
    """Upgrade on an open connection."""
    connection.execute(text("SET lock_timeout = '4s'"))
    connection.execute(text("SET statement_timeout = '5s'"))
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK_KEY})
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=metadata(),
        transaction_per_migration=True,
        compare_type=True,
    )
    try:
        with context.begin_transaction():
            context.run_migrations()
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": LOCK_KEY})
        connection.commit()


async def main() -> None:
    """Open a connection to the URL given and upgrade on it."""
    url = context.config.attributes["url"]
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(run)
    await engine.dispose()


asyncio.run(main())
