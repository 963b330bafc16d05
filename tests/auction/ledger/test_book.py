import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import select, text

from auction.kernel.actor import SYSTEM
from auction.kernel.ids import AccountId, CourtId, TransferId
from auction.kernel.money import Money
from auction.kernel.refusal import Refusal
from auction.ledger.book import (
    balance,
    court_account,
    find_account,
    hold,
    open_account,
    post,
    post_all,
    settle_hold,
    void_hold,
)
from auction.ledger.chart import AccountKind
from auction.ledger.tables import TransferRow
from auction.ledger.transfer import Posting, Transfer, TransferKind
from auction.store.database import Database
from auction.store.journal import verify
from tests.conftest import Server

COURT = CourtId("浙0199")
OTHER = CourtId("浙0110")


async def an_account(
    database: Database, kind: AccountKind, owner: str, court: CourtId = COURT
) -> AccountId:
    async with database.unit(SYSTEM) as work:
        return await open_account(work, kind, owner, court)


def a_posting(key: str, *transfers: Transfer, court: CourtId = COURT) -> Posting:
    return Posting(
        key=key, event="test.made", court_id=court, subject_ref="test:1", transfers=transfers
    )


async def make(database: Database, posting: Posting) -> UUID:
    async with database.unit(SYSTEM) as work:
        return await post(work, posting)


async def seen(database: Database, account: AccountId) -> tuple[int, int]:
    async with database.reading() as session:
        found = await balance(session, account)
    return found.posted.fen, found.available.fen


class Desk:
    def __init__(self, bank: AccountId, deposit: AccountId, transit: AccountId) -> None:
        self.bank, self.deposit, self.transit = bank, deposit, transit


@pytest.fixture
async def desk(database: Database) -> Desk:
    opened = Desk(
        await an_account(database, AccountKind.TRUST_BANK, "court"),
        await an_account(database, AccountKind.DEPOSIT, "registration:1"),
        await an_account(database, AccountKind.REFUNDS_IN_TRANSIT, "court"),
    )
    await make(database, a_posting("in", Transfer(opened.bank, opened.deposit, Money(1000))))
    return opened


class TestOpeningAnAccount:
    async def test_opening_it_twice_is_one_account(self, database: Database) -> None:
        first = await an_account(database, AccountKind.DEPOSIT, "registration:9")
        assert await an_account(database, AccountKind.DEPOSIT, "registration:9") == first

    async def test_one_that_was_never_opened_is_not_found(self, database: Database) -> None:
        opened = await an_account(database, AccountKind.DEPOSIT, "registration:9")
        async with database.reading() as session:
            known = await find_account(session, AccountKind.DEPOSIT, "registration:9", COURT)
            assert known == opened
            for owner, court in (("registration:8", COURT), ("registration:9", OTHER)):
                assert await find_account(session, AccountKind.DEPOSIT, owner, court) is None

    async def test_courts_have_accounts_of_their_own(self, database: Database) -> None:
        ours = await an_account(database, AccountKind.TRUST_BANK, "court")
        assert await an_account(database, AccountKind.TRUST_BANK, "court", OTHER) != ours

    async def test_a_court_has_one_bank(self, database: Database, desk: Desk) -> None:
        async with database.unit(SYSTEM) as work:
            assert await court_account(work, AccountKind.TRUST_BANK, COURT) == desk.bank


