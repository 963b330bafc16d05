from dataclasses import replace
from datetime import date

import pytest

from auction.kernel.actor import SYSTEM
from auction.kernel.money import Money
from auction.kernel.refusal import Refusal
from auction.lots.lot import Lot, LotState
from tests.valuation.stage import APPLICANT, OFFICER, Stage, made
from valuation.commands import assignments
from valuation.commands.assignments import Negotiation
from valuation.methods import PricingMethod, Situation
from valuation.roster import Field


async def opened(stage: Stage) -> None:
    await stage.seized()
    async with stage.by(OFFICER) as work:
        await assignments.open_assignment(work, stage.lot_id, assignment_id=stage.assignment_id)


async def negotiate(stage: Stage, *prices: Money | None):
    async with stage.by(OFFICER) as work:
        return await assignments.record_negotiation(
            work,
            stage.assignment_id,
            negotiation=Negotiation(*prices, held_on=date(2026, 3, 1), note="议价笔录"),
        )


async def test_only_an_officer_of_the_court_opens_one(stage):
    await stage.seized()
    for actor in (APPLICANT, SYSTEM):
        with pytest.raises(Refusal, match="forbidden"):
            async with stage.by(actor) as work:
                await assignments.open_assignment(work, stage.lot_id, assignment_id=made("x"))


async def test_a_lot_has_one_assignment_at_a_time(stage):
    await opened(stage)
    with pytest.raises(Refusal, match=r"assignment\.conflict"):
        async with stage.by(OFFICER) as work:
            await assignments.open_assignment(work, stage.lot_id, assignment_id=made("x"))


async def test_the_same_price_from_both_sides_is_the_reference_price(stage):
    await opened(stage)
    await negotiate(stage, Money.yuan(90), Money.yuan(90))
    async with stage.database.reading() as session:
        lot = await session.get(Lot, stage.lot_id)
    assert lot is not None
    assert lot.state is LotState.PRICED
    assert lot.reference_price is not None
    assert (lot.reference_price.amount, lot.reference_price.method) == (
        Money.yuan(90),
        "negotiation",
    )


@pytest.mark.parametrize("prices", [(Money(1), Money(2)), (Money(1), None), (None, None)])
async def test_no_common_price_leads_to_the_next_method(stage, prices):
    await opened(stage)
    assert (await negotiate(stage, *prices)).state == "choosing"


async def test_an_appraisal_is_refused_while_a_directed_inquiry_is_open(stage):
    await opened(stage)
    await negotiate(stage, None, None)
    with pytest.raises(Refusal, match=r"valuation\.method_not_open"):
        async with stage.by(OFFICER) as work:
            await assignments.open_appraisal(
                work,
                stage.assignment_id,
                field=Field.REAL_ESTATE,
                region="浙江",
                situation=Situation(has_price_base=True),
            )


async def test_a_withdrawn_assignment_makes_room_for_another(stage):
    await opened(stage)
    async with stage.by(OFFICER) as work:
        await assignments.withdraw_assignment(work, stage.assignment_id, ground="申请撤回")
    async with stage.by(OFFICER) as work:
        await assignments.open_assignment(work, stage.lot_id, assignment_id=made("second"))


async def test_the_same_assignment_opened_again_is_one(stage):
    await opened(stage)
    async with stage.by(OFFICER) as work:
        again = await assignments.open_assignment(
            work, stage.lot_id, assignment_id=stage.assignment_id
        )
    assert again.id == stage.assignment_id


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"note": " "}, "valuation.negotiation_unproven"),
        ({"held_on": date(2026, 3, 5)}, "valuation.negotiation_in_future"),
    ],
)
async def test_a_negotiation_is_proven_and_over(stage, changes, code):
    await opened(stage)
    held = Negotiation(Money(1), None, held_on=date(2026, 3, 1), note="议价笔录")
    with pytest.raises(Refusal) as refused:
        async with stage.by(OFFICER) as work:
            await assignments.record_negotiation(
                work, stage.assignment_id, negotiation=replace(held, **changes)
            )
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("situation", "ground"),
    [
        (Situation(), "inquiry_not_possible"),
        (Situation(is_appraisal_required=True), "required_by_law"),
        (Situation(both_ask=PricingMethod.APPRAISAL, has_price_base=True), "both_parties_ask"),
    ],
)
async def test_the_ground_of_an_appraisal_is_kept(stage, situation, ground):
    await opened(stage)
    await negotiate(stage, None, None)
    async with stage.by(OFFICER) as work:
        found = await assignments.open_appraisal(
            work, stage.assignment_id, field=Field.REAL_ESTATE, region="浙江", situation=situation
        )
    assert (found.state, found.appraisal_ground) == ("appraising", ground)
    assert (found.field, found.region) == (Field.REAL_ESTATE, "浙江")


async def test_a_withdrawal_says_why(stage):
    await opened(stage)
    with pytest.raises(Refusal, match=r"valuation\.ground_missing"):
        async with stage.by(OFFICER) as work:
            await assignments.withdraw_assignment(work, stage.assignment_id, ground=" ")
