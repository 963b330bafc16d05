from uuid import UUID

import pytest
from sqlalchemy import select

from auction.deposits.deposit import DepositState
from auction.kernel.actor import SYSTEM
from auction.kernel.clock import FrozenClock
from auction.kernel.money import Money
from auction.ledger.statement import LineState
from auction.listings.commands import pass_in
from auction.store.database import Database
from auction.store.outbox import OutboxRow, OutboxState
from tests.builders import a_listing
from tests.finance import DEPOSIT, Desk, pays_in
from workers.bank import match_lines, release_ended
from workers.jobs import perform
from workers.wiring import Context


@pytest.fixture
def desk(database: Database, clock: FrozenClock) -> Desk:
    return Desk(database, clock)


async def a_job(desk: Desk) -> UUID:
    async with desk.database.unit(SYSTEM) as work:
        rows = (await work.session.scalars(select(OutboxRow.id))).all()
        assert rows
        return rows[0]


class TestMatching:
    async def test_the_job_that_an_import_leaves_books_its_lines(
        self, context: Context, desk: Desk
    ) -> None:
        deposit = await desk.a_deposit()
        entries = [pays_in(DEPOSIT, deposit.virtual_account), pays_in(Money(5), "")]
        await desk.imports(desk.bank.statement(entries, desk.clock.now()))
        row_id = await a_job(desk)
        await perform(context, row_id)
        assert await desk.states() == [LineState.MATCHED, LineState.UNIDENTIFIED]
        async with desk.database.reading() as session:
            assert (await session.get_one(OutboxRow, row_id)).state is OutboxState.DONE

    async def test_doing_it_twice_books_once(self, context: Context, desk: Desk) -> None:
        await desk.imports(desk.bank.statement([pays_in(Money(5), "")], desk.clock.now()))
        row_id = await a_job(desk)
        for _ in range(2):
            await match_lines(context, row_id, court_id="浙0199")
        assert await desk.states() == [LineState.UNIDENTIFIED]


class TestReleasingWhatNoSaleReleases:
    async def test_deposits_of_a_round_without_bids_go_back_once(
        self, context: Context, desk: Desk, database: Database
    ) -> None:
        listing = await a_listing(database)
        deposit = await desk.a_deposit(listing_id=listing.id)
        await desk.books(pays_in(DEPOSIT, deposit.virtual_account))
        await release_ended(context)
        assert (await desk.deposit(deposit)).state is DepositState.HELD
        async with database.unit(SYSTEM) as work:
            await pass_in(work, listing.id)
        await release_ended(context)
        ordered = await desk.deposit(deposit)
        await release_ended(context)
        assert ordered.state is DepositState.RELEASE_ORDERED
        assert (await desk.deposit(deposit)).order_number == ordered.order_number
