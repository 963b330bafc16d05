"""What is chosen once when a database is made: its rulebook, and that it is ours."""

from datetime import datetime

from sqlalchemy import CheckConstraint, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from auction.kernel.refusal import Refusal
from auction.law.rulebook import BY_NAME, Rulebook
from auction.store.base import Base
from auction.store.columns import Instant


class Platform(Base):
    """The one row that says which rulebook is in force on this database."""

    __tablename__ = "platform"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    rulebook: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(Instant)


async def rulebook_in_force(session: AsyncSession) -> Rulebook:
    """Return the rulebook chosen for this database; refuse when none was chosen."""
    name = (await session.execute(select(Platform.rulebook))).scalar_one_or_none()
    if name is None:
        raise Refusal("platform.not_set_up")
    return BY_NAME[name]
