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
        ("hall", HALL, "--start and --increment and --opens and --end"),
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
