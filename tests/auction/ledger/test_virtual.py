from uuid import UUID

import pytest

from auction.ledger.virtual import luhn_digit, virtual_number


@pytest.mark.parametrize(("body", "digit"), [("7992739871", 3), ("453914880343646", 7), ("0", 0)])
def test_the_last_digit_is_luhn_s(body: str, digit: int) -> None:
    # 7992739871-3 is the example of ISO/IEC 7812-1 in common use; 4539148803436467 a test card.
    assert luhn_digit(body) == digit


def test_a_number_has_nineteen_digits_and_one_mistyped_is_noticed() -> None:
    number = virtual_number(UUID(int=123_456_789_012_345))
    assert len(number) == 19
    assert number.isdecimal()
    for place in range(19):
        wrong = number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]
        assert luhn_digit(wrong[:-1]) != int(wrong[-1])
