import re
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from auction.deposits.commands import (
    apply_deposit,
    fail_release,
    forfeit_deposit,
    open_deposit,
    release_deposit,
    release_deposits,
    withdraw_deposit,
)
from auction.deposits.deposit import Deposit, DepositState
from auction.deposits.queries import deposit_of, unreleased_of_listing
from auction.kernel.actor import SYSTEM, Actor, Role
from auction.kernel.clock import FrozenClock
from auction.kernel.ids import AccountId, PersonId, new_id
from auction.kernel.money import ZERO, Money
from auction.kernel.refusal import Refusal
from auction.ledger.book import balance, open_account
from auction.ledger.chart import AccountKind
from auction.ledger.statement import LineState
from auction.store.database import Database
from auction.store.outbox import OutboxRow
from tests.conftest import NOON
from tests.finance import COURT, DEPOSIT, Desk, pays_in, pays_out


@pytest.fixture
def desk(database: Database, clock: FrozenClock) -> Desk:
    return Desk(database, clock)


async def a_held_deposit(desk: Desk, **options: object) -> Deposit:
    deposit = await desk.a_deposit(**options)
    await desk.books(pays_in(DEPOSIT, deposit.virtual_account))
    return await desk.deposit(deposit)


class TestReceiving:
    async def test_the_bidder_s_own_money_is_held(self, desk: Desk) -> None:
        deposit = await a_held_deposit(desk)
        assert deposit.state is DepositState.HELD
        assert deposit.paid_by_account == "6222001"

    async def test_it_lets_the_registration_be_qualified(
        self, desk: Desk, database: Database
    ) -> None:
        deposit = await a_held_deposit(desk)
        async with database.unit(SYSTEM) as work:
            rows = (await work.session.scalars(select(OutboxRow))).all()
        bodies = [row.body for row in rows if row.name == "qualify_registration"]
        assert bodies == [{"registration_id": str(deposit.registration_id)}]

    @pytest.mark.parametrize("payer", ["李四", "张三丰", "", "张 三 代 李四"])
    async def test_somebody_else_s_money_is_not(self, desk: Desk, payer: str) -> None:
        deposit = await desk.a_deposit()
        (line,) = await desk.books(pays_in(DEPOSIT, deposit.virtual_account, name=payer))
        assert (line.state, line.reason) == (LineState.UNIDENTIFIED, "deposit.other_payer")

    async def test_banks_may_write_a_name_wide(self, desk: Desk) -> None:
        deposit = await desk.a_deposit(name="杭湾（示范）有限公司")
        payer = "杭湾(示范) 有限公司"
        (line,) = await desk.books(pays_in(DEPOSIT, deposit.virtual_account, name=payer))
        assert line.state is LineState.MATCHED

    @pytest.mark.parametrize("fen", [DEPOSIT.fen - 1, DEPOSIT.fen + 1])
    async def test_another_amount_is_not(self, desk: Desk, fen: int) -> None:
        deposit = await desk.a_deposit()
        (line,) = await desk.books(pays_in(Money(fen), deposit.virtual_account))
        assert line.reason == "deposit.other_amount"

    async def test_a_second_payment_is_set_aside(self, desk: Desk) -> None:
        deposit = await a_held_deposit(desk)
        (line,) = await desk.books(pays_in(DEPOSIT, deposit.virtual_account))
        assert line.reason == "state.not_allowed"

    async def test_money_that_could_never_go_back_is_not(self, desk: Desk) -> None:
        deposit = await desk.a_deposit()
        unsigned = replace(pays_in(DEPOSIT, deposit.virtual_account), account="")
        (line,) = await desk.books(unsigned)
        assert (line.state, line.reason) == (LineState.UNIDENTIFIED, "line.no_payer_account")
        assert (await desk.deposit(deposit)).state is DepositState.AWAITED

    async def test_opening_again_is_the_same_deposit(self, desk: Desk) -> None:
        deposit = await desk.a_deposit()
        async with desk.database.unit(SYSTEM) as work:
            again = await open_deposit(
                work,
                registration_id=deposit.registration_id,
                listing_id=deposit.listing_id,
                court_id=COURT,
                person_id=deposit.person_id,
                amount=DEPOSIT,
            )
        assert (again.id, again.virtual_account) == (deposit.id, deposit.virtual_account)
        async with desk.database.reading() as session:
            found = await deposit_of(session, deposit.registration_id)
        assert found
        assert found.id == deposit.id


