"""The public draw page, the contributors' forms and the supervisor's desk."""

import json
import random  # noqa: TID251  (a fixed seed makes the same transcripts every time)
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from auction.kernel.clock import FrozenClock
from auction.store.database import Database
from tests.valuation import vector
from tests.valuation.stage import APPLICANT, OFFICER, Stage
from tests.valuation.transcripts import random_transcript
from tests.web.browser import Browser, approves
from tests.web.pages.valuing import SignIn, enrol
from tests.web.pages.valuing import signed_in as signed_in
from valuation.commands import draws
from valuation.verifying import is_good, verify

STATIC = Path(__file__).parents[3] / "web" / "static" / "draws" / "protocol.js"


@pytest.fixture
def stage(database: Database, clock: FrozenClock) -> Stage:
    return Stage(database, clock)


@pytest.fixture
def path(stage: Stage) -> str:
    return f"/draws/{stage.draw_id}"


class TestInPublic:
    async def test_a_held_draw_can_be_read_and_held_again_by_anybody(
        self, stage: Stage, browser: Browser, path: str
    ) -> None:
        await stage.held()
        page = await browser.get(path)
        assert page.status_code == 200
        for words in ("摇号结果", "参考价16", "已揭示", "重新计算"):
            assert words in page.text
        file = await browser.get(f"{path}/transcript.json")
        assert "attachment" in file.headers["content-disposition"]
        assert is_good(verify(file.content))
        assert list(json.loads(file.content)) == list(vector.TRANSCRIPT)

    async def test_it_can_be_followed_from_the_first_message(
        self, stage: Stage, browser: Browser, path: str
    ) -> None:
        await stage.announced()
        before = (await browser.get(f"{path}/state.json")).json()
        await stage.commit(APPLICANT, "applicant")
        after = (await browser.get(f"{path}/state.json")).json()
        assert (before["messages"], after["messages"]) == (1, 2)
        assert (await browser.get("/draws")).status_code == 200

    async def test_what_is_no_draw_is_not_found(self, browser: Browser) -> None:
        for path in ("/draws/x", "/draws/018f0000-0000-7000-8000-000000000009"):
            assert (await browser.get(path)).status_code == 404


class TestContributing:
    async def test_without_a_script_a_text_is_hashed_shown_once_and_opens_later(
        self, stage: Stage, signed_in: SignIn, path: str
    ) -> None:
        await stage.announced()
        await enrol(stage)
        applicant = await signed_in("applicant")
        kept = await applicant.submit(path, "commit", {"secret": "骰子 3 1 4"})
        assert kept.status_code == 200
        nonce = re.search(r'id="nonce">([0-9a-f]{64})<', kept.text)
        assert nonce is not None
        assert nonce.group(1) not in (await applicant.get(path)).text
        await stage.close_commits()
        applicant = await signed_in("applicant")
        answer = await applicant.submit(path, "reveal", {"secret": "骰子 3 1 4"})
        assert answer.status_code == 303
        assert nonce.group(1) in (await applicant.get(path)).text

    @pytest.mark.parametrize(
        ("fields", "sentence"),
        [({}, "secret"), ({"commitment": "12"}, "64 位十六进制")],
    )
    async def test_a_senseless_commitment_is_one_sentence(
        self, stage: Stage, signed_in: SignIn, path: str, fields: dict[str, str], sentence: str
    ) -> None:
        await stage.announced()
        await enrol(stage)
        answer = await (await signed_in("applicant")).submit(path, "commit", fields)
        assert answer.status_code == 422
        assert sentence in answer.text

    async def test_a_wrong_number_is_refused_and_can_be_put_right(
        self, stage: Stage, signed_in: SignIn, path: str
    ) -> None:
        await stage.revealing()
        await enrol(stage)
        officer = await signed_in("officer")
        answer = await officer.submit(path, "reveal", {"secret": "another"})
        assert answer.status_code == 422
        assert "与您的承诺不符" in answer.text

    async def test_a_stranger_sees_no_form(
        self, stage: Stage, signed_in: SignIn, path: str
    ) -> None:
        await stage.announced()
        await enrol(stage)
        assert 'id="commit"' not in (await (await signed_in("stranger")).get(path)).text


class TestSupervision:
    async def test_the_second_person_voids_and_the_draw_stays_visible(
        self, stage: Stage, signed_in: SignIn, path: str
    ) -> None:
        await stage.announced()
        await enrol(stage)
        async with stage.by(OFFICER) as work:
            await draws.ask_void(work, stage.draw_id, ground="名单有误", ruling_digest="")
        supervisor = await signed_in("supervisor")
        assert "/approvals/" in (await supervisor.get("/supervision")).text
        await approves(supervisor)
        assert "名单有误" in (await supervisor.get(path)).text

    async def test_nobody_else_has_the_desk(self, stage: Stage, signed_in: SignIn) -> None:
        await stage.announced()
        await enrol(stage)
        assert (await (await signed_in("officer")).get("/supervision")).status_code == 403


def test_the_browsers_own_implementation_agrees(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node here to run the browser's implementation without a browser")
    shutil.copy(STATIC, tmp_path / "protocol.mjs")
    chance = random.Random(2026)  # noqa: S311
    sound = [vector.TRANSCRIPT, *[random_transcript(chance) for _ in range(30)]]
    bent = [{**said, "result": said["result"][::-1]} for said in sound]
    (tmp_path / "all.json").write_text(json.dumps([*sound, *bent]), encoding="utf-8")
    script = (
        'import { verify } from "./protocol.mjs"; import { readFileSync } from "node:fs";\n'
        'for (const said of JSON.parse(readFileSync("all.json"))) console.log(await verify(said));'
    )
    (tmp_path / "run.mjs").write_text(script)
    ran = subprocess.run(
        [node, "run.mjs"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert all(is_good(verify(said)) for said in sound)
    assert ran.stdout.split() == ["true"] * len(sound) + ["false"] * len(bent)
