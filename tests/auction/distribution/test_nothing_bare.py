"""A whole life of money, then every table is read as a thief would: nobody is found in it."""

import re

import asyncpg
import pytest

from auction.distribution.objections import raise_objection
from auction.kernel.clock import FrozenClock
from auction.kernel.money import Money
from auction.kernel.settings import Settings
from auction.ledger.statement import LineState
from auction.store.database import Database
from auction.store.personal.inventory import OPEN
from tests.auction.distribution.test_commands import PlanDesk
from tests.finance import pays_in
from tests.sales import BANK, NAMES
from workers.migrations.models import metadata

REMARK, REASON = "李四代付 13800001234", "本人的住房租金没有计入"
ACCOUNTS = ("6222001", "3300100", "3300200")
NUMBER = re.compile(r"99010119800101\d{3}[\dX]")


async def everything(url: str) -> dict[str, str]:
    """Every column of every table as PostgreSQL prints it."""
    connection = await asyncpg.connect(url)
    found = {}
    for table in metadata().sorted_tables:
        rows = await connection.fetch(f"SELECT * FROM {table.name}")
        for column in (one.name for one in table.columns):
            cells = [row[column] for row in rows]
            texts = [
                cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)
                for cell in cells
            ]
            found[f"{table.name}.{column}"] = "\n".join(texts)
    await connection.close()
    return found


@pytest.fixture
async def dump(database: Database, clock: FrozenClock, settings: Settings) -> dict[str, str]:
    desk = PlanDesk(database, clock)
    await desk.found()
    plan = await desk.a_served_plan()
    async with database.unit(BANK) as work:
        objection = await raise_objection(work, plan.id, line_id=None, reason=REASON)
    assert objection.reason == REASON
    (stray,) = await desk.books(pays_in(Money.yuan(77), "", name="李四", remark=REMARK))
    assert stray.state is LineState.UNIDENTIFIED
    assert stray.remark == REMARK
    return await everything(settings.migration_database_url)


async def test_no_name_number_account_or_word_of_a_person_lies_bare(dump: dict[str, str]) -> None:
    bare = {
        (column, secret)
        for column, text in dump.items()
        for secret in (*NAMES.values(), *ACCOUNTS, REMARK, REASON, "李四", "13800001234")
        if secret in text
    }
    assert bare == set()
    assert [column for column, text in dump.items() if NUMBER.search(text)] == []


async def test_the_search_would_find_what_lies_open(dump: dict[str, str]) -> None:
    assert "一套住房" in dump["lots.title"]
    assert {"lots.title", "journal.leaf"} <= {c for columns in OPEN.values() for c in columns}
    assert "plan.served" in dump["journal.leaf"]
    assert "line.set_aside" in dump["journal.leaf"]
