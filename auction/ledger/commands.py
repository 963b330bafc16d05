"""What finance staff and the worker do with statements: import, claim, book, refund, send."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select

from auction.kernel.canonical import sha256_hex
from auction.kernel.ids import CourtId
from auction.kernel.money import ZERO, Money
from auction.kernel.refusal import Refusal
from auction.ledger import policy
from auction.ledger.bankfile import FileLine, StatementFile, find_gap
from auction.ledger.book import court_account, open_account, post
from auction.ledger.chart import AccountKind
from auction.ledger.orders import (
    OrderKind,
    OrderState,
    OrderTrigger,
    Payment,
    PaymentOrder,
    confirm_payment,
    fail_payment,
    find_order,
    lock_order,
    order_payment,
)
from auction.ledger.queries import last_line, new_lines
from auction.ledger.statement import (
    LINE_DIGEST,
    BankLine,
    Direction,
    LineState,
    Statement,
    StatementLine,
    bank_line_of,
    post_line,
)
from auction.ledger.transfer import Posting, Transfer
from auction.store.personal.subject_key import SubjectKey
from auction.store.unit import Unit

REASON_MIN = 2


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did."""

    statement_id: UUID
    added: int
    repeated: int


async def import_statement(
    work: Unit, *, court_id: CourtId, file_name: str, content: bytes, file: StatementFile
) -> Imported:
    """Take in a file's new lines and have the worker match them; lines known stay as they are.

    The same file again adds nothing. Refuses with `bank.errors` when any row is wrong and
    with `bank.gap` when the new lines do not begin where the known ones end.
    """
    work.require(policy.IMPORT_STATEMENT, court_id)
    await _one_at_a_time(work, court_id)
    if file.errors:
        raise Refusal("bank.errors", rows=len(file.errors), first=file.errors[0].row)
    digest = sha256_hex(content)
    known = await work.session.scalar(
        select(Statement).where(Statement.court_id == court_id, Statement.file_digest == digest)
    )
    if known is not None:
        return Imported(known.id, 0, len(file.lines))
    fresh = await new_lines(work.session, court_id, file.lines)
    position, closing = await last_line(work.session, court_id)
    opening = _check_continues(fresh, closing)
    statement = Statement(
        id=work.new_id(),
        court_id=court_id,
        file_digest=digest,
        file_name=file_name[:200],
        opening_balance=file.opening_balance,
        closing_balance=file.lines[-1].balance,
        lines_added=len(fresh),
        lines_repeated=len(file.lines) - len(fresh),
        imported_at=work.now,
        imported_by=work.actor.person_id,
    )
    work.add(statement)
    await work.session.flush()
    await _add_lines(work, statement, position, fresh)
    await _post_opening(work, statement, opening)
    await _record(work, statement)
    work.enqueue("match_lines", court_id=court_id)
    return Imported(statement.id, statement.lines_added, statement.lines_repeated)


async def claim_line(work: Unit, *, line_id: UUID, claimed_as: str, reason: str) -> StatementLine:
    """Say what an unidentified line is: the virtual account or order number it should have named.

    The worker books it by the same rules as any other line; they may still refuse it.
    """
    line = await work.lock(StatementLine, line_id)
    work.require(policy.CLAIM_LINE, line.court_id)
    if line.state is not LineState.UNIDENTIFIED:
        raise Refusal("state.not_allowed", state=str(line.state), trigger="claim")
    if len(reason.strip()) < REASON_MIN:
        raise Refusal("line.reason_missing")
    line.state = LineState.CLAIMED
    line.claimed_as = claimed_as.strip()
    line.claim_reason = reason.strip()
    line.claimed_by = work.actor.person_id
    await _record_line(work, line, "line.claimed")
    work.enqueue("match_lines", court_id=line.court_id)
    return line