class TestPosting:
    async def test_it_moves_both_sides(self, database: Database, desk: Desk) -> None:
        assert await seen(database, desk.bank) == (1000, 1000)
        assert await seen(database, desk.deposit) == (1000, 1000)

    async def test_the_same_event_twice_is_one_posting(
        self, database: Database, desk: Desk
    ) -> None:
        again = a_posting("in", Transfer(desk.bank, desk.deposit, Money(1000)))
        assert await make(database, again) == await make(database, again)
        assert await seen(database, desk.bank) == (1000, 1000)

    async def test_of_nothing_is_nothing(self, database: Database, desk: Desk) -> None:
        async with database.unit(SYSTEM) as work:
            assert await post_all(work, []) == []
        assert await seen(database, desk.bank) == (1000, 1000)

    async def test_the_same_key_for_something_else_is_a_conflict(
        self, database: Database, desk: Desk
    ) -> None:
        with pytest.raises(Refusal, match=re.escape("ledger.conflict")):
            await make(database, a_posting("in", Transfer(desk.bank, desk.deposit, Money(1001))))

    async def test_nothing_is_overdrawn(self, database: Database, desk: Desk) -> None:
        with pytest.raises(Refusal, match=re.escape("ledger.overdrawn")):
            await make(database, a_posting("out", Transfer(desk.deposit, desk.bank, Money(1001))))
        assert await seen(database, desk.deposit) == (1000, 1000)

    async def test_what_refuses_one_transfer_refuses_all(
        self, database: Database, desk: Desk
    ) -> None:
        fine = Transfer(desk.deposit, desk.transit, Money(600))
        with pytest.raises(Refusal, match=re.escape("ledger.overdrawn")):
            await make(database, a_posting("both", fine, fine))
        assert await seen(database, desk.transit) == (0, 0)

    async def test_money_never_crosses_to_another_court(
        self, database: Database, desk: Desk
    ) -> None:
        theirs = await an_account(database, AccountKind.DEPOSIT, "registration:2", OTHER)
        with pytest.raises(Refusal, match=re.escape("ledger.cross_court")):
            await make(database, a_posting("x", Transfer(desk.deposit, theirs, Money(1))))

    async def test_it_is_journaled_in_a_sound_chain(self, database: Database, desk: Desk) -> None:
        async with database.reading() as session:
            found = await verify(session)
        assert found.is_sound
        assert found.entries >= 1

    async def test_two_at_once_with_one_key_are_one(self, database: Database, desk: Desk) -> None:
        twice = a_posting("twin", Transfer(desk.deposit, desk.transit, Money(1000)))
        first, second = await asyncio.gather(make(database, twice), make(database, twice))
        assert first == second
        assert await seen(database, desk.deposit) == (0, 0)

    async def test_two_at_once_never_spend_one_fen_twice(
        self, database: Database, desk: Desk
    ) -> None:
        spends = [
            make(database, a_posting(f"s{n}", Transfer(desk.deposit, desk.transit, Money(700))))
            for n in range(4)
        ]
        outcomes = await asyncio.gather(*spends, return_exceptions=True)
        assert sum(isinstance(outcome, Refusal) for outcome in outcomes) == 3
        assert await seen(database, desk.deposit) == (300, 300)


class TestHolding:
    @pytest.fixture
    async def held(self, database: Database, desk: Desk) -> TransferId:
        pending = Transfer(desk.deposit, desk.transit, Money(900), TransferKind.PENDING)
        async with database.unit(SYSTEM) as work:
            return await hold(work, a_posting("hold", pending))

    async def test_held_money_is_still_there_and_cannot_be_spent(
        self, database: Database, desk: Desk, held: TransferId
    ) -> None:
        assert await seen(database, desk.deposit) == (1000, 100)
        with pytest.raises(Refusal, match=re.escape("ledger.overdrawn")):
            await make(database, a_posting("spend", Transfer(desk.deposit, desk.bank, Money(101))))

    async def test_settling_moves_it(
        self, database: Database, desk: Desk, held: TransferId
    ) -> None:
        async with database.unit(SYSTEM) as work:
            await settle_hold(work, held, event="test.settled", subject_ref="test:1")
        assert await seen(database, desk.deposit) == (100, 100)
        assert await seen(database, desk.transit) == (900, 900)

    async def test_voiding_gives_it_back(
        self, database: Database, desk: Desk, held: TransferId
    ) -> None:
        async with database.unit(SYSTEM) as work:
            await void_hold(work, held, event="test.voided", subject_ref="test:1")
        assert await seen(database, desk.deposit) == (1000, 1000)

    async def test_money_that_moved_at_once_was_never_held(
        self, database: Database, desk: Desk
    ) -> None:
        moved = a_posting("moved", Transfer(desk.deposit, desk.transit, Money(1)))
        with pytest.raises(Refusal, match=re.escape("ledger.no_hold")):
            async with database.unit(SYSTEM) as work:
                await hold(work, moved)
        assert await seen(database, desk.deposit) == (1000, 1000)

    async def test_only_a_hold_can_be_resolved(self, database: Database, desk: Desk) -> None:
        for stranger in (TransferId(UUID(int=1)), await self.a_settled_transfer(database)):
            with pytest.raises(Refusal, match="not_found"):
                async with database.unit(SYSTEM) as work:
                    await void_hold(work, stranger, event="test.voided", subject_ref="test:1")

    async def a_settled_transfer(self, database: Database) -> TransferId:
        async with database.reading() as session:
            found = await session.scalars(select(TransferRow.id))
            return TransferId(found.one())

    async def test_it_resolves_once(self, database: Database, desk: Desk, held: TransferId) -> None:
        async with database.unit(SYSTEM) as work:
            await void_hold(work, held, event="test.voided", subject_ref="test:1")
        with pytest.raises(Refusal, match=re.escape("ledger.hold_resolved")):
            async with database.unit(SYSTEM) as work:
                await settle_hold(work, held, event="test.settled", subject_ref="test:1")


