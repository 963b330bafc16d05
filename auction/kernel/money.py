"""Money is a whole number of fen. Nothing in the platform holds it any other way."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Self

import cn2an

FEN_MAX = 9 * 10**15
"""Largest amount a row or a message may carry: safe in BIGINT and in JavaScript."""

_YUAN = re.compile(r"([0-9]{1,14})(?:\.([0-9]{1,2}))?")
_HALF_WIDTH = str.maketrans("０１２３４５６７８９．，", "0123456789.,")
"""Chinese keyboards type digits of full width; nothing else is taken for a digit."""


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount of renminbi in fen; never negative, never a float."""

    fen: int

    def __post_init__(self) -> None:
        if self.fen < 0:
            raise ValueError(f"money cannot be negative: {self.fen} fen")

    @classmethod
    def yuan(cls, yuan: int) -> Self:
        """Make an amount of whole yuan."""
        return cls(yuan * 100)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read yuan as people and banks write them: `1,234.50`, `1234.5`, `１２３４`.

        Raises ValueError on anything else: signs, exponents, a third decimal.
        """
        plain = text.strip().translate(_HALF_WIDTH).replace(",", "")
        match = _YUAN.fullmatch(plain)
        if match is None:
            raise ValueError(f"not an amount in yuan: {text!r}")
        whole, cents = match.groups(default="")
        return cls(int(whole) * 100 + int(cents.ljust(2, "0") or 0))

    def __add__(self, other: "Money") -> "Money":
        return Money(self.fen + other.fen)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.fen - other.fen)

    def __str__(self) -> str:
        """Yuan with two decimals and no separators; the shape of every export."""
        return f"{self.fen // 100}.{self.fen % 100:02d}"

    def at_rate_floor(self, rate: Fraction) -> "Money":
        """The largest whole-fen amount not above `rate` of this one."""
        return Money(self.fen * rate.numerator // rate.denominator)

    def at_rate_ceil(self, rate: Fraction) -> "Money":
        """The smallest whole-fen amount not below `rate` of this one: for lawful minima."""
        return Money(-(-self.fen * rate.numerator // rate.denominator))

    def at_rate_half_up(self, rate: Fraction) -> "Money":
        """`rate` of this amount to the nearest fen, halves up: for taxes and interest."""
        return Money((2 * self.fen * rate.numerator + rate.denominator) // (2 * rate.denominator))


ZERO = Money(0)


def total(amounts: Sequence[Money]) -> Money:
    """Add amounts up; nothing adds up to zero."""
    return Money(sum(amount.fen for amount in amounts))


def allocate(whole: Money, weights: Sequence[int]) -> list[Money]:
    """Split `whole` in proportion to `weights`, losing and making no fen.

    Each share is rounded down; the fen left over go one each to the largest
    remainders, earlier weights first, so the same claim list always yields the
    same split. Raises ValueError when a weight is negative or all are zero.
    """
    parts = sum(weights)
    if parts <= 0 or min(weights) < 0:
        raise ValueError("weights must be non-negative and not all zero")
    floors = [whole.fen * weight // parts for weight in weights]
    remainders = [whole.fen * weight % parts for weight in weights]
    favoured = sorted(range(len(weights)), key=lambda i: (-remainders[i], i))
    for i in favoured[: whole.fen - sum(floors)]:
        floors[i] += 1
    return [Money(fen) for fen in floors]


def rmb_upper(amount: Money) -> str:
    """Write an amount in 大写, as instruments of payment and rulings do; whole yuan end in 整."""
    written: str = cn2an.an2cn(str(amount), "rmb")
    return written