async def refund_line(work: Unit, *, line_id: UUID, reason: str) -> PaymentOrder:
    """Order money that nothing takes back to the account that paid it (原路退回)."""
    line = await work.lock(StatementLine, line_id)
    work.require(policy.REFUND_LINE, line.court_id)
    if line.state is not LineState.UNIDENTIFIED or line.direction is not Direction.IN:
        raise Refusal("state.not_allowed", state=str(line.state), trigger="refund")
    if len(reason.strip()) < REASON_MIN:
        raise Refusal("line.reason_missing")
    if not line.counterparty_account:
        raise Refusal("line.no_payer_account")
    bank_line = await bank_line_of(work, line)
    order = await order_payment(
        work,
        Payment(
            kind=OrderKind.LINE_REFUND,
            owner_ref=f"line:{line.id}",
            court_id=bank_line.court_id,
            source=bank_line.money,
            payee_name=line.counterparty_name,
            payee_account=line.counterparty_account,
            amount=line.amount,
        ),
    )
    line.state = LineState.REFUNDING
    line.claim_reason = reason.strip()
    line.claimed_by = work.actor.person_id
    await _record_line(work, line, "line.refund_ordered")
    return order


async def confirm_line_refund(work: Unit, *, order_number: str, line: BankLine) -> None:
    """The bank's statement shows that unidentified money went back."""
    work.require(policy.BOOK_LINE, line.court_id)
    order = await find_order(work.session, order_number)
    if order is None or order.kind is not OrderKind.LINE_REFUND:
        raise Refusal("not_found", what="payment_orders", id=order_number)
    refunded = await work.lock(StatementLine, UUID(order.owner_ref.removeprefix("line:")))
    await confirm_payment(work, order_number=order_number, line=line)
    refunded.state = LineState.REFUNDED
    await _record_line(work, refunded, "line.refunded")


async def fail_line_refund(work: Unit, *, order_number: str) -> None:
    """The bank could not send unidentified money back: it is unidentified again."""
    order = await lock_order(work, order_number)
    work.require(policy.REFUND_LINE, order.court_id)
    if order.kind is not OrderKind.LINE_REFUND:
        raise Refusal("not_found", what="payment_orders", id=order_number)
    line = await work.lock(StatementLine, UUID(order.owner_ref.removeprefix("line:")))
    await fail_payment(work, order_number=order_number)
    line.state = LineState.UNIDENTIFIED
    await _record_line(work, line, "line.refund_failed")


async def match_line(work: Unit, line: StatementLine) -> None:
    """Mark a locked line as booked by what took it."""
    work.require(policy.BOOK_LINE, line.court_id)
    line.state = LineState.MATCHED
    line.reason = ""
    await _record_line(work, line, "line.matched")


async def set_aside_line(work: Unit, line: StatementLine, *, reason: str) -> None:
    """Nothing takes a line: keep its money apart, so that book and bank still agree.

    Money that left without an order cannot be booked; the reconciliation names it.
    """
    work.require(policy.BOOK_LINE, line.court_id)
    bank_line = await bank_line_of(work, line)
    if line.direction is Direction.IN and not bank_line.is_booked:
        apart = await open_account(
            work, AccountKind.UNIDENTIFIED_RECEIPTS, f"line:{line.id}", bank_line.court_id
        )
        await post_line(
            work,
            bank_line,
            Posting(
                key=f"line.set_aside:{line.id}",
                event="line.set_aside",
                court_id=bank_line.court_id,
                subject_ref=f"line:{line.id}",
                transfers=(Transfer(bank_line.money, apart, line.amount),),
            ),
        )
    line.state = LineState.UNIDENTIFIED
    line.reason = reason
    await _record_line(work, line, "line.set_aside")


async def send_orders(work: Unit, *, court_id: CourtId) -> Sequence[PaymentOrder]:
    """Take waiting orders to the bank: all but those that the sender ordered himself.

    Two people stand behind every payment; the platform's own orders need only the sender.
    """
    work.require(policy.SEND_ORDERS, court_id)
    rows = await work.session.scalars(
        select(PaymentOrder)
        .where(
            PaymentOrder.court_id == court_id,
            PaymentOrder.state == OrderState.ORDERED,
            PaymentOrder.ordered_by.is_distinct_from(work.actor.person_id),
        )
        .order_by(PaymentOrder.id)
        .with_for_update(of=PaymentOrder)
        .execution_options(populate_existing=True)
    )
    orders = rows.all()
    stream = await _bank_stream(work, court_id)
    for order in orders:
        order.take(OrderTrigger.SEND)
        order.sent_at = work.now
        work.record(
            "order.sent",
            stream=stream,
            order=order.order_number,
            amount_fen=order.amount.fen,
        )
    return orders


