from itertools import product

import pytest

from auction.deposits.deposit import DEPOSIT_LIFE, DepositState, DepositTrigger, is_same_name
from auction.kernel.refusal import Refusal
from auction.kernel.transitions import after


@pytest.mark.parametrize(("state", "trigger"), list(product(DepositState, DepositTrigger)))
def test_every_pair_moves_as_the_table_says_or_not_at_all(
    state: DepositState, trigger: DepositTrigger
) -> None:
    expected = DEPOSIT_LIFE.get((state, trigger))
    if expected is None:
        with pytest.raises(Refusal):
            after(DEPOSIT_LIFE, state, trigger)
    else:
        assert after(DEPOSIT_LIFE, state, trigger) is expected


def test_what_ended_stays_ended() -> None:
    ended = {DepositState.RELEASED, DepositState.FORFEITED, DepositState.LAPSED}
    assert not ended & {state for state, _ in DEPOSIT_LIFE}


@pytest.mark.parametrize(
    ("payer", "name", "same"),
    [
        ("张三", "张三", True),
        (" 张 三 ", "张三", True),
        ("ＡＢＣ（杭州）公司", "abc(杭州)公司", True),
        ("张三", "张叁", False),
        ("张三等", "张三", False),
        ("", "", False),
    ],
)
def test_only_the_bidder_s_own_name_will_do(payer: str, name: str, same: bool) -> None:
    assert is_same_name(payer, name) is same
