from datetime import date

import pytest

from auction.kernel.clock import FrozenClock
from auction.kernel.refusal import Refusal
from auction.lots.asset import Seizure
from auction.lots.lot import Lot
from auction.settlement.commands import check_qualification, issue_ruling
from auction.settlement.rulings import next_number
from auction.store.database import Database
from tests.builders import OFFICER
from tests.sales import SaleDesk

CASE = "（2026）浙0199执88号"


@pytest.fixture
async def desk(database: Database, clock: FrozenClock) -> SaleDesk:
    made = SaleDesk(database, clock)
    await made.found()
    return made


def test_the_next_free_number_is_proposed() -> None:
    assert next_number(CASE, ()) == f"{CASE}之一"
    assert next_number(CASE, {f"{CASE}之一"}) == f"{CASE}之二"
    used = {f"{CASE}之{said}" for said in "一二三四五六七八九十"}
    assert next_number(CASE, used) == f"{CASE}之十一"


async def test_a_number_of_the_case_is_given_once(desk: SaleDesk, database: Database) -> None:
    sale = await desk.a_paid_sale()
    async with database.unit(OFFICER) as work:
        lot = await work.load(Lot, sale.lot_id)
        work.add(
            Seizure(
                id=work.new_id(),
                asset_id=lot.asset_id,
                ruling_number=f"{CASE}之一",
                seized_on=date(2026, 3, 1),
                expires_on=date(2029, 3, 1),
                recorded_at=work.now,
            )
        )
    async with database.unit(OFFICER) as work:
        await check_qualification(work, sale.id, is_qualified=True, evidence="查询结果")
    with pytest.raises(Refusal) as refused:
        async with database.unit(OFFICER) as work:
            await issue_ruling(work, sale.id, ruling_number="(2026)浙0199执88号之一")
    assert refused.value.code == "sale.ruling_number.conflict"
