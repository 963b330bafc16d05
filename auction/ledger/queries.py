"""The book and the bank's lines as pages show them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.kernel.ids import CourtId
from auction.ledger.bankfile import FileLine
from auction.ledger.chart import COURT_ITSELF, AccountKind, account_name
from auction.ledger.export import BookText, Closing, Event, Move
from auction.ledger.statement import StatementLine
from auction.ledger.tables import Account, PostingRow, TransferRow
from auction.ledger.trial import reconcile


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


async def book_text(session: AsyncSession, court_id: str | None = None) -> BookText:
    """Read the whole book of a court, or of all courts, for the exports."""
    accounts = await _account_names(session, court_id)
    moves: dict[UUID, list[Move]] = {}
    for row in await session.scalars(
        select(TransferRow).order_by(TransferRow.posting_id, TransferRow.position)
    ):
        if row.debit_account_id in accounts:
            names = accounts[row.debit_account_id], accounts[row.credit_account_id]
            moves.setdefault(row.posting_id, []).append(Move(*names, row.amount.fen, row.kind))
    postings = await session.scalars(
        select(PostingRow).order_by(PostingRow.posted_at, PostingRow.id)
    )
    events = [
        Event(str(row.id), row.posted_at, row.event, row.subject_ref, moves[row.id])
        for row in postings
        if row.id in moves
    ]
    return BookText(list(accounts.values()), events, await _closings(session, court_id))


async def _account_names(session: AsyncSession, court_id: str | None) -> dict[UUID, str]:
    wanted = select(Account)
    if court_id is not None:
        wanted = wanted.where(Account.court_id == court_id)
    return {
        row.id: account_name(row.kind, row.owner_ref, row.court_id)
        for row in await session.scalars(wanted)
    }


async def _closings(session: AsyncSession, court_id: str | None) -> Sequence[Closing]:
    """The bank's closing balance of each court whose lines are all booked."""
    courts = await session.scalars(select(StatementLine.court_id).distinct())
    closings: list[Closing] = []
    for court in courts.all():
        if court_id not in (None, court):
            continue
        found = await reconcile(session, court)
        if not found.unbooked_in_fen and not found.unbooked_out_fen:
            bank = account_name(AccountKind.TRUST_BANK, COURT_ITSELF, court)
            closings.append(Closing(bank, found.bank_fen))
    return closings
