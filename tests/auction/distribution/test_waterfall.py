from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auction.distribution.waterfall import (
    BY_SEIZURE,
    PRO_RATA,
    Arrears,
    Demand,
    Estate,
    Line,
    Ordinary,
    Rank,
    Secured,
    SellerTaxRank,
    distribute,
)
from auction.kernel.money import ZERO, Money, total
from auction.kernel.refusal import Invariant

DAY = date(2024, 1, 1)


def yuan(amount: int) -> Money:
    return Money.yuan(amount)


def paid(lines: tuple[Line, ...]) -> list[tuple[str, str]]:
    return [(line.reference, str(line.paid)) for line in lines]


def mortgage(reference: str, amount: int, since: date = DAY, order: int | None = None) -> Secured:
    return Secured(reference, yuan(amount), Rank.MORTGAGE, since, order)


class TestOrder:
    def test_a_home_with_one_mortgage_and_two_creditors_by_hand(self) -> None:
        """1,000,000: fee 12,400, tax 39,600, mortgage 600,000; 348,000 over 300,000 + 500,000."""
        lines = distribute(
            Estate(
                proceeds=yuan(1_000_000),
                debtor_is_enterprise=False,
                costs=(Demand("fee", yuan(12_400)),),
                seller_taxes=(Demand("vat", yuan(39_600)),),
                secured=(mortgage("bank", 600_000),),
                ordinary=(Ordinary("a", yuan(300_000)), Ordinary("b", yuan(500_000))),
                late_interest=(Ordinary("a", yuan(5_000)),),
            )
        )
        assert paid(lines) == [
            ("fee", "12400.00"),
            ("vat", "39600.00"),
            ("bank", "600000.00"),
            ("a", "130500.00"),
            ("b", "217500.00"),
            ("a", "0.00"),
        ]
        assert [line.basis for line in lines][3] == PRO_RATA

    def test_an_enterprise_pays_in_order_of_seizure_and_equal_places_share(self) -> None:
        lines = distribute(
            Estate(
                proceeds=yuan(100),
                debtor_is_enterprise=True,
                ordinary=(
                    Ordinary("unseized", yuan(50)),
                    Ordinary("second a", yuan(60), 2),
                    Ordinary("first", yuan(40), 1),
                    Ordinary("second b", yuan(30), 2),
                ),
            )
        )
        assert paid(lines) == [
            ("first", "40.00"),
            ("second a", "40.00"),
            ("second b", "20.00"),
            ("unseized", "0.00"),
        ]
        assert {line.basis for line in lines} == {BY_SEIZURE}

    def test_mortgages_stand_by_registration_and_unregistered_ones_share_behind(self) -> None:
        later = DAY + timedelta(days=1)
        lines = distribute(
            Estate(
                proceeds=yuan(100),
                debtor_is_enterprise=False,
                secured=(
                    Secured("unregistered a", yuan(30), Rank.UNREGISTERED_MORTGAGE, DAY),
                    mortgage("second", 50, later),
                    Secured("builder", yuan(10), Rank.CONSTRUCTION, later),
                    mortgage("first", 20),
                    Secured("unregistered b", yuan(10), Rank.UNREGISTERED_MORTGAGE, DAY),
                ),
            )
        )
        assert paid(lines)[:5] == [
            ("builder", "10.00"),
            ("first", "20.00"),
            ("second", "50.00"),
            ("unregistered a", "15.00"),
            ("unregistered b", "5.00"),
        ]

    def test_what_the_thing_does_not_cover_becomes_an_ordinary_claim(self) -> None:
        lines = distribute(
            Estate(
                proceeds=yuan(100),
                debtor_is_enterprise=False,
                secured=(mortgage("bank", 150),),
                ordinary=(Ordinary("a", yuan(50)),),
            )
        )
        assert [(line.rank, line.reference, line.asked) for line in lines] == [
            (Rank.MORTGAGE, "bank", yuan(150)),
            (Rank.ORDINARY, "a", yuan(50)),
            (Rank.ORDINARY, "bank", yuan(50)),
        ]

    def test_surplus_goes_back_to_the_debtor_after_late_interest(self) -> None:
        lines = distribute(
            Estate(
                proceeds=yuan(100),
                debtor_is_enterprise=False,
                ordinary=(Ordinary("a", yuan(70)),),
                late_interest=(Ordinary("a", yuan(5)),),
            )
        )
        assert paid(lines) == [("a", "70.00"), ("a", "5.00"), ("debtor", "25.00")]
        assert [line.rank for line in lines][1:] == [Rank.LATE_INTEREST, Rank.SURPLUS]

    def test_rent_to_live_on_comes_before_the_mortgage(self) -> None:
        lines = distribute(
            Estate(
                proceeds=yuan(100),
                debtor_is_enterprise=False,
                living_rent=(Demand("rent", yuan(60)),),
                secured=(mortgage("bank", 100),),
            )
        )
        assert paid(lines)[:2] == [("rent", "60.00"), ("bank", "40.00")]


