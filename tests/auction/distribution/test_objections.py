"""民诉解释509、510: who may object to a plan, until when, and what becomes of an objection."""

from datetime import timedelta
from uuid import UUID

import pytest

from auction.distribution.objections import (
    answer_objection,
    oppose_objection,
    raise_objection,
    withdraw_objection,
)
from auction.distribution.plan import ObjectionState, Plan, PlanObjection
from auction.kernel.actor import Actor
from auction.kernel.refusal import Refusal
from tests.auction.distribution.plans import WINDOW, PlanDesk
from tests.sales import APPLICANT, BANK, DEBTOR, PANEL, STRANGER


async def objects(
    desk: PlanDesk,
    plan: Plan,
    actor: Actor = APPLICANT,
    *,
    line_id: UUID | None = None,
    reason: str = "不同意",
) -> PlanObjection:
    async with desk.database.unit(actor) as work:
        return await raise_objection(work, plan.id, line_id=line_id, reason=reason)


async def opposes(desk: PlanDesk, objection: PlanObjection, actor: Actor = BANK) -> PlanObjection:
    async with desk.database.unit(actor) as work:
        return await oppose_objection(work, objection.id)


async def answers(
    desk: PlanDesk, objection: PlanObjection, *, is_upheld: bool, words: str = "已审查"
) -> PlanObjection:
    async with desk.database.unit(PANEL) as work:
        return await answer_objection(work, objection.id, is_upheld=is_upheld, resolution=words)


class TestRaising:
    async def test_creditors_and_the_debtor_may_within_the_window(self, desk: PlanDesk) -> None:
        plan = await desk.a_served_plan()
        for actor in (APPLICANT, BANK, DEBTOR):
            raised = await objects(desk, plan, actor, reason=" 数额有误 ")
            assert (raised.state, raised.reason) == (ObjectionState.RAISED, "数额有误")
            assert raised.raised_by == actor.person_id

    async def test_nobody_else_may(self, desk: PlanDesk) -> None:
        plan = await desk.a_served_plan()
        with pytest.raises(Refusal, match="forbidden"):
            await objects(desk, plan, STRANGER)

    async def test_before_it_is_served_there_is_nothing_to_object_to(self, desk: PlanDesk) -> None:
        plan = await desk.a_plan()
        with pytest.raises(Refusal, match=r"state\.not_allowed"):
            await objects(desk, plan)

    async def test_comes_too_late_after_the_window(self, desk: PlanDesk) -> None:
        plan = await desk.a_served_plan()
        desk.clock.advance(WINDOW)
        with pytest.raises(Refusal, match=r"plan\.window_over"):
            await objects(desk, plan)

    async def test_is_in_time_while_somebody_was_not_served(self, desk: PlanDesk) -> None:
        plan = await desk.serves(await desk.a_plan(), is_delivered=False)
        desk.clock.advance(WINDOW)
        assert (await objects(desk, plan)).state is ObjectionState.RAISED

    async def test_is_done_in_writing(self, desk: PlanDesk) -> None:
        plan = await desk.a_served_plan()
        with pytest.raises(Refusal, match=r"plan\.reason_missing"):
            await objects(desk, plan, reason=" ")

    async def test_names_a_line_of_this_plan_or_none(self, desk: PlanDesk) -> None:
        plan = await desk.a_served_plan()
        line = (await desk.plan_lines(plan))[0]
        assert (await objects(desk, plan, line_id=line.id)).line_id == line.id
        with pytest.raises(Refusal, match="not_found"):
            await objects(desk, plan, line_id=UUID(int=1))

    async def test_a_line_of_another_plan_is_none_of_this_one(self, desk: PlanDesk) -> None:
        first = await desk.a_plan()
        line = (await desk.plan_lines(first))[0]
        second = await desk.serves(await desk.instead_of(first))
        with pytest.raises(Refusal, match="not_found"):
            await objects(desk, second, line_id=line.id)


class TestOpposing:
    async def test_another_party_may_be_against_it(self, desk: PlanDesk) -> None:
        objection = await objects(desk, await desk.a_served_plan())
        opposed = await opposes(desk, objection)
        assert (opposed.state, opposed.opposed_by) == (ObjectionState.OPPOSED, BANK.person_id)
        assert opposed.opposed_at == desk.clock.now()

    async def test_its_own_maker_is_not(self, desk: PlanDesk) -> None:
        objection = await objects(desk, await desk.a_served_plan())
        with pytest.raises(Refusal, match=r"plan\.own_objection"):
            await opposes(desk, objection, APPLICANT)


class TestTakingBack:
    async def test_is_its_maker_s_alone(self, desk: PlanDesk) -> None:
        objection = await objects(desk, await desk.a_served_plan())
        with pytest.raises(Refusal, match="forbidden"):
            async with desk.database.unit(BANK) as work:
                await withdraw_objection(work, objection.id)
        async with desk.database.unit(APPLICANT) as work:
            taken = await withdraw_objection(work, objection.id)
        assert (taken.state, taken.resolved_by) == (
            ObjectionState.WITHDRAWN,
            APPLICANT.person_id,
        )


class TestAnswering:
    async def test_the_court_may_find_it_right(self, desk: PlanDesk) -> None:
        objection = await objects(desk, await desk.a_served_plan())
        answered = await answers(desk, objection, is_upheld=True)
        assert (answered.state, answered.resolution) == (ObjectionState.UPHELD, "已审查")
        assert (answered.resolved_by, answered.resolved_at) == (
            PANEL.person_id,
            desk.clock.now(),
        )

    async def test_says_why(self, desk: PlanDesk) -> None:
        objection = await objects(desk, await desk.a_served_plan())
        with pytest.raises(Refusal, match=r"plan\.reason_missing"):
            await answers(desk, objection, is_upheld=True, words=" ")

    async def test_that_nobody_opposed_cannot_be_dismissed(self, desk: PlanDesk) -> None:
        objection = await objects(desk, await desk.a_served_plan())
        with pytest.raises(Refusal, match=r"state\.not_allowed"):
            await answers(desk, objection, is_upheld=False)

    async def test_one_that_was_opposed_is_dismissed_after_the_term_to_sue(
        self, desk: PlanDesk
    ) -> None:
        objection = await objects(desk, await desk.a_served_plan())
        await opposes(desk, objection)
        desk.clock.advance(timedelta(days=14))
        with pytest.raises(Refusal, match=r"plan\.suit_term_runs"):
            await answers(desk, objection, is_upheld=False)
        desk.clock.advance(timedelta(days=4))
        assert (await answers(desk, objection, is_upheld=False)).state is ObjectionState.DISMISSED
