from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auction.kernel.refusal import Refusal
from auction.people.identity import check_digit, credit_code, resident_number

TODAY = date(2026, 3, 2)
EXAMPLE = "11010519491231002X"
"""The example of GB 11643-1999 itself."""


class TestResidentNumber:
    def test_the_example_of_the_standard_holds(self) -> None:
        assert resident_number(EXAMPLE.lower(), today=TODAY) == EXAMPLE

    @pytest.mark.parametrize(
        "number",
        [
            "110105194912310021",
            "11010519491231002",
            "11010519491331002X",
            "1101O519491231002X",
            "01010519491231002X",
            "",
        ],
    )
    def test_a_wrong_one_is_refused(self, number: str) -> None:
        with pytest.raises(Refusal, match=r"identity\.number_wrong"):
            resident_number(number, today=TODAY)

    def test_nobody_is_born_tomorrow(self) -> None:
        first17 = "11010520260303001"
        with pytest.raises(Refusal, match=r"identity\.number_wrong"):
            resident_number(first17 + check_digit(first17), today=TODAY)

    @pytest.mark.parametrize("region", ["330110", "371726", "500112", "412723", "820000"])
    def test_no_region_is_refused(self, region: str) -> None:
        first17 = f"{region}19900307001"
        assert resident_number(first17 + check_digit(first17), today=TODAY)

    @given(st.integers(0, 16), st.integers(1, 9))
    def test_one_changed_digit_never_passes(self, place: int, shift: int) -> None:
        digit = str((int(EXAMPLE[place]) + shift) % 10)
        changed = EXAMPLE[:place] + digit + EXAMPLE[place + 1 :]
        with pytest.raises(Refusal):
            resident_number(changed, today=TODAY)


class TestANumberOfTheFirstGeneration:
    def test_is_the_same_person_s_as_the_eighteen_that_followed(self) -> None:
        assert resident_number("110105491231002", today=TODAY) == EXAMPLE

    @pytest.mark.parametrize("number", ["110105491331002", "010105491231002", "1101054912310O2"])
    def test_with_a_wrong_date_or_form_is_refused(self, number: str) -> None:
        with pytest.raises(Refusal, match=r"identity\.number_wrong"):
            resident_number(number, today=TODAY)

    def test_nobody_of_it_is_born_tomorrow(self) -> None:
        with pytest.raises(Refusal, match=r"identity\.number_wrong"):
            resident_number("110105491231002", today=date(1949, 12, 30))

    @given(
        st.integers(100_000, 999_999),
        st.dates(date(1900, 1, 1), date(1999, 12, 31)),
        st.integers(0, 999),
    )
    def test_of_any_region_and_day_becomes_eighteen_that_hold(
        self, region: int, born: date, serial: int
    ) -> None:
        short = f"{region}{born:%y%m%d}{serial:03d}"
        number = resident_number(short, today=TODAY)
        assert number == resident_number(number, today=TODAY)
        assert number[6:14] == f"{born:%Y%m%d}"


class TestCreditCode:
    def test_a_true_one_is_put_into_its_form(self) -> None:
        assert credit_code(" 91110000600037341l ") == "91110000600037341L"

    @pytest.mark.parametrize(
        "code", ["91110000600037341M", "9111000060003734", "A1110000600037341L"]
    )
    def test_a_wrong_one_is_refused(self, code: str) -> None:
        with pytest.raises(Refusal, match=r"identity\.code_wrong"):
            credit_code(code)
