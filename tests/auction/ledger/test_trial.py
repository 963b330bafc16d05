import pytest

from auction.kernel.clock import FrozenClock
from auction.kernel.money import Money
from auction.ledger.chart import AccountKind
from auction.ledger.trial import Reconciliation, Trial, reconcile, trial_balance
from auction.store.database import Database
from tests.conftest import Execute
from tests.finance import COURT, DEPOSIT, Desk, pays_in, pays_out


@pytest.fixture
async def desk(database: Database, clock: FrozenClock) -> Desk:
    desk = Desk(database, clock)
    deposit = await desk.a_deposit()
    await desk.books(pays_in(DEPOSIT, deposit.virtual_account), pays_in(Money(70), ""))
    return desk


async def tried(desk: Desk) -> Trial:
    async with desk.database.reading() as session:
        return await trial_balance(session, COURT)


async def reconciled(desk: Desk) -> Reconciliation:
    async with desk.database.reading() as session:
        return await reconcile(session, COURT)


class TestTrialBalance:
    async def test_debits_equal_credits_to_the_fen(self, desk: Desk) -> None:
        trial = await tried(desk)
        assert trial.is_sound
        assert trial.debits == trial.credits == DEPOSIT.fen + 70
        assert trial.held_as(AccountKind.UNIDENTIFIED_RECEIPTS) == 70

    async def test_a_kept_balance_that_drifted_is_found(
        self, desk: Desk, as_owner: Execute
    ) -> None:
        await as_owner("UPDATE account_balances SET credits_posted = credits_posted + 1")
        trial = await tried(desk)
        assert not trial.is_sound
        assert any(line.has_drifted for line in trial.lines)

    async def test_a_transfer_that_was_changed_is_found(
        self, desk: Desk, as_owner: Execute
    ) -> None:
        await as_owner("UPDATE transfers SET amount = amount + 1")
        assert not (await tried(desk)).is_sound


class TestReconciliation:
    async def test_the_book_holds_what_the_bank_says(self, desk: Desk) -> None:
        found = await reconciled(desk)
        assert found.is_even
        assert found.difference == 0

    async def test_money_that_left_without_an_order_is_the_difference(self, desk: Desk) -> None:
        await desk.books(pays_out(Money(30), "手续费"))
        found = await reconciled(desk)
        assert (found.book_fen - found.bank_fen, found.unbooked_out_fen) == (30, 30)
        assert found.difference == 0
