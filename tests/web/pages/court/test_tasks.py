"""What the desk says is to be done, and where each task leads."""

from uuid import UUID

import pytest

from auction.kernel.ids import AssetId, CaseId, LotId
from auction.lots.lot import LotState
from auction.lots.queries import LotView
from tests.finance import COURT
from web.pages.court.tasks import tasks

LOT = LotId(UUID(int=1))


def a_lot(state: LotState) -> LotView:
    return LotView(
        LOT, CaseId(UUID(int=2)), AssetId(UUID(int=3)), COURT, "房屋", state, "", "law", None
    )


class TestTasks:
    def test_money_paid_out_to_the_last_fen_leaves_nothing_to_do(self) -> None:
        lot = a_lot(LotState.HANDED_OVER)
        assert [task.path for task in tasks([lot], [])] == [f"/court/lots/{LOT}/plan"]
        assert tasks([lot], [], frozenset({LOT})) == []

    @pytest.mark.parametrize("state", [LotState.SOLD, LotState.PAID, LotState.TRANSFERRED])
    def test_a_sold_lot_leads_to_its_sale_even_when_its_money_is_paid_out(
        self, state: LotState
    ) -> None:
        (task,) = tasks([a_lot(state)], [], frozenset({LOT}))
        assert task.path == f"/court/lots/{LOT}/sale"
