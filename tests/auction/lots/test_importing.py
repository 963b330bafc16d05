from pathlib import Path

import pytest
from sqlalchemy import func, select

from auction.kernel.actor import SYSTEM
from auction.kernel.money import Money
from auction.kernel.refusal import Refusal
from auction.lots.commands import import_draft_lots
from auction.lots.draft_lot import DraftLot
from auction.lots.importing import COLUMNS, ROWS_MAX, Problem, read_lots, report
from auction.store.database import Database

HEADER = ",".join(COLUMNS)
SOUND = "38905781866,1,杭湾,2014,2554500.0,2550000.0,5000.0,4.0,1.0,3895000.0,120.595625,31.060131"
REAL = Path("../shared/data/judicial/taobao_lots_dev.csv")


def a_file(*rows: str) -> bytes:
    return "\n".join((HEADER, *rows, "")).encode()


@pytest.fixture
def real_file() -> bytes:
    if not REAL.exists():
        pytest.skip("the real file ../shared/data/judicial/taobao_lots_dev.csv is not here")
    return REAL.read_bytes()


class TestOneRow:
    def test_a_sound_row_is_a_draft(self) -> None:
        reading = read_lots(a_file(SOUND))
        assert reading.problems == ()
        (row,) = reading.rows
        assert (row.source_number, row.round, row.year) == ("38905781866", 1, 2014)
        assert row.starting_price == Money.yuan(2_550_000)
        assert (row.registered, row.has_priority_buyer) == (4, True)

    def test_what_is_unknown_may_be_empty(self) -> None:
        (row,) = read_lots(a_file("1,2,杭湾,2014,,100,,,,,,")).rows
        assert (row.appraisal, row.longitude, row.has_priority_buyer) == (None, None, None)

    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("lot_id", ""),
            ("lot_id", "12a"),
            ("rnd", "3"),
            ("rnd", "1.5"),
            ("city", ""),
            ("city", "x" * 41),
            ("year", "14"),
            ("year", "1.9e3"),
            ("start_price", "0"),
            ("start_price", "-5"),
            ("start_price", "1e6"),
            ("start_price", "nan"),
            ("start_price", "12.345"),
            ("start_price", "99999999999999999"),
            ("increment", "five"),
            ("registered", "-1"),
            ("has_priority_buyer", "yes"),
            ("final_price", "2549999.99"),
            ("longitude", "190"),
            ("latitude", "north"),
        ],
    )
    def test_a_bad_cell_is_named(self, column: str, value: str) -> None:
        cells = dict(zip(COLUMNS, SOUND.split(","), strict=True)) | {column: value}
        reading = read_lots(a_file(",".join(cells.values())))
        assert reading.rows == ()
        (problem,) = reading.problems
        assert (problem.line, problem.column, problem.value) == (2, column, value[:80])


class TestAWholeFile:
    def test_every_row_is_a_draft_or_a_problem(self) -> None:
        reading = read_lots(
            a_file(SOUND, SOUND, SOUND + ",extra", "1,2", SOUND.replace("1,", "2,", 1))
        )
        assert len(reading.rows) + len(reading.problems) == 5
        assert [problem.line for problem in reading.problems] == [3, 4, 5]

    def test_a_quoted_line_break_does_not_shift_the_lines(self) -> None:
        reading = read_lots(a_file('1,1,"杭\n湾",2014,,100,,,,,,', "2,1,杭湾,2014,,0,,,,,,"))
        assert [(problem.line, problem.column) for problem in reading.problems] == [
            (3, "city"),
            (4, "start_price"),
        ]

    def test_a_byte_order_mark_is_no_harm(self) -> None:
        assert len(read_lots(b"\xef\xbb\xbf" + a_file(SOUND)).rows) == 1

    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (b"\xff\xfe\x00", "import.not_utf8"),
            (b"", "import.column_missing"),
            (b"a,b\n1,2\n", "import.column_missing"),
            (HEADER.encode() + b'\n"' + b"x" * 200_000, "import.not_csv"),
        ],
        ids=lambda value: repr(value[-20:]),
    )
    def test_what_is_no_lots_file_is_refused_whole(self, content: bytes, code: str) -> None:
        with pytest.raises(Refusal) as refused:
            read_lots(content)
        assert refused.value.code == code

    def test_so_is_one_with_too_many_rows(self) -> None:
        with pytest.raises(Refusal) as refused:
            read_lots(HEADER.encode() + b"\nx" * (ROWS_MAX + 1))
        assert refused.value.code == "import.too_many_rows"

    def test_the_report_is_csv_that_no_spreadsheet_executes(self) -> None:
        written = report([Problem(2, "city", "=1+1", "应为不超过40字的地名")])
        assert written == "line,column,value,problem\n2,city,'=1+1,应为不超过40字的地名\n"


class TestKeepingDrafts:
    async def test_a_second_import_adds_nothing(self, database: Database) -> None:
        rows = read_lots(a_file(SOUND, SOUND.replace("1,", "2,", 1))).rows
        added = []
        for _ in range(2):
            async with database.unit(SYSTEM) as work:
                added.append(await import_draft_lots(work, rows=rows, file_digest="0" * 64))
        assert added == [len(rows), 0]

    async def test_the_real_file_becomes_2457_drafts(
        self, database: Database, real_file: bytes
    ) -> None:
        reading = read_lots(real_file)
        assert (len(reading.rows), reading.problems) == (2457, ())
        for expected in (2457, 0):
            async with database.unit(SYSTEM) as work:
                added = await import_draft_lots(work, rows=reading.rows, file_digest="0" * 64)
            assert added == expected
        async with database.reading() as session:
            assert await session.scalar(select(func.count()).select_from(DraftLot)) == 2457