class TestReleasing:
    async def test_all_but_the_winner_s_go_back_within_a_day(
        self, desk: Desk, database: Database
    ) -> None:
        listing_id = new_id(NOON)
        winner, loser, silent = [await desk.a_deposit(listing_id=listing_id) for _ in range(3)]
        await desk.books(*(pays_in(DEPOSIT, paid.virtual_account) for paid in (winner, loser)))
        async with database.unit(SYSTEM) as work:
            ordered = await release_deposits(
                work, listing_id=listing_id, except_registration=winner.registration_id
            )
        assert ordered == 1
        states = [(await desk.deposit(one)).state for one in (winner, loser, silent)]
        assert states == [DepositState.HELD, DepositState.RELEASE_ORDERED, DepositState.LAPSED]
        assert (await desk.deposit(loser)).release_due_at == NOON + timedelta(hours=24)

    async def test_releasing_twice_orders_once(self, desk: Desk, database: Database) -> None:
        deposit = await a_held_deposit(desk)
        for expected in (1, 0):
            async with database.unit(SYSTEM) as work:
                assert await release_deposits(work, listing_id=deposit.listing_id) == expected

    async def test_the_bank_s_line_ends_it(self, desk: Desk, database: Database) -> None:
        deposit = await a_held_deposit(desk)
        async with database.unit(SYSTEM) as work:
            ordered = await release_deposit(work, registration_id=deposit.registration_id)
        (line,) = await desk.books(pays_out(DEPOSIT, f"退保证金{ordered.order_number}"))
        assert line.state is LineState.MATCHED
        assert (await desk.deposit(deposit)).state is DepositState.RELEASED
        async with database.reading() as session:
            assert await unreleased_of_listing(session, deposit.listing_id) == 0
            assert (await balance(session, AccountId(deposit.account_id))).posted == Money(0)

    async def test_one_that_was_never_paid_only_lapses(
        self, desk: Desk, database: Database
    ) -> None:
        deposit = await desk.a_deposit()
        async with database.unit(SYSTEM) as work:
            released = await release_deposit(work, registration_id=deposit.registration_id)
        assert (released.state, released.order_number) == (DepositState.LAPSED, "")

    async def test_a_deposit_or_an_order_that_is_none_is_refused(self, database: Database) -> None:
        with pytest.raises(Refusal, match="not_found"):
            async with database.unit(SYSTEM) as work:
                await release_deposit(work, registration_id=new_id(NOON))
        with pytest.raises(Refusal, match="not_found"):
            async with database.unit(SYSTEM) as work:
                await fail_release(work, order_number="TB000000000000000000")

    async def test_money_that_comes_after_goes_back_too(
        self, desk: Desk, database: Database
    ) -> None:
        deposit = await desk.a_deposit()
        async with database.unit(SYSTEM) as work:
            await release_deposits(work, listing_id=deposit.listing_id)
        (line,) = await desk.books(pays_in(DEPOSIT, deposit.virtual_account))
        assert line.reason == "state.not_allowed"

    async def test_what_the_bank_returns_is_held_and_ordered_anew(
        self, desk: Desk, database: Database
    ) -> None:
        deposit = await a_held_deposit(desk)
        async with database.unit(SYSTEM) as work:
            first = await release_deposit(work, registration_id=deposit.registration_id)
            failed = first.order_number
        async with database.unit(SYSTEM) as work:
            await fail_release(work, order_number=failed)
        async with database.unit(SYSTEM) as work:
            again = await release_deposit(work, registration_id=deposit.registration_id)
        assert again.order_number not in ("", failed)


