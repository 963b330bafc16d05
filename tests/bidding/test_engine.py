from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from auction.kernel.ids import BidderCode
from auction.kernel.money import ZERO, Money
from bidding.engine import (
    Accepted,
    Bid,
    Extension,
    Hall,
    Ladder,
    PassedIn,
    Reason,
    Refused,
    Rules,
    Sold,
    StillOpen,
    close,
    decide,
    lowest_next,
    open_hall,
    pause,
    resume,
    stop,
)

OPENING = datetime(2026, 3, 2, 2, tzinfo=UTC)
CLOSING = OPENING + timedelta(days=1)
FIVE = timedelta(minutes=5)
TICK = timedelta(microseconds=1)
LAW = Rules(Ladder.MULTIPLE, Extension.RESET, Money.yuan(1000), Money.yuan(50), FIVE, FIVE)
OPEN = open_hall(LAW, opens_at=OPENING, scheduled_close=CLOSING)


def a_bid(
    yuan: int,
    code: str = "A1",
    before: timedelta = timedelta(hours=1),
    rank: int | None = None,
    expected: Money | None = None,
) -> Bid:
    return Bid(BidderCode(code), Money.yuan(yuan), CLOSING - before, rank, expected)


def after(*bids: Bid, hall: Hall = OPEN, rules: Rules = LAW) -> Hall:
    for bid in bids:
        verdict = decide(hall, bid, rules)
        assert isinstance(verdict, Accepted), verdict
        hall = verdict.hall
    return hall


def refusal(bid: Bid, hall: Hall = OPEN, rules: Rules = LAW) -> Reason:
    verdict = decide(hall, bid, rules)
    assert isinstance(verdict, Refused)
    return verdict.reason


class TestPrice:
    def test_the_first_bid_may_equal_the_starting_price(self) -> None:
        assert after(a_bid(1000)).price == Money.yuan(1000)

    def test_below_the_starting_price_is_void(self) -> None:
        assert refusal(a_bid(999)) is Reason.BELOW_STARTING_PRICE

    def test_a_price_between_the_rungs_is_off_the_ladder(self) -> None:
        assert refusal(a_bid(1049)) is Reason.OFF_LADDER
        assert refusal(a_bid(1075), after(a_bid(1000))) is Reason.OFF_LADDER

    def test_the_standing_price_again_is_not_enough(self) -> None:
        assert refusal(a_bid(1000, "B2"), after(a_bid(1000))) is Reason.BELOW_NEXT_PRICE

    def test_a_bidder_may_jump_several_rungs(self) -> None:
        assert after(a_bid(1000), a_bid(2500, "B2")).price == Money.yuan(2500)

    def test_a_step_ladder_takes_any_price_one_increment_up(self) -> None:
        steps = replace(LAW, ladder=Ladder.STEP)
        hall = after(a_bid(1000), rules=steps)
        assert refusal(a_bid(1049, "B2"), hall, steps) is Reason.BELOW_NEXT_PRICE
        assert after(a_bid(1051, "B2"), hall=hall, rules=steps).price == Money.yuan(1051)

    def test_a_higher_ladder_takes_one_fen_more(self) -> None:
        higher = Rules(Ladder.HIGHER, Extension.NONE, Money.yuan(10))
        hall = after(a_bid(10), rules=higher)
        assert refusal(a_bid(10, "B2"), hall, higher) is Reason.BELOW_NEXT_PRICE
        assert lowest_next(hall, higher) == Money.yuan(10) + Money(1)

    def test_without_a_ladder_any_price_stands(self) -> None:
        free = Rules(Ladder.NONE, Extension.NONE)
        assert after(a_bid(10), a_bid(5, "B2"), rules=free).price == Money.yuan(5)

    def test_the_lowest_next_price_is_the_start_and_then_one_increment_more(self) -> None:
        assert lowest_next(OPEN, LAW) == Money.yuan(1000)
        assert lowest_next(after(a_bid(1100)), LAW) == Money.yuan(1150)

    def test_overbidding_oneself_counts_and_is_marked(self) -> None:
        verdict = decide(after(a_bid(1000)), a_bid(1050), LAW)
        assert isinstance(verdict, Accepted)
        assert verdict.is_self_overbid

    def test_only_if_the_price_is_unchanged(self) -> None:
        hall = after(a_bid(1000))
        changed = a_bid(1100, "B2", expected=ZERO)
        assert refusal(changed, hall) is Reason.PRICE_CHANGED
        assert after(structs.replace(changed, expected_price=Money.yuan(1000)), hall=hall)

    def test_a_ladder_of_steps_cannot_be_without_increment(self) -> None:
        with pytest.raises(ValueError, match="increment"):
            Rules(Ladder.MULTIPLE, Extension.NONE)


