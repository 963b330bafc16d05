from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auction.kernel.clock import BEIJING
from auction.kernel.money import Money
from auction.kernel.refusal import Refusal
from auction.law.rulebook import DEMONSTRATION, LAW
from auction.listings.round import Round
from auction.listings.terms import (
    Ground,
    check,
    citations,
    increment_max,
    propose,
    publish_at_min,
    relist_by,
    starting_price_min,
)

FIRST = Ground(round=Round.FIRST_AUCTION, is_movable=False, reference_price=Money(100_000_001))
SECOND = replace(FIRST, round=Round.SECOND_AUCTION, previous_starting_price=Money(70_000_001))


def beijing(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=BEIJING)


PUBLISHED = beijing(2026, 3, 2, 12)


class TestStartingPrice:
    def test_is_seven_tenths_of_the_reference_price_rounded_up_to_a_fen(self) -> None:
        assert starting_price_min(LAW, FIRST) == Money(70_000_001)

    def test_may_be_cut_by_a_fifth_in_the_second_auction(self) -> None:
        assert starting_price_min(LAW, SECOND) == Money(56_000_001)

    def test_of_the_sell_off_is_the_last_one(self) -> None:
        assert starting_price_min(LAW, replace(SECOND, round=Round.SELL_OFF)) == Money(70_000_001)

    def test_without_a_round_before_there_is_no_second_auction(self) -> None:
        with pytest.raises(Refusal) as refused:
            starting_price_min(LAW, replace(SECOND, previous_starting_price=None))
        assert refused.value.code == "listing.no_previous_round"


class TestIncrement:
    @pytest.mark.parametrize(
        ("starting_price", "most"),
        [
            (Money.yuan(100_000), Money.yuan(2_000)),
            (Money(10_000_001), Money(100_000)),
            (Money.yuan(1_000_000), Money.yuan(10_000)),
            (Money(100_000_001), Money(500_000)),
            (Money(1), Money(1)),
        ],
    )
    def test_follows_the_bands(self, starting_price: Money, most: Money) -> None:
        assert increment_max(LAW, starting_price) == most


class TestProposal:
    def test_names_the_least_of_everything_on_the_first_lawful_morning(self) -> None:
        terms = propose(LAW, FIRST, publish_at=PUBLISHED)
        assert terms.starting_price == Money(70_000_001)
        assert terms.increment == Money.yuan(5_000)
        assert terms.deposit == Money(3_500_001)
        assert terms.opens_at == beijing(2026, 4, 2, 10)
        assert terms.closes_at == beijing(2026, 4, 3, 10)
        assert terms.balance_days == 15

    def test_movables_wait_half_as_long(self) -> None:
        terms = propose(LAW, replace(FIRST, is_movable=True), publish_at=PUBLISHED)
        assert terms.opens_at == beijing(2026, 3, 18, 10)
        second = propose(LAW, replace(SECOND, is_movable=True), publish_at=PUBLISHED)
        assert second.opens_at == beijing(2026, 3, 10, 10)

    def test_in_the_demonstration_only_times_are_short(self) -> None:
        terms = propose(DEMONSTRATION, FIRST, publish_at=PUBLISHED)
        assert terms.starting_price == Money(70_000_001)
        assert terms.opens_at == PUBLISHED + timedelta(seconds=2)
        assert terms.closes_at - terms.opens_at == timedelta(seconds=20)

    @settings(max_examples=60, deadline=None)
    @given(
        price=st.integers(min_value=100, max_value=10**13),
        previous=st.integers(min_value=100, max_value=10**13),
        which=st.sampled_from(Round),
        is_movable=st.booleans(),
    )
    def test_is_always_lawful_and_never_below_the_floor(
        self, price: int, previous: int, which: Round, is_movable: bool
    ) -> None:
        ground = Ground(
            round=which,
            is_movable=is_movable,
            reference_price=Money(price),
            previous_starting_price=Money(previous),
        )
        terms = propose(LAW, ground, publish_at=PUBLISHED)
        check(LAW, ground, terms, publish_at=PUBLISHED)
        if which is Round.FIRST_AUCTION:
            assert Fraction(terms.starting_price.fen, price) >= Fraction(7, 10)
        if which is Round.SECOND_AUCTION:
            assert Fraction(terms.starting_price.fen, previous) >= Fraction(4, 5)