class TestTheDatabaseItself:
    """The laws hold for whoever writes past the book, as the serving role."""

    @pytest.fixture
    async def sql(self, server: Server, desk: Desk) -> AsyncIterator[asyncpg.Connection]:
        connection = await asyncpg.connect(server.app_url)
        yield connection
        await connection.close()

    async def write(self, sql: asyncpg.Connection, transfer: Transfer, **other: object) -> None:
        row = {"court": COURT, "position": 0, "amount": transfer.amount.fen} | other
        async with sql.transaction():
            posting = await sql.fetchval(
                "INSERT INTO postings VALUES (gen_random_uuid(), $1, gen_random_uuid()::text,"
                " 'd', 'test.made', 'test:1', now(), 'x') RETURNING id",
                COURT,
            )
            await sql.execute(
                "INSERT INTO transfers VALUES (gen_random_uuid(),$1,$2,$3,$4,$5,$6,$7,$8)",
                posting, row["court"], row["position"], transfer.debit, transfer.credit,
                row["amount"], transfer.kind.value, transfer.resolves,
            )  # fmt: skip

    async def test_a_lawful_transfer_passes(self, sql: asyncpg.Connection, desk: Desk) -> None:
        await self.write(sql, Transfer(desk.deposit, desk.transit, Money(1000)))

    async def test_an_overdraft_is_refused(self, sql: asyncpg.Connection, desk: Desk) -> None:
        with pytest.raises(asyncpg.CheckViolationError, match="no_overdraft_of_credits"):
            await self.write(sql, Transfer(desk.deposit, desk.transit, Money(1001)))

    async def test_a_bank_overdraft_is_refused(self, sql: asyncpg.Connection, desk: Desk) -> None:
        with pytest.raises(asyncpg.CheckViolationError, match="no_overdraft"):
            await self.write(sql, Transfer(desk.transit, desk.bank, Money(1)))

    @pytest.mark.parametrize("amount", [0, -1, 9_000_000_000_000_001])
    async def test_an_amount_is_some_fen(
        self, sql: asyncpg.Connection, desk: Desk, amount: int
    ) -> None:
        with pytest.raises(asyncpg.CheckViolationError, match="some_fen"):
            transfer = Transfer(desk.bank, desk.deposit, Money(1))
            await self.write(sql, transfer, amount=amount)

    async def test_another_court_is_refused(
        self, database: Database, sql: asyncpg.Connection, desk: Desk
    ) -> None:
        theirs = await an_account(database, AccountKind.DEPOSIT, "registration:2", OTHER)
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await self.write(sql, Transfer(desk.deposit, theirs, Money(1)))
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await self.write(sql, Transfer(desk.deposit, desk.transit, Money(1)), court=OTHER)

    async def test_a_hold_resolves_once_and_wholly(
        self, database: Database, sql: asyncpg.Connection, desk: Desk
    ) -> None:
        pending = Transfer(desk.deposit, desk.transit, Money(900), TransferKind.PENDING)
        async with database.unit(SYSTEM) as work:
            held = await hold(work, a_posting("hold", pending))
        part = Transfer(desk.deposit, desk.transit, Money(1), TransferKind.VOID, resolves=held)
        with pytest.raises(asyncpg.CheckViolationError, match="settled or voided wholly"):
            await self.write(sql, part)
        whole = replace(part, amount=Money(900))
        await self.write(sql, whole)
        with pytest.raises(asyncpg.UniqueViolationError):
            await self.write(sql, replace(whole, kind=TransferKind.SETTLE))

    async def test_a_posting_without_transfers_is_refused(self, sql: asyncpg.Connection) -> None:
        with pytest.raises(asyncpg.CheckViolationError, match="without transfers"):
            await sql.execute(
                "INSERT INTO postings VALUES"
                " (gen_random_uuid(), '浙0199', 'k', 'd', 'e', 's', now(), 'x')"
            )

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE account_balances SET credits_posted = 0",
            "INSERT INTO account_balances SELECT gen_random_uuid(), 'debit', 0, 0, 0, 0",
            "UPDATE transfers SET amount = 1",
            "DELETE FROM transfers",
            "TRUNCATE transfers CASCADE",
            "UPDATE postings SET event = 'x'",
            "DELETE FROM postings",
            "UPDATE accounts SET owner_ref = 'x'",
            "UPDATE statement_lines SET amount = 1",
            "UPDATE payment_orders SET payee_account_sealed = 'x'",
            "DELETE FROM allocations",
        ],
    )
    async def test_history_cannot_be_rewritten(
        self, sql: asyncpg.Connection, statement: str
    ) -> None:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await sql.execute(statement)

    async def test_balances_are_the_sum_of_the_transfers(
        self, database: Database, desk: Desk
    ) -> None:
        await make(database, a_posting("out", Transfer(desk.deposit, desk.bank, Money(250))))
        async with database.reading() as session:
            wrong = await session.scalar(
                text(
                    "SELECT count(*) FROM account_balances b WHERE debits_posted <> (SELECT"
                    " coalesce(sum(amount), 0) FROM transfers WHERE debit_account_id ="
                    " b.account_id AND kind IN ('settled', 'settle'))"
                )
            )
        assert wrong == 0
