import re
from dataclasses import replace
from uuid import UUID

import asyncpg
import pytest

from auction.deposits.commands import release_deposit
from auction.kernel.actor import SYSTEM
from auction.kernel.clock import FrozenClock
from auction.kernel.ids import CourtId
from auction.kernel.money import Money
from auction.kernel.refusal import Refusal
from auction.ledger.book import balance, court_account
from auction.ledger.chart import AccountKind
from auction.ledger.commands import (
    claim_line,
    confirm_line_refund,
    fail_line_refund,
    refund_line,
    send_orders,
)
from auction.ledger.orders import OrderState, PaymentOrder, find_order
from auction.ledger.statement import LineState, StatementLine, bank_line_of
from auction.store.database import Database
from tests.conftest import Server
from tests.finance import APPROVER, CLERK, COURT, DEPOSIT, Desk, pays_in, pays_out


@pytest.fixture
def desk(database: Database, clock: FrozenClock) -> Desk:
    return Desk(database, clock)


async def claims(desk: Desk, line_id: UUID, claimed_as: str, reason: str = "电话核实") -> None:
    async with desk.database.unit(CLERK) as work:
        await claim_line(work, line_id=line_id, claimed_as=claimed_as, reason=reason)
    await desk.matches()


async def held_by_bank(desk: Desk) -> Money:
    async with desk.database.unit(CLERK) as work:
        bank = await court_account(work, AccountKind.TRUST_BANK, COURT)
        return (await balance(work.session, bank)).posted


class TestImporting:
    async def test_the_same_file_twice_adds_nothing(self, desk: Desk) -> None:
        content = desk.bank.statement([pays_in(DEPOSIT, "")], desk.clock.now())
        first = await desk.imports(content)
        again = await desk.imports(content)
        assert (first.added, again.added) == (1, 0)
        assert again.statement_id == first.statement_id

    async def test_a_file_that_overlaps_adds_its_new_lines(self, desk: Desk) -> None:
        entries = [pays_in(Money(100), "", remark=str(n)) for n in range(3)]
        whole = desk.bank.statement(entries, desk.clock.now()).decode("utf-8-sig").splitlines()
        await desk.imports("\n".join(whole[:4]).encode())
        second = await desk.imports("\n".join(whole).encode())
        assert (second.added, second.repeated) == (1, 2)

    async def test_a_gap_between_files_is_refused(self, desk: Desk) -> None:
        await desk.imports(desk.bank.statement([pays_in(DEPOSIT, "")], desk.clock.now()))
        desk.bank.statement([pays_in(DEPOSIT, "", remark="lost")], desk.clock.now())
        late = desk.bank.statement([pays_in(DEPOSIT, "", remark="3")], desk.clock.now())
        with pytest.raises(Refusal, match=re.escape("bank.gap")):
            await desk.imports(late)
        assert len(await desk.lines()) == 1

    async def test_lines_alike_in_everything_are_still_two(self, desk: Desk) -> None:
        there = pays_in(Money(100), "", remark="x")
        back = pays_out(Money(100), "x")
        content = desk.bank.statement([there, back, there, back], desk.clock.now())
        assert (await desk.imports(content)).added == 4

    async def test_a_line_left_out_in_the_middle_is_a_gap(self, desk: Desk) -> None:
        entries = [pays_in(Money(100), "", remark=str(n)) for n in range(2)]
        first = desk.bank.statement(entries, desk.clock.now()).decode("utf-8-sig").splitlines()
        desk.bank.statement([pays_in(Money(100), "", remark="lost")], desk.clock.now())
        last = desk.bank.statement([pays_in(Money(100), "", remark="3")], desk.clock.now())
        await desk.imports("\n".join(first).encode())
        with pytest.raises(Refusal, match=re.escape("bank.gap")):
            await desk.imports(last)

    async def test_a_file_with_one_wrong_row_is_refused_whole(self, desk: Desk) -> None:
        content = desk.bank.statement(
            [pays_in(DEPOSIT, ""), pays_in(DEPOSIT, "")], desk.clock.now()
        )
        with pytest.raises(Refusal, match=re.escape("bank.errors")):
            await desk.imports(content.replace(b",in,", b",?,", 1))
        assert await desk.lines() == []

    async def test_another_court_s_clerk_is_refused(self, desk: Desk) -> None:
        content = desk.bank.statement([pays_in(DEPOSIT, "")], desk.clock.now())
        with pytest.raises(Refusal, match="forbidden"):
            await desk.imports(content, replace(CLERK, court_id=CourtId("浙0110")))

    async def test_what_the_account_held_before_is_booked_as_unplaced(self, desk: Desk) -> None:
        desk.bank.balance = Money(777)
        await desk.books(pays_in(Money(100), ""))
        assert await held_by_bank(desk) == Money(877)


