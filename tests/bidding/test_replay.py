"""The engine over recorded auctions; a made-up session stands in where the data is absent."""

import csv
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from msgspec import structs

from auction.kernel.money import Money
from bidding.engine import Extension
from bidding.replay import (
    ClockChange,
    ExtensionChoice,
    HallTerms,
    ReplayError,
    Row,
    read_extension,
    read_increments,
    read_ranks,
    read_yuan,
    replay_art,
    replay_ebay,
    replay_hall,
    replay_records,
)

DATA = Path(__file__).parents[3] / "shared" / "data"
NOMINAL_END = datetime.fromisoformat("2026-05-26T10:00:00+08:00")
FIVE_MINUTES = ExtensionChoice(Extension.RESET, 300)

MADE_UP = """lot,bid_time,bidder,price,status
7,2026-05-25T10:00:06,A1111,100000.94,出局
7,2026-05-26T09:54:59,B2222,101000.94,出局
7,2026-05-26T09:55:00,A1111,102000.94,出局
7,2026-05-26T09:55:01,B2222,103000.94,出局
7,2026-05-26T09:59:59,C3333,105000.94,出局
7,2026-05-26T10:04:58,A1111,106000.94,出局
7,2026-05-26T10:09:58,B2222,107000.94,出局
7,2026-05-26T10:04:58,B2222,107000.94,成交
"""
"""Made up. By hand: the bid at 09:55:00 moves nothing, 09:55:01 -> 10:00:01, 09:59:59 ->
10:04:59, 10:04:58 -> 10:09:58, the bid at 10:09:58 is late, the last one moves nothing."""


def rows_of(text: str) -> list[Row]:
    return list(csv.DictReader(text.splitlines()))


def data(name: str) -> list[Row]:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"the recorded auctions are not here ({name})")
    with path.open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


class TestMadeUpSession:
    def test_it_ends_as_counted_by_hand(self) -> None:
        told = replay_records(
            rows_of(MADE_UP),
            increments={"7": Money.yuan(1000)},
            end=NOMINAL_END,
            extension=FIVE_MINUTES,
        )
        assert list(told) == [
            {
                "lot": "7",
                "accepted": "7",
                "refused": "1",
                "winner": "B2222",
                "final_price": "107000.94",
                "closes_at": "2026-05-26T10:09:58+08:00",
                "extensions": "3",
            }
        ]

    def test_an_increment_one_fen_larger_refuses_all_but_the_first(self) -> None:
        (told,) = replay_records(
            rows_of(MADE_UP),
            increments={"7": Money.yuan(1000) + Money(1)},
            end=NOMINAL_END,
            extension=FIVE_MINUTES,
        )
        assert (told["accepted"], told["refused"]) == ("1", "7")


class TestRecordedAuctions:
    INCREMENTS = "1=46000,2=14000,3=5000"

    def test_three_judicial_auctions_end_as_they_did(self) -> None:
        told = replay_records(
            data("judicial/bid_records_dev.csv"),
            increments=read_increments(self.INCREMENTS),
            end=NOMINAL_END,
            extension=read_extension("reset:300"),
        )
        assert [tuple(row.values()) for row in told] == [
            ("1", "74", "0", "Z1420", "14534399.94", "2026-05-26T10:27:18+08:00", "50"),
            ("2", "44", "0", "H2515", "3613817.56", "2026-05-26T10:25:46+08:00", "38"),
            ("3", "65", "0", "R9800", "1872173.09", "2026-05-26T11:29:00+08:00", "61"),
        ]

    def test_one_fen_more_of_an_increment_refuses_nearly_everything(self) -> None:
        told = replay_records(
            data("judicial/bid_records_dev.csv"),
            increments=read_increments("1=46000.01,2=14000.01,3=5000.01"),
            end=NOMINAL_END,
            extension=FIVE_MINUTES,
        )
        assert [row["accepted"] for row in told] == ["1", "1", "1"]

    def test_every_art_session_ends_as_expected(self) -> None:
        told = replay_art(data("engine/art_bids_dev.csv"), extension=read_extension("reset"))
        assert list(told) == data("engine/art_expected_dev.csv")

    def test_ascending_auctions_without_extension(self) -> None:
        told = list(replay_ebay(data("engine/ebay_bids.csv"), extension=read_extension("none")))
        assert sum(int(row["accepted"]) for row in told) == 5_235
        assert sum(int(row["refused"]) for row in told) == 5_446
        assert sum(row["final_price"] == row["recorded_price"] for row in told) == 626
        assert len(told) == 628


