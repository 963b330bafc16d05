"""Lives that end otherwise than the main road's: they ran beside one another, as auctions do.

Each test looks at how its own life went; `tests/journeys/lives.py` tells it.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from auction.kernel.money import Money
from tests.journeys import lives, roads
from tests.journeys.conftest import Ends, ended
from tests.workers.signers.test_documents import judged
from workers.demo.journey import Journey
from workers.demo.photo import house

pytestmark = pytest.mark.journey

WALKS = lives.WALKS
EPOCH, MILLISECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)
DEPOSIT = "35,000.00"
"""The least that the law allows of 700,000.00 (网拍17)."""


class TestNobodyWantsIt:
    def test_the_second_auction_is_a_fifth_cheaper_at_most(self, ends: Ends) -> None:
        j = ended(ends, lives.nobody_wants_it)
        assert "700,000.00" in j.text("first")
        assert "560,000.00" in j.text("second")
        assert 'data-code="listing.starting_price_too_low"' in j.text("too_cheap")

    def test_a_second_auction_out_of_time_is_refused_until_its_reason_is_on_record(
        self, ends: Ends
    ) -> None:
        j = ended(ends, lives.nobody_wants_it)
        wanted = lives.NO_REASON
        assert wanted in j.text("much_later")
        assert wanted not in j.text("in_time")
        assert wanted in j.text("late")
        assert wanted in j.text("unpublished")
        assert wanted not in j.text("explained")
        assert j.facts["reason"] == [lives.LATE]

    def test_the_sell_off_has_the_price_of_the_second_auction_and_no_other(
        self, ends: Ends
    ) -> None:
        j = ended(ends, lives.nobody_wants_it)
        assert 'data-code="listing.starting_price_too_low"' in j.text("cheaper")
        assert 'data-code="listing.sell_off_price_fixed"' in j.text("dearer")

    def test_the_sell_off_is_prepaid_in_full_and_begins_with_its_first_bid(
        self, ends: Ends
    ) -> None:
        j = ended(ends, lives.nobody_wants_it)
        assert j.facts["hammer_fen"] == Money.yuan(560_000).fen
        assert int(j.text("shortened_by")) > 0
        assert "余款 0.00" in j.text("sale")
        assert "核查" in j.text("sale")


class TestAStay:
    def test_stops_the_session_at_once_whoever_has_heard_of_it(self, ends: Ends) -> None:
        j = ended(ends, lives.a_stay_interrupts_it)
        assert j.facts["bid"] == "paused"

    def test_its_reason_is_published(self, ends: Ends) -> None:
        j = ended(ends, lives.a_stay_interrupts_it)
        assert j.facts["told"] == lives.STAY
        assert lives.STAY in j.text("public")

    def test_one_person_alone_does_not_resume_it(self, ends: Ends) -> None:
        j = ended(ends, lives.a_stay_interrupts_it)
        assert j.facts["again"] is False
        assert j.facts["after_one"] == "paused"

    def test_the_lost_time_is_given_back_to_the_microsecond(self, ends: Ends) -> None:
        j = ended(ends, lives.a_stay_interrupts_it)
        stopped, resumed = (instant(j, f"session.{kind}") for kind in ("suspended", "resumed"))
        closes_at = datetime.fromisoformat(str(told(j, "session.resumed").body["closes_at"]))
        before = EPOCH + int(j.text("before")) * MILLISECOND  # of a draft: in whole seconds
        assert resumed > stopped
        assert closes_at - before == resumed - stopped
        assert int(j.text("after")) == (closes_at - EPOCH) // MILLISECOND


def told(j: Journey, kind: str) -> roads.Fact:
    facts = j.facts["journal"]
    assert isinstance(facts, dict)
    found = facts[kind]
    assert isinstance(found, roads.Fact)
    return found


def instant(j: Journey, kind: str) -> datetime:
    return datetime.fromisoformat(told(j, kind).at)


class TestADefault:
    def test_is_declared_only_after_the_last_term(self, ends: Ends) -> None:
        j = ended(ends, lives.the_buyer_does_not_pay)
        assert "期限" in j.text("early")
        assert "悔拍" in j.text("sale")

    def test_keeps_the_deposit_to_the_fen_and_says_so_in_public(self, ends: Ends) -> None:
        j = ended(ends, lives.the_buyer_does_not_pay)
        assert "不予退还" in j.text("deposit")
        assert "买受人悔拍，保证金不予退还" in j.text("public")
        assert j.facts["forfeited"] == [Money.parse(DEPOSIT.replace(",", "")).fen]

    def test_the_other_bidder_alone_is_paid_back(self, ends: Ends) -> None:
        j = ended(ends, lives.the_buyer_does_not_pay)
        assert j.facts["refunds"] == [[], [DEPOSIT]]

    def test_repeats_the_round_at_its_price_and_bars_the_defaulter(self, ends: Ends) -> None:
        j = ended(ends, lives.the_buyer_does_not_pay)
        assert "700,000.00" in j.text("again")
        assert "网拍24" in j.text("barred")


class TestAWithdrawal:
    def test_of_a_lot_on_offer_begins_with_its_auction(self, ends: Ends) -> None:
        j = ended(ends, lives.the_court_takes_it_back)
        assert "withdraw-lot" not in j.facts["offered"]
        assert "撤回该次拍卖" in j.text("on_offer")

    def test_a_stayed_case_stops_its_session_and_nothing_resumes_it(self, ends: Ends) -> None:
        j = ended(ends, lives.the_court_takes_it_back)
        assert j.facts["stayed_bid"] == "paused"
        assert 'data-code="case.not_open"' in j.text("stayed")

    def test_ends_the_session_for_good_and_the_page_says_why(self, ends: Ends) -> None:
        j = ended(ends, lives.the_court_takes_it_back)
        assert j.facts["bids"] == [False, "over"]
        assert lives.FULFILLED in j.text("public")

    def test_leaves_a_paper_that_a_stranger_finds_valid_trusted_and_whole(
        self, ends: Ends, tmp_path: Path
    ) -> None:
        out = ended(ends, lives.the_court_takes_it_back).out
        paper, authority = (out / name for name in ("announcement.pdf", "authority.cer"))
        said = judged(paper.read_bytes(), authority.read_bytes(), tmp_path)
        for words in ("Signature is Valid", "Certificate is Trusted", "Total document signed"):
            assert words in said

    def test_leaves_the_original_of_a_photograph_to_be_opened_for_a_reason(
        self, ends: Ends
    ) -> None:
        out = ended(ends, lives.the_court_takes_it_back).out
        assert (out / "original.jpg").read_bytes() == house()

    def test_every_deposit_goes_back_once_and_whole(self, ends: Ends) -> None:
        j = ended(ends, lives.the_court_takes_it_back)
        assert j.facts["refunds"] == [DEPOSIT]
