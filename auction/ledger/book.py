"""The book: opening accounts, posting, holding, settling and voiding holds, balances."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from auction.kernel.ids import AccountId, CourtId, PostingId, TransferId
from auction.kernel.refusal import Refusal
from auction.ledger.chart import COURT_ITSELF, NORMAL_SIDE, SHARED, AccountKind
from auction.ledger.tables import Account, AccountBalance, PostingRow, TransferRow
from auction.ledger.transfer import (
    Balance,
    Books,
    Posting,
    Transfer,
    TransferKind,
    after_posting,
)
from auction.store.unit import Unit


async def open_account(
    work: Unit, kind: AccountKind, owner_ref: str, court_id: CourtId
) -> AccountId:
    """Return the account of that kind and owner at that court, opening it if need be."""
    await work.session.execute(
        insert(Account)
        .values(
            id=work.new_id(),
            court_id=court_id,
            kind=kind,
            normal_side=NORMAL_SIDE[kind],
            owner_ref=owner_ref,
            opened_at=work.now,
        )
        .on_conflict_do_nothing(index_elements=["court_id", "kind", "owner_ref"])
    )
    found = await work.session.scalars(_account_id(kind, owner_ref, court_id))
    return AccountId(found.one())


async def court_account(work: Unit, kind: AccountKind, court_id: CourtId) -> AccountId:
    """Return the court's one account of a shared kind: its bank, or money in transit."""
    return await open_account(work, kind, COURT_ITSELF, court_id)


async def find_account(
    session: AsyncSession, kind: AccountKind, owner_ref: str, court_id: CourtId
) -> AccountId | None:
    """Return an account's id, or None when it was never opened."""
    found = await session.scalar(_account_id(kind, owner_ref, court_id))
    return None if found is None else AccountId(found)


def _account_id(kind: AccountKind, owner_ref: str, court_id: CourtId) -> Select[UUID]:
    return select(Account.id).where(
        Account.kind == kind, Account.owner_ref == owner_ref, Account.court_id == court_id
    )


async def balance(session: AsyncSession, account_id: AccountId) -> Balance:
    """Return what an account has seen, its posted and its available amount."""
    row = await session.get_one(AccountBalance, account_id, populate_existing=True)
    return _as_balance(row)


async def post(work: Unit, posting: Posting) -> PostingId:
    """Write one business event into the book; the same event again returns its first posting.

    Refuses with `ledger.conflict` when the key stands for something else, with
    `ledger.overdrawn` and `ledger.hold_resolved` when a law would be broken. The database
    enforces the same laws for whoever writes past this function.
    """
    await work.session.flush()
    inserted = await _insert_posting(work, posting)
    if inserted is None:
        return await _first_posting(work.session, posting)
    await _check_laws(work.session, posting)
    rows = [_transfer_row(work, posting, inserted, n) for n in range(len(posting.transfers))]
    for row in rows:  # one by one: each moves the balances that the next is checked against
        await work.session.execute(insert(TransferRow).values(**row))
    await _record(work, posting, inserted)
    return inserted


async def hold(work: Unit, posting: Posting) -> TransferId:
    """Post one pending transfer and return it, to be settled or voided once."""
    posting_id = await post(work, posting)
    found = await work.session.scalar(
        select(TransferRow.id).where(
            TransferRow.posting_id == posting_id, TransferRow.kind == TransferKind.PENDING
        )
    )
    if found is None:
        raise Refusal("ledger.no_hold", posting=str(posting_id))
    return TransferId(found)


async def resolution(session: AsyncSession, hold_id: TransferId, kind: TransferKind) -> Transfer:
    """Return the transfer that would settle or void a hold, to be part of a posting."""
    row = await session.get(TransferRow, hold_id)
    if row is None or row.kind is not TransferKind.PENDING:
        raise Refusal("not_found", what="transfers", id=str(hold_id))
    return Transfer(
        AccountId(row.debit_account_id),
        AccountId(row.credit_account_id),
        row.amount,
        kind,
        resolves=hold_id,
    )


async def settle_hold(
    work: Unit, hold_id: TransferId, *, event: str, subject_ref: str
) -> PostingId:
    """Move the money that a hold set aside."""
    return await _resolve(work, hold_id, TransferKind.SETTLE, (event, subject_ref))


async def void_hold(work: Unit, hold_id: TransferId, *, event: str, subject_ref: str) -> PostingId:
    """Give back the money that a hold set aside."""
    return await _resolve(work, hold_id, TransferKind.VOID, (event, subject_ref))