class TestClosing:
    def test_a_bid_with_five_minutes_left_or_less_moves_the_close_to_five_minutes_after_it(
        self,
    ) -> None:
        bid = a_bid(1000, before=timedelta(minutes=2))
        verdict = decide(OPEN, bid, LAW)
        assert isinstance(verdict, Accepted)
        assert verdict.is_extended
        assert verdict.hall.closes_at == bid.entered_at + FIVE
        assert verdict.hall.extensions == 1

    def test_a_bid_just_before_the_last_five_minutes_moves_nothing(self) -> None:
        hall = after(a_bid(1000, before=FIVE + TICK), a_bid(1050, before=FIVE))
        assert (hall.closes_at, hall.extensions) == (CLOSING, 0)

    def test_extensions_follow_one_another_without_end(self) -> None:
        hall = OPEN
        for rung in range(40):
            late = structs.replace(a_bid(1000 + 50 * rung), entered_at=hall.closes_at - TICK)
            hall = after(late, hall=hall)
        assert hall.extensions == 40
        assert hall.closes_at == CLOSING + 40 * (FIVE - TICK)

    def test_a_bid_at_the_closing_instant_is_late_and_one_tick_before_is_not(self) -> None:
        assert refusal(a_bid(1000, before=timedelta())) is Reason.LATE
        assert after(a_bid(1000, before=TICK)).leading

    def test_a_refused_bid_extends_nothing(self) -> None:
        assert refusal(a_bid(1, before=TICK)) is Reason.BELOW_STARTING_PRICE

    def test_a_bid_before_the_opening_is_refused(self) -> None:
        assert refusal(structs.replace(a_bid(1000), entered_at=OPENING - TICK)) is Reason.NOT_OPEN

    def test_it_stays_open_until_the_instant_itself(self) -> None:
        hall = after(a_bid(1000))
        assert close(hall, CLOSING - TICK) == StillOpen(CLOSING)
        sold = close(hall, CLOSING)
        assert isinstance(sold, Sold)
        assert sold.hammer == hall.leading
        assert refusal(a_bid(1050), sold.hall) is Reason.OVER

    def test_without_a_bid_it_is_passed_in(self) -> None:
        assert isinstance(close(OPEN, CLOSING), PassedIn)

    def test_a_closed_hall_does_not_close_twice(self) -> None:
        over = stop(OPEN)
        assert isinstance(close(over, CLOSING), StillOpen)

    def test_an_overtime_house_always_runs_one_overtime(self) -> None:
        rules = Rules(Ladder.NONE, Extension.OVERTIME, extend_trigger=FIVE, extend_by=FIVE)
        hall = open_hall(rules, opens_at=OPENING, scheduled_close=CLOSING)
        assert hall.closes_at == CLOSING + FIVE
        assert after(a_bid(1, before=TICK), hall=hall, rules=rules).closes_at == CLOSING + FIVE
        overtime = a_bid(1, before=-timedelta(minutes=1))
        after_it = after(overtime, hall=hall, rules=rules)
        assert after_it.closes_at == CLOSING + timedelta(minutes=6)

    def test_the_first_bid_of_a_sell_off_starts_its_contest(self) -> None:
        rules = replace(LAW, window_after_first_bid=timedelta(hours=24))
        hall = open_hall(rules, opens_at=OPENING, scheduled_close=OPENING + timedelta(days=60))
        hall = after(a_bid(1000), hall=hall, rules=rules)
        assert hall.closes_at == a_bid(1000).entered_at + timedelta(hours=24)
        assert after(a_bid(1050), hall=hall, rules=rules).closes_at == hall.closes_at


