import pytest

from auction.kernel.refusal import Refusal
from auction.lots.lot import LOT_LIFE, Lot, LotState, LotTrigger

ROAD = (
    (LotTrigger.INVESTIGATE, LotState.INVESTIGATED),
    (LotTrigger.OPEN_PRICING, LotState.PRICING),
    (LotTrigger.SET_PRICE, LotState.PRICED),
    (LotTrigger.APPROVE_DISPOSAL, LotState.DISPOSAL_APPROVED),
    (LotTrigger.PUBLISH_FIRST, LotState.FIRST_AUCTION),
    (LotTrigger.PASS_IN, LotState.FIRST_PASSED_IN),
    (LotTrigger.PUBLISH_SECOND, LotState.SECOND_AUCTION),
    (LotTrigger.SELL, LotState.SOLD),
    (LotTrigger.PAY, LotState.PAID),
    (LotTrigger.RULE, LotState.RULED),
    (LotTrigger.TRANSFER, LotState.TRANSFERRED),
    (LotTrigger.HAND_OVER, LotState.HANDED_OVER),
    (LotTrigger.CLOSE, LotState.CLOSED),
)


class TestTheLifeOfALot:
    def test_leads_from_seizure_to_the_key(self) -> None:
        lot = Lot(state=LotState.SEIZED, held_ground="")
        for trigger, state in ROAD:
            lot.advance(trigger)
            assert lot.state is state

    @pytest.mark.parametrize("state", LotState)
    @pytest.mark.parametrize("trigger", LotTrigger)
    def test_every_other_step_is_refused(self, state: LotState, trigger: LotTrigger) -> None:
        lot = Lot(state=state, held_ground="")
        if (state, trigger) in LOT_LIFE:
            lot.advance(trigger)
            assert lot.state is LOT_LIFE[state, trigger]
        else:
            with pytest.raises(Refusal):
                lot.advance(trigger)

    def test_every_state_but_the_first_is_reached_and_nothing_leaves_the_end(self) -> None:
        assert set(LOT_LIFE.values()) == set(LotState) - {LotState.SEIZED}
        ends = set(LotState) - {state for state, _ in LOT_LIFE}
        assert ends == {
            LotState.CLOSED,
            LotState.IN_KIND,
            LotState.RELEASED,
            LotState.WITHDRAWN,
            LotState.REVOKED,
        }
