from datetime import timedelta

import pytest

from auction.kernel.money import Money
from auction.lots.reference_price import ReferencePrice
from tests.conftest import NOON

YEAR = timedelta(days=365)
PRICE = ReferencePrice(Money.yuan(1_000_000), "appraisal", "评报字1号", NOON, NOON + YEAR)


@pytest.mark.parametrize(
    ("after", "holds"),
    [
        (timedelta(microseconds=-1), False),
        (timedelta(), True),
        (YEAR - timedelta(microseconds=1), True),
        (YEAR, False),
    ],
)
def test_it_holds_from_its_first_instant_until_before_its_last(
    after: timedelta, holds: bool
) -> None:
    assert PRICE.holds_at(NOON + after) is holds
