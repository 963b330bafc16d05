from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auction.kernel.money import ZERO, Money
from auction.law.taxes import LAND_VALUE_BASIS, LAWFUL_BEARERS, Bearer, TaxKind
from auction.settlement.taxes import (
    Seller,
    TaxAmount,
    Taxed,
    TaxFacts,
    estimate,
    exactly,
    land_value_tax,
)

DAY = date(2026, 3, 2)


def home(**known: object) -> TaxFacts:
    facts = {
        "price": Money.yuan(1_000_000),
        "sold_on": DAY,
        "taxed": Taxed.HOME,
        "seller": Seller.NATURAL,
        "is_held_two_years": False,
        "is_only_home_five_years": False,
        "buyer_home_count": 1,
        "is_over_140_m2": False,
    }
    return TaxFacts(**(facts | known))


def amounts(taxes: tuple[TaxAmount, ...]) -> dict[tuple[TaxKind, Bearer], str]:
    return {(tax.kind, tax.bearer): str(tax.amount) for tax in taxes}


class TestHome:
    def test_the_worked_example_of_a_home_held_less_than_two_years(self) -> None:
        """1,000,000 with VAT 3 %, city 7 %, surcharges halved: RULES 6.3."""
        found = amounts(exactly(home()))
        assert found == {
            (TaxKind.VAT, Bearer.SELLER): "29126.21",
            (TaxKind.CITY_MAINTENANCE, Bearer.SELLER): "1019.42",
            (TaxKind.EDUCATION, Bearer.SELLER): "728.15",  # together 1,747.57
            (TaxKind.INCOME, Bearer.SELLER): "9708.74",
            (TaxKind.DEED, Bearer.BUYER): "9708.74",
        }

    def test_after_two_years_no_vat_is_due_and_the_base_is_the_price(self) -> None:
        found = amounts(exactly(home(is_held_two_years=True)))
        assert found == {
            (TaxKind.INCOME, Bearer.SELLER): "10000.00",
            (TaxKind.DEED, Bearer.BUYER): "10000.00",
        }

    def test_the_family_s_only_home_of_five_years_carries_no_income_tax(self) -> None:
        found = amounts(exactly(home(is_held_two_years=True, is_only_home_five_years=True)))
        assert found == {(TaxKind.DEED, Bearer.BUYER): "10000.00"}

    def test_a_proven_cost_is_taxed_on_the_gain(self) -> None:
        found = amounts(exactly(home(is_held_two_years=True, cost=Money.yuan(900_000))))
        assert found[TaxKind.INCOME, Bearer.SELLER] == "20000.00"

    @pytest.mark.parametrize(
        ("count", "large", "deed"),
        [
            (1, True, "15000.00"),
            (2, False, "10000.00"),
            (2, True, "20000.00"),
            (3, False, "30000.00"),
        ],
    )
    def test_deed_tax_follows_the_homes_and_the_area(
        self, count: int, large: bool, deed: str
    ) -> None:
        facts = home(is_held_two_years=True, buyer_home_count=count, is_over_140_m2=large)
        assert amounts(exactly(facts))[TaxKind.DEED, Bearer.BUYER] == deed

    def test_before_2026_the_old_vat_rate_holds(self) -> None:
        found = exactly(home(sold_on=date(2025, 12, 31)))
        assert found[0].rate == Fraction(5, 100)


class TestUnknownFacts:
    def test_make_a_range_from_the_cheapest_to_the_dearest_case(self) -> None:
        facts = home(is_held_two_years=None, buyer_home_count=None, is_only_home_five_years=None)
        found = {line.kind: (str(line.low), str(line.high)) for line in estimate(facts)}
        assert found[TaxKind.VAT] == ("0.00", "29126.21")
        assert found[TaxKind.INCOME] == ("0.00", "10000.00")
        assert found[TaxKind.DEED] == ("9708.74", "30000.00")

    def test_an_unknown_cost_of_equity_lies_between_nothing_and_the_price(self) -> None:
        facts = TaxFacts(
            price=Money.yuan(100), sold_on=DAY, taxed=Taxed.EQUITY, seller=Seller.NATURAL
        )
        found = {(line.kind, line.bearer): line for line in estimate(facts)}
        income = found[TaxKind.INCOME, Bearer.SELLER]
        assert (str(income.low), str(income.high)) == ("0.00", "19.99")
        assert (TaxKind.STAMP, Bearer.BUYER) in found


class TestLandValue:
    def test_the_worked_example_in_the_third_band(self) -> None:
        """Base 3,000,000, deductions 1,000,000: 0.5 x 2,000,000 - 0.15 x 1,000,000."""
        tax, rate = land_value_tax(Fraction(300_000_000), Fraction(100_000_000))
        assert (tax, rate) == (Money.yuan(850_000), Fraction(1, 2))

    @pytest.mark.parametrize(
        ("base", "deductions", "tax"),
        [(100, 100, 0), (150, 100, 15), (200, 100, 35), (400, 100, 145)],
    )
    def test_bands(self, base: int, deductions: int, tax: int) -> None:
        found, _ = land_value_tax(Fraction(base * 100), Fraction(deductions * 100))
        assert found == Money.yuan(tax)