class TestBadInput:
    @pytest.mark.parametrize("text", ["later", "reset:", "reset:-1", "reset:5m", "none:1:2"])
    def test_an_extension_that_is_none_is_named(self, text: str) -> None:
        if text == "reset:":
            assert read_extension(text) == ExtensionChoice(Extension.RESET)
            return
        with pytest.raises(ReplayError, match="extension"):
            read_extension(text)

    @pytest.mark.parametrize("text", ["1=", "1=0", "1", "1=4e3", "1=-5"])
    def test_a_wrong_increment_is_named(self, text: str) -> None:
        with pytest.raises(ReplayError, match="increment of lot 1"):
            read_increments(text)

    @pytest.mark.parametrize(
        ("was", "becomes", "sentence"),
        [
            ("107000.94,成交", "a lot,成交", "price is no amount"),
            ("2026-05-25T10:00:06", "noon", "bid_time is no time"),
            ("7,2026-05-25", ",2026-05-25", "a row lacks lot"),
            ("7,2026-05-25", "8,2026-05-25", "no increment was given for lot 8"),
        ],
    )
    def test_a_wrong_row_gets_one_sentence(self, was: str, becomes: str, sentence: str) -> None:
        broken = rows_of(MADE_UP.replace(was, becomes))
        with pytest.raises(ReplayError, match=sentence):
            list(
                replay_records(
                    broken,
                    increments={"7": Money.yuan(1000)},
                    end=NOMINAL_END,
                    extension=FIVE_MINUTES,
                )
            )

    def test_a_file_of_another_format_is_named_by_what_it_lacks(self) -> None:
        with pytest.raises(ReplayError, match="auctionid"):
            list(replay_ebay(rows_of(MADE_UP), extension=read_extension("none")))

    @pytest.mark.parametrize(
        ("days", "sentence"),
        [("soon", "bidtime is no number"), ("-1", "out of range"), ("NaN", "out of range")],
    )
    def test_a_time_in_days_that_is_none_is_named(self, days: str, sentence: str) -> None:
        text = f"auctionid,bid,bidtime,bidder,openbid,price\n1,10.00,{days},A,1.00,10.00\n"
        with pytest.raises(ReplayError, match=sentence):
            list(replay_ebay(rows_of(text), extension=read_extension("none")))


HALL = """seq,code,amount,entered_at,decided_at,verdict,reason,closes_at_after
1,A,100.00,2026-01-01T00:00:01Z,2026-01-01T00:00:01Z,accepted,,2026-01-01T00:00:20Z
2,B,105.00,2026-01-01T00:00:02Z,2026-01-01T00:00:02Z,refused,off_ladder,2026-01-01T00:00:20Z
3,P,100.00,2026-01-01T00:00:03Z,2026-01-01T00:00:03Z,accepted,,2026-01-01T00:00:20Z
4,B,110.00,2026-01-01T00:00:04Z,2026-01-01T00:00:04Z,refused,price_changed,2026-01-01T00:00:20Z
5,B,110.00,2026-01-01T00:00:18Z,2026-01-01T00:00:18Z,accepted,,2026-01-01T00:00:22Z
6,A,120.00,2026-01-01T00:00:22Z,2026-01-01T00:00:22Z,refused,late,2026-01-01T00:00:22Z
"""
HALL_TERMS = HallTerms(
    start=Money.yuan(100),
    increment=Money.yuan(10),
    opens_at=datetime.fromisoformat("2026-01-01T00:00:00Z"),
    end=datetime.fromisoformat("2026-01-01T00:00:20Z"),
    extension=ExtensionChoice(Extension.RESET, 4),
    ranks=read_ranks("P=1"),
)


