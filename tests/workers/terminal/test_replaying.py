"""`luochui replay`: one sentence for what it cannot read, status 1 for what it finds untrue."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.bidding.test_replay import HALL
from workers.cli import luochui

TERMS = {
    "start": "100", "increment": "10", "opens": "2026-01-01T00:00:00Z",
    "end": "2026-01-01T00:00:20Z", "extension": "reset:4", "priority": "P=1",
}  # fmt: skip
README = Path(__file__).resolve().parents[3] / "README.md"


def replayed(file: Path, *words: str) -> Result:
    return CliRunner().invoke(luochui, ["replay", str(file), *words])


def record(folder: Path, text: str = HALL) -> Path:
    file = folder / "bids.csv"
    file.write_text(text)
    (folder / "terms.json").write_text(json.dumps(TERMS))
    return file


def test_a_record_of_this_platform_is_checked_bid_by_bid(tmp_path: Path) -> None:
    ran = replayed(record(tmp_path), "--format", "hall", "--terms", str(tmp_path / "terms.json"))
    assert (ran.exit_code, ran.output) == (0, "6 bids, 6 as recorded; winner B at 110.00 yuan\n")
    false = record(tmp_path, HALL.replace("refused,late", "accepted,"))
    ran = replayed(false, "--format", "hall", "--terms", str(tmp_path / "terms.json"))
    assert ran.exit_code == 1
    assert "bid 6: recorded accepted, the engine says refused late" in ran.output


def test_an_end_that_differs_is_called_that_and_not_a_verdict(tmp_path: Path) -> None:
    late = "2026-01-01T00:00:22Z,refused,late,2026-01-01T00:00:2"
    assert f"{late}2Z" in HALL
    false = record(tmp_path, HALL.replace(f"{late}2Z", f"{late}3Z"))
    ran = replayed(false, "--format", "hall", "--terms", str(tmp_path / "terms.json"))
    assert ran.exit_code == 1
    ends = "2026-01-01T00:00:23+00:00, the engine says 2026-01-01T00:00:22+00:00"
    assert f"bid 6: the end after it is recorded {ends}\n" in ran.output
    assert "recorded refused" not in ran.output


def test_terms_that_cannot_be_read_are_named_by_their_place(tmp_path: Path) -> None:
    file = record(tmp_path)
    (tmp_path / "terms.json").write_text(json.dumps(TERMS | {"clock": [{"after_seq": 1}]}))
    ran = replayed(file, "--format", "hall", "--terms", str(tmp_path / "terms.json"))
    assert (ran.exit_code, "at `$.clock[0]`" in ran.output) == (1, True), ran.output


def test_the_terms_can_be_given_as_options(tmp_path: Path) -> None:
    words = [part for name, text in TERMS.items() for part in (f"--{name}", text)]
    assert replayed(record(tmp_path), "--format", "hall", *words).exit_code == 0


@pytest.mark.parametrize("kind", ["ebay", "art", "record", "hall"])
def test_a_file_of_something_else_is_one_sentence(kind: str) -> None:
    ran = replayed(README, "--format", kind)
    assert ran.exit_code == 1
    assert "the file has no column" in ran.output


@pytest.mark.parametrize(
    ("kind", "text", "missing"),
    [
        (
            "hall",
            HALL,
            "--start and --increment and --opens and --end, or --terms with terms-ID.json",
        ),
        ("record", "lot,bid_time,bidder,price\n7,2026-01-01,A,1\n", "--increments and --end"),
    ],
)
def test_a_missing_option_is_named(tmp_path: Path, kind: str, text: str, missing: str) -> None:
    ran = replayed(record(tmp_path, text), "--format", kind)
    assert (ran.exit_code, missing in ran.output) == (1, True)


def test_the_help_names_the_columns() -> None:
    told = CliRunner().invoke(luochui, ["replay", "--help"]).output
    assert "auctionid, openbid" in told
    assert "closes_at_after" in told


EBAY = """auctionid,bid,bidtime,bidder,openbid,price
1,10.00,0.5,A,1.00,12.00
1,12.00,0.6,B,1.00,12.00
"""
RECORD = """lot,bid_time,bidder,price
7,2026-01-01T09:00:00,A,100
7,2026-01-01T09:01:00,B,110
"""


def test_an_ascending_auction_is_counted_with_its_recorded_prices(tmp_path: Path) -> None:
    out = tmp_path / "told.csv"
    ran = replayed(
        record(tmp_path, EBAY), "--format", "ebay", "--extension", "none", "--out", str(out)
    )
    assert ran.exit_code == 0, ran.output
    assert ran.output == "1 sessions, 2 accepted, 0 refused, 1 of 1 final prices as recorded\n"
    assert out.read_text().startswith("auctionid,")


def test_records_of_other_courts_need_the_increments_and_the_end(tmp_path: Path) -> None:
    words = ["--increments", "7=10", "--end", "2026-01-01T10:00:00"]
    ran = replayed(record(tmp_path, RECORD), "--format", "record", *words)
    assert (ran.exit_code, ran.output) == (0, "1 sessions, 2 accepted, 0 refused\n")
    ran = replayed(record(tmp_path, RECORD), "--format", "record", *words[:3], "noon")
    assert "--end is no time: 'noon'" in ran.output


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"increment": "0"}, "--increment must be above zero"),
        ({"start": "much"}, "--start is no amount in yuan"),
        ({"opens": "noon"}, "--opens is no time"),
        ({"window": "a day"}, "--window is a number of seconds"),
    ],
)
def test_a_term_that_is_none_is_named(
    tmp_path: Path, changes: dict[str, str], sentence: str
) -> None:
    words = [part for name, text in (TERMS | changes).items() for part in (f"--{name}", text)]
    ran = replayed(record(tmp_path), "--format", "hall", *words)
    assert (ran.exit_code, sentence in ran.output) == (1, True), ran.output


def test_a_file_without_a_bid_is_one_sentence(tmp_path: Path) -> None:
    ran = replayed(record(tmp_path, HALL.splitlines()[0] + "\n"), "--format", "hall")
    assert (ran.exit_code, "the file holds no bid" in ran.output) == (1, True)