class TestTaxArrears:
    @pytest.mark.parametrize(("arose", "first"), [(-1, "tax"), (0, "bank"), (1, "bank")])
    def test_stand_before_a_mortgage_only_when_older(self, arose: int, first: str) -> None:
        lines = distribute(
            Estate(
                proceeds=yuan(10),
                debtor_is_enterprise=False,
                secured=(mortgage("bank", 10),),
                arrears=(Arrears("tax", yuan(10), DAY + timedelta(days=arose)),),
            )
        )
        assert lines[0].reference == first

    def test_stand_between_an_older_and_a_younger_mortgage(self) -> None:
        lines = distribute(
            Estate(
                proceeds=yuan(100),
                debtor_is_enterprise=False,
                secured=(mortgage("old", 10), mortgage("young", 10, DAY + timedelta(days=9))),
                arrears=(Arrears("tax", yuan(10), DAY + timedelta(days=5)),),
                ordinary=(Ordinary("a", yuan(10)),),
            )
        )
        assert [line.reference for line in lines] == ["old", "tax", "young", "a", "debtor"]


class TestSellerTax:
    @pytest.mark.parametrize(
        ("rank", "order"),
        [
            (SellerTaxRank.COST, ["vat", "bank", "a"]),
            (SellerTaxRank.TAX_CLAIM, ["bank", "vat", "a"]),
        ],
    )
    def test_stands_where_the_court_says(self, rank: SellerTaxRank, order: list[str]) -> None:
        lines = distribute(
            Estate(
                proceeds=yuan(30),
                debtor_is_enterprise=False,
                seller_tax_rank=rank,
                seller_taxes=(Demand("vat", yuan(10)),),
                secured=(mortgage("bank", 10),),
                ordinary=(Ordinary("a", yuan(10)),),
            )
        )
        assert [line.reference for line in lines] == order


class TestEstate:
    def test_a_secured_claim_stands_in_it_once(self) -> None:
        estate = Estate(yuan(1), False, secured=(mortgage("x", 1), mortgage("x", 2)))
        with pytest.raises(Invariant):
            distribute(estate)


amounts = st.integers(0, 10**12).map(Money)
days = st.integers(0, 400).map(lambda n: DAY + timedelta(days=n))
orders = st.none() | st.integers(1, 3)


def demands(name: str) -> st.SearchStrategy[tuple[Demand, ...]]:
    return st.lists(amounts, max_size=3).map(
        lambda found: tuple(Demand(f"{name}{i}", amount) for i, amount in enumerate(found))
    )


def claims(name: str) -> st.SearchStrategy[tuple[Ordinary, ...]]:
    return st.lists(st.tuples(amounts, orders), max_size=4).map(
        lambda found: tuple(Ordinary(f"{name}{i}", *claim) for i, claim in enumerate(found))
    )


secured_ranks = st.sampled_from(
    [Rank.CONSTRUCTION, Rank.POSSESSORY_LIEN, Rank.MORTGAGE, Rank.UNREGISTERED_MORTGAGE]
)
estates = st.builds(
    Estate,
    proceeds=st.integers(0, 10**13).map(Money),
    debtor_is_enterprise=st.booleans(),
    seller_tax_rank=st.sampled_from(SellerTaxRank),
    costs=demands("cost"),
    seller_taxes=demands("tax"),
    living_rent=demands("rent"),
    secured=st.lists(st.tuples(amounts, secured_ranks, days, orders), max_size=5).map(
        lambda found: tuple(Secured(f"secured{i}", *claim) for i, claim in enumerate(found))
    ),
    arrears=st.lists(st.tuples(amounts, days), max_size=3).map(
        lambda found: tuple(Arrears(f"arrears{i}", *tax) for i, tax in enumerate(found))
    ),
    ordinary=claims("ordinary"),
    late_interest=claims("late"),
)


class TestWhatAlwaysHolds:
    @settings(max_examples=150, deadline=None)
    @given(estates)
    def test_every_fen_of_the_proceeds_is_on_exactly_one_line(self, estate: Estate) -> None:
        lines = distribute(estate)
        assert total([line.paid for line in lines]) == estate.proceeds
        assert all(line.basis for line in lines)

    @settings(max_examples=150, deadline=None)
    @given(estates)
    def test_nobody_is_paid_while_somebody_of_an_earlier_rank_waits(self, estate: Estate) -> None:
        waiting: set[Rank] = set()
        for line in distribute(estate):
            assert line.paid <= line.asked
            if line.paid > ZERO:
                assert not waiting - {line.rank}
            if line.unpaid > ZERO:
                waiting.add(line.rank)

    @settings(max_examples=100, deadline=None)
    @given(estates)
    def test_the_order_in_which_claims_were_filed_moves_no_more_than_odd_fen(
        self, estate: Estate
    ) -> None:
        def by_name(lines: tuple[Line, ...]) -> dict[tuple[Rank, str], int]:
            return {(line.rank, line.reference): line.paid.fen for line in lines}

        turned = Estate(
            estate.proceeds,
            estate.debtor_is_enterprise,
            estate.seller_tax_rank,
            costs=estate.costs[::-1],
            seller_taxes=estate.seller_taxes[::-1],
            living_rent=estate.living_rent[::-1],
            secured=estate.secured[::-1],
            arrears=estate.arrears[::-1],
            ordinary=estate.ordinary[::-1],
            late_interest=estate.late_interest[::-1],
        )
        straight, reverse = by_name(distribute(estate)), by_name(distribute(turned))
        assert straight.keys() == reverse.keys()
        assert all(abs(straight[name] - reverse[name]) <= 2 for name in straight)
