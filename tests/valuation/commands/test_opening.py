import asyncio
from datetime import timedelta

import asyncpg
import pytest
from sqlalchemy import select

from auction.cases.commands import stay_case
from auction.kernel.actor import SYSTEM, Actor, Role
from auction.kernel.refusal import Refusal
from tests.staff import employ
from tests.valuation.commands.test_draws import kinds_of
from tests.valuation.stage import APPLICANT, COURT, OFFICER, SUPERVISOR, made
from valuation.commands import opening
from valuation.commands.assignments import open_assignment
from valuation.commands.roster import register_draw_key
from valuation.roster import RosterEntry


class TestAnnouncing:
    async def test_the_same_announcement_again_changes_nothing(self, stage):
        await stage.appraising()
        seen = await stage.propose()
        for _ in range(2):
            async with stage.by(SUPERVISOR) as work:
                await opening.announce_draw(
                    work, stage.assignment_id, draw_id=stage.draw_id, seen=seen
                )
        assert await kinds_of(stage) == ["draw.open"]

    async def test_it_takes_two(self, stage):
        await stage.appraising()
        seen = await stage.propose()
        both = Actor(OFFICER.person_id, frozenset({Role.OFFICER, Role.SUPERVISOR}), COURT)
        await employ(stage.database, both)
        with pytest.raises(Refusal, match=r"approval\.same_person"):
            async with stage.by(both) as work:
                await opening.announce_draw(
                    work, stage.assignment_id, draw_id=stage.draw_id, seen=seen
                )

    async def test_a_pool_changed_since_the_proposal_is_not_drawn_from(self, stage):
        await stage.appraising()
        seen = await stage.propose()
        async with stage.by(SYSTEM) as work:
            found = await work.session.scalars(select(RosterEntry).limit(1))
            found.one().removed_at = work.now
        with pytest.raises(Refusal, match=r"approval\.payload_changed"):
            async with stage.by(SUPERVISOR) as work:
                await opening.announce_draw(
                    work, stage.assignment_id, draw_id=stage.draw_id, seen=seen
                )

    async def test_a_second_draw_is_refused_while_the_first_is_not_void(self, stage):
        await stage.announced()
        with pytest.raises(Refusal, match=r"draw\.conflict"):
            await stage.announce(made("second"))

    async def test_of_two_announced_at_once_one_is_refused(self, stage):
        await stage.appraising()
        seen = await stage.propose()

        async def opens(name: str) -> None:
            async with stage.by(SUPERVISOR) as work:
                await opening.announce_draw(
                    work, stage.assignment_id, draw_id=made(name), seen=seen
                )

        both = [opens("one"), opens("two")]
        ended = await asyncio.gather(*both, return_exceptions=True)
        refused = [no for no in ended if no is not None]
        assert [str(no) for no in refused] == ["draw.conflict()"]

    async def test_the_database_itself_keeps_a_second_draw_out(self, stage, as_owner):
        await stage.announced()
        columns = "assignment_id, case_id, lot_id, court_id, purpose, snapshot_id, announced_by"
        with pytest.raises(asyncpg.UniqueViolationError, match="uq_draws_live"):
            await as_owner(
                f"INSERT INTO draws (id, attempt, draw_no, digest, manifest, state, announced_at,"
                f" commits_close_at, {columns}) SELECT gen_random_uuid(), 2, 2, 'x', '', "
                f"'committing', announced_at, commits_close_at, {columns} FROM draws"
            )

    async def test_a_stayed_case_has_no_draw(self, stage):
        await stage.appraising()
        async with stage.by(OFFICER) as work:
            await stay_case(work, made("case"), ground="暂缓执行")
        with pytest.raises(Refusal, match=r"case\.not_open"):
            await stage.announce(stage.draw_id)

    async def test_waits_for_the_appraisal(self, stage):
        await stage.seized()
        async with stage.by(OFFICER) as work:
            await open_assignment(work, stage.lot_id, assignment_id=stage.assignment_id)
        with pytest.raises(Refusal, match=r"draw\.no_appraisal"):
            await stage.announce(stage.draw_id)

    async def test_needs_three_agencies_of_the_field_in_the_region(self, stage, as_owner):
        await stage.appraising()
        await as_owner("UPDATE roster_entries SET removed_at = listed_at WHERE name > '评估机构02'")
        with pytest.raises(Refusal, match=r"draw\.pool_too_small"):
            await stage.announce(stage.draw_id)

    async def test_needs_the_key_of_each_institution(self, stage, as_owner):
        await stage.appraising()
        await as_owner("UPDATE draw_keys SET retired_at = registered_at WHERE role = 'platform'")
        with pytest.raises(Refusal, match=r"draw\.no_key"):
            await stage.announce(stage.draw_id)

    async def test_nobody_else_can_announce(self, stage):
        await stage.appraising()
        seen = await stage.propose()
        for actor in (SYSTEM, APPLICANT, OFFICER):
            with pytest.raises(Refusal, match="forbidden"):
                async with stage.by(actor) as work:
                    await opening.announce_draw(
                        work, stage.assignment_id, draw_id=made("x"), seen=seen
                    )

    async def test_a_void_draw_opens_the_second_attempt_under_the_next_number(self, stage):
        await stage.announced()
        await stage.void()
        await stage.announce(made("second"))
        stage.draw_id = made("second")
        draw = await stage.draw()
        assert (draw.attempt, draw.draw_no) == (2, 2)

    async def test_voids_of_one_case_are_limited(self, stage):
        await stage.announced()
        await stage.void()
        stage.draw_id = made("second")
        await stage.announce(stage.draw_id)
        await stage.void()
        with pytest.raises(Refusal, match=r"draw\.too_many_voids"):
            await stage.announce(made("third"))


async def test_a_key_made_today_cannot_be_used_today(stage):
    await stage.appraising()
    async with stage.by(SYSTEM) as work:
        await register_draw_key(work, role="platform", key="aa" * 32)
    with pytest.raises(Refusal, match=r"draw\.key_too_new"):
        await stage.announce(stage.draw_id)
    stage.clock.advance(timedelta(days=1))
    await stage.announce(stage.draw_id)
