"""A refusal tells the page everything and the logs nothing of anybody."""

from uuid import UUID

import pytest

from auction.kernel.money import Money
from auction.kernel.refusal import Fact, Invariant, Refusal, invariant, unreachable


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


@pytest.mark.parametrize(
    "text", ["甄有章", "6222020000001234", "13800001234", "李四代付", "Zhen You"]
)
def test_no_name_account_or_word_of_a_person_stands_in_what_logs_keep(text: str) -> None:
    refusal = Refusal("case.payout_account.conflict", name=text)
    assert text not in str(refusal)
    assert text not in repr(refusal)
    assert str(refusal) == "case.payout_account.conflict(name=…)"
    assert refusal.facts["name"] == text  # the page that answers may say it


@pytest.mark.parametrize(
    ("fact", "shown"),
    [
        ("published", "published"),
        ("listing.publish", "listing.publish"),
        (str(UUID(int=7)), "00000000-0000-0000-0000-000000000007"),
        ("2036-03-02", "2036-03-02"),
        ("2036-03-02T12:00:00+08:00", "2036-03-02T12:00:00+08:00"),
        (7, "7"),
        (Money.yuan(5), "5.00"),
        (None, "None"),
    ],
)
def test_codes_ids_days_and_amounts_do(fact: Fact, shown: str) -> None:
    assert str(Refusal("x", fact=fact)) == f"x(fact={shown})"
