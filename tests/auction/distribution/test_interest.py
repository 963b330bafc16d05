from datetime import date
from fractions import Fraction

from auction.distribution.interest import late_interest
from auction.kernel.money import ZERO, Money

DAILY = Fraction(175, 1_000_000)


class TestLateInterest:
    def test_is_1_75_per_ten_thousand_a_day_on_principal(self) -> None:
        found = late_interest(
            Money.yuan(1_000_000), due_on=date(2026, 1, 1), until=date(2026, 4, 11), daily=DAILY
        )
        assert found == Money.yuan(17_500)  # 100 days x 175 yuan

    def test_nothing_is_due_before_the_term_ends(self) -> None:
        day = date(2026, 1, 1)
        assert late_interest(Money.yuan(9), due_on=day, until=day, daily=DAILY) == ZERO
        assert late_interest(Money.yuan(9), due_on=day, until=date(2025, 1, 1), daily=DAILY) == ZERO
