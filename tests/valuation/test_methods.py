import pytest

from auction.kernel.refusal import Refusal
from valuation.methods import PricingMethod, Situation, open_methods, require_open

N, D, O, A = PricingMethod  # noqa: E741


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (Situation(), N),
        (Situation(failed=frozenset({N})), A),
        (Situation(failed=frozenset({N}), has_price_base=True), D),
        (Situation(failed=frozenset({N, D}), has_price_base=True), A),
        (Situation(failed=frozenset({N}), needs_inspection=False, has_market_data=True), O),
        (Situation(failed=frozenset({N}), needs_inspection=True, has_market_data=True), A),
        (Situation(failed=frozenset({N, O}), needs_inspection=False, has_market_data=True), A),
        (Situation(both_ask=A), A),
        (Situation(both_ask=D, failed=frozenset({D})), N),
        (Situation(is_appraisal_required=True), A),
    ],
)
def test_the_law_tries_the_methods_in_its_order(now, expected):
    assert open_methods(now) == (expected,)


def test_a_method_out_of_turn_is_refused_with_the_one_that_comes_first():
    with pytest.raises(Refusal) as no:
        require_open(A, Situation())
    assert no.value.facts == {"method": "appraisal", "first": "negotiation"}


def test_a_method_whose_turn_it_is_may_begin():
    require_open(N, Situation())
    with pytest.raises(Refusal):
        require_open(N, Situation(failed=frozenset({N})))
