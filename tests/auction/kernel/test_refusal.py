import pytest

from auction.kernel.money import Money
from auction.kernel.refusal import Invariant, Refusal, invariant, unreachable


class TestRefusal:
    def test_carries_the_code_and_the_facts_of_its_message(self) -> None:
        refused = Refusal("bid.too_low", least=Money.yuan(700_000), round=1)
        assert refused.code == "bid.too_low"
        assert refused.facts == {"least": Money.yuan(700_000), "round": 1}

    def test_reads_as_one_line_in_a_log(self) -> None:
        assert str(Refusal("bid.too_low", least=Money.yuan(7), round=1)) == (
            "bid.too_low(least=7.00, round=1)"
        )
        assert str(Refusal("forbidden")) == "forbidden()"


class TestInvariant:
    def test_what_holds_passes(self) -> None:
        invariant(True, "never said")

    def test_what_does_not_hold_is_a_bug_with_its_sentence(self) -> None:
        with pytest.raises(Invariant, match="a unit commits once"):
            invariant(False, "a unit commits once")

    def test_a_place_that_is_never_reached_is_a_bug_too(self) -> None:
        with pytest.raises(Invariant, match="no such span"):
            unreachable("no such span")

    def test_a_bug_is_no_refusal(self) -> None:
        assert not issubclass(Invariant, Refusal)
