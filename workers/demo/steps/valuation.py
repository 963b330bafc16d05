"""Journey: no agreed price, a public draw of three agencies, a report, the reference price."""

import asyncio
import csv
import hashlib
import json
import re
import secrets
import sys
from datetime import datetime, timedelta

import typst

from auction.kernel.clock import BEIJING, SystemClock
from auction.kernel.money import Money
from workers.demo.browser import Browser, Page, PageError
from workers.demo.cast import AGENCIES, REGION
from workers.demo.journey import Journey
from workers.demo.steps.approvals import say_yes

WINDOW_SECONDS_MAX = 40.0
AGENCIES_TO_DRAW = "选定机构数 3"
DICE = "骰子 4 2 6 1 5 3 3 6 2 1"
"""What the officer typed instead of letting a browser choose: hashed, it is as good a number."""
_DRAW_PATH = re.compile(r"/draws/[0-9a-f-]{36}")
_COMMISSION_PATH = re.compile(r"/agency/commissions/[0-9a-f-]{36}")


async def steps_valuation(j: Journey) -> None:
    """From the opened assignment to the reference price."""
    async with j.step("No common price: the commissioned appraisal is opened (参考价4, 14)"):
        await _no_agreement(j)
    async with j.step("The officer proposes the draw, the supervisor announces it (参考价16)"):
        await _announce(j)
    async with j.step("Applicant, respondent and officer commit to their numbers"):
        nonces = await _commit(j)
    async with j.step("All three reveal them"):
        await _reveal(j, nonces)
    async with j.step("Both VRF keys prove; three agencies in order; the transcript verifies"):
        ranked = await _result(j)
    async with j.step("The first agency accepts and files its report (参考价19)"):
        await _report(j, ranked[0])
    async with j.step("The officer checks and serves the report (参考价20, 21)"):
        await _serve(j)
    async with j.step("The objection window passes, the reference price is set (参考价26)"):
        await j.until_page("officer", _desk(j), "参考价已确定", seconds=WINDOW_SECONDS_MAX)


def _desk(j: Journey) -> str:
    return f"/court/lots/{j.text('lot_id')}/valuation"


