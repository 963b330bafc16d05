"""The pulse of the worker: a row a process name, so that the operations page sees it stop."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from auction.store.base import Base
from auction.store.columns import Instant


class Pulse(Base):
    """When a process was last seen at work."""

    __tablename__ = "pulses"

    process: Mapped[str] = mapped_column(primary_key=True)
    started_at: Mapped[datetime] = mapped_column(Instant)
    beat_at: Mapped[datetime] = mapped_column(Instant)


async def beat(session: AsyncSession, process: str, *, started_at: datetime, now: datetime) -> None:
    """Say that a process is at work. The caller commits."""
    fresh = insert(Pulse).values(process=process, started_at=started_at, beat_at=now)
    await session.execute(
        fresh.on_conflict_do_update(
            index_elements=["process"],
            set_={"started_at": fresh.excluded.started_at, "beat_at": fresh.excluded.beat_at},
        )
    )


async def pulses(session: AsyncSession) -> list[Pulse]:
    """Every process that ever beat, by name."""
    return list((await session.scalars(select(Pulse).order_by(Pulse.process))).all())
