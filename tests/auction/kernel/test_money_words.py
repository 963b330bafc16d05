"""大写: read back by a reader written for the purpose, and as the rules of the notes show it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auction.kernel.money import FEN_MAX, Money, rmb_upper

DIGITS = {sign: i for i, sign in enumerate("零壹贰叁肆伍陆柒捌玖")}
UNITS = {"拾": 10, "佰": 100, "仟": 1000}
GROUPS = {"万": 10**4, "亿": 10**8}


def read_back(text: str) -> int:
    """Read 大写 into fen; knows nothing of how it was written."""
    whole, _, rest = text.partition("元")
    if not _:
        whole, rest = "", text
    fen, digit = 0, 0
    for sign in rest.removesuffix("整"):
        if sign in DIGITS:
            digit = DIGITS[sign]
        else:
            fen += digit * {"角": 10, "分": 1}[sign]
    return _whole(whole) * 100 + fen


def _whole(text: str) -> int:
    total = section = digit = 0
    for sign in text:
        if sign in DIGITS:
            digit = DIGITS[sign]
        elif sign in UNITS:
            section += (digit or 1) * UNITS[sign]
            digit = 0
        else:
            # 万亿: a group on a group multiplies what stands before it.
            section, digit = section + digit, 0
            if sign == "亿":
                total = (total + section) * GROUPS[sign]
            else:
                total += section * GROUPS[sign]
            section = 0
    return total + section + digit


@given(st.integers(0, FEN_MAX))
def test_every_amount_reads_back(fen: int) -> None:
    assert read_back(rmb_upper(Money(fen))) == fen


@given(st.integers(0, 10**7))
def test_every_everyday_amount_reads_back(fen: int) -> None:
    assert read_back(rmb_upper(Money(fen))) == fen


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0", "零元整"),
        ("0.05", "伍分"),
        ("1.05", "壹元零伍分"),
        ("10010.01", "壹万零壹拾元零壹分"),
        ("14534399.94", "壹仟肆佰伍拾叁万肆仟叁佰玖拾玖元玖角肆分"),
        ("300000000", "叁亿元整"),
    ],
)
def test_known_amounts(amount: str, words: str) -> None:
    assert rmb_upper(Money.parse(amount)) == words
