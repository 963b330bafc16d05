"""The court's part of the journey: case and seizure, then the listing until it is public."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from auction.kernel.clock import BEIJING, SystemClock
from auction.kernel.money import Money
from auction.law.warnings import WARNING_KEYS
from workers.demo.browser import Browser, Page
from workers.demo.journey import Journey, StepError
from workers.demo.photo import house, room

OFFICER = "officer"
PANEL = ("panel1", "panel2", "panel3")
OPENING_SECONDS = (20.0, 60.0)
"""From the choice of the date to the opening: five bidders sign up and pay meanwhile. How much
of it they need depends on the machine, which the opening of the case has shown."""
OPENING_PER_CASE_SECOND = 25.0
OPENS_CASE = "The officer opens the case with its parties and their claims"
SECONDS_MAX = 30.0
CASE_NUMBER = "（2026）浙0199执88号"
JUDGMENT = "（2025）浙0199民初1234号民事判决书"
TITLE = "杭湾市潮声路8号2单元501室住宅"
REGISTRY_NUMBER = "浙（2019）杭湾市不动产权第0008888号"
PARTIES = (
    ("applicant", "applicant", True),
    ("respondent", "respondent", True),
    ("creditor", "mortgagee", True),
    ("priority_holder", "bidder5", False),
)
"""Role in the case, account, and whether he is paid from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """What is seized and offered; by default, what the main road is about."""

    case_number: str = CASE_NUMBER
    title: str = TITLE
    registry_number: str = REGISTRY_NUMBER


THING = Thing()
FINDINGS = (
    ("ownership", "checked", "登记在被执行人吴长欠名下，单独所有"),
    ("encumbrances", "checked", "2019年5月6日抵押登记，抵押权人杭湾商业银行股份有限公司"),
    (
        "occupancy",
        "checked",
        "王五常承租，2019年4月1日至2029年3月31日，早于抵押登记，租赁不因拍卖终止",
    ),
    ("arrears", "unknown", "物业未答复是否欠费"),
    ("defects", "not_checked", ""),
)
_ID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_PARTY = re.compile(rf'data-party="({_ID})" data-role="(\w+)"')


async def steps_case(j: Journey) -> None:
    """Step 1: the case with its parties and claims, the seizure, the form, the photographs."""
    row = _first_row(j)
    async with j.step("The officer imports the lots file; its rows become drafts"):
        await _import(j)
    async with j.step(OPENS_CASE):
        await open_case(j, THING, Money.parse(row["appraisal"]))
    async with j.step("The seizure is recorded with its term (民诉解释485)"):
        await seize(j, THING)
    async with j.step("The investigation form and two photographs make it a lot (参考价3)"):
        await investigate(j)
        await make_lot(j, draft_number=row["lot_id"])


async def steps_listing(j: Journey) -> None:
    """Step 4: terms from the rulebook, a panel of three, eleven items, seven warnings, public."""
    async with j.step("A listing is drafted: every figure derived, each with its article"):
        await draft(j, opens_in=_until_opening(j))
    async with j.step("Publication is refused and everything missing is named (网拍13, 14)"):
        await _refused(j)
    async with j.step("The panel of three others approves the figures (网拍27)"):
        await approve(j)
    async with j.step("The eleven items and the seven warnings are completed"):
        await complete(j)
    async with j.step("The parties are notified, then the public page appears (网拍12, 16)"):
        await publish(j)


def _first_row(j: Journey) -> dict[str, str]:
    with j.lots.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if row.get("appraisal"):
                j.facts["appraisal_fen"] = Money.parse(row["appraisal"]).fen
                j.amounts["appraisal"] = Money.parse(row["appraisal"]).fen
                return row
    raise StepError(f"{j.lots.name} holds no row with an appraisal")


