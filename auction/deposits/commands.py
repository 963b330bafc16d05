"""What is done with deposits: opened, received, applied, released, forfeited."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from auction.deposits import policy
from auction.deposits.deposit import Deposit, DepositState, DepositTrigger, is_same_name
from auction.deposits.queries import is_waived
from auction.kernel.ids import AccountId, CourtId
from auction.kernel.money import ZERO, Money
from auction.kernel.refusal import Refusal
from auction.ledger.book import open_account, post
from auction.ledger.chart import AccountKind
from auction.ledger.orders import (
    OrderKind,
    Payment,
    confirm_payment,
    fail_payment,
    find_order,
    order_payments,
)
from auction.ledger.statement import BankLine, post_line
from auction.ledger.transfer import Posting, Transfer
from auction.ledger.virtual import Expected, open_virtual_account
from auction.people.queries import person
from auction.store.unit import Unit

RELEASE_WITHIN = "auction.deposit_refund"


async def open_deposit(
    work: Unit,
    *,
    registration_id: UUID,
    listing_id: UUID,
    court_id: CourtId,
    person_id: UUID,
    amount: Money,
) -> Deposit:
    """Await the deposit of a registration at a virtual account of its own (网拍17).

    Opening it again returns the one that is there.
    """
    work.require(policy.OPEN, court_id)
    found = await work.session.scalar(
        select(Deposit).where(Deposit.registration_id == registration_id)
    )
    if found is not None:
        return found
    deposit_id = work.new_id()
    number = await open_virtual_account(
        work, expected=Expected.DEPOSIT, owner_id=deposit_id, court_id=court_id
    )
    await work.session.flush()
    account_id = await open_account(work, AccountKind.DEPOSIT, f"virtual:{number}", court_id)
    deposit = Deposit(
        id=deposit_id,
        subject_key=await work.subject_key(person_id),
        registration_id=registration_id,
        listing_id=listing_id,
        court_id=court_id,
        person_id=person_id,
        amount=amount,
        virtual_account=number,
        account_id=account_id,
        state=DepositState.AWAITED,
        opened_at=work.now,
        paid_by_name="",
        paid_by_account="",
        received_at=None,
        release_due_at=None,
        order_number="",
        ended_at=None,
    )
    work.add(deposit)
    _record(work, deposit, "deposit.opened")
    return deposit


async def receive_deposit(work: Unit, *, deposit_id: UUID, line: BankLine) -> Deposit:
    """Hold what a statement line paid in, when its payer is the bidder himself.

    Refuses with `deposit.other_payer` (网拍17), `deposit.other_amount`, or
    `state.not_allowed` when it came twice or too late. Then the bidder can be qualified.
    """
    deposit = await work.lock(Deposit, deposit_id)
    work.require(policy.RECEIVE, deposit.court_id)
    bidder = await person(work.session, deposit.person_id)
    if not is_same_name(line.counterparty_name, bidder.name):
        raise Refusal("deposit.other_payer", virtual_account=deposit.virtual_account)
    if not line.counterparty_account:
        raise Refusal("line.no_payer_account")  # it could never go back (原路退回)
    if line.amount != deposit.amount:
        raise Refusal("deposit.other_amount", due=deposit.amount, paid=line.amount)
    deposit.take(DepositTrigger.RECEIVE)
    deposit.paid_by_name = line.counterparty_name
    deposit.paid_by_account = line.counterparty_account
    deposit.received_at = work.now
    await post_line(
        work,
        line,
        _posting(
            deposit,
            key=f"deposit.received:{deposit.id}",
            event="deposit.received",
            transfer=Transfer(line.money, AccountId(deposit.account_id), deposit.amount),
        ),
    )
    _record(work, deposit, "deposit.received")
    work.enqueue("qualify_registration", registration_id=str(deposit.registration_id))
    return deposit


async def apply_deposit(work: Unit, *, registration_id: UUID, sale_account: AccountId) -> Money:
    """Count the winner's deposit towards the price (网拍23); return how much it was.

    That is nothing for an applicant who bid without one (网拍17(2)).
    """
    work.require(policy.APPLY)
    deposit = await _find_locked(work, registration_id)
    if deposit is None and await is_waived(work.session, registration_id):
        return ZERO
    if deposit is None:
        raise Refusal("not_found", what="deposits", id=str(registration_id))
    deposit.take(DepositTrigger.APPLY)
    deposit.ended_at = work.now
    await post(
        work,
        _posting(
            deposit,
            key=f"deposit.applied:{deposit.id}",
            event="deposit.applied",
            transfer=Transfer(AccountId(deposit.account_id), sale_account, deposit.amount),
        ),
    )
    _record(work, deposit, "deposit.applied")
    return deposit.amount


async def release_deposits(
    work: Unit,
    *,
    listing_id: UUID,
    except_registration: UUID | None = None,
    ended_at: datetime | None = None,
) -> int:
    """Order every other deposit of a listing back to its payer (网拍23); return how many.

    Deposits that were never paid lapse, so that late money goes back as well.
    """
    ended = {listing_id: ended_at or work.now}
    return await release_all(work, ended=ended, except_registration=except_registration)


async def release_all(
    work: Unit, *, ended: Mapping[UUID, datetime], except_registration: UUID | None = None
) -> int:
    """The same for many listings, each with the instant at which it ended."""
    rows = await work.session.scalars(
        select(Deposit)
        .where(Deposit.listing_id.in_(ended))
        .order_by(Deposit.id)
        .with_for_update(of=Deposit)
        .execution_options(populate_existing=True)
    )
    held = []
    for deposit in rows.all():
        work.require(policy.RELEASE, deposit.court_id)
        if deposit.registration_id == except_registration:
            continue
        if deposit.state is DepositState.AWAITED:
            _lapse(work, deposit)
        elif deposit.state is DepositState.HELD:
            held.append(deposit)
    await _order_releases(work, {one: ended[one.listing_id] for one in held})
    return len(held)


async def release_deposit(work: Unit, *, registration_id: UUID) -> Deposit:
    """Order one deposit back: its registration was refused or withdrawn."""
    deposit = await _lock_of(work, registration_id)
    work.require(policy.RELEASE, deposit.court_id)
    if deposit.state is DepositState.AWAITED:
        _lapse(work, deposit)
    else:
        await _order_release(work, deposit, work.now)
    return deposit


async def withdraw_deposit(work: Unit, *, registration_id: UUID) -> Deposit | None:
    """The bidder steps back before he may bid: nothing more is awaited, what came goes back."""
    work.require(policy.WITHDRAW)
    found = await work.session.scalar(
        select(Deposit).where(Deposit.registration_id == registration_id)
    )
    if found is None:
        return None
    deposit = await work.lock(Deposit, found.id)
    if work.actor.person_id not in (None, deposit.person_id):
        raise Refusal("forbidden", action=policy.WITHDRAW.action)
    if deposit.state is DepositState.AWAITED:
        _lapse(work, deposit)
    else:
        await _order_release(work, deposit, work.now)
    return deposit


async def confirm_release(work: Unit, *, order_number: str, line: BankLine) -> Deposit:
    """The bank's statement shows that a deposit went back."""
    deposit = await _lock_ordered(work, order_number)
    work.require(policy.CONFIRM_RELEASE, deposit.court_id)
    deposit.take(DepositTrigger.CONFIRM_RELEASE)
    deposit.ended_at = work.now
    await confirm_payment(work, order_number=order_number, line=line)
    _record(work, deposit, "deposit.released")
    return deposit


