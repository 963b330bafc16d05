"""A line of the bank's file as the book takes it: where its money is, and what explains it."""

from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import func, select

from auction.kernel.actor import SYSTEM
from auction.kernel.clock import FrozenClock
from auction.kernel.ids import AccountId, CourtId
from auction.kernel.money import Money
from auction.kernel.refusal import Refusal
from auction.ledger.book import balance, court_account, find_account, open_account
from auction.ledger.chart import AccountKind
from auction.ledger.statement import (
    Allocation,
    BankLine,
    Direction,
    StatementLine,
    allocate,
    bank_line_of,
    post_line,
    view_line,
)
from auction.ledger.transfer import Posting, Transfer
from auction.store.database import Database
from auction.store.full_views import FullView, Viewed
from tests.finance import CLERK, COURT, Desk, pays_in

PAID = Money(100)


@pytest.fixture
def desk(database: Database, clock: FrozenClock) -> Desk:
    return Desk(database, clock)


async def an_imported_line(desk: Desk) -> UUID:
    """One line that nobody has matched yet."""
    await desk.imports(desk.bank.statement([pays_in(PAID, "")], desk.clock.now()))
    (line,) = await desk.lines()
    return line.id


async def as_booked(desk: Desk, line_id: UUID) -> BankLine:
    async with desk.database.unit(SYSTEM) as work:
        return await bank_line_of(work, await work.load(StatementLine, line_id))


async def takes(desk: Desk, line: BankLine, key: str = "test:1") -> AccountId:
    """Book the line's money into an account of its own; return that account."""
    async with desk.database.unit(SYSTEM) as work:
        proceeds = await open_account(work, AccountKind.PROCEEDS, "sale:1", COURT)
        await post_line(
            work,
            line,
            Posting(
                key=key,
                event="test.taken",
                court_id=COURT,
                subject_ref="sale:1",
                transfers=(Transfer(line.money, proceeds, line.amount),),
            ),
        )
    return proceeds


async def explained(desk: Desk) -> list[tuple[UUID, Money]]:
    async with desk.database.reading() as session:
        rows = await session.execute(select(Allocation.line_id, Allocation.amount))
        return [(line_id, amount) for line_id, amount in rows]


class TestALineOfTheBank:
    async def test_its_money_is_in_the_court_s_bank(self, desk: Desk) -> None:
        line = await as_booked(desk, await an_imported_line(desk))
        async with desk.database.unit(SYSTEM) as work:
            assert line.money == await court_account(work, AccountKind.TRUST_BANK, COURT)
        assert (line.direction, line.amount, line.is_booked) == (Direction.IN, PAID, False)

    async def test_once_set_aside_it_lies_in_an_account_of_its_own(self, desk: Desk) -> None:
        (row,) = await desk.books(pays_in(PAID, ""))
        line = await as_booked(desk, row.id)
        async with desk.database.reading() as session:
            apart = await find_account(
                session, AccountKind.UNIDENTIFIED_RECEIPTS, f"line:{row.id}", COURT
            )
        assert line.is_booked
        assert line.money == apart


class TestLookingInFull:
    async def test_is_finance_s_and_noted_with_its_reason(self, desk: Desk) -> None:
        line_id = await an_imported_line(desk)
        async with desk.database.unit(CLERK) as work:
            seen = await view_line(work, line_id, reason="核对付款人")
            assert (seen.counterparty_name, seen.counterparty_account) == ("张三", "6222001")
        async with desk.database.reading() as session:
            (noted,) = await session.scalars(select(FullView))
        assert (noted.what, noted.row_id, noted.reason) == (Viewed.LINE, line_id, "核对付款人")
        with pytest.raises(Refusal, match="forbidden"):
            async with desk.database.unit(replace(CLERK, court_id=CourtId("浙0198"))) as work:
                await view_line(work, line_id, reason="核对付款人")


class TestPostingALine:
    async def test_the_posting_explains_the_whole_line(self, desk: Desk) -> None:
        line = await as_booked(desk, await an_imported_line(desk))
        proceeds = await takes(desk, line)
        async with desk.database.reading() as session:
            assert (await balance(session, proceeds)).posted == PAID
        assert await explained(desk) == [(line.id, PAID)]

    async def test_repeating_it_adds_nothing(self, desk: Desk) -> None:
        line = await as_booked(desk, await an_imported_line(desk))
        await takes(desk, line)
        proceeds = await takes(desk, line)
        async with desk.database.reading() as session:
            assert (await balance(session, proceeds)).posted == PAID
        assert await explained(desk) == [(line.id, PAID)]

    async def test_a_line_explains_only_the_posting_that_took_it_in(self, desk: Desk) -> None:
        (row,) = await desk.books(pays_in(PAID, ""))
        before = await explained(desk)
        proceeds = await takes(desk, await as_booked(desk, row.id))
        async with desk.database.reading() as session:
            assert (await balance(session, proceeds)).posted == PAID
        assert await explained(desk) == before == [(row.id, PAID)]

    async def test_saying_it_twice_is_saying_it_once(self, desk: Desk) -> None:
        line = await as_booked(desk, await an_imported_line(desk))
        await takes(desk, line)
        async with desk.database.unit(SYSTEM) as work:
            posting_id = await work.session.scalar(select(Allocation.posting_id))
            assert posting_id is not None
            await allocate(work, line, posting_id)
            rows = await work.session.scalar(select(func.count()).select_from(Allocation))
        assert rows == 1
