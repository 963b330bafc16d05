import logging

import pytest

from auction.kernel.clock import FrozenClock
from auction.store.database import Database
from tests.conftest import Execute
from tests.finance import DEPOSIT, Desk, pays_in
from workers.upkeep.nightly import check_books, complaints
from workers.wiring import Context


@pytest.fixture(autouse=True)
async def desk(database: Database, clock: FrozenClock) -> Desk:
    desk = Desk(database, clock)
    deposit = await desk.a_deposit()
    await desk.books(pays_in(DEPOSIT, deposit.virtual_account))
    return desk


async def test_sound_books_say_nothing(context: Context) -> None:
    assert await complaints(context) == []


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("UPDATE transfers SET amount = amount + 1", "trial balance"),
        ("UPDATE account_balances SET credits_posted = credits_posted + 1", "trial balance"),
        ("UPDATE statement_lines SET balance = balance + 1", "book and bank differ by 1 fen"),
        ("UPDATE journal SET leaf = leaf || 'x'", "account:"),
    ],
)
async def test_one_fen_or_one_byte_is_said_aloud(
    context: Context,
    as_owner: Execute,
    caplog: pytest.LogCaptureFixture,
    damage: str,
    words: str,
) -> None:
    await as_owner(damage)
    with caplog.at_level(logging.ERROR):
        await check_books(context)
    assert words in caplog.text
