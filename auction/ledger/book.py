"""The book: opening accounts, posting, holding, settling and voiding holds, balances."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from auction.kernel.ids import AccountId, CourtId, PostingId, TransferId
from auction.kernel.refusal import Refusal, invariant
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
    known = await find_account(work.session, kind, COURT_ITSELF, court_id)
    return known or await open_account(work, kind, COURT_ITSELF, court_id)


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
    return (await post_all(work, [posting]))[0]


async def post_all(work: Unit, postings: Sequence[Posting]) -> list[PostingId]:
    """Write many business events in their order, as `post` does each; what refuses one, all."""
    invariant(len({one.key for one in postings}) == len(postings), "an event is posted once")
    await work.session.flush()
    inserted = await _insert_postings(work, postings)
    fresh = [posting for posting in postings if posting.key in inserted]
    own = await _check_laws(work.session, fresh)
    rows = [
        _transfer_row(work, posting, inserted[posting.key], place)
        for posting in fresh
        for place in range(len(posting.transfers))
    ]
    if rows:  # one by one: each moves the balances that the next is checked against
        await work.session.execute(insert(TransferRow), rows)
    for posting in fresh:
        _record(work, posting, inserted[posting.key], own)
    return [
        inserted.get(posting.key) or await _first_posting(work.session, posting)
        for posting in postings
    ]


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


async def _insert_postings(work: Unit, postings: Sequence[Posting]) -> dict[str, PostingId]:
    """Take the keys, waiting for whoever is taking one at this moment; return those taken."""
    if not postings:
        return {}
    rows = [
        {
            "id": work.new_id(),
            "court_id": posting.court_id,
            "idempotency_key": posting.key,
            "payload_digest": posting.digest,
            "event": posting.event,
            "subject_ref": posting.subject_ref,
            "posted_at": work.now,
            "posted_by": work.actor.pseudonym,
        }
        for posting in postings
    ]
    taken = await work.session.execute(
        insert(PostingRow)
        .on_conflict_do_nothing(index_elements=["idempotency_key"])
        .returning(PostingRow.idempotency_key, PostingRow.id),
        rows,
    )
    return {key: PostingId(posting_id) for key, posting_id in taken}


async def _first_posting(session: AsyncSession, posting: Posting) -> PostingId:
    row = (
        await session.scalars(select(PostingRow).where(PostingRow.idempotency_key == posting.key))
    ).one()
    if row.payload_digest != posting.digest:
        raise Refusal("ledger.conflict", key=posting.key)
    return PostingId(row.id)


async def _check_laws(session: AsyncSession, postings: Sequence[Posting]) -> set[AccountId]:
    """Lock every account that postings touch and hold them against the laws, one after another.

    Returns the accounts that are not shared by a whole court.
    """
    touched = sorted({account for posting in postings for account in posting.accounts})
    if not touched:
        return set()
    await session.execute(select(func.ledger_lock(touched)))
    rows = await session.execute(
        select(Account.court_id, Account.kind, AccountBalance)
        .join(AccountBalance, AccountBalance.account_id == Account.id)
        .where(Account.id.in_(touched))
        .execution_options(populate_existing=True)
    )
    found = {AccountId(row.account_id): (court, kind, row) for court, kind, row in rows}
    for posting in postings:
        if {found[one][0] for one in posting.accounts if one in found} != {posting.court_id}:
            raise Refusal("ledger.cross_court", court=posting.court_id)
    wanted = [t.resolves for one in postings for t in one.transfers if t.resolves is not None]
    balances = {account: _as_balance(row) for account, (_, _, row) in found.items()}
    books = Books(balances, await _open_holds(session, wanted))
    for posting in postings:
        books = after_posting(books, posting)
    return {account for account, (_, kind, _) in found.items() if kind not in SHARED}


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


def _record(work: Unit, posting: Posting, posting_id: PostingId, own: set[AccountId]) -> None:
    """Journal the posting in the stream of the account that it is about."""
    touched = posting.accounts
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
