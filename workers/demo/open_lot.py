"""One more lot, open for an hour, so that whoever looks at a demonstration can register and bid."""

import time
from datetime import timedelta

from auction.kernel.money import Money
from workers.demo.journey import Journey
from workers.demo.steps import court

LASTS = timedelta(hours=1)
PRICE = Money.yuan(680_000)
OPENING_SECONDS_MIN = 20.0
OPENING_PER_PREPARING_SECOND = 2.0
"""From the choice of the date to the opening: votes and notices take as long as the case did."""
THING = court.Thing(
    case_number="（2026）浙0199执96号",
    title="杭湾市潮声路16号1单元302室住宅",
    registry_number="浙（2019）杭湾市不动产权第0001632号",
)
NEGOTIATED = {
    "applicant_price": str(PRICE),
    "respondent_price": str(PRICE),
    "held_on": "2026-03-01",
    "note": "双方当庭议价，笔录附卷",
}


async def lot_stays_open(j: Journey) -> None:
    """Seize, price by agreement (参考价4) and publish a lot that nobody of the cast bids for."""
    async with j.step("One more lot is published and stays open for an hour: bid for it yourself"):
        began = time.monotonic()
        await court.open_case(j, THING, PRICE)
        await court.seize(j, THING)
        await court.investigate(j)
        await court.make_lot(j)
        officer = await j.as_(court.OFFICER)
        desk = f"/court/lots/{j.text('lot_id')}/valuation"
        await officer.submit(desk, "open-assignment")
        await officer.submit(desk, "record-negotiation", NEGOTIATED)
        took = OPENING_PER_PREPARING_SECOND * (time.monotonic() - began)
        opens_in = timedelta(seconds=max(took, OPENING_SECONDS_MIN))
        await court.draft(j, opens_in=opens_in, lasts=LASTS)
        await court.approve(j)
        await court.complete(j)
        await court.publish(j)
