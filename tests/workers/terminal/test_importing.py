"""`luochui import lots`: what came in, what was known, what was refused and why."""

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from auction.kernel.settings import Settings
from auction.lots.importing import COLUMNS
from auction.lots.queries import draft_lots
from auction.store.database import Database
from workers.terminal.importing import import_group

HEADER = ",".join(COLUMNS)
SOUND = "38905781866,1,杭湾,2014,2554500.0,2550000.0,5000.0,4.0,1.0,3895000.0,,"
WRONG = SOUND.replace("2014", "someday", 1).replace("38905781866", "38905781867")


async def imported(settings: Settings, file: Path, content: str | bytes, *words: str) -> Result:
    """Import a file in a thread: the command has an event loop of its own."""

    def run() -> Result:
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return CliRunner().invoke(import_group(lambda: settings), ["lots", str(file), *words])

    return await asyncio.to_thread(run)


async def test_every_sound_row_is_a_draft_once(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "lots.csv"
    for said in ("1 new draft lots, 0 known", "0 new draft lots, 1 known"):
        ran = await imported(settings, file, f"{HEADER}\n{SOUND}\n")
        assert (ran.exit_code, said in ran.output) == (0, True), ran.output
    async with database.reading() as session:
        assert len(await draft_lots(session)) == 1


async def test_a_wrong_row_is_reported_and_the_others_come_in(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    file, errors = tmp_path / "lots.csv", tmp_path / "errors.csv"
    text = f"{HEADER}\n{SOUND}\n{WRONG}\n"
    ran = await imported(settings, file, text)
    assert "2 rows: 1 new draft lots, 0 known already, 1 refused." in ran.output
    assert "3,year,someday," in ran.output
    ran = await imported(settings, file, text, "--errors", str(errors))
    assert f"The error report is {errors}." in ran.output
    assert "3,year,someday," in errors.read_text()
    async with database.reading() as session:
        assert len(await draft_lots(session)) == 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\xff\xfe\x00", "The file is not UTF-8 text (byte 0)."),
        (b"a,b\n1,2\n", f"The file has no column {COLUMNS[0]}."),
        (HEADER.encode() + b'\n"' + b"x" * 200_000, "The file is not CSV (line"),
    ],
    ids=["bytes", "columns", "cell"],
)
async def test_what_is_no_file_of_lots_is_one_sentence(
    settings: Settings, tmp_path: Path, content: bytes, sentence: str
) -> None:
    ran = await imported(settings, tmp_path / "lots.csv", content)
    assert ran.exit_code == 1
    assert sentence in ran.output