class TestCheck:
    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"starting_price": Money(70_000_000)}, "listing.starting_price_too_low"),
            ({"increment": Money(700_001)}, "listing.increment_too_large"),
            ({"increment": Money(0)}, "listing.increment_too_large"),
            ({"deposit": Money(3_500_000)}, "listing.deposit_outside"),
            ({"deposit": Money(14_000_001)}, "listing.deposit_outside"),
            ({"opens_at": beijing(2026, 4, 1, 23, 59)}, "listing.opens_too_early"),
            ({"closes_at": beijing(2026, 4, 3, 9, 59)}, "listing.window_too_short"),
            ({"balance_days": 0}, "listing.balance_term_missing"),
        ],
    )
    def test_names_the_first_figure_that_breaks_a_rule(
        self, changes: dict[str, object], code: str
    ) -> None:
        terms = replace(propose(LAW, FIRST, publish_at=PUBLISHED), **changes)
        with pytest.raises(Refusal) as refused:
            check(LAW, FIRST, terms, publish_at=PUBLISHED)
        assert refused.value.code == code

    def test_every_figure_changes_the_digest(self) -> None:
        terms = propose(LAW, FIRST, publish_at=PUBLISHED)
        others = [
            replace(terms, starting_price=Money(70_000_002)),
            replace(terms, increment=Money(1)),
            replace(terms, deposit=Money(3_500_002)),
            replace(terms, opens_at=terms.opens_at + timedelta(seconds=1)),
            replace(terms, closes_at=terms.closes_at + timedelta(seconds=1)),
            replace(terms, balance_days=16),
        ]
        assert len({terms.digest, *(other.digest for other in others)}) == 7
        assert replace(terms, opens_at=terms.opens_at.astimezone()).digest == terms.digest


class TestSellOff:
    GROUND = Ground(
        round=Round.SELL_OFF,
        is_movable=False,
        reference_price=Money(100_000_000),
        previous_starting_price=Money(56_000_000),
    )

    def test_is_offered_at_the_second_auctions_price_prepaid_in_full_for_sixty_days(self) -> None:
        terms = propose(LAW, self.GROUND, publish_at=PUBLISHED)
        assert terms.starting_price == terms.deposit == Money(56_000_000)
        assert terms.closes_at - terms.opens_at == timedelta(days=60)
        check(LAW, self.GROUND, terms, publish_at=PUBLISHED)

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            (
                {"starting_price": Money(57_000_000), "deposit": Money(57_000_000)},
                "listing.sell_off_price_fixed",
            ),
            ({"starting_price": Money(55_000_000)}, "listing.starting_price_too_low"),
            ({"deposit": Money(11_200_000)}, "listing.deposit_outside"),
            ({"closes_at": beijing(2026, 4, 10)}, "listing.window_too_short"),
        ],
    )
    def test_neither_price_nor_prepayment_nor_period_may_differ(
        self, changes: dict[str, object], code: str
    ) -> None:
        terms = replace(propose(LAW, self.GROUND, publish_at=PUBLISHED), **changes)
        with pytest.raises(Refusal) as refused:
            check(LAW, self.GROUND, terms, publish_at=PUBLISHED)
        assert refused.value.code == code

    def test_cites_what_is_special(self) -> None:
        shown = {item.term: item.basis for item in citations(LAW, self.GROUND)}
        assert shown["deposit"] == shown["first_bid"] == "法明传〔2017〕455号"


class TestDates:
    def test_parties_have_three_whole_days(self) -> None:
        assert publish_at_min(LAW, PUBLISHED) == beijing(2026, 3, 6)

    def test_the_second_auction_is_held_within_thirty_days(self) -> None:
        assert relist_by(LAW, PUBLISHED) == beijing(2026, 4, 2)

    def test_every_term_cites_its_article(self) -> None:
        shown = {item.term: (item.basis, item.says) for item in citations(LAW, FIRST)}
        assert shown["starting_price"] == ("网拍10", "≥ 70%")
        assert shown["deposit"] == ("网拍17", "5%–20%")
        assert shown["increment"][1] == "≤ 2% / 1% / 0.5%"
        assert shown["opens_at"][1] == "≥ 30 day"
        second = {item.term: item.says for item in citations(LAW, SECOND)}
        assert second["starting_price"] == "≥ 80%"
