"""What a home does next, at every instant that matters."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from auction.kernel.ids import ListingId, SessionId
from auction.kernel.money import Money
from bidding.hall.board import Board, SessionState
from bidding.hall.turn import Turn, next_turn, wakes_at

OPENS = datetime(2026, 3, 2, 2, tzinfo=UTC)
CLOSES = OPENS + timedelta(days=1)
TICK = timedelta(microseconds=1)
BOARD = Board(
    session_id=SessionId(UUID(int=1)), listing_id=ListingId(UUID(int=2)), state=SessionState.OPEN,
    version=1, seq=0, price=None, leading_code=None, leading_rank=None,
    lowest_next=Money.yuan(1000), starting_price=Money.yuan(1000), increment=Money.yuan(50),
    opens_at=OPENS, scheduled_close_at=CLOSES, closes_at=CLOSES, extend_by=timedelta(minutes=5),
    extensions=0, paused_at=None, pause_ground="", epoch=1, home_id=None,
)  # fmt: skip


def turn(state: SessionState, now: datetime, *entered: datetime) -> Turn:
    board = replace(BOARD, state=state, paused_at=OPENS if state is SessionState.PAUSED else None)
    return next_turn(board, now=now, entered=entered)


class TestBeforeTheOpening:
    def test_it_waits_until_the_instant_and_then_opens(self) -> None:
        assert turn(SessionState.SCHEDULED, OPENS - TICK) is Turn.WAIT
        assert turn(SessionState.SCHEDULED, OPENS) is Turn.OPEN

    def test_a_bid_too_early_is_told_so_at_once(self) -> None:
        assert turn(SessionState.SCHEDULED, OPENS - TICK, OPENS - TICK) is Turn.DECIDE


class TestTheEnd:
    def test_it_closes_at_the_instant_not_before(self) -> None:
        assert turn(SessionState.OPEN, CLOSES - TICK) is Turn.WAIT
        assert turn(SessionState.OPEN, CLOSES) is Turn.CLOSE

    def test_a_bid_that_entered_in_time_is_decided_first_however_late_it_is(self) -> None:
        assert turn(SessionState.OPEN, CLOSES + timedelta(hours=1), CLOSES - TICK) is Turn.DECIDE

    def test_late_bids_hold_up_nothing(self) -> None:
        assert turn(SessionState.OPEN, CLOSES, CLOSES) is Turn.CLOSE

    @pytest.mark.parametrize("timely", [0, 1, 2])
    def test_one_timely_bid_among_late_ones_is_seen(self, timely: int) -> None:
        entered = [CLOSES] * 3
        entered[timely] = CLOSES - TICK
        assert turn(SessionState.OPEN, CLOSES, *entered) is Turn.DECIDE


class TestAPause:
    def test_it_goes_on_by_itself(self) -> None:
        assert turn(SessionState.PAUSED, OPENS) is Turn.RESUME

    def test_what_entered_before_the_pause_is_decided_before_it_goes_on(self) -> None:
        assert turn(SessionState.PAUSED, CLOSES, OPENS - TICK) is Turn.DECIDE

    def test_what_entered_during_the_pause_holds_up_nothing(self) -> None:
        assert turn(SessionState.PAUSED, CLOSES, OPENS) is Turn.RESUME


@pytest.mark.parametrize(
    "state", [SessionState.SUSPENDED, SessionState.SOLD, SessionState.PASSED_IN,
              SessionState.STOPPED],
)  # fmt: skip
def test_what_stands_or_is_over_only_answers(state: SessionState) -> None:
    assert turn(state, CLOSES) is Turn.WAIT
    assert turn(state, CLOSES, CLOSES) is Turn.DECIDE
    assert wakes_at(replace(BOARD, state=state)) is None


def test_it_wakes_at_the_opening_and_at_the_end() -> None:
    assert wakes_at(replace(BOARD, state=SessionState.SCHEDULED)) == OPENS
    assert wakes_at(BOARD) == CLOSES