async def fail_release(work: Unit, *, order_number: str) -> Deposit:
    """The bank could not send a deposit back: it is held again, and ordered back anew."""
    deposit = await _lock_ordered(work, order_number)
    work.require(policy.FAIL_RELEASE, deposit.court_id)
    deposit.take(DepositTrigger.FAIL_RELEASE)
    deposit.order_number = ""
    await fail_payment(work, order_number=order_number)
    _record(work, deposit, "deposit.release_failed")
    return deposit


async def forfeit_deposit(
    work: Unit, *, registration_id: UUID, source: AccountId, forfeited: AccountId
) -> Money:
    """Keep a defaulter's deposit (网拍24): from where it now stands to the forfeited account.

    Of an applicant who bid without one there is nothing to keep (网拍17(2)).
    """
    work.require(policy.FORFEIT, work.actor.court_id)
    if await is_waived(work.session, registration_id):
        return ZERO
    deposit = await _lock_of(work, registration_id)
    work.require(policy.FORFEIT, deposit.court_id)
    deposit.take(DepositTrigger.FORFEIT)
    deposit.ended_at = work.now
    await post(
        work,
        _posting(
            deposit,
            key=f"deposit.forfeited:{deposit.id}",
            event="deposit.forfeited",
            transfer=Transfer(source, forfeited, deposit.amount),
        ),
    )
    _record(work, deposit, "deposit.forfeited")
    return deposit.amount


