"""The worker moves a draw from the last commitment to the commissioned agency by itself."""

from dataclasses import replace
from datetime import timedelta

import pytest

from auction.lots.lot import Lot, LotState
from auction.store.keys import KeyHolder
from tests.valuation.stage import APPLICANT, Stage
from valuation.drawing import DrawKey
from valuation.queries.due import registered_keys
from workers import valuations
from workers.wiring import Context


@pytest.fixture
def stage(context: Context, clock) -> Stage:
    return Stage(context.database, clock)


async def looked(context: Context, stage: Stage) -> str:
    await valuations.advance_draws(context)
    return (await stage.draw()).state.value


async def test_a_draw_moves_on_whenever_its_time_has_come(context, stage, clock):
    await stage.appraising()
    await valuations.register_keys(context)
    clock.advance(timedelta(days=1))
    await stage.announce(stage.draw_id)
    await stage.commit(APPLICANT, "applicant")
    assert await looked(context, stage) == "committing"
    clock.advance(timedelta(hours=1))
    assert await looked(context, stage) == "revealing"
    await stage.reveal(APPLICANT, "applicant")
    clock.advance(timedelta(hours=1))
    assert await looked(context, stage) == "proving"
    assert await looked(context, stage) == "held"
    assert await looked(context, stage) == "held"
    assert (await stage.commission()).state == "offered"


async def test_keys_are_registered_once(context, stage):
    await stage.seized()
    await valuations.register_keys(context)
    await valuations.register_keys(context)
    async with context.database.reading() as session:
        keys = [await session.get(DrawKey, key) for key in await _keys(session)]
    assert sorted(key.role for key in keys if key and key.retired_at is None) == [
        "court-supervision",
        "platform",
    ]


async def test_without_the_signer_a_draw_waits_and_loses_nothing(context, stage):
    alone = replace(context, keys=KeyHolder(context.settings.luochui_state / "nobody.sock"))
    await stage.proving()
    assert await looked(alone, stage) == "proving"


async def test_a_price_is_fixed_when_the_time_to_object_is_over(context, stage, clock):
    await stage.served()
    await valuations.settle_appraisals(context)
    assert await _lot_state(stage) is LotState.PRICING
    clock.advance(timedelta(days=10))
    await valuations.settle_appraisals(context)
    assert await _lot_state(stage) is LotState.PRICED


async def test_a_late_agency_is_replaced(context, stage, clock):
    await stage.held()
    clock.advance(timedelta(days=60))
    await valuations.settle_appraisals(context)
    assert (await stage.commission(2)).state == "offered"


async def _lot_state(stage: Stage) -> LotState:
    async with stage.database.reading() as session:
        return (await session.get_one(Lot, stage.lot_id)).state


async def _keys(session) -> list[str]:
    return sorted(await registered_keys(session))
