"""The table of growth and its picture, as they are left behind."""

import json
from pathlib import Path

from workers.bench.load.growth import PICTURE, Row, write_growth


def test_the_table_and_a_panel_for_each_unit_are_written(tmp_path: Path) -> None:
    rows = [Row("bidders", count, "/s", count * 2.0) for count in (1, 10)]
    rows += [Row("bidders", count, "ms", count * 3.0) for count in (1, 10)]
    table, picture = tmp_path / "deep" / "growth.json", tmp_path / "growth.svg"
    write_growth(rows, "2 cores", table, picture)
    assert [Row(**row) for row in json.loads(table.read_text())] == rows
    assert picture.read_text().count("<circle") == 4
    assert picture.read_text().count("<path") == 2


def test_the_picture_that_the_readme_shows_is_small() -> None:
    assert PICTURE.stat().st_size < 100_000
