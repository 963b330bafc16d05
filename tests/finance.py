"""Words of the finance desk for tests: bidders, deposits, statement files imported and matched."""

from uuid import UUID

from sqlalchemy import select

from auction.deposits.commands import open_deposit
from auction.deposits.deposit import Deposit
from auction.kernel.actor import SYSTEM, Actor, Role
from auction.kernel.clock import FrozenClock
from auction.kernel.ids import CourtId, PersonId, new_id
from auction.kernel.money import Money
from auction.ledger.bankfile import read_statement
from auction.ledger.commands import Imported, import_statement
from auction.ledger.statement import LineState, StatementLine
from auction.store.database import Database
from tests.builders import a_person
from tests.conftest import NOON
from workers.bank import book_line
from workers.demo.statement_file import BankEntry, DemoBank

COURT = CourtId("浙0199")
CLERK = Actor(PersonId(UUID(int=7)), frozenset({Role.FINANCE_CLERK}), COURT)
APPROVER = Actor(PersonId(UUID(int=8)), frozenset({Role.FINANCE_APPROVER}), COURT)
DEPOSIT = Money.yuan(50_000)


def pays_in(amount: Money, to: str, *, name: str = "张三", remark: str = "") -> BankEntry:
    return BankEntry(
        is_in=True, amount=amount, name=name, account="6222001", virtual_account=to, remark=remark
    )


def pays_out(amount: Money, order: str, *, account: str = "6222001") -> BankEntry:
    return BankEntry(is_in=False, amount=amount, name="张三", account=account, remark=order)


class Desk:
    """A finance clerk with a made-up bank and the worker at hand."""

    def __init__(self, database: Database, clock: FrozenClock) -> None:
        self.database = database
        self.clock = clock
        self.bank = DemoBank()

    async def a_deposit(
        self, *, name: str = "张三", listing_id: UUID | None = None, amount: Money = DEPOSIT
    ) -> Deposit:
        person_id = new_id(NOON)
        async with self.database.unit(SYSTEM) as work:
            await a_person(work, person_id, name)
            await work.session.flush()
            return await open_deposit(
                work,
                registration_id=work.new_id(),
                listing_id=listing_id or work.new_id(),
                court_id=COURT,
                person_id=person_id,
                amount=amount,
            )

    async def imports(self, content: bytes, actor: Actor = CLERK) -> Imported:
        async with self.database.unit(actor) as work:
            return await import_statement(
                work,
                court_id=COURT,
                file_name="statement.csv",
                content=content,
                file=read_statement(content),
            )

    async def books(self, *entries: BankEntry) -> list[StatementLine]:
        """Have the bank write the entries, import the file and let the worker match it."""
        await self.imports(self.bank.statement(list(entries), self.clock.now()))
        await self.matches()
        return (await self.lines())[-len(entries) :]

    async def matches(self) -> None:
        for line in await self.lines():
            await book_line(self.database, line.id)

    async def lines(self) -> list[StatementLine]:
        async with self.database.reading() as session:
            rows = await session.scalars(select(StatementLine).order_by(StatementLine.position))
            return list(rows)

    async def line(self, line_id: UUID) -> StatementLine:
        return next(line for line in await self.lines() if line.id == line_id)

    async def deposit(self, deposit: Deposit) -> Deposit:
        async with self.database.reading() as session:
            return await session.get_one(Deposit, deposit.id)

    async def states(self) -> list[LineState]:
        return [line.state for line in await self.lines()]
