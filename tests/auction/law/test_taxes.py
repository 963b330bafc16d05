from datetime import date
from fractions import Fraction

import pytest

from auction.kernel.refusal import Invariant
from auction.law.taxes import (
    LAND_VALUE_BANDS,
    LAWFUL_BEARERS,
    ROWS,
    Bearer,
    TaxKind,
    rate_row,
    row_in_force,
)

DAY = date(2026, 3, 2)
HOME = "vat.home.natural.lt2y"


class TestRows:
    @pytest.mark.parametrize(
        ("key", "on", "rate", "basis"),
        [
            (HOME, date(2025, 12, 31), Fraction(5, 100), "财税〔2016〕36号附件3"),
            (HOME, date(2026, 1, 1), Fraction(3, 100), "财政部 税务总局公告2025年第17号"),
            ("vat.realty.general", DAY, Fraction(9, 100), "增值税法10(2)"),
            ("city.urban", DAY, Fraction(7, 100), "城建税法4"),
            ("deed.statutory", DAY, Fraction(3, 100), "契税法3、4"),
        ],
    )
    def test_the_row_of_a_day_is_found_with_its_article(
        self, key: str, on: date, rate: Fraction, basis: str
    ) -> None:
        row = rate_row(key, on)
        assert (row.rate, row.basis) == (rate, basis)

    @pytest.mark.parametrize("key", sorted({row.key for row in ROWS}))
    def test_no_day_has_two_rows_of_one_tax(self, key: str) -> None:
        edges = [row.valid_from for row in ROWS] + [row.valid_to for row in ROWS if row.valid_to]
        for day in edges:
            row_in_force(key, day)

    def test_a_rate_that_no_row_gives_is_a_gap_in_the_table(self) -> None:
        with pytest.raises(Invariant, match=f"no rate {HOME} on 2016-04-30"):
            rate_row(HOME, date(2016, 4, 30))

    def test_a_relief_holds_until_its_last_day_and_then_there_is_none(self) -> None:
        relief = row_in_force("six_tax_half", date(2027, 12, 31))
        assert relief is not None
        assert relief.rate == Fraction(1, 2)
        assert row_in_force("six_tax_half", date(2028, 1, 1)) is None

    def test_every_row_cites_its_source_and_its_mark(self) -> None:
        assert [row.key for row in ROWS if not row.basis or not row.mark] == []


class TestBearers:
    def test_every_tax_has_its_lawful_bearer_by_an_article(self) -> None:
        assert set(LAWFUL_BEARERS) == set(TaxKind)
        assert all(article for _, article in LAWFUL_BEARERS.values())

    def test_the_buyer_bears_deed_tax_and_the_seller_vat(self) -> None:
        assert LAWFUL_BEARERS[TaxKind.DEED][0] == {Bearer.BUYER}
        assert LAWFUL_BEARERS[TaxKind.VAT][0] == {Bearer.SELLER}


def test_the_bands_of_land_value_tax_rise_and_the_last_is_open() -> None:
    *limited, last = LAND_VALUE_BANDS
    edges = [band.up_to for band in limited]
    assert edges == [Fraction(1, 2), Fraction(1), Fraction(2)]
    assert last.up_to is None
    assert [band.of_gain for band in LAND_VALUE_BANDS] == [
        Fraction(percent, 100) for percent in (30, 40, 50, 60)
    ]
