"""Identity numbers: resident number by check digit and date, credit code by stdnum; pure."""

import re
from datetime import date

from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

from auction.kernel.refusal import Refusal

_FIFTEEN = re.compile(r"[1-9]\d{14}")
_RESIDENT = re.compile(r"[1-9]\d{16}[\dX]")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"
_BIRTH = slice(6, 14)
_BORN_FIRST = date(1900, 1, 1)


def check_digit(first17: str) -> str:
    """The eighteenth character of a resident number (GB 11643, ISO 7064 MOD 11-2)."""
    weighed = sum(int(digit) * weight for digit, weight in zip(first17, _WEIGHTS, strict=True))
    return _CHECK_DIGITS[weighed % 11]


def resident_number(text: str, *, today: date) -> str:
    """Return the number in its one form, or refuse with `identity.number_wrong`.

    The region is not checked: numbers keep the codes of districts long dissolved. A number of
    the first generation has fifteen digits, no check digit and a year of two (GB 11643-1989);
    it is the same person's as the eighteen that followed, and becomes those.
    """
    number = _of_eighteen(text.strip().upper())
    if not _RESIDENT.fullmatch(number) or check_digit(number[:17]) != number[17]:
        raise Refusal("identity.number_wrong")
    try:
        born = date.fromisoformat(number[_BIRTH])
    except ValueError as wrong:
        raise Refusal("identity.number_wrong") from wrong
    if not _BORN_FIRST <= born <= today:
        raise Refusal("identity.number_wrong")
    return number


def _of_eighteen(number: str) -> str:
    if not _FIFTEEN.fullmatch(number):
        return number
    first17 = f"{number[:6]}19{number[6:]}"
    return first17 + check_digit(first17)


def credit_code(text: str) -> str:
    """Return the unified social credit code (GB 32100), or refuse with `identity.code_wrong`."""
    try:
        return str(uscc.validate(text.strip().upper()))
    except ValidationError as wrong:
        raise Refusal("identity.code_wrong") from wrong
