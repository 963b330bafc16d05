"""An applicant's claim counts towards the deposit, and never turns it into a payment to him."""

from hypothesis import given
from hypothesis import strategies as st

from auction.kernel.money import ZERO, Money
from bidding.eligibility.deposit import deposit_due

DEPOSIT = Money.yuan(100)


class TestTheDepositOfAnApplicant:
    def test_is_nothing_from_a_claim_of_its_amount_on(self) -> None:
        assert deposit_due(DEPOSIT, [Money.yuan(60), Money.yuan(40)]) == ZERO
        assert deposit_due(DEPOSIT, [Money.yuan(5000)]) == ZERO

    def test_is_the_rest_below_that(self) -> None:
        assert deposit_due(DEPOSIT, [Money(9_999)]) == Money(1)
        assert deposit_due(DEPOSIT, []) == DEPOSIT

    @given(st.integers(1, 10**9), st.lists(st.integers(0, 10**9), max_size=5))
    def test_and_his_claims_together_reach_the_deposit_to_the_fen(
        self, deposit: int, claims: list[int]
    ) -> None:
        due = deposit_due(Money(deposit), [Money(claim) for claim in claims])
        assert ZERO <= due <= Money(deposit)
        assert due.fen + min(sum(claims), deposit) == deposit