async def _import(j: Journey) -> None:
    officer = await j.as_(OFFICER)
    upload = (j.lots.name, j.lots.read_bytes(), "text/csv")
    page = await officer.submit("/court/imports", "import-lots", files={"lots": upload})
    if "新增草稿" not in page.said:
        raise StepError("the import says nothing of new drafts")


async def open_case(j: Journey, thing: Thing, appraisal: Money) -> None:
    """Open the case with its parties, their accounts and their claims."""
    officer = await j.as_(OFFICER)
    opened = await officer.submit(
        "/court/cases", "open-case", {"number": thing.case_number, "enforcement_basis": JUDGMENT}
    )
    case = opened.path
    j.facts["case_id"] = _last(case)
    for role, username, _ in PARTIES:
        await officer.submit(case, "add-party", {"role": role, "username": username})
    for number, (_, username, is_paid) in enumerate(PARTIES, start=1):
        if is_paid:
            await _name_account(officer, case, (number, username))
    await _claims(officer, case, appraisal)


async def _name_account(officer: Browser, case: str, whom: tuple[int, str]) -> None:
    number, _ = whom
    account = {"payout_bank": "杭湾银行（演示）", "payout_account": f"62220200{number:08d}"}
    await officer.submit(case, f"account-{number}", account)


async def _claims(officer: Browser, case: str, appraisal: Money) -> None:
    page = await officer.get(case)
    by_role = {role: party for party, role in _PARTY.findall(page.text)}
    await officer.submit(
        case,
        "register-claim",
        {
            "party": by_role["creditor"],
            "claim_kind": "mortgage",
            "title_document": "浙（2019）杭湾市不动产证明第0001234号",
            "principal": str(Money(appraisal.fen // 5 * 2)),
            "interest": str(Money(appraisal.fen // 50)),
            "since": "2019-05-06",
        },
    )
    await officer.submit(
        case,
        "register-claim",
        {
            "party": by_role["applicant"],
            "claim_kind": "ordinary",
            "title_document": JUDGMENT,
            "principal": str(Money(appraisal.fen // 5 * 3)),
            "interest": str(Money(appraisal.fen // 40)),
            "advanced_costs": "3000.00",
            "pay_by": "2025-12-31",
        },
    )


async def seize(j: Journey, thing: Thing) -> None:
    """Record the seizure of a home."""
    officer = await j.as_(OFFICER)
    today = _today()
    seized = await officer.submit(
        f"/court/cases/{j.text('case_id')}",
        "seize-asset",
        {
            "kind": "home",
            "title": thing.title,
            "description": "五层住宅楼的第五层，南北通透",
            "location": "杭湾市潮声路8号",
            "registry_number": thing.registry_number,
            "area_m2": "89.88",
            "owner_name": "吴长欠",
            "ruling_number": f"{thing.case_number}之一",
            "seized_on": today.isoformat(),
            "expires_on": (today + timedelta(days=3 * 365)).isoformat(),
        },
    )
    j.facts["asset_id"] = _last(seized.path)


async def investigate(j: Journey) -> None:
    """Fill in the form, say what is not known, add two photographs."""
    officer = await j.as_(OFFICER)
    asset = f"/court/assets/{j.text('asset_id')}"
    form = {f"{subject}_status": status for subject, status, _ in FINDINGS}
    form |= {subject: finding for subject, _, finding in FINDINGS}
    await officer.submit(asset, "investigation", form)
    for name, taken in (("house.jpg", house()), ("room.jpg", room())):
        photo = (name, taken, "image/jpeg")
        await officer.submit(asset, "add-photos", files={"photos": photo})


async def make_lot(j: Journey, *, draft_number: str = "") -> None:
    """Make the asset a lot, from an imported draft if one is named."""
    officer = await j.as_(OFFICER)
    asset = f"/court/assets/{j.text('asset_id')}"
    made = await officer.submit(asset, "make-lot", {"draft_number": draft_number})
    j.facts["lot_id"] = _last(made.path)


async def draft(
    j: Journey, *, opens_in: timedelta, balance_days: str = "", lasts: timedelta | None = None
) -> None:
    """Draft the next offer of the lot; it opens as soon as the demonstration can use it."""
    officer = await j.as_(OFFICER)
    drafted = await officer.submit(f"/court/lots/{j.text('lot_id')}", "draft-listing")
    j.facts["listing_id"] = _last(drafted.path)
    _must_say(drafted, ("网拍10", "网拍17", "网拍20", "网拍25"))
    await choose_opening(j, opens_in=opens_in, balance_days=balance_days, lasts=lasts)


async def choose_opening(
    j: Journey, *, opens_in: timedelta, balance_days: str = "", lasts: timedelta | None = None
) -> None:
    """Choose when the session opens, and if need be its length and the term for the balance."""
    officer = await j.as_(OFFICER)
    page = await officer.get(_listing(j))
    opens_at = SystemClock().now().astimezone(BEIJING) + opens_in
    closes_at = opens_at + (lasts or _window(page))
    terms = {"opens_at": local_text(opens_at), "closes_at": local_text(closes_at)}
    if balance_days:
        terms["balance_days"] = balance_days
    await officer.fill(page, "listing-terms", terms)


async def _refused(j: Journey) -> None:
    officer = await j.as_(OFFICER)
    page = await officer.submit(_listing(j), "publish-listing", expect=422)
    _must_say(page, ("拍卖公告", "产权转移可能产生的税费及承担方式", "委托竞买"))


async def approve(j: Journey) -> None:
    """Have the panel of three vote for the figures."""
    for username in PANEL:
        member = await j.as_(username)
        await member.submit(
            _listing(j), "cast-vote", {"answer": "approve", "opinion": "同意拟定的条件"}
        )
    page = await (await j.as_(OFFICER)).get(_listing(j))
    _must_say(page, ("已评议通过",))


async def complete(j: Journey) -> None:
    """The texts stand in the form already; the officer checks them and ticks the warnings."""
    officer = await j.as_(OFFICER)
    ticks = {f"warning_{key}": "on" for key in sorted(WARNING_KEYS)}
    page = await officer.submit(_listing(j), "listing-items", ticks)
    _must_say(page, ("已保存公示事项",))


async def publish(j: Journey) -> None:
    """Notify the parties, wait their days out, publish."""
    officer = await j.as_(OFFICER)
    await officer.submit(_listing(j), "notify-parties")

    async def is_ready() -> bool:
        return "均已齐备" in (await officer.get(_listing(j))).said

    await j.until(is_ready, "the days of the parties to pass", seconds=SECONDS_MAX)
    await officer.submit(_listing(j), "publish-listing")
    public = await (await j.visitor()).get(f"/lots/{j.text('listing_id')}")
    _must_say(public, ("特别提示", "网拍14", "公示事项"))


def _window(drafted: Page) -> timedelta:
    """How long the rulebook of this database lets people bid, as the draft proposes it."""
    values = drafted.forms["listing-terms"].values
    times = [datetime.fromisoformat(values[name][0]) for name in ("opens_at", "closes_at")]
    return times[1] - times[0]


def _until_opening(j: Journey) -> timedelta:
    took = dict(j.done).get(OPENS_CASE, 0.0)
    least, most = OPENING_SECONDS
    return timedelta(seconds=min(max(OPENING_PER_CASE_SECOND * took, least), most))


def _listing(j: Journey) -> str:
    return f"/court/listings/{j.text('listing_id')}"


def _must_say(page: Page, words: Sequence[str]) -> None:
    missing = [word for word in words if word not in page.said]
    if missing:
        raise StepError(f"{page.path} does not say {missing[0]!r}")


def _last(path: str) -> str:
    return urlsplit(path).path.rsplit("/", 1)[1]


def local_text(moment: datetime) -> str:
    """An instant as a page's input for date and time wants it."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}"


def _today() -> date:
    return SystemClock().now().astimezone(BEIJING).date()