class TestOtherThings:
    def test_a_shop_of_a_company_by_hand(self) -> None:
        """1,090,000 with 9 %: base 1,000,000; surcharges 12 % of VAT; deemed land value 5 %."""
        facts = TaxFacts(
            price=Money.yuan(1_090_000), sold_on=DAY, taxed=Taxed.COMMERCIAL, seller=Seller.GENERAL
        )
        assert amounts(exactly(facts)) == {
            (TaxKind.VAT, Bearer.SELLER): "90000.00",
            (TaxKind.CITY_MAINTENANCE, Bearer.SELLER): "6300.00",
            (TaxKind.EDUCATION, Bearer.SELLER): "4500.00",
            (TaxKind.LAND_VALUE, Bearer.SELLER): "50000.00",
            (TaxKind.STAMP, Bearer.SELLER): "500.00",
            (TaxKind.STAMP, Bearer.BUYER): "500.00",
            (TaxKind.DEED, Bearer.BUYER): "30000.00",
        }

    def test_a_natural_person_s_car_carries_no_tax(self) -> None:
        facts = TaxFacts(
            price=Money.yuan(80_000), sold_on=DAY, taxed=Taxed.VEHICLE, seller=Seller.NATURAL
        )
        assert exactly(facts) == ()

    def test_a_company_s_car_pays_two_percent_of_the_price_without_three(self) -> None:
        facts = TaxFacts(
            price=Money.yuan(103_000), sold_on=DAY, taxed=Taxed.VEHICLE, seller=Seller.SMALL_SCALE
        )
        assert amounts(exactly(facts))[TaxKind.VAT, Bearer.SELLER] == "2000.00"

    @pytest.mark.parametrize(
        ("seller", "vat"),
        [(Seller.NATURAL, {}), (Seller.SMALL_SCALE, "3000.00"), (Seller.GENERAL, "11849.56")],
    )
    def test_goods_carry_vat_by_who_sells_them(self, seller: Seller, vat: object) -> None:
        facts = TaxFacts(price=Money.yuan(103_000), sold_on=DAY, taxed=Taxed.GOODS, seller=seller)
        assert amounts(exactly(facts)).get((TaxKind.VAT, Bearer.SELLER), {}) == vat

    def test_a_price_without_vat_is_the_base_itself(self) -> None:
        facts = TaxFacts(
            price=Money.yuan(100_000), sold_on=DAY, taxed=Taxed.GOODS, seller=Seller.GENERAL,
            price_includes_vat=False,
        )  # fmt: skip
        assert amounts(exactly(facts))[TaxKind.VAT, Bearer.SELLER] == "13000.00"

    def test_a_company_s_shop_is_taxed_on_its_gain_by_the_bands(self) -> None:
        """P 3,090,000 with 3 % VAT: base 3,000,000, deductions 1,000,000."""
        facts = TaxFacts(
            price=Money.yuan(3_090_000), sold_on=DAY, taxed=Taxed.COMMERCIAL,
            seller=Seller.SMALL_SCALE, land_value_deductions=Money.yuan(1_000_000),
        )  # fmt: skip
        (found,) = [tax for tax in exactly(facts) if tax.kind is TaxKind.LAND_VALUE]
        assert (found.base, found.amount) == (Money.yuan(2_000_000), Money.yuan(850_000))
        assert found.basis == LAND_VALUE_BASIS

    def test_a_shop_sold_below_its_deductions_carries_no_land_value_tax(self) -> None:
        facts = TaxFacts(
            price=Money.yuan(100), sold_on=DAY, taxed=Taxed.COMMERCIAL,
            seller=Seller.SMALL_SCALE, land_value_deductions=Money.yuan(200),
        )  # fmt: skip
        assert TaxKind.LAND_VALUE not in {tax.kind for tax in exactly(facts)}

    def test_the_relief_on_surcharges_lapses_with_its_last_day(self) -> None:
        """公告2023年第12号 holds until the end of 2027: 6,000 x 7 % halved, then whole."""
        facts = TaxFacts(
            price=Money.yuan(206_000),
            sold_on=date(2027, 12, 31),
            taxed=Taxed.GOODS,
            seller=Seller.SMALL_SCALE,
        )
        due = TaxKind.CITY_MAINTENANCE, Bearer.SELLER
        last = amounts(exactly(facts))[due]
        after = amounts(exactly(replace(facts, sold_on=date(2028, 1, 1))))[due]
        assert (last, after) == ("210.00", "420.00")


maybe = st.none() | st.booleans()


class TestWhatAlwaysHolds:
    @settings(max_examples=120, deadline=None)
    @given(
        st.builds(
            TaxFacts,
            price=st.integers(0, 10**13).map(Money),
            sold_on=st.dates(date(2026, 1, 1), date(2035, 12, 31)),
            taxed=st.sampled_from(Taxed),
            seller=st.sampled_from(Seller),
            is_held_two_years=maybe,
            is_only_home_five_years=maybe,
            buyer_home_count=st.none() | st.integers(1, 4),
            is_over_140_m2=maybe,
            cost=st.none() | st.integers(0, 10**13).map(Money),
        )
    )
    def test_every_tax_has_a_lawful_bearer_and_stays_below_the_price(self, facts: TaxFacts) -> None:
        for line in estimate(facts):
            assert line.bearer in LAWFUL_BEARERS[line.kind][0]
            assert ZERO <= line.low <= line.high <= facts.price
            assert line.basis
            assert line.mark
