"""The officer's desk: from the opened assignment to the announced draw, on pages."""

import pytest
from sqlalchemy import select

from auction.kernel.canonical import sha256_hex
from auction.kernel.clock import FrozenClock
from auction.kernel.settings import Settings
from auction.store.database import Database
from auction.store.files import FileStore
from tests.uploads import a_report
from tests.valuation.stage import Stage
from tests.web.browser import ORIGIN, approves, forms_of
from tests.web.pages.valuing import SignIn, enrol
from tests.web.pages.valuing import signed_in as signed_in
from valuation.drawing import Draw

EVIDENCE = {"held_on": "2026-03-01", "note": "双方当庭议价，笔录附卷"}


@pytest.fixture
def stage(database: Database, clock: FrozenClock) -> Stage:
    return Stage(database, clock)


@pytest.fixture
async def desk(stage: Stage) -> str:
    await stage.seized()
    await enrol(stage, 1)
    return f"/court/lots/{stage.lot_id}/valuation"


async def test_no_common_price_leads_over_the_appraisal_to_an_announced_draw(
    signed_in: SignIn, desk: str
) -> None:
    supervisor = await signed_in("supervisor")
    officer = await signed_in("officer")
    prices = {"applicant_price": "100", "respondent_price": "200", **EVIDENCE}
    for form_id, fields in (
        ("open-assignment", {}),
        ("record-negotiation", prices),
        ("open-appraisal", {"field": "real_estate"}),
        ("propose-draw", {}),
    ):
        assert (await officer.submit(desk, form_id, fields)).status_code == 303
    page = await officer.get(desk)
    assert 'id="propose-draw"' not in page.text
    assert "/draws/" not in page.text
    await approves(supervisor)
    page = await officer.get(desk)
    assert "承诺中" in page.text
    assert "/draws/" in page.text


async def test_one_price_from_both_sides_is_the_reference_price(
    signed_in: SignIn, desk: str
) -> None:
    officer = await signed_in("officer")
    await officer.submit(desk, "open-assignment", {})
    prices = {"applicant_price": "1,000.50", "respondent_price": "1000.5", **EVIDENCE}
    await officer.submit(desk, "record-negotiation", prices)
    page = await officer.get(desk)
    assert "1,000.50" in page.text
    assert "双方当庭议价，笔录附卷" in page.text
    assert 'id="reference-price"' in page.text


async def test_a_price_that_is_none_is_one_sentence_and_changes_nothing(
    signed_in: SignIn, desk: str
) -> None:
    officer = await signed_in("officer")
    await officer.submit(desk, "open-assignment", {})
    answer = await officer.submit(desk, "record-negotiation", {"applicant_price": "1e5"})
    assert answer.status_code == 422
    assert 'id="record-negotiation"' in (await officer.get(desk)).text


@pytest.mark.parametrize(("username", "status"), [("applicant", 404), ("staff1", 404)])
async def test_nobody_else_has_the_desk(
    signed_in: SignIn, desk: str, username: str, status: int
) -> None:
    assert (await (await signed_in(username)).get(desk)).status_code == status


async def test_a_negotiation_without_its_record_is_refused(signed_in: SignIn, desk: str) -> None:
    officer = await signed_in("officer")
    await officer.submit(desk, "open-assignment", {})
    prices = {"applicant_price": "100", "respondent_price": "100", "held_on": "2026-03-01"}
    answer = await officer.submit(desk, "record-negotiation", prices)
    assert answer.status_code == 422
    assert 'id="e-note"' in answer.text


async def test_the_ruling_that_voids_a_draw_is_judged_before_it_is_kept(
    signed_in: SignIn, stage: Stage, database: Database, settings: Settings
) -> None:
    await stage.announced()
    await enrol(stage)
    ruling = a_report()
    officer, desk = await signed_in("officer"), f"/court/lots/{stage.lot_id}/valuation"
    for content, status in ((b"MZ" + bytes(60), 422), (ruling, 303)):
        action, fields = forms_of((await officer.get(desk)).text)["ask-void"]
        answer = await officer.client.post(
            action,
            data={**fields, "ground": "名单有误"},
            files={"ruling": ("ruling.pdf", content, "application/pdf")},
            headers={"origin": ORIGIN},
        )
        assert answer.status_code == status, answer.text
        kept = [file for file in settings.files_path.rglob("*") if file.is_file()]
        assert len(kept) == (1 if status == 303 else 0)
    async with database.reading() as session:
        named = (await session.scalars(select(Draw.void_ruling_digest))).one()
    assert named == sha256_hex(ruling)
    assert await FileStore(settings.files_path).get(str(named)) == ruling
    path = f"/supervision/draws/{stage.draw_id}/ruling"
    supervisor = await signed_in("supervisor")
    assert path in (await supervisor.get("/supervision")).text
    assert (await supervisor.get(path)).content == ruling
    assert (await officer.get(path)).status_code == 404