STOOD_STILL = """seq,code,amount,entered_at,decided_at,verdict,reason,closes_at_after
1,A,100.00,2026-01-01T00:00:01Z,2026-01-01T00:00:01Z,accepted,,2026-01-01T00:00:20Z
2,B,110.00,2026-01-01T00:00:12Z,2026-01-01T00:00:12Z,refused,paused,2026-01-01T00:00:20Z
3,B,110.00,2026-01-01T00:01:01Z,2026-01-01T00:01:01Z,accepted,,2026-01-01T00:01:10Z
4,A,115.00,2026-01-01T00:01:08Z,2026-01-01T00:01:09Z,refused,off_ladder,2026-01-01T00:01:12Z
"""
"""Made up. By hand: it stands still from 10 s to 60 s, so its end moves from 20 s to 70 s; the
platform lags at 68 s, and four seconds are left from then on."""


def instant(time: str) -> datetime:
    return datetime.fromisoformat(f"2026-01-01T{time}Z")


CLOCK = (
    ClockChange(1, "suspended", instant("00:00:10"), "listing_suspended"),
    ClockChange(2, "resumed", instant("00:01:00"), closes_at=instant("00:01:10")),
    ClockChange(3, "lagged", instant("00:01:08"), closes_at=instant("00:01:12")),
)


class TestARecordOfThisPlatform:
    def test_is_decided_again_as_it_was_recorded(self) -> None:
        told = list(replay_hall(rows_of(HALL), terms=HALL_TERMS))
        assert {row["same"] for row in told} == {"yes"}
        assert (told[-1]["winner"], told[-1]["price"]) == ("B", "110.00")

    @pytest.mark.parametrize(
        ("true", "false"),
        [
            ("refused,late", "accepted,"),
            ("accepted,,2026-01-01T00:00:22Z", "accepted,,2026-01-01T00:00:23Z"),
        ],
    )
    def test_that_was_changed_is_noticed(self, true: str, false: str) -> None:
        told = replay_hall(rows_of(HALL.replace(true, false)), terms=HALL_TERMS)
        assert [row["same"] for row in told].count("no") == 1

    def test_that_stood_still_is_decided_by_its_terms(self) -> None:
        told = list(replay_hall(rows_of(STOOD_STILL), terms=replace(HALL_TERMS, clock=CLOCK)))
        assert [row["same"] for row in told] == ["yes"] * 7
        assert [row["seq"] for row in told] == ["1", "", "2", "", "3", "", "4"]
        plain = list(replay_hall(rows_of(STOOD_STILL), terms=HALL_TERMS))
        assert [row["same"] for row in plain] == ["yes", "no", "no", "no"]

    def test_an_end_after_a_standstill_that_was_changed_is_noticed(self) -> None:
        false = structs.replace(CLOCK[1], closes_at=instant("00:01:09"))
        clock = (CLOCK[0], false, CLOCK[2])
        told = replay_hall(rows_of(STOOD_STILL), terms=replace(HALL_TERMS, clock=clock))
        assert [row["seq"] for row in told if row["same"] == "no"] == [""]

    def test_a_rank_that_is_none_is_one_sentence(self) -> None:
        with pytest.raises(ReplayError, match="CODE=RANK"):
            read_ranks("P=first")


class TestArguments:
    def test_an_amount_is_read_as_people_write_it(self) -> None:
        assert read_yuan("1,000.5", "--start") == Money(100_050)
        with pytest.raises(ReplayError, match="--start is no amount in yuan"):
            read_yuan("1e3", "--start")
