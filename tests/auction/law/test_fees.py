import pytest

from auction.kernel.money import Money
from auction.law.fees import execution_fee


class TestExecutionFee:
    @pytest.mark.parametrize(
        ("amount", "fee"),
        [
            (Money.yuan(0), "50.00"),
            (Money.yuan(10_000), "50.00"),
            (Money.yuan(10_001), "50.02"),  # 50 + 1 x 1.5 % = 50.015, half up
            (Money.yuan(500_000), "7400.00"),  # 50 + 490,000 x 1.5 %
            (Money.yuan(1_000_000), "12400.00"),  # + 500,000 x 1.0 %
            (Money.yuan(5_000_000), "52400.00"),
            (Money.yuan(10_000_000), "77400.00"),  # + 5,000,000 x 0.5 %
            (Money.yuan(12_000_000), "79400.00"),  # + 2,000,000 x 0.1 %
        ],
    )
    def test_follows_the_steps_of_article_14(self, amount: Money, fee: str) -> None:
        assert str(execution_fee(amount)) == fee