async def _one_at_a_time(work: Unit, court_id: CourtId) -> None:
    """Two imports of one court's account wait for each other."""
    key = func.hashtextextended(f"statement:{court_id}", 0)
    await work.session.execute(select(func.pg_advisory_xact_lock(key)))


def _check_continues(fresh: Sequence[FileLine], closing: Money | None) -> Money:
    """Return what the account held before anything was imported, if this is the first file.

    Every new line must begin where the one before it ended: a line left out shows as a gap.
    """
    opening = fresh[0].balance_before or ZERO if fresh and closing is None else ZERO
    gap = find_gap(fresh, closing)
    if gap is not None:
        raise Refusal("bank.gap", expected=gap.expected, found=gap.found)
    return opening


async def _post_opening(work: Unit, statement: Statement, opening: Money) -> None:
    """What the account held before the first file is money that nobody placed yet."""
    if opening == ZERO:
        return
    court_id = CourtId(statement.court_id)
    owner = f"opening:{statement.id}"
    apart = await open_account(work, AccountKind.UNIDENTIFIED_RECEIPTS, owner, court_id)
    bank = await court_account(work, AccountKind.TRUST_BANK, court_id)
    await post(
        work,
        Posting(
            key=owner,
            event="account.opened",
            court_id=court_id,
            subject_ref=f"statement:{statement.id}",
            transfers=(Transfer(bank, apart, opening),),
        ),
    )


async def _add_lines(
    work: Unit, statement: Statement, position: int, lines: Sequence[FileLine]
) -> None:
    """Whoever holds an account is one subject in all its lines."""
    placed = [(work.new_id(), line) for line in lines]
    holders = [work.keyring.holder_id(line.counterparty_account, key) for key, line in placed]
    keys = await work.subject_keys(holders)
    rows = zip(placed, holders, strict=True)
    for place, ((line_id, line), holder) in enumerate(rows, start=position + 1):
        work.add(_row(statement, line_id, keys[holder], (place, line)))


def _row(
    statement: Statement, line_id: UUID, key: SubjectKey, placed: tuple[int, FileLine]
) -> StatementLine:
    position, line = placed
    return StatementLine(
        id=line_id,
        subject_key=key,
        court_id=statement.court_id,
        statement_id=statement.id,
        position=position,
        line_no=line.line_no,
        digest=key.keyring.digest(LINE_DIGEST, line.digest),
        booked_at=line.booked_at,
        direction=Direction.IN if line.is_in else Direction.OUT,
        amount=line.amount,
        counterparty_name=line.counterparty_name,
        counterparty_account=line.counterparty_account,
        virtual_account=line.virtual_account,
        remark=line.remark,
        balance=line.balance,
        state=LineState.NEW,
        reason="",
        claimed_as="",
        claim_reason="",
        claimed_by=None,
    )


async def _bank_stream(work: Unit, court_id: str) -> str:
    """What the bank wrote is journaled in the stream of the court's account there."""
    bank = await court_account(work, AccountKind.TRUST_BANK, CourtId(court_id))
    return f"account:{bank}"


async def _record(work: Unit, statement: Statement) -> None:
    work.record(
        "statement.imported",
        stream=await _bank_stream(work, statement.court_id),
        statement=str(statement.id),
        file=statement.file_digest,
        added=statement.lines_added,
        closing_fen=statement.closing_balance.fen,
    )


async def _record_line(work: Unit, line: StatementLine, kind: str) -> None:
    work.record(
        kind,
        stream=await _bank_stream(work, line.court_id),
        line=str(line.id),
        digest=line.digest,
        amount_fen=line.amount.fen,
        reason=line.reason,
    )
