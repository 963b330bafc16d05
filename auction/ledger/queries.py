"""The book and the bank's lines as pages show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from auction.kernel.ids import CourtId
from auction.kernel.money import Money
from auction.kernel.refusal import Refusal
from auction.ledger.bankfile import FileLine
from auction.ledger.chart import COURT_ITSELF, SHARED, AccountKind, account_name
from auction.ledger.export import BookText, Closing, Event, Move
from auction.ledger.orders import OrderState, PaymentOrder
from auction.ledger.statement import LINE_DIGEST, Allocation, LineState, Statement, StatementLine
from auction.ledger.tables import Account, PostingRow, TransferRow
from auction.ledger.transfer import TransferKind
from auction.ledger.trial import reconcile
from auction.store.personal.subject_key import keyring_of


async def new_lines(
    session: AsyncSession, court_id: CourtId, lines: Sequence[FileLine]
) -> Sequence[FileLine]:
    """The lines of a file that were never imported."""
    keyring = keyring_of(session)
    digests = {line: keyring.digest(LINE_DIGEST, line.digest) for line in lines}
    known = set(
        await session.scalars(
            select(StatementLine.digest).where(
                StatementLine.court_id == court_id, StatementLine.digest.in_(digests.values())
            )
        )
    )
    return [line for line in lines if digests[line] not in known]


async def last_line(session: AsyncSession, court_id: CourtId) -> tuple[int, Money | None]:
    """Where a court's lines end: the last one's place and balance; nothing was ever imported: 0."""
    row = (
        await session.execute(
            select(StatementLine.position, StatementLine.balance)
            .where(StatementLine.court_id == court_id)
            .order_by(StatementLine.position.desc())
            .limit(1)
        )
    ).one_or_none()
    return (row.position, row.balance) if row else (0, None)


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


MOVING = (TransferKind.SETTLED, TransferKind.SETTLE)
FLOW_ROUNDS_MAX = 6


@dataclass(frozen=True, slots=True)
class Counters:
    """What waits for finance staff today."""

    unidentified: int
    unbooked: int
    to_send: int
    in_transit: int
    overdue: int
    """Orders whose day has passed: 网拍23 gives a deposit 24 hours."""


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account as a link."""

    id: UUID
    court_id: str
    kind: AccountKind
    owner_ref: str


@dataclass(frozen=True, slots=True)
class TransferView:
    """One transfer with where it belongs."""

    posting_id: UUID
    posted_at: datetime
    event: str
    subject_ref: str
    debit: AccountView
    credit: AccountView
    amount: Money
    kind: TransferKind


async def counters(session: AsyncSession, court_id: str, now: datetime) -> Counters:
    """Count what waits."""
    lines = await session.execute(
        select(StatementLine.state, func.count())
        .where(StatementLine.court_id == court_id)
        .group_by(StatementLine.state)
    )
    by_line = {state: int(number) for state, number in lines}
    orders = await session.execute(
        select(PaymentOrder.state, func.count())
        .where(PaymentOrder.court_id == court_id)
        .group_by(PaymentOrder.state)
    )
    by_order = {state: int(number) for state, number in orders}
    return Counters(
        unidentified=by_line.get(LineState.UNIDENTIFIED, 0),
        unbooked=by_line.get(LineState.NEW, 0) + by_line.get(LineState.CLAIMED, 0),
        to_send=by_order.get(OrderState.ORDERED, 0),
        in_transit=by_order.get(OrderState.SENT, 0),
        overdue=await _overdue(session, court_id, now),
    )


async def _overdue(session: AsyncSession, court_id: str, now: datetime) -> int:
    found = await session.scalar(
        select(func.count(PaymentOrder.id)).where(
            PaymentOrder.court_id == court_id,
            PaymentOrder.state.in_((OrderState.ORDERED, OrderState.SENT)),
            PaymentOrder.due_at < now,
        )
    )
    return int(found or 0)


async def lines_of_court(
    session: AsyncSession, court_id: str, state: LineState | None = None, *, most: int = 500
) -> Sequence[StatementLine]:
    """The bank's lines, newest first."""
    wanted = select(StatementLine).where(StatementLine.court_id == court_id)
    if state is not None:
        wanted = wanted.where(StatementLine.state == state)
    rows = await session.scalars(wanted.order_by(StatementLine.position.desc()).limit(most))
    return rows.all()


async def statement_of(session: AsyncSession, line: StatementLine) -> Statement:
    """The file that a line came in."""
    return await session.get_one(Statement, line.statement_id)