def _lapse(work: Unit, deposit: Deposit) -> None:
    deposit.take(DepositTrigger.LAPSE)
    deposit.ended_at = work.now
    _record(work, deposit, "deposit.lapsed")


async def _order_release(work: Unit, deposit: Deposit, since: datetime) -> None:
    await _order_releases(work, {deposit: since})


async def _order_releases(work: Unit, since: Mapping[Deposit, datetime]) -> None:
    """Order deposits back, each due so long after its own instant."""
    for deposit, ended_at in since.items():
        deposit.take(DepositTrigger.ORDER_RELEASE)
        deposit.release_due_at = ended_at + work.rules.duration(RELEASE_WITHIN)
    orders = await order_payments(work, [_refund(deposit) for deposit in since])
    for deposit, order in zip(since, orders, strict=True):
        deposit.order_number = order.order_number
        _record(work, deposit, "deposit.release_ordered")


def _refund(deposit: Deposit) -> Payment:
    return Payment(
        kind=OrderKind.DEPOSIT_REFUND,
        owner_ref=deposit.subject_ref,
        court_id=CourtId(deposit.court_id),
        source=AccountId(deposit.account_id),
        payee_name=deposit.paid_by_name,
        payee_account=deposit.paid_by_account,
        amount=deposit.amount,
        due_at=deposit.release_due_at,
    )


async def _lock_of(work: Unit, registration_id: UUID) -> Deposit:
    found = await _find_locked(work, registration_id)
    if found is None:
        raise Refusal("not_found", what="deposits", id=str(registration_id))
    return found


async def _find_locked(work: Unit, registration_id: UUID) -> Deposit | None:
    """The deposit of a registration, locked as it is now."""
    await work.session.flush()
    return await work.session.scalar(
        select(Deposit)
        .where(Deposit.registration_id == registration_id)
        .with_for_update(of=Deposit)
        .execution_options(populate_existing=True)
    )


async def _lock_ordered(work: Unit, order_number: str) -> Deposit:
    order = await find_order(work.session, order_number)
    if order is None or order.kind is not OrderKind.DEPOSIT_REFUND:
        raise Refusal("not_found", what="payment_orders", id=order_number)
    return await work.lock(Deposit, UUID(order.owner_ref.removeprefix("deposit:")))


def _posting(deposit: Deposit, *, key: str, event: str, transfer: Transfer) -> Posting:
    return Posting(
        key=key,
        event=event,
        court_id=CourtId(deposit.court_id),
        subject_ref=deposit.subject_ref,
        transfers=(transfer,),
    )


def _record(work: Unit, deposit: Deposit, kind: str) -> None:
    """Journal in the deposit's own account: neither its person nor any bidder code is named."""
    work.record(
        kind,
        stream=f"account:{deposit.account_id}",
        deposit=str(deposit.id),
        amount_fen=deposit.amount.fen,
        order=deposit.order_number,
    )
