"""The rounds in which a lot is offered."""

from enum import StrEnum


class Round(StrEnum):
    FIRST_AUCTION = "first_auction"
    """一拍."""
    SECOND_AUCTION = "second_auction"
    """二拍."""
    SELL_OFF = "sell_off"
    """变卖."""