class TestWhatNothingTakes:
    async def test_it_is_set_aside_so_that_book_and_bank_agree(self, desk: Desk) -> None:
        (line,) = await desk.books(pays_in(Money(100), "9558990000000000017"))
        assert (line.state, line.reason) == (LineState.UNIDENTIFIED, "line.unidentified")
        assert await held_by_bank(desk) == Money(100)

    async def test_a_person_may_say_what_it_is(self, desk: Desk) -> None:
        deposit = await desk.a_deposit()
        (line,) = await desk.books(pays_in(DEPOSIT, ""))
        await claims(desk, line.id, deposit.virtual_account)
        assert (await desk.line(line.id)).state is LineState.MATCHED
        assert (await desk.deposit(deposit)).state == "held"
        assert await held_by_bank(desk) == DEPOSIT

    async def test_a_claim_bends_no_rule(self, desk: Desk) -> None:
        deposit = await desk.a_deposit(name="李四")
        (line,) = await desk.books(pays_in(DEPOSIT, ""))
        await claims(desk, line.id, deposit.virtual_account)
        again = await desk.line(line.id)
        assert (again.state, again.reason) == (LineState.UNIDENTIFIED, "deposit.other_payer")
        assert (await desk.deposit(deposit)).state == "awaited"

    async def test_a_claim_needs_a_reason(self, desk: Desk) -> None:
        (line,) = await desk.books(pays_in(DEPOSIT, ""))
        with pytest.raises(Refusal, match=re.escape("line.reason_missing")):
            await claims(desk, line.id, "955899", " ")

    async def test_a_line_that_is_booked_is_claimed_no_more(self, desk: Desk) -> None:
        deposit = await desk.a_deposit()
        (line,) = await desk.books(pays_in(DEPOSIT, deposit.virtual_account))
        with pytest.raises(Refusal, match=re.escape("state.not_allowed")):
            await claims(desk, line.id, deposit.virtual_account)

    async def test_it_goes_back_where_it_came_from(self, desk: Desk) -> None:
        (line,) = await desk.books(pays_in(Money(100), ""))
        async with desk.database.unit(CLERK) as work:
            order = await refund_line(work, line_id=line.id, reason="付款人申请退回")
        assert (order.payee_account, order.amount) == ("6222001", Money(100))
        _, paid = [line, *await desk.books(pays_out(Money(100), f"退款 {order.order_number}"))]
        assert paid.state is LineState.MATCHED
        assert (await desk.line(line.id)).state is LineState.REFUNDED
        assert await held_by_bank(desk) == Money(0)

    async def test_money_that_left_without_an_order_is_named(self, desk: Desk) -> None:
        await desk.books(pays_in(Money(100), ""))
        (line,) = await desk.books(pays_out(Money(30), "手续费"))
        assert (line.state, line.reason) == (LineState.UNIDENTIFIED, "line.no_order")


