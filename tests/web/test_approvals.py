"""审批箱: who sees what, in both languages, with a proof before the yes, and taking it back."""

import re
from datetime import timedelta

import pytest

from auction.kernel.clock import FrozenClock
from auction.store.database import Database
from tests.valuation.stage import Stage
from tests.web.browser import SHOWN_CODE, Browser, approves, forms_of, waiting
from tests.web.pages.valuing import SignIn, enrol
from tests.web.pages.valuing import signed_in as signed_in
from web.pages.account.approvals import EFFECTS, PLACES


@pytest.fixture
async def stage(database: Database, clock: FrozenClock) -> Stage:
    made = Stage(database, clock)
    await made.appraising()
    await enrol(made)
    await made.propose()
    return made


async def undecided(browser: Browser) -> list[str]:
    text = (await browser.get("/approvals")).text
    section = text.partition('id="others"')[2].partition("</section>")[0]
    return re.findall(r'href="(/approvals/[0-9a-f-]{36})"', section)


async def done(browser: Browser) -> str:
    text = (await browser.get("/approvals")).text
    return text.partition('id="past"')[2].partition("</section>")[0]


class TestTheBox:
    async def test_waits_for_who_has_the_next_seat_and_shows_the_proposer_his_own(
        self, stage: Stage, signed_in: SignIn
    ) -> None:
        officer, supervisor = await signed_in("officer"), await signed_in("supervisor")
        (path,) = await waiting(supervisor)
        assert await waiting(officer) == []
        assert await undecided(officer) == [path]
        await approves(supervisor)
        assert await waiting(supervisor) == []
        assert "已执行" in await done(officer)
        assert "已执行" in await done(supervisor)

    async def test_shows_what_exactly_is_approved(self, stage: Stage, signed_in: SignIn) -> None:
        supervisor = await signed_in("supervisor")
        (path,) = await waiting(supervisor)
        shown = (await supervisor.get(path)).text
        for said in ("（2026）浙0199执7号", "司法评估名单分库", "法院监督部门", "12"):
            assert said in shown
        english = (await supervisor.get(f"{path}?lang=en")).text
        for said in ("Announce a draw", "Roster", "Case", "Approve"):
            assert said in english

    @pytest.mark.parametrize("username", ["applicant", "stranger"])
    async def test_is_closed_to_everybody_else(
        self, stage: Stage, signed_in: SignIn, username: str
    ) -> None:
        (path,) = await waiting(await signed_in("supervisor"))
        other = await signed_in(username)
        assert (await other.get("/approvals")).status_code == 403
        assert (await other.get(path)).status_code == 404

    async def test_of_what_is_not_there_is_not_found(self, stage: Stage, signed_in: SignIn) -> None:
        officer = await signed_in("officer")
        missing = "/approvals/018f0000-0000-7000-8000-000000000009"
        assert (await officer.get(missing)).status_code == 404


class TestSayingYes:
    async def test_asks_for_a_proof_first_and_loses_nothing(
        self, stage: Stage, signed_in: SignIn, clock: FrozenClock
    ) -> None:
        supervisor = await signed_in("supervisor")
        (path,) = await waiting(supervisor)
        clock.advance(timedelta(minutes=10))
        supervisor.is_patient = False
        asked = await supervisor.submit(path, "approve", {"confirmed": "on"})
        assert asked.status_code == 401
        assert await waiting(supervisor) == [path]
        code = SHOWN_CODE.search(asked.text)
        assert code
        action, fields = forms_of(asked.text)["step-up"]
        answer = await supervisor.client.post(action, data={**fields, "one_time_code": code[1]})
        assert answer.status_code == 303
        assert await waiting(supervisor) == []

    async def test_takes_the_tick_that_it_was_read(self, stage: Stage, signed_in: SignIn) -> None:
        supervisor = await signed_in("supervisor")
        (path,) = await waiting(supervisor)
        answer = await supervisor.submit(path, "approve", {})
        assert answer.status_code == 422
        assert await waiting(supervisor) == [path]

    async def test_to_what_was_taken_back_is_refused(self, stage: Stage, signed_in: SignIn) -> None:
        officer, supervisor = await signed_in("officer"), await signed_in("supervisor")
        (path,) = await waiting(supervisor)
        asked = await supervisor.get(path)
        assert (await officer.submit(path, "reject", {})).status_code == 303
        action, fields = forms_of(asked.text)["approve"]
        late = await supervisor.client.post(action, data={**fields, "confirmed": "on"})
        assert 'data-code="approval.withdrawn"' in late.text
        assert "已撤回" in await done(officer)


def test_whatever_has_an_effect_has_a_place_to_be_looked_at() -> None:
    assert set(EFFECTS) == set(PLACES)
