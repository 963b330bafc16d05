"""A payment's life: its money is held, then the bank's line settles it or its failure frees it."""

import re
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from auction.kernel.actor import SYSTEM
from auction.kernel.clock import FrozenClock
from auction.kernel.ids import AccountId, CourtId
from auction.kernel.money import Money
from auction.kernel.refusal import Refusal
from auction.ledger.book import balance, court_account, open_account, post
from auction.ledger.chart import AccountKind
from auction.ledger.orders import (
    ORDER_LIFE,
    ORDER_NUMBER,
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
    view_order,
)
from auction.ledger.statement import BankLine, StatementLine, bank_line_of
from auction.ledger.transfer import Posting, Transfer
from auction.store.database import Database
from auction.store.full_views import FullView, Viewed
from tests.finance import CLERK, COURT, Desk, pays_in, pays_out

HELD, PAID = Money(1000), Money(600)
PAYEE = "6222001"


@pytest.fixture
def desk(database: Database, clock: FrozenClock) -> Desk:
    return Desk(database, clock)


@pytest.fixture
async def source(desk: Desk) -> AccountId:
    """A creditor's account with some money, and the same at the bank."""
    await desk.imports(desk.bank.statement([pays_in(HELD, "")], desk.clock.now()))
    async with desk.database.unit(SYSTEM) as work:
        bank = await court_account(work, AccountKind.TRUST_BANK, COURT)
        creditor = await open_account(work, AccountKind.CREDITOR_CLAIM, "claim:1", COURT)
        moved = Transfer(bank, creditor, HELD)
        await post(
            work,
            Posting(
                key="in", event="test.in", court_id=COURT, subject_ref="claim:1", transfers=(moved,)
            ),
        )
    return creditor


async def orders(desk: Desk, source: AccountId, amount: Money = PAID) -> PaymentOrder:
    async with desk.database.unit(CLERK) as work:
        return await order_payment(
            work,
            Payment(
                kind=OrderKind.DISBURSEMENT,
                owner_ref="disbursement:1",
                court_id=COURT,
                source=source,
                payee_name="张三",
                payee_account=PAYEE,
                amount=amount,
                due_at=desk.clock.now() + timedelta(days=10),
            ),
        )


async def a_line(desk: Desk, amount: Money = PAID, account: str = PAYEE) -> BankLine:
    """The bank shows a payment; nobody has matched it yet."""
    content = desk.bank.statement([pays_out(amount, "", account=account)], desk.clock.now())
    await desk.imports(content)
    last = (await desk.lines())[-1]
    async with desk.database.unit(SYSTEM) as work:
        return await bank_line_of(work, await work.load(StatementLine, last.id))


async def confirms(desk: Desk, order: PaymentOrder, line: BankLine) -> PaymentOrder:
    async with desk.database.unit(SYSTEM) as work:
        return await confirm_payment(work, order_number=order.order_number, line=line)


async def held(desk: Desk, account: AccountId) -> tuple[Money, Money]:
    async with desk.database.reading() as session:
        found = await balance(session, account)
    return found.posted, found.available


class TestALife:
    @pytest.mark.parametrize("state", OrderState)
    @pytest.mark.parametrize("trigger", OrderTrigger)
    def test_of_an_order_is_its_table(self, state: OrderState, trigger: OrderTrigger) -> None:
        order = PaymentOrder(state=state)
        if (state, trigger) in ORDER_LIFE:
            order.take(trigger)
            assert order.state is ORDER_LIFE[state, trigger]
            return
        with pytest.raises(Refusal, match=re.escape("state.not_allowed")):
            order.take(trigger)

    def test_ends_paid_or_failed(self) -> None:
        left = {state for state, _ in ORDER_LIFE}
        assert set(OrderState) - left == {OrderState.CONFIRMED, OrderState.FAILED}


class TestOrdering:
    async def test_the_money_is_held_from_the_day_of_the_order(
        self, desk: Desk, source: AccountId
    ) -> None:
        order = await orders(desk, source)
        assert await held(desk, source) == (HELD, HELD - PAID)
        assert (order.state, order.amount) == (OrderState.ORDERED, PAID)
        assert order.ordered_by == CLERK.person_id

    async def test_its_number_says_what_it_is_and_is_found_in_a_remark(
        self, desk: Desk, source: AccountId
    ) -> None:
        order = await orders(desk, source)
        assert order.order_number.startswith("FK20260302")
        found = re.search(ORDER_NUMBER, f"案款 {order.order_number} 发放")
        assert found
        assert found[0] == order.order_number

    async def test_more_than_there_is_cannot_be_ordered(
        self, desk: Desk, source: AccountId
    ) -> None:
        with pytest.raises(Refusal, match=re.escape("ledger.overdrawn")):
            await orders(desk, source, HELD + Money(1))
        assert await held(desk, source) == (HELD, HELD)