async def postings_of_line(session: AsyncSession, line: StatementLine) -> Sequence[PostingRow]:
    """What a line explains, then what was done with it while it lay unidentified."""
    rows = await session.scalars(
        select(PostingRow)
        .outerjoin(Allocation, Allocation.posting_id == PostingRow.id)
        .outerjoin(TransferRow, TransferRow.posting_id == PostingRow.id)
        .outerjoin(Account, Account.id == TransferRow.debit_account_id)
        .where(or_(Allocation.line_id == line.id, Account.owner_ref == f"line:{line.id}"))
        .distinct()
        .order_by(PostingRow.posted_at, PostingRow.id)
    )
    return rows.all()


async def lines_of_posting(session: AsyncSession, posting_id: UUID) -> Sequence[StatementLine]:
    """The bank's lines that explain a posting."""
    rows = await session.scalars(
        select(StatementLine)
        .join(Allocation, Allocation.line_id == StatementLine.id)
        .where(Allocation.posting_id == posting_id)
        .order_by(StatementLine.position)
    )
    return rows.all()


async def orders_of_court(session: AsyncSession, court_id: str) -> Sequence[PaymentOrder]:
    """Payment orders, newest first."""
    rows = await session.scalars(
        select(PaymentOrder)
        .where(PaymentOrder.court_id == court_id)
        .order_by(PaymentOrder.ordered_at.desc(), PaymentOrder.order_number)
    )
    return rows.all()


async def account_of(session: AsyncSession, account_id: UUID) -> AccountView:
    """One account, or refuse with `not_found`."""
    row = await session.get(Account, account_id)
    if row is None:
        raise Refusal("not_found", what="accounts", id=str(account_id))
    return _account_view(row)


async def transfers_of_account(session: AsyncSession, account_id: UUID) -> Sequence[TransferView]:
    """Everything that moved through an account, in order."""
    touching = or_(
        TransferRow.debit_account_id == account_id, TransferRow.credit_account_id == account_id
    )
    return await _transfers(session, await _ids(session, select(TransferRow.id).where(touching)))


async def transfers_of_posting(session: AsyncSession, posting_id: UUID) -> Sequence[TransferView]:
    """The transfers of one posting, in order."""
    chosen = select(TransferRow.id).where(TransferRow.posting_id == posting_id)
    return await _transfers(session, await _ids(session, chosen))


async def flow_of(session: AsyncSession, account_id: UUID) -> Sequence[TransferView]:
    """Every move of the money that ever passed an account, from the bank and back to it.

    Follows postings from account to account; shared accounts are crossed, never followed,
    or else all money of the court would be one flow.
    """
    followed, found = {account_id}, set[UUID]()
    for _ in range(FLOW_ROUNDS_MAX):
        postings = await _ids(
            session,
            select(TransferRow.posting_id).where(
                TransferRow.kind.in_(MOVING),
                or_(
                    TransferRow.debit_account_id.in_(followed),
                    TransferRow.credit_account_id.in_(followed),
                ),
            ),
        )
        moves = select(TransferRow).where(
            TransferRow.posting_id.in_(postings), TransferRow.kind.in_(MOVING)
        )
        rows = (await session.scalars(moves)).all()
        found |= {row.id for row in rows}
        touched = {a for row in rows for a in (row.debit_account_id, row.credit_account_id)}
        own = select(Account.id).where(Account.id.in_(touched), Account.kind.not_in(SHARED))
        reached = followed | await _ids(session, own)
        if reached == followed:
            break
        followed = reached
    return await _transfers(session, found)


async def _ids(session: AsyncSession, wanted: Select[UUID]) -> set[UUID]:
    return set(await session.scalars(wanted))


async def _transfers(session: AsyncSession, ids: set[UUID]) -> Sequence[TransferView]:
    debit, credit = aliased(Account), aliased(Account)
    rows = await session.execute(
        select(TransferRow, PostingRow, debit, credit)
        .join(PostingRow, PostingRow.id == TransferRow.posting_id)
        .join(debit, debit.id == TransferRow.debit_account_id)
        .join(credit, credit.id == TransferRow.credit_account_id)
        .where(TransferRow.id.in_(ids))
        .order_by(PostingRow.posted_at, PostingRow.id, TransferRow.position)
    )
    return [
        TransferView(
            posting.id,
            posting.posted_at,
            posting.event,
            posting.subject_ref,
            _account_view(debited),
            _account_view(credited),
            row.amount,
            row.kind,
        )
        for row, posting, debited, credited in rows
    ]


def _account_view(row: Account) -> AccountView:
    return AccountView(row.id, row.court_id, row.kind, row.owner_ref)