class TestSendingBack:
    async def refused(self, desk: Desk, line_id: UUID, code: str, reason: str = "申请退回") -> None:
        with pytest.raises(Refusal, match=re.escape(code)):
            async with desk.database.unit(CLERK) as work:
                await refund_line(work, line_id=line_id, reason=reason)

    async def test_money_that_was_taken_stays(self, desk: Desk) -> None:
        deposit = await desk.a_deposit()
        (line,) = await desk.books(pays_in(DEPOSIT, deposit.virtual_account))
        await self.refused(desk, line.id, "state.not_allowed")

    async def test_money_that_left_does_not_go_back(self, desk: Desk) -> None:
        await desk.books(pays_in(Money(100), ""))
        (line,) = await desk.books(pays_out(Money(30), "手续费"))
        await self.refused(desk, line.id, "state.not_allowed")

    async def test_it_needs_a_reason(self, desk: Desk) -> None:
        (line,) = await desk.books(pays_in(Money(100), ""))
        await self.refused(desk, line.id, "line.reason_missing", reason="  ")

    async def test_it_needs_an_account_to_go_to(self, desk: Desk) -> None:
        (line,) = await desk.books(replace(pays_in(Money(100), ""), account=""))
        await self.refused(desk, line.id, "line.no_payer_account")
        assert await desk.states() == [LineState.UNIDENTIFIED]

    async def test_only_an_order_to_send_it_back_is_confirmed_or_fails(self, desk: Desk) -> None:
        deposit = await desk.a_deposit()
        (paid,) = await desk.books(pays_in(DEPOSIT, deposit.virtual_account))
        async with desk.database.unit(SYSTEM) as work:
            released = await release_deposit(work, registration_id=deposit.registration_id)
        number = released.order_number
        with pytest.raises(Refusal, match="not_found"):
            async with desk.database.unit(CLERK) as work:
                await fail_line_refund(work, order_number=number)
        for order_number in (number, "TH000000000000000000"):
            with pytest.raises(Refusal, match="not_found"):
                async with desk.database.unit(SYSTEM) as work:
                    line = await bank_line_of(work, await work.load(StatementLine, paid.id))
                    await confirm_line_refund(work, order_number=order_number, line=line)


class TestOrders:
    async def an_order(self, desk: Desk) -> PaymentOrder:
        (line,) = await desk.books(pays_in(Money(100), ""))
        async with desk.database.unit(CLERK) as work:
            return await refund_line(work, line_id=line.id, reason="付款人申请退回")

    async def test_each_is_sent_once(self, desk: Desk) -> None:
        await self.an_order(desk)
        async with desk.database.unit(APPROVER) as work:
            assert len(await send_orders(work, court_id=COURT)) == 1
        async with desk.database.unit(APPROVER) as work:
            assert await send_orders(work, court_id=COURT) == []

    async def test_who_ordered_does_not_send(self, desk: Desk) -> None:
        await self.an_order(desk)
        async with desk.database.unit(CLERK) as work:
            assert await send_orders(work, court_id=COURT) == []

    async def test_what_the_bank_returns_is_unidentified_again(self, desk: Desk) -> None:
        order = await self.an_order(desk)
        async with desk.database.unit(CLERK) as work:
            await fail_line_refund(work, order_number=order.order_number)
        assert await desk.states() == [LineState.UNIDENTIFIED]
        (line,) = await desk.lines()
        async with desk.database.unit(CLERK) as work:
            again = await refund_line(work, line_id=line.id, reason="账号更正后重新退回")
        assert again.order_number != order.order_number

    @pytest.mark.parametrize(("fen", "account"), [(99, "6222001"), (100, "6222002")])
    async def test_a_line_that_pays_something_else_confirms_nothing(
        self, desk: Desk, fen: int, account: str
    ) -> None:
        order = await self.an_order(desk)
        (line,) = await desk.books(pays_out(Money(fen), order.order_number, account=account))
        assert (line.state, line.reason) == (LineState.UNIDENTIFIED, "order.line_differs")
        async with desk.database.reading() as session:
            found = await find_order(session, order.order_number)
        assert found
        assert found.state is OrderState.ORDERED


class TestTheDatabaseItself:
    async def test_allocations_never_exceed_their_line(self, desk: Desk, server: Server) -> None:
        first, second = await desk.books(pays_in(Money(100), ""), pays_in(Money(50), ""))
        connection = await asyncpg.connect(server.app_url)
        with pytest.raises(asyncpg.CheckViolationError, match="exceed it"):
            await connection.execute(
                "INSERT INTO allocations SELECT gen_random_uuid(), court_id, $1, posting_id, 1,"
                " now() FROM allocations WHERE line_id = $2",
                second.id,
                first.id,
            )
        await connection.close()