class TestPriority:
    def test_a_priority_holder_may_match_the_standing_price(self) -> None:
        hall = after(a_bid(1000), a_bid(1000, "Y1", rank=1))
        assert hall.leading is not None
        assert hall.leading.code == "Y1"

    def test_the_better_rank_takes_the_same_price_from_the_lesser(self) -> None:
        hall = after(a_bid(1000, "Y2", rank=2))
        assert after(a_bid(1000, "Y1", rank=1), hall=hall).leading == a_bid(1000, "Y1", rank=1)
        held = after(a_bid(1000, "Y1", rank=1))
        assert refusal(a_bid(1000, "Y2", rank=2), held) is Reason.BELOW_NEXT_PRICE

    def test_at_the_same_rank_the_earlier_keeps_it(self) -> None:
        held = after(a_bid(1000, "Y1", rank=1))
        assert refusal(a_bid(1000, "Y2", rank=1), held) is Reason.BELOW_NEXT_PRICE

    def test_a_lower_price_is_no_match(self) -> None:
        held = after(a_bid(1100))
        assert refusal(a_bid(1000, "Y1", rank=1), held) is Reason.BELOW_NEXT_PRICE

    def test_anybody_may_go_above_a_match(self) -> None:
        hall = after(a_bid(1000), a_bid(1000, "Y1", rank=1), a_bid(1050, "B2"))
        assert hall.leading == a_bid(1050, "B2")


class TestPause:
    AT = CLOSING - timedelta(minutes=30)

    def test_a_bid_that_entered_before_the_pause_still_counts(self) -> None:
        paused = pause(OPEN, self.AT)
        assert after(a_bid(1000, before=timedelta(minutes=30) + TICK), hall=paused).leading
        assert refusal(a_bid(1000, before=timedelta(minutes=30)), paused) is Reason.PAUSED

    def test_a_paused_hall_does_not_close(self) -> None:
        assert isinstance(close(pause(OPEN, self.AT), CLOSING + FIVE), StillOpen)

    def test_resuming_gives_back_the_time_lost(self) -> None:
        again = resume(pause(OPEN, self.AT), self.AT + timedelta(hours=3), LAW)
        assert again.closes_at == CLOSING + timedelta(hours=3)
        assert again.paused_at is None

    def test_resuming_leaves_one_extension_at_least(self) -> None:
        last = pause(OPEN, CLOSING - TICK)
        again = resume(last, CLOSING, LAW)
        assert again.closes_at == CLOSING + FIVE

    def test_a_pause_before_the_opening_costs_nothing(self) -> None:
        early = pause(OPEN, OPENING - timedelta(hours=2))
        assert resume(early, OPENING - timedelta(hours=1), LAW).closes_at == CLOSING
        late = resume(early, OPENING + timedelta(hours=1), LAW)
        assert late.closes_at == CLOSING + timedelta(hours=1)

    @pytest.mark.parametrize("since_resumed", [timedelta(), timedelta(minutes=5)])
    def test_after_a_clock_that_went_back_bids_come_in_at_once_and_nothing_ends_sooner(
        self, since_resumed: timedelta
    ) -> None:
        ahead = structs.replace(OPEN, live_since=self.AT)  # resumed by a clock an hour ahead
        at = self.AT - timedelta(hours=1)
        again = resume(pause(ahead, self.AT + since_resumed), at, LAW)
        assert (again.live_since, again.closes_at) == (at, CLOSING)

    def test_resumed_before_its_opening_it_opens_as_announced(self) -> None:
        early = pause(OPEN, OPENING - timedelta(hours=2))
        assert resume(early, OPENING - timedelta(hours=1), LAW).live_since == OPENING
        late = OPENING + timedelta(hours=1)
        assert resume(early, late, LAW).live_since == late

    def test_a_second_pause_keeps_the_first_instant(self) -> None:
        assert pause(pause(OPEN, self.AT), CLOSING).paused_at == self.AT

    def test_nothing_pauses_or_resumes_what_is_over(self) -> None:
        assert pause(stop(OPEN), self.AT).paused_at is None
        assert resume(OPEN, self.AT, LAW) == OPEN
        stopped = stop(pause(OPEN, self.AT))
        assert resume(stopped, CLOSING, LAW) == stopped

    def test_what_was_stopped_while_it_stood_still_is_over_and_not_paused(self) -> None:
        stopped = stop(pause(OPEN, self.AT))
        assert refusal(a_bid(1000, before=CLOSING - self.AT), stopped) is Reason.OVER
        assert refusal(a_bid(1000, before=timedelta()), stopped) is Reason.LATE


