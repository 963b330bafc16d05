"""The agency's inbox and report form, and who may read a report."""

import pytest

from auction.kernel.clock import FrozenClock
from auction.store.database import Database
from tests.uploads import a_report
from tests.valuation.stage import Stage, made
from tests.web.browser import ORIGIN, Browser, forms_of
from tests.web.pages.valuing import SignIn, enrol
from tests.web.pages.valuing import signed_in as signed_in
from valuation.commands.reports import accept_commission

FIELDS = {
    "number": "估字1号",
    "based_on": "2026-03-01",
    "methods": ["market", "cost"],
    "value": "1,234,567.89",
    "valid_until_on": "2027-01-01",
    "first_signer": "甲某",
    "first_licence": "33001",
    "second_signer": "乙某",
    "second_licence": "33002",
}


@pytest.fixture
def stage(database: Database, clock: FrozenClock) -> Stage:
    return Stage(database, clock)


PDF = a_report()


async def commissioned(stage: Stage) -> tuple[str, str, str]:
    """The path of the accepted commission, its agency's account and another agency's."""
    await stage.held()
    commission = await stage.commission()
    number = next(n for n in range(1, 13) if made(f"agency{n}") == commission.organisation_id)
    async with stage.by(await stage.staff_of(commission)) as work:
        await accept_commission(work, commission.id)
    other = number % 12 + 1
    await enrol(stage, number, other)
    return f"/agency/commissions/{commission.id}", f"staff{number}", f"staff{other}"


async def file(browser: Browser, path: str, pdf: bytes, **changes: object):
    page = await browser.get(path)
    action, found = forms_of(page.text)["file-report"]
    return await browser.client.post(
        action,
        data={**found, **FIELDS, **changes},
        files={"pdf": ("r.pdf", pdf, "application/pdf")},
        headers={"origin": ORIGIN},
    )


async def test_a_whole_report_reaches_the_court(stage: Stage, signed_in: SignIn) -> None:
    path, own, _ = await commissioned(stage)
    agency = await signed_in(own)
    assert (await file(agency, path, PDF)).status_code == 303
    desk = await (await signed_in("officer")).get(f"/court/lots/{stage.lot_id}/valuation")
    assert "1,234,567.89" in desk.text
    assert 'id="check-report"' in desk.text


@pytest.mark.parametrize(
    ("pdf", "changes", "sentence"),
    [
        (b"not a pdf", {}, "请上传 PDF 文件"),
        (PDF + b"<script>", {}, "同时是 PDF 和另一种文件"),
        (PDF, {"methods": ["market"]}, "至少应采用 2 种评估方法"),
        (PDF, {"second_licence": "33001"}, "至少应有 2 名"),
        (PDF, {"value": "-3"}, "value"),
        (PDF, {"valid_until_on": "2028-01-01"}, "不超过 1 年"),
    ],
)
async def test_one_that_cannot_stand_is_said_in_a_sentence(
    stage: Stage, signed_in: SignIn, pdf: bytes, changes: dict[str, object], sentence: str
) -> None:
    path, own, _ = await commissioned(stage)
    answer = await file(await signed_in(own), path, pdf, **changes)
    assert answer.status_code == 422
    assert sentence in answer.text


async def test_another_agency_sees_nothing_of_it(stage: Stage, signed_in: SignIn) -> None:
    path, _, other = await commissioned(stage)
    browser = await signed_in(other)
    assert (await browser.get(path)).status_code == 404
    assert path not in (await browser.get("/agency")).text


async def test_a_served_report_is_read_by_the_parties_and_nobody_else(
    stage: Stage, signed_in: SignIn
) -> None:
    report_id = await stage.served()
    await enrol(stage)
    path = f"/reports/{report_id}"
    applicant = await signed_in("applicant")
    assert path in (await applicant.get("/reports")).text
    assert 'id="object"' in (await applicant.get(path)).text
    sent = await applicant.submit(path, "object", {"ground": "result", "reasons": "偏低"})
    assert sent.status_code == 303
    assert (await (await signed_in("stranger")).get(path)).status_code == 404
    desk = await (await signed_in("officer")).get(f"/court/lots/{stage.lot_id}/valuation")
    assert "偏低" in desk.text


async def test_an_unserved_report_is_not_for_the_parties_yet(
    stage: Stage, signed_in: SignIn
) -> None:
    report_id = await stage.reported()
    await enrol(stage)
    assert (await (await signed_in("applicant")).get(f"/reports/{report_id}")).status_code == 404
