from datetime import timedelta
from uuid import UUID

import pytest

from auction.kernel.clock import FrozenClock
from auction.notices.commands import record_receipt
from auction.settlement.sale import SaleState
from tests.sales import BUYER, SaleDesk
from workers.sales import note_missed_terms, pass_signed_titles
from workers.wiring import Context


@pytest.fixture
async def desk(context: Context, clock: FrozenClock) -> SaleDesk:
    made = SaleDesk(context.database, clock)
    await made.found()
    return made


class TestMissedTerms:
    async def test_are_noted_once_the_announced_day_is_over(
        self, desk: SaleDesk, context: Context, clock: FrozenClock
    ) -> None:
        sale = await desk.a_sale()
        await note_missed_terms(context)
        assert (await desk.sale(sale.id)).state is SaleState.AWAITING_BALANCE
        clock.advance(timedelta(days=12))
        await note_missed_terms(context)
        await note_missed_terms(context)
        assert (await desk.sale(sale.id)).state is SaleState.OVERDUE


class TestSignedTitles:
    async def test_pass_at_the_moment_of_the_signature_wherever_it_was_given(
        self, desk: SaleDesk, context: Context, clock: FrozenClock
    ) -> None:
        sale = await desk.a_ruled_sale()
        await pass_signed_titles(context)
        assert (await desk.sale(sale.id)).state is SaleState.RULED
        async with context.database.unit(BUYER) as work:
            await record_receipt(work, sale.ruling_notice_id or UUID(int=0))
        signed_at = clock.now()
        clock.advance(timedelta(minutes=1))
        await pass_signed_titles(context)
        passed = await desk.sale(sale.id)
        assert (passed.state, passed.title_passed_at) == (SaleState.TITLE_PASSED, signed_at)
