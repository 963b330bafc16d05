"""The life of a session, step by step, and what its picture says of its end."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from auction.kernel.ids import ListingId, SessionId
from auction.kernel.money import Money
from auction.kernel.refusal import Refusal
from auction.kernel.transitions import after
from bidding.hall.board import ENDED, LIVE, SESSION_LIFE, Board, SessionState, SessionTrigger
from tests.conftest import NOON

FIVE = timedelta(minutes=5)
BOARD = Board(
    session_id=SessionId(UUID(int=1)), listing_id=ListingId(UUID(int=2)),
    state=SessionState.SCHEDULED, version=0, seq=0, price=None, leading_code=None,
    leading_rank=None, lowest_next=Money.yuan(1000), starting_price=Money.yuan(1000),
    increment=Money.yuan(50), opens_at=NOON, scheduled_close_at=NOON + FIVE,
    closes_at=NOON + FIVE, extend_by=FIVE, extensions=0, paused_at=None, pause_ground="",
    epoch=0, home_id=None,
)  # fmt: skip


@pytest.mark.parametrize("state", SessionState)
@pytest.mark.parametrize("trigger", SessionTrigger)
def test_every_step_is_in_the_table_or_refused(
    state: SessionState, trigger: SessionTrigger
) -> None:
    if (state, trigger) in SESSION_LIFE:
        assert after(SESSION_LIFE, state, trigger) is SESSION_LIFE[state, trigger]
        return
    with pytest.raises(Refusal) as refused:
        after(SESSION_LIFE, state, trigger)
    assert refused.value.code == "state.not_allowed"


def test_nothing_leaves_an_end_and_everything_else_can_be_stopped() -> None:
    assert {state for state, _ in SESSION_LIFE} == set(SessionState) - ENDED
    stopped = {state for state, trigger in SESSION_LIFE if trigger is SessionTrigger.STOP}
    assert stopped == {SessionState.SCHEDULED, *LIVE}


def test_only_what_bids_can_be_sold_or_passed_in() -> None:
    for trigger in (SessionTrigger.SELL, SessionTrigger.PASS_IN):
        assert [state for state, found in SESSION_LIFE if found is trigger] == [SessionState.OPEN]


@pytest.mark.parametrize("state", SessionState)
def test_its_picture_says_whether_anything_still_moves(state: SessionState) -> None:
    assert replace(BOARD, state=state).is_over is (state in ENDED)
