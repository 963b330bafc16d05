import re
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from auction.kernel.money import Money
from auction.kernel.refusal import Invariant
from auction.law.rule import Mark, Span
from auction.law.rulebook import BY_NAME, DEMONSTRATION, LAW, a_book
from auction.law.rules_demonstration import KEPT, SECONDS

REGISTER = Path(__file__).parents[3].parent / "shared" / "params.yaml"
"""The register the book was copied from; it may be absent."""

ROW = re.compile(r"^([a-z]+\.[a-z_]+):\s*(?:\{(.*)\})?\s*(?:#.*)?$")
FIELD = re.compile(r",\s*(?=[a-z]+:\s)")


def register_rows() -> dict[str, dict[str, str]]:
    path = REGISTER if REGISTER.exists() else Path("../shared/params.yaml")
    if not path.exists():
        pytest.skip("the register ../shared/params.yaml is not here")
    rows: dict[str, dict[str, str]] = {}
    for line in path.read_text().splitlines():
        if match := ROW.match(line):
            pairs = (part.partition(":") for part in FIELD.split(match[2] or ""))
            rows[match[1]] = {key.strip(): value.strip() for key, _, value in pairs}
    return rows


def in_book(value: object) -> object:
    """A value of the book as the register's texts are read below."""
    if isinstance(value, tuple):
        return tuple(in_book(item) for item in value)
    return Fraction(value) if type(value) in (int, Fraction) else value


def in_register(text: str) -> object:
    """A text of the register, read."""
    if text.startswith("["):
        return tuple(in_register(part.strip()) for part in text[1:-1].split(","))
    words: dict[str, object] = {"true": True, "false": False, "null": None}
    return Fraction(text) if re.fullmatch(r"\d+(\.\d+)?", text) else words.get(text, text)


class TestEveryKeyOfTheRegister:
    def test_stands_in_both_books(self) -> None:
        rows = register_rows()
        assert len(rows) > 95
        for book in (LAW, DEMONSTRATION):
            assert set(rows) - set(book.rules) == set()

    def test_has_the_same_value_unit_and_article_in_the_law(self) -> None:
        for key, row in register_rows().items():
            rule = LAW.rule(key)
            if not row.get("v"):
                continue  # bands and local terms: literal below
            assert in_book(rule.value) == in_register(row["v"]), key
            assert rule.unit == row.get("u", ""), key
            assert rule.mark == row["mark"], key
            if row.get("basis", "idem") != "idem":
                assert rule.basis == row["basis"], key
            assert rule.bound == row.get("b", ""), key


class TestTheLaw:
    @pytest.mark.parametrize(
        ("key", "value", "basis"),
        [
            ("auction.reserve_ratio_first", Fraction(7, 10), "网拍10"),
            ("auction.price_cut_max", Fraction(1, 5), "网拍26"),
            ("auction.max_rounds", 2, "网拍26(2)"),
            ("valuation.agency_count", 3, "参考价16"),
            ("valuation.signers_min", 2, "资产评估法28"),
            ("interest.double_daily", Fraction(175, 1_000_000), "迟延利息1"),
        ],
    )
    def test_says(self, key: str, value: object, basis: str) -> None:
        assert LAW.rule(key).value == value
        assert LAW.basis(key) == basis

    def test_counts_time(self) -> None:
        assert LAW.duration("auction.notice_first_immovable") == timedelta(days=30)
        assert LAW.duration("auction.bid_window") == timedelta(hours=24)
        assert LAW.duration("auction.extend_by") == timedelta(minutes=5)

    def test_gives_windows_and_bands(self) -> None:
        assert LAW.window("auction.deposit_ratio") == (Fraction(1, 20), Fraction(1, 5))
        bands = LAW.bands("auction.increment_band")
        assert [band.up_to for band in bands] == [Money(10_000_000), Money(100_000_000), None]
        assert [band.share for band in bands] == [
            Fraction(1, 50),
            Fraction(1, 100),
            Fraction(1, 200),
        ]

    def test_knows_since_when_and_how_surely(self) -> None:
        online = LAW.rule("auction.bid_window")
        assert (online.valid_from, online.mark_kind) == (date(2017, 1, 1), Mark.VERIFIED)
        selloff = LAW.rule("selloff.ask_creditor_within")
        assert (selloff.valid_from, selloff.mark_kind) == (None, Mark.FROM_MEMORY)

    def test_every_row_cites_an_article(self) -> None:
        assert [rule.key for rule in LAW if not rule.basis] == []

    def test_asking_wrongly_is_a_bug(self) -> None:
        for ask in (LAW.ratio, LAW.window, LAW.bands):
            with pytest.raises(Invariant):
                ask("auction.min_bidders")
        with pytest.raises(Invariant, match="has no bands"):
            LAW.bands("auction.deposit_ratio")  # a window: two shares, no amounts
        with pytest.raises(Invariant):
            LAW.rule("auction.no_such_key")
        with pytest.raises(Invariant):
            LAW.duration("valuation.validity_max")
        with pytest.raises(Invariant):
            LAW.integer("auction.reserve_equals_start")


class TestABook:
    def test_that_holds_a_key_twice_is_a_bug(self) -> None:
        rule = LAW.rule("auction.bid_window")
        with pytest.raises(Invariant, match="a key stands twice in draft"):
            a_book("draft", (rule, rule))


class TestTheDemonstration:
    def test_has_the_same_keys_and_changes_only_times(self) -> None:
        assert set(DEMONSTRATION.rules) == set(LAW.rules)
        for rule in DEMONSTRATION:
            assert (rule.basis, rule.bound) == (LAW.basis(rule.key), LAW.rule(rule.key).bound)
            assert rule == LAW.rule(rule.key) or rule.span is Span.SECOND

    def test_every_time_is_shortened_or_kept_on_purpose(self) -> None:
        timed = {rule.key for rule in LAW if rule.span}
        assert timed == set(SECONDS) | KEPT
        assert not set(SECONDS) & KEPT

    def test_is_found_by_name(self) -> None:
        assert BY_NAME == {"law": LAW, "demonstration": DEMONSTRATION}