async def _no_agreement(j: Journey) -> None:
    officer = await j.as_("officer")
    value = _value(j)
    await officer.submit(_desk(j), "open-assignment")
    prices = {
        "applicant_price": str(Money(value.fen // 10 * 8)),
        "respondent_price": str(Money(value.fen // 10 * 13)),
        "held_on": SystemClock().now().astimezone(BEIJING).date().isoformat(),
        "note": "双方到庭议价未达成一致，议价笔录双方签字附卷",
    }
    await officer.submit(_desk(j), "record-negotiation", prices)
    await officer.submit(_desk(j), "open-appraisal", {"field": "real_estate", "region": REGION})


async def _announce(j: Journey) -> None:
    """The institutions' keys must have been public for a while before they may be used."""
    officer = await j.as_("officer")
    for username in ("applicant", "respondent", "supervisor"):
        await j.as_(username)  # a sign-in costs; the seconds for commitments are for commitments

    async def is_proposed() -> bool:
        try:
            await officer.submit(_desk(j), "propose-draw")
        except PageError:
            return False
        return True

    await j.until(is_proposed, "the draw to be proposed", seconds=WINDOW_SECONDS_MAX)
    await say_yes(j, "supervisor", _desk(j), reads=AGENCIES_TO_DRAW)
    j.facts["draw_path"] = _found(_DRAW_PATH, await officer.get(_desk(j)))


async def _commit(j: Journey) -> dict[str, str]:
    """The applicant's browser hashes by itself; the others use the page without a script."""
    path = j.text("draw_path")
    nonces = {"applicant": secrets.token_hex(32), "respondent": secrets.token_hex(32)}
    applicant = await j.as_("applicant")
    page = await applicant.get(path)
    made = _commitment(_attribute(page, "draw"), _attribute(page, "who"), nonces["applicant"])
    await applicant.submit(path, "commit", {"commitment": made})
    await (await j.as_("respondent")).submit(path, "commit", {"secret": nonces["respondent"]})
    await (await j.as_("officer")).submit(path, "commit", {"secret": DICE})
    return {**nonces, "officer": DICE}


async def _reveal(j: Journey, nonces: dict[str, str]) -> None:
    path = j.text("draw_path")
    for username, nonce in nonces.items():
        browser = await j.as_(username)
        await j.until(lambda b=browser: _has_form(b, path, "reveal"), "the reveals to open")  # type: ignore[misc]
        await browser.submit(path, "reveal", {"secret": nonce})


async def _result(j: Journey) -> list[str]:
    """Anybody downloads the transcript and holds the draw again on his own machine."""
    path = j.text("draw_path")
    visitor = await j.visitor()
    await j.until_page("", path, "摇号结果", seconds=WINDOW_SECONDS_MAX)
    transcript = (await visitor.get(f"{path}/transcript.json")).content
    place = j.write("transcript.json", transcript)
    checking = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "workers.cli", "draw", "verify", str(place),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await checking.communicate()
    if checking.returncode != 0:
        raise PageError(f"the transcript does not stand: {said.decode()}")
    ranked: list[str] = json.loads(transcript)["result"]
    j.facts["ranked_agencies"] = ranked
    return ranked


async def _report(j: Journey, credit_code: str) -> None:
    username = next(one.staff for one in AGENCIES if one.code == credit_code)
    agency = await j.as_(username)
    path = _found(_COMMISSION_PATH, await agency.get("/agency"))
    await agency.submit(path, "accept-commission")
    value = _value(j)
    today = datetime.now(BEIJING).date()  # noqa: TID251  (the journey stands outside, as a person)
    number = f"杭湾房估字〔{today.year}〕第0001号"
    fields: dict[str, str | list[str]] = {
        "number": number,
        "based_on": (today - timedelta(days=1)).isoformat(),
        "methods": ["market", "income"],
        "value": str(value),
        "valid_until_on": (today + timedelta(days=300)).isoformat(),
        "first_signer": "甲估价",
        "first_licence": "3320260001",
        "second_signer": "乙估价",
        "second_licence": "3320260002",
    }
    pdf = _pdf(number, value)
    upload = {"pdf": ("report.pdf", pdf, "application/pdf")}
    await agency.submit(path, "file-report", fields, files=upload)
    j.amounts["appraised_value"] = value.fen


async def _serve(j: Journey) -> None:
    officer = await j.as_("officer")
    ticked: dict[str, str | list[str]] = {"holds": ["data", "scope", "agency", "signers", "other"]}
    await officer.submit(_desk(j), "check-report", ticked)
    await officer.submit(_desk(j), "serve-report")


async def _has_form(browser: Browser, path: str, form_id: str) -> bool:
    return form_id in (await browser.get(path)).forms


def _commitment(draw_hex: str, who: str, nonce_hex: str) -> str:
    """DRAW/1's commitment as a contributor's own program makes it."""
    parts = (b"DRAW/1/commit", bytes.fromhex(draw_hex), who.encode(), bytes.fromhex(nonce_hex))
    text = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return hashlib.sha256(text).hexdigest()


def _attribute(page: Page, name: str) -> str:
    return _found(re.compile(rf'(?<= data-{name}=")[^"]+'), page)


def _found(pattern: re.Pattern[str], page: Page) -> str:
    found = pattern.search(page.text)
    if found is None:
        raise PageError(f"{page.path} does not show {pattern.pattern}")
    return found.group()


def _value(j: Journey) -> Money:
    """What the imported row says the thing was appraised at."""
    if "appraisal_fen" in j.facts:
        return Money(int(j.text("appraisal_fen")))
    with j.lots.open(newline="") as file:
        row = next(csv.DictReader(file))
    return Money.parse(row["appraisal"])


def _pdf(number: str, value: Money) -> bytes:
    """The agency's own paper; only its digest matters here."""
    source = f"= Appraisal report\n{len(number)} signs\n\nValue: {value} CNY\n"
    made = typst.compile(source.encode(), format="pdf")
    if not isinstance(made, bytes):
        raise TypeError("typst makes one document")
    return made
