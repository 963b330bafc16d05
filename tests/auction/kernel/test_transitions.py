from enum import StrEnum

import pytest

from auction.kernel.refusal import Refusal
from auction.kernel.transitions import after


class Door(StrEnum):
    OPEN = "open"
    SHUT = "shut"


class Hand(StrEnum):
    PULL = "pull"
    PUSH = "push"


LIFE = {(Door.OPEN, Hand.PULL): Door.SHUT, (Door.SHUT, Hand.PUSH): Door.OPEN}


@pytest.mark.parametrize("state", Door)
@pytest.mark.parametrize("trigger", Hand)
def test_the_table_is_all_there_is(state: Door, trigger: Hand) -> None:
    if (state, trigger) in LIFE:
        assert after(LIFE, state, trigger) is LIFE[state, trigger]
        return
    with pytest.raises(Refusal) as refused:
        after(LIFE, state, trigger)
    assert refused.value.code == "state.not_allowed"
    assert refused.value.facts == {"state": state.value, "trigger": trigger.value}