bids = st.builds(
    a_bid,
    st.sampled_from([900, 999, *range(1000, 1600, 50), 1001]),
    st.sampled_from(["A1", "B2", "Y1", "Y2"]),
    st.timedeltas(timedelta(minutes=-20), timedelta(minutes=20)),
    st.none() | st.integers(1, 2),
)


@settings(max_examples=200)
@given(st.lists(bids, max_size=40))
def test_price_and_close_only_rise_and_the_best_valid_bid_wins(arrivals: list[Bid]) -> None:
    hall, valid = OPEN, []
    for bid in sorted(arrivals, key=lambda bid: bid.entered_at):
        verdict = decide(hall, bid, LAW)
        assert (bid.entered_at >= hall.closes_at) == (verdict == Refused(Reason.LATE))
        if isinstance(verdict, Accepted):
            assert verdict.hall.leading == bid
            assert verdict.hall.closes_at >= max(hall.closes_at, bid.entered_at + TICK)
            assert verdict.hall.price >= hall.price
            hall = verdict.hall
            valid.append(bid)
    ended = close(hall, hall.closes_at)
    if not valid:
        assert isinstance(ended, PassedIn)
        return
    assert isinstance(ended, Sold)
    best = max(enumerate(valid), key=lambda nth: _worth(*nth))[1]
    assert ended.hammer == best


def _worth(place: int, bid: Bid) -> tuple[int, int, int]:
    """Price, then rank (an ordinary bidder has the least), then the earlier bid (网拍21)."""
    rank = bid.priority_rank if bid.priority_rank is not None else 99
    return bid.amount.fen, -rank, -place


@given(
    st.lists(
        st.tuples(st.sampled_from(["bid", "pause", "resume"]), bids, st.integers(0, 30)),
        max_size=30,
    )
)
@settings(max_examples=100)
def test_time_lost_in_pauses_is_always_given_back(
    moves: list[tuple[str, Bid, int]],
) -> None:
    hall, now, lost = OPEN, CLOSING - timedelta(hours=2), timedelta()
    for move, bid, minutes in moves:
        now += timedelta(minutes=minutes)
        before = hall
        if move == "pause":
            hall = pause(hall, now)
        elif move == "resume":
            hall = resume(hall, now, LAW)
            if before.paused_at is not None:
                lost += now - before.paused_at
        else:
            verdict = decide(hall, structs.replace(bid, entered_at=now), LAW)
            hall = verdict.hall if isinstance(verdict, Accepted) else hall
            assert before.paused_at is None or hall == before
        assert hall.closes_at >= before.closes_at
    assert hall.closes_at >= CLOSING + lost
