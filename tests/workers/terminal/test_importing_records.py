"""`luochui import record`: kept once, decided again, refused in one sentence."""

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from auction.kernel.clock import FrozenClock
from auction.kernel.settings import Settings
from auction.store.database import Database
from tests.bidding.records.test_commands import a_lot
from tests.bidding.records.test_reading import RAW
from workers.terminal.importing import import_group

AGAIN = ("--increment", "1000", "--end", "2026-05-26T10:00:00")


async def imported(settings: Settings, file: Path, content: bytes, *words: str) -> Result:
    """Import a file in a thread: the command has an event loop of its own."""

    def run() -> Result:
        file.write_bytes(content)
        return CliRunner().invoke(import_group(lambda: settings), ["record", str(file), *words])

    return await asyncio.to_thread(run)


async def test_a_record_in_gbk_comes_in_once_and_is_decided_again(
    settings: Settings, database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    lot = str(await a_lot(database, clock))
    content = RAW.replace("¥", "").encode("gbk")
    for said in ("4 bids: 4 new, 0 known", "4 bids: 0 new, 4 known"):
        ran = await imported(settings, tmp_path / "r.csv", content, "--lot", lot, *AGAIN)
        assert (ran.exit_code, said in ran.output) == (0, True), ran.output
    assert "recorded: B2222 at 107000.94 yuan; decided again: B2222 at 107000.94" in ran.output
    assert "4 accepted, 0 refused, 2 extensions, end 2026-05-26T10:09:58+08:00; the same" in (
        ran.output
    )


async def test_a_record_that_our_engine_decides_otherwise_is_told(
    settings: Settings, database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    lot = str(await a_lot(database, clock))
    words = ("--lot", lot, "--increment", "1000", "--end", "2026-05-26T10:04:00")
    ran = await imported(settings, tmp_path / "r.csv", RAW.encode(), *words, "--extension", "none")
    assert "2 accepted, 2 refused" in ran.output
    assert "NOT the same" in ran.output


@pytest.mark.parametrize(
    ("content", "lot", "sentence"),
    [
        (b"a,b\n1,2\n", "00000000-0000-0000-0000-000000000007", "line 1 is no head"),
        (RAW.encode(), "00000000-0000-0000-0000-000000000007", "There is no lot 00000000-"),
    ],
)
async def test_what_cannot_come_in_is_one_sentence(  # noqa: PLR0917
    settings: Settings, database: Database, tmp_path: Path, content: bytes, lot: str, sentence: str
) -> None:
    assert database  # it is emptied after the test
    ran = await imported(settings, tmp_path / "r.csv", content, "--lot", lot)
    assert ran.exit_code == 1
    assert sentence in ran.output