async def _resolve(
    work: Unit, hold_id: TransferId, kind: TransferKind, what: tuple[str, str]
) -> PostingId:
    transfer = await resolution(work.session, hold_id, kind)
    court_id = await work.session.scalar(
        select(TransferRow.court_id).where(TransferRow.id == hold_id)
    )
    event, subject_ref = what
    posting = Posting(
        key=f"{kind}:{hold_id}",
        event=event,
        court_id=CourtId(court_id or ""),
        subject_ref=subject_ref,
        transfers=(transfer,),
    )
    return await post(work, posting)


async def _insert_posting(work: Unit, posting: Posting) -> PostingId | None:
    """Take the key, waiting for whoever is taking it at this moment."""
    posting_id = await work.session.scalar(
        insert(PostingRow)
        .values(
            id=work.new_id(),
            court_id=posting.court_id,
            idempotency_key=posting.key,
            payload_digest=posting.digest,
            event=posting.event,
            subject_ref=posting.subject_ref,
            posted_at=work.now,
            posted_by=work.actor.pseudonym,
        )
        .on_conflict_do_nothing(index_elements=["idempotency_key"])
        .returning(PostingRow.id)
    )
    return None if posting_id is None else PostingId(posting_id)


async def _first_posting(session: AsyncSession, posting: Posting) -> PostingId:
    row = (
        await session.scalars(select(PostingRow).where(PostingRow.idempotency_key == posting.key))
    ).one()
    if row.payload_digest != posting.digest:
        raise Refusal("ledger.conflict", key=posting.key)
    return PostingId(row.id)


async def _check_laws(session: AsyncSession, posting: Posting) -> None:
    touched = sorted({a for t in posting.transfers for a in (t.debit, t.credit)})
    await session.execute(select(func.ledger_lock(touched)))
    await _check_court(session, posting.court_id, touched)
    rows = await session.scalars(
        select(AccountBalance)
        .where(AccountBalance.account_id.in_(touched))
        .execution_options(populate_existing=True)
    )
    balances = {AccountId(row.account_id): _as_balance(row) for row in rows}
    wanted = [t.resolves for t in posting.transfers if t.resolves is not None]
    after_posting(Books(balances, await _open_holds(session, wanted)), posting)


async def _check_court(
    session: AsyncSession, court_id: CourtId, touched: Iterable[AccountId]
) -> None:
    courts = await session.scalars(select(Account.court_id).where(Account.id.in_(list(touched))))
    if set(courts) != {court_id}:
        raise Refusal("ledger.cross_court", court=court_id)


async def _open_holds(session: AsyncSession, ids: list[TransferId]) -> dict[TransferId, Transfer]:
    if not ids:
        return {}
    resolving = aliased(TransferRow)
    rows = await session.scalars(
        select(TransferRow)
        .outerjoin(resolving, resolving.resolves == TransferRow.id)
        .where(
            TransferRow.id.in_(ids),
            TransferRow.kind == TransferKind.PENDING,
            resolving.id.is_(None),
        )
    )
    return {
        TransferId(row.id): Transfer(
            AccountId(row.debit_account_id),
            AccountId(row.credit_account_id),
            row.amount,
            TransferKind.PENDING,
            id=TransferId(row.id),
        )
        for row in rows
    }


def _transfer_row(
    work: Unit, posting: Posting, posting_id: PostingId, position: int
) -> dict[str, object]:
    transfer = posting.transfers[position]
    return {
        "id": transfer.id or work.new_id(),
        "posting_id": posting_id,
        "court_id": posting.court_id,
        "position": position,
        "debit_account_id": transfer.debit,
        "credit_account_id": transfer.credit,
        "amount": transfer.amount,
        "kind": transfer.kind,
        "resolves": transfer.resolves,
    }


async def _record(work: Unit, posting: Posting, posting_id: PostingId) -> None:
    """Journal the posting in the stream of the account that it is about."""
    touched = [account for t in posting.transfers for account in (t.debit, t.credit)]
    own = set(
        await work.session.scalars(
            select(Account.id).where(Account.id.in_(touched), Account.kind.not_in(SHARED))
        )
    )
    stream: UUID = next((account for account in touched if account in own), touched[0])
    work.record(
        "posting.made",
        stream=f"account:{stream}",
        posting=str(posting_id),
        event=posting.event,
        subject=posting.subject_ref,
        digest=posting.digest,
        amounts_fen=[transfer.amount.fen for transfer in posting.transfers],
    )


def _as_balance(row: AccountBalance) -> Balance:
    return Balance(
        row.normal_side,
        row.debits_posted,
        row.credits_posted,
        row.debits_pending,
        row.credits_pending,
    )
