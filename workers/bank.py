"""Statement lines in: each goes to the command that its virtual account or order number names."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from uuid import UUID

from sqlalchemy import select

from auction.deposits.commands import confirm_release, receive_deposit, release_deposits
from auction.deposits.queries import listings_with_deposits
from auction.distribution.payouts import confirm_disbursement
from auction.kernel.actor import SYSTEM
from auction.kernel.refusal import Refusal
from auction.ledger.commands import (
    confirm_line_refund,
    match_line,
    set_aside_line,
)
from auction.ledger.orders import ORDER_NUMBER, OrderKind, find_order
from auction.ledger.statement import BankLine, Direction, LineState, StatementLine, bank_line_of
from auction.ledger.virtual import Expected, find_virtual_account
from auction.listings.listing import Listing, ListingState
from auction.settlement.commands import receive_balance
from auction.store.database import Database
from auction.store.unit import Unit
from workers.wiring import Context

WAITING = (LineState.NEW, LineState.CLAIMED)
ENDED = (ListingState.SOLD, ListingState.PASSED_IN, ListingState.WITHDRAWN)


async def match_lines(context: Context, row_id: UUID, *, court_id: str) -> None:
    """Book every waiting line of a court in the bank's order, each in a commit of its own.

    In order, since money must have come in before it can go out.
    """
    async with context.database.reading() as session:
        waiting = await session.scalars(
            select(StatementLine.id)
            .where(StatementLine.court_id == court_id, StatementLine.state.in_(WAITING))
            .order_by(StatementLine.position)
        )
        line_ids = waiting.all()
    for line_id in line_ids:
        await book_line(context.database, line_id)
    async with context.database.unit(SYSTEM) as work:
        await work.finish_job(row_id)


async def book_line(database: Database, line_id: UUID) -> None:
    """Book one line, or set it aside with the reason of whoever refused it."""
    try:
        async with database.unit(SYSTEM) as work:
            line = await work.lock(StatementLine, line_id)
            if line.state not in WAITING:
                return
            await _route(work, line)
            await match_line(work, line)
    except Refusal as refusal:
        async with database.unit(SYSTEM) as work:
            line = await work.lock(StatementLine, line_id)
            if line.state in WAITING:
                await set_aside_line(work, line, reason=refusal.code)


async def release_ended(context: Context) -> None:
    """Order back what is still held for listings that ended: passed in, withdrawn, or sold.

    The sale itself releases the losers' deposits; this finds what no sale releases, and
    orders anew what a bank sent back (网拍23).
    """
    async with context.database.reading() as session:
        holding = await listings_with_deposits(session)
        ended = await session.scalars(
            select(Listing.id).where(Listing.id.in_(holding), Listing.state.in_(ENDED))
        )
        listing_ids = ended.all()
    for listing_id in listing_ids:
        async with context.database.unit(SYSTEM) as work:
            await release_deposits(work, listing_id=listing_id)


async def _route(work: Unit, line: StatementLine) -> None:
    bank_line = await bank_line_of(work, line)
    if line.direction is Direction.IN:
        await _book_receipt(work, line, bank_line)
    else:
        await _book_payment(work, line, bank_line)


async def _book_receipt(work: Unit, line: StatementLine, bank_line: BankLine) -> None:
    number = line.claimed_as or line.virtual_account
    expected = await find_virtual_account(work.session, number)
    if expected is None or expected.court_id != line.court_id:
        raise Refusal("line.unidentified", virtual_account=number)
    await RECEIPTS[expected.expected](work, expected.owner_id, bank_line)


async def _book_payment(work: Unit, line: StatementLine, bank_line: BankLine) -> None:
    found = re.search(ORDER_NUMBER, line.claimed_as or line.remark)
    order = await find_order(work.session, found.group()) if found else None
    if order is None or order.court_id != line.court_id:
        raise Refusal("line.no_order", remark=line.remark)
    await PAYMENTS[order.kind](work, order.order_number, bank_line)


async def _receive_deposit(work: Unit, deposit_id: UUID, line: BankLine) -> None:
    await receive_deposit(work, deposit_id=deposit_id, line=line)


async def _receive_balance(work: Unit, sale_id: UUID, line: BankLine) -> None:
    await receive_balance(work, sale_id=sale_id, line=line)


async def _confirm_disbursement(work: Unit, order_number: str, line: BankLine) -> None:
    await confirm_disbursement(work, order_number=order_number, line=line)


async def _confirm_release(work: Unit, order_number: str, line: BankLine) -> None:
    await confirm_release(work, order_number=order_number, line=line)


async def _confirm_line_refund(work: Unit, order_number: str, line: BankLine) -> None:
    await confirm_line_refund(work, order_number=order_number, line=line)


RECEIPTS: Final[Mapping[Expected, Callable[[Unit, UUID, BankLine], Awaitable[None]]]] = {
    Expected.DEPOSIT: _receive_deposit,
    Expected.BALANCE: _receive_balance,
}
PAYMENTS: Final[Mapping[OrderKind, Callable[[Unit, str, BankLine], Awaitable[None]]]] = {
    OrderKind.DEPOSIT_REFUND: _confirm_release,
    OrderKind.DISBURSEMENT: _confirm_disbursement,
    OrderKind.LINE_REFUND: _confirm_line_refund,
}
