"""Two programs that others wrote add the book up; a book changed by one fen is refused."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest

from auction.ledger.export import (
    BookText,
    Closing,
    Event,
    Move,
    beancount_text,
    hledger_text,
)
from auction.ledger.queries import book_text
from auction.ledger.transfer import TransferKind
from auction.store.database import Database
from tests.conftest import NOON
from tests.finance import DEPOSIT, Desk, pays_in

BANK = "Assets:TrustBank:Court-浙0199"
DEPOSITS = [f"Liabilities:Deposit:Court-浙0199:Registration-{n:032x}" for n in range(4)]
SALE = "Liabilities:Proceeds:Court-浙0199:Sale-1"


def a_book(seed: int) -> BookText:
    events: list[Event] = []
    for n, deposit in enumerate(DEPOSITS):
        fen = (seed + 1) * 7919 * (n + 3) ** 5 % 10**9 + 1
        at = NOON + timedelta(hours=9 * n)
        events.append(an_event(f"{seed}-in-{n}", at, Move(BANK, deposit, fen, SETTLED)))
        holds = Move(deposit, SALE, fen, TransferKind.PENDING)
        events.append(an_event(f"{seed}-hold-{n}", at, holds))
        settles = Move(deposit, SALE, fen, TransferKind.SETTLE)
        events.append(an_event(f"{seed}-out-{n}", at + timedelta(hours=1), settles))
    held = sum(event.legs[0][1] for event in events if event.name == "in")
    return BookText([BANK, SALE, *DEPOSITS], events, [Closing(BANK, held)])


SETTLED = TransferKind.SETTLED


def an_event(key: str, at: object, *moves: Move) -> Event:
    return Event(key, at, key.split("-")[1], "registration:1", moves)


def fold(text: str) -> dict[str, int]:
    """A third opinion in ten lines: the legs of the text, added up."""
    totals: dict[str, int] = {}
    for account, fen in re.findall(r"^ +([AL]\w+:\S+)  (-?\d+) FEN$", text, re.MULTILINE):
        totals[account] = totals.get(account, 0) + int(fen)
    return totals


def hledger_judges(path: Path) -> bool:
    ran = subprocess.run(
        ["hledger", "-f", str(path), "check", "--strict"],
        env={**os.environ, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        check=False,
    )
    return ran.returncode == 0


def beancount_judges(path: Path) -> bool:
    ran = subprocess.run(
        [sys.executable, "-m", "beancount.scripts.check", "--no-cache", str(path)],
        capture_output=True,
        check=False,
    )
    return ran.returncode == 0


Judge = Callable[[Path], bool]


def absent(name: str, present: bool) -> pytest.MarkDecorator:
    missing = not present and os.environ.get("CI") != "true"
    return pytest.mark.skipif(missing, reason=f"{name} is not installed")


JUDGES = [
    pytest.param(
        hledger_text, hledger_judges, id="hledger",
        marks=absent("hledger", shutil.which("hledger") is not None),
    ),
    pytest.param(
        beancount_text, beancount_judges, id="beancount",
        marks=absent("beancount", find_spec("beancount") is not None),
    ),
]  # fmt: skip


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "book.beancount"
        path.write_text(text)
        return path

    return write


@pytest.mark.parametrize(("write", "judge"), JUDGES)
class TestOutsideJudges:
    @pytest.mark.parametrize("seed", range(3))
    def test_they_accept_the_book(
        self,
        written: Callable[[str], Path],
        write: Callable[[BookText], str],
        judge: Judge,
        seed: int,
    ) -> None:
        assert judge(written(write(a_book(seed))))

    @pytest.mark.parametrize("nth", [0, 1, 5, 9])
    def test_one_fen_on_one_leg_is_refused(
        self,
        written: Callable[[str], Path],
        write: Callable[[BookText], str],
        judge: Judge,
        nth: int,
    ) -> None:
        text = write(a_book(nth))
        place = list(re.finditer(r"(\d+) FEN$", text, re.MULTILINE))[nth]
        fen = int(place.group(1)) + 1
        assert not judge(written(text[: place.start()] + f"{fen} FEN" + text[place.end() :]))

    def test_a_fen_moved_on_both_legs_is_refused(
        self, written: Callable[[str], Path], write: Callable[[BookText], str], judge: Judge
    ) -> None:
        text = write(a_book(1))
        fen = next(abs(total) for total in fold(text).values() if total)
        first = next(f for f in re.findall(r"  (\d+) FEN$", text, re.MULTILINE) if int(f) > 1)
        assert fen
        legs = re.sub(rf"(  -?){first} FEN$", rf"\g<1>{int(first) - 1} FEN", text, flags=re.M)
        assert not judge(written(legs))

    def test_a_closing_balance_that_the_bank_did_not_write_is_refused(
        self, written: Callable[[str], Path], write: Callable[[BookText], str], judge: Judge
    ) -> None:
        book = a_book(2)
        wrong = [Closing(BANK, book.closings[0].fen + 1)]
        assert not judge(written(write(BookText(book.accounts, book.events, wrong))))

    async def test_they_accept_the_book_of_the_database(
        self,
        database: Database,
        written: Callable[[str], Path],
        write: Callable[[BookText], str],
        judge: Judge,
    ) -> None:
        desk = Desk(database, database.clock)
        deposit = await desk.a_deposit()
        await desk.books(pays_in(DEPOSIT, deposit.virtual_account), pays_in(DEPOSIT, ""))
        async with database.reading() as session:
            text = write(await book_text(session))
        assert judge(written(text))
        assert sum(fold(text).values()) == 0
        assert fold(text)[BANK] == 2 * DEPOSIT.fen


def test_all_three_read_the_same_totals() -> None:
    book = a_book(5)
    assert fold(hledger_text(book)) == fold(beancount_text(book))
    assert sum(fold(hledger_text(book)).values()) == 0


@pytest.mark.parametrize("write", [hledger_text, beancount_text])
def test_a_book_in_which_nothing_happened_lists_its_accounts(
    write: Callable[[BookText], str],
) -> None:
    text = write(BookText([BANK], [], [Closing(BANK, 0)]))
    assert f" {BANK}" in text
    assert fold(text) == {}


def test_without_a_statement_of_the_bank_nothing_is_said_of_its_closing() -> None:
    book = a_book(3)
    text = hledger_text(BookText(book.accounts, book.events))
    assert "closing balance" not in text
    assert fold(text) == fold(hledger_text(book))
