"""What a session's home does next, given the picture, what waits and the time; pure.

The drain before the close is here and nowhere else: a session does not end while a bid that
entered in time waits to be decided (网拍20: the time of entry decides).
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from bidding.hall.board import Board, SessionState


class Turn(StrEnum):
    """One thing a home does, each in a commit of its own."""

    WAIT = "wait"
    DECIDE = "decide"
    OPEN = "open"
    RESUME = "resume"
    CLOSE = "close"


def next_turn(board: Board, *, now: datetime, entered: Iterable[datetime]) -> Turn:
    """Say what is due. `entered` are the instants at which the bids that wait came in.

    A bid that came in before the end, or before a pause, is decided before anything else
    happens. Later ones hold up nothing: they are decided, and refused, after it.
    """
    waiting = list(entered)
    if board.state is SessionState.SCHEDULED and now >= board.opens_at:
        return Turn.OPEN
    if board.state is SessionState.PAUSED and not _is_any_before(board.paused_at, waiting):
        return Turn.RESUME
    is_over = board.state is SessionState.OPEN and now >= board.closes_at
    if is_over and not _is_any_before(board.closes_at, waiting):
        return Turn.CLOSE
    return Turn.DECIDE if waiting else Turn.WAIT


def wakes_at(board: Board) -> datetime | None:
    """The instant at which something falls due by itself; None when nothing does."""
    due_at = {SessionState.SCHEDULED: board.opens_at, SessionState.OPEN: board.closes_at}
    return due_at.get(board.state)


def _is_any_before(end: datetime | None, entered: Iterable[datetime]) -> bool:
    return end is not None and any(instant < end for instant in entered)