class TestStepsBack:
    async def test_nothing_more_is_awaited(self, desk: Desk, database: Database) -> None:
        deposit = await desk.a_deposit()
        async with database.unit(SYSTEM) as work:
            await withdraw_deposit(work, registration_id=deposit.registration_id)
        assert (await desk.deposit(deposit)).state is DepositState.LAPSED

    async def test_what_was_paid_goes_back(self, desk: Desk, database: Database) -> None:
        deposit = await a_held_deposit(desk)
        bidder = Actor(PersonId(deposit.person_id), frozenset({Role.BIDDER}))
        async with database.unit(bidder) as work:
            await withdraw_deposit(work, registration_id=deposit.registration_id)
        assert (await desk.deposit(deposit)).state is DepositState.RELEASE_ORDERED

    async def test_who_never_registered_has_nothing_to_step_back_from(
        self, database: Database
    ) -> None:
        async with database.unit(SYSTEM) as work:
            assert await withdraw_deposit(work, registration_id=new_id(NOON)) is None

    async def test_only_its_bidder_may(self, desk: Desk, database: Database) -> None:
        deposit = await desk.a_deposit()
        stranger = Actor(PersonId(new_id(NOON)), frozenset({Role.BIDDER}))
        with pytest.raises(Refusal, match="forbidden"):
            async with database.unit(stranger) as work:
                await withdraw_deposit(work, registration_id=deposit.registration_id)


class TestAnApplicantWhoPaysNone:
    async def waived(self, database: Database) -> UUID:
        """A registration that was let off its deposit, as the journal says."""
        async with database.unit(SYSTEM) as work:
            registration_id = work.new_id()
            work.record("registration.deposit_waived", stream=f"registration:{registration_id}")
            return registration_id

    async def test_counts_nothing_towards_the_price_and_forfeits_nothing(
        self, database: Database
    ) -> None:
        registration_id = await self.waived(database)
        account = AccountId(registration_id)
        async with database.unit(SYSTEM) as work:
            applied = await apply_deposit(
                work, registration_id=registration_id, sale_account=account
            )
            forfeited = await forfeit_deposit(
                work, registration_id=registration_id, source=account, forfeited=account
            )
        assert (applied, forfeited) == (ZERO, ZERO)

    async def test_is_known_by_the_journal_alone(self, database: Database) -> None:
        unknown = new_id(NOON)
        for command in (apply_deposit, forfeit_deposit):
            with pytest.raises(Refusal, match="not_found"):
                async with database.unit(SYSTEM) as work:
                    accounts = (
                        {"sale_account": AccountId(unknown)}
                        if command is apply_deposit
                        else {"source": AccountId(unknown), "forfeited": AccountId(unknown)}
                    )
                    await command(work, registration_id=unknown, **accounts)


class TestTheWinner:
    async def test_the_deposit_counts_towards_the_price(
        self, desk: Desk, database: Database
    ) -> None:
        deposit = await a_held_deposit(desk)
        async with database.unit(SYSTEM) as work:
            sale = await open_account(work, AccountKind.PROCEEDS, "sale:1", COURT)
            applied = await apply_deposit(
                work, registration_id=deposit.registration_id, sale_account=sale
            )
        async with database.reading() as session:
            assert applied == (await balance(session, sale)).posted == DEPOSIT
        with pytest.raises(Refusal, match=re.escape("state.not_allowed")):
            async with database.unit(SYSTEM) as work:
                await release_deposit(work, registration_id=deposit.registration_id)

    async def test_a_defaulter_s_deposit_is_kept(self, desk: Desk, database: Database) -> None:
        deposit = await a_held_deposit(desk)
        async with database.unit(SYSTEM) as work:
            kept = await open_account(work, AccountKind.FORFEITED, "sale:1", COURT)
            await forfeit_deposit(
                work,
                registration_id=deposit.registration_id,
                source=AccountId(deposit.account_id),
                forfeited=kept,
            )
        assert (await desk.deposit(deposit)).state is DepositState.FORFEITED
