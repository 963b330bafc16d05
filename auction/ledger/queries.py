"""The book and the bank's lines as pages show them."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.kernel.ids import CourtId
from auction.ledger.bankfile import FileLine
from auction.ledger.statement import StatementLine


async def new_lines(
    session: AsyncSession, court_id: CourtId, lines: Sequence[FileLine]
) -> Sequence[FileLine]:
    """The lines of a file that were never imported."""
    digests = [line.digest for line in lines]
    known = set(
        await session.scalars(
            select(StatementLine.digest).where(
                StatementLine.court_id == court_id, StatementLine.digest.in_(digests)
            )
        )
    )
    return [line for line in lines if line.digest not in known]
