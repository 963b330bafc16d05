"""Batches are only a way to commit: what is decided does not depend on them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from auction.kernel.ids import BidderCode, BidId
from auction.kernel.money import Money
from bidding.engine import Extension, Ladder, Reason, Refused, Rules, open_hall
from bidding.hall.batch import PlacedBid, settle, undecided

OPENING = datetime(2026, 3, 2, 2, tzinfo=UTC)
FIVE = timedelta(minutes=5)
LAW = Rules(Ladder.MULTIPLE, Extension.RESET, Money.yuan(1000), Money.yuan(50), FIVE, FIVE)
HALL = open_hall(LAW, opens_at=OPENING, scheduled_close=OPENING + timedelta(hours=1))
RANKS = {BidderCode("A1"): None, BidderCode("Y1"): 1}


def placed(number: int, *, code: str = "A1", rungs: int = 0, minute: float = 0) -> PlacedBid:
    return PlacedBid(
        BidId(UUID(int=number)),
        BidderCode(code),
        Money.yuan(1000 + 50 * rungs),
        OPENING + timedelta(minutes=minute),
    )


class TestUndecided:
    def test_they_stand_in_the_order_they_entered(self) -> None:
        bids = [placed(1, minute=2), placed(2, minute=1), placed(3, minute=1)]
        assert [bid.bid_id.int for bid in undecided(bids, set())] == [2, 3, 1]

    def test_one_sent_twice_stands_once_as_it_first_entered(self) -> None:
        first = placed(1, minute=1)
        assert undecided([structs.replace(first, entered_at=OPENING + FIVE), first], set()) == [
            first
        ]

    def test_one_decided_before_is_left_out(self) -> None:
        assert undecided([placed(1), placed(2)], {placed(1).key}) == [placed(2)]

    def test_another_bidder_may_use_the_same_id(self) -> None:
        assert len(undecided([placed(1), placed(1, code="Y1")], set())) == 2


class TestSettle:
    def test_each_bid_is_decided_in_the_hall_that_the_one_before_left(self) -> None:
        settled = settle(HALL, [placed(1), placed(2, rungs=1), placed(3, rungs=1)], LAW, RANKS)
        assert [one.reason for one in settled] == ["", "", "below_next_price"]
        assert [one.hall.price for one in settled] == [
            Money.yuan(1000), Money.yuan(1050), Money.yuan(1050),
        ]  # fmt: skip

    def test_what_a_bid_did_besides_is_said_of_those_that_count(self) -> None:
        bids = [placed(1, minute=1), placed(2, rungs=1, minute=58), placed(3, rungs=1, minute=59)]
        settled = settle(HALL, bids, LAW, RANKS)
        assert [one.is_extended for one in settled] == [False, True, False]
        assert [one.is_self_overbid for one in settled] == [False, True, False]

    def test_a_code_of_another_session_decides_nothing(self) -> None:
        (one,) = settle(HALL, [placed(1, code="Z9")], LAW, RANKS)
        assert one.verdict == Refused(Reason.UNKNOWN_CODE)
        assert one.hall is HALL

    def test_the_confirmed_rank_goes_with_the_code(self) -> None:
        first, matching = settle(HALL, [placed(1), placed(2, code="Y1")], LAW, RANKS)
        assert (first.rank, matching.rank, matching.reason) == (None, 1, "")
        assert matching.hall.leading is not None
        assert matching.hall.leading.priority_rank == 1


@given(
    st.lists(st.builds(placed, st.integers(1, 9), code=st.sampled_from(["A1", "Y1", "Z9"]),
             rungs=st.integers(0, 6), minute=st.floats(-1, 70)), max_size=12),
    st.data(),
)  # fmt: skip
def test_how_bids_are_cut_into_batches_does_not_matter(
    bids: list[PlacedBid], data: st.DataObject
) -> None:
    whole = settle(HALL, undecided(bids, set()), LAW, RANKS)
    cut = data.draw(st.integers(0, len(whole)))
    ordered = [one.placed for one in whole]
    first = settle(HALL, ordered[:cut], LAW, RANKS)
    second = settle(first[-1].hall if first else HALL, ordered[cut:], LAW, RANKS)
    assert first + second == whole
