"""参考价16、19: the agencies of a draw are asked one after another, in the order drawn."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from auction.kernel.actor import SYSTEM
from auction.store.journal import JournalEntry
from tests.conftest import Execute
from tests.valuation.stage import Stage
from valuation.commission import CommissionState
from valuation.drawing import Draw
from valuation.turns import commission_rank


@pytest.mark.parametrize("rank", [1, 2, 3])
async def test_each_rank_is_the_agency_the_draw_put_there(
    stage: Stage, as_owner: Execute, rank: int
) -> None:
    await stage.held()
    await as_owner("DELETE FROM commissions")  # as if nobody had been asked yet
    async with stage.by(SYSTEM) as work:
        draw = await work.load(Draw, stage.draw_id)
        commission = await commission_rank(work, draw, rank)
    assert commission is not None
    assert commission.credit_code == (draw.result or "").split()[rank - 1]
    assert (commission.rank, commission.state) == (rank, CommissionState.OFFERED)
    assert commission.report_due_at > commission.offered_at + timedelta(days=20)


async def test_after_the_last_nobody_is_left_and_the_journal_says_so(stage: Stage) -> None:
    await stage.held()
    async with stage.by(SYSTEM) as work:
        assert await commission_rank(work, await work.load(Draw, stage.draw_id), 4) is None
    async with stage.database.reading() as session:
        kinds = (await session.scalars(select(JournalEntry.kind))).all()
    assert kinds.count("commission.exhausted") == 1