class TestConfirming:
    async def test_the_bank_s_line_moves_the_money_out_of_the_book(
        self, desk: Desk, source: AccountId
    ) -> None:
        order = await confirms(desk, await orders(desk, source), await a_line(desk))
        assert (order.state, order.ended_at) == (OrderState.CONFIRMED, desk.clock.now())
        assert await held(desk, source) == (HELD - PAID, HELD - PAID)
        async with desk.database.unit(SYSTEM) as work:
            bank = await court_account(work, AccountKind.TRUST_BANK, COURT)
            transit = await court_account(work, AccountKind.DISBURSEMENTS_IN_TRANSIT, COURT)
        assert (await held(desk, bank))[0] == HELD - PAID
        assert (await held(desk, transit))[0] == Money(0)

    @pytest.mark.parametrize(
        ("amount", "account"), [(PAID, "6222002"), (PAID - Money(1), PAYEE), (PAID, "")]
    )
    async def test_a_line_that_pays_another_amount_or_account_is_refused(
        self, desk: Desk, source: AccountId, amount: Money, account: str
    ) -> None:
        order, line = await orders(desk, source), await a_line(desk, amount, account)
        with pytest.raises(Refusal, match=re.escape("order.line_differs")):
            await confirms(desk, order, line)
        assert await held(desk, source) == (HELD, HELD - PAID)

    async def test_so_is_a_line_of_another_court(self, desk: Desk, source: AccountId) -> None:
        order, line = await orders(desk, source), await a_line(desk)
        with pytest.raises(Refusal, match=re.escape("order.line_differs")):
            await confirms(desk, order, replace(line, court_id=CourtId("浙0198")))

    async def test_an_order_is_paid_once(self, desk: Desk, source: AccountId) -> None:
        order, line = await orders(desk, source), await a_line(desk)
        await confirms(desk, order, line)
        with pytest.raises(Refusal, match=re.escape("state.not_allowed")):
            await confirms(desk, order, line)


class TestFailing:
    async def test_the_held_money_is_free_again(self, desk: Desk, source: AccountId) -> None:
        order = await orders(desk, source)
        async with desk.database.unit(CLERK) as work:
            failed = await fail_payment(work, order_number=order.order_number)
        assert (failed.state, failed.ended_at) == (OrderState.FAILED, desk.clock.now())
        assert await held(desk, source) == (HELD, HELD)

    async def test_what_failed_is_not_paid_any_more(self, desk: Desk, source: AccountId) -> None:
        order, line = await orders(desk, source), await a_line(desk)
        async with desk.database.unit(CLERK) as work:
            await fail_payment(work, order_number=order.order_number)
        with pytest.raises(Refusal, match=re.escape("state.not_allowed")):
            await confirms(desk, order, line)
        assert await held(desk, source) == (HELD, HELD)


class TestLookingInFull:
    async def test_is_finance_s_and_noted_with_its_reason(
        self, desk: Desk, source: AccountId
    ) -> None:
        order = await orders(desk, source)
        async with desk.database.unit(CLERK) as work:
            seen = await view_order(work, order.order_number, reason="核对收款账户")
            assert (seen.payee_name, seen.payee_account) == ("张三", PAYEE)
        async with desk.database.reading() as session:
            (noted,) = await session.scalars(select(FullView))
        assert (noted.what, noted.row_id) == (Viewed.ORDER, order.id)
        with pytest.raises(Refusal, match="forbidden"):
            async with desk.database.unit(SYSTEM) as work:
                await view_order(work, order.order_number, reason="核对收款账户")


class TestFinding:
    async def test_by_its_number(self, desk: Desk, source: AccountId) -> None:
        order = await orders(desk, source)
        async with desk.database.unit(CLERK) as work:
            found = await lock_order(work, order.order_number)
            assert isinstance(found.id, UUID)
            assert found.id == order.id

    async def test_an_unknown_number_is_refused(self, desk: Desk) -> None:
        async with desk.database.reading() as session:
            assert await find_order(session, "FK000000000000000000") is None
        with pytest.raises(Refusal, match="not_found"):
            async with desk.database.unit(CLERK) as work:
                await lock_order(work, "FK000000000000000000")
