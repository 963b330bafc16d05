"""A life as one literal table: (state, trigger) -> state."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from auction.kernel.refusal import Refusal

StateT = TypeVar("StateT", bound=StrEnum)
TriggerT = TypeVar("TriggerT", bound=StrEnum)


def after(
    table: Mapping[tuple[StateT, TriggerT], StateT], state: StateT, trigger: TriggerT
) -> StateT:
    """Return the state that follows, or refuse with `state.not_allowed`."""
    following = table.get((state, trigger))
    if following is None:
        raise Refusal("state.not_allowed", state=str(state), trigger=str(trigger))
    return following
