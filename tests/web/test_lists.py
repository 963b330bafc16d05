"""Every list of the pages: with nothing in it, with nothing found, forbidden, and out of reach."""

import json
import re
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest

from auction.kernel.clock import FrozenClock
from auction.kernel.settings import Settings
from auction.store.database import Database
from tests.web.browser import Browser, browser_of, serving
from tests.web.cable import cable_to
from tests.web.conftest import NewBrowser
from tests.web.test_routes import table
from web.app import build_app
from web.views import FOLDER
from workers.demo.seed import seed


@dataclass(frozen=True, slots=True)
class Listed:
    """A page that lists something."""

    path: str
    reader: str = ""
    """Somebody who may read it; a visitor when empty."""
    empty: str = ""
    """What it says when there is nothing; empty where there is always something."""
    filtered: tuple[str, str] | None = None
    """A query that finds nothing, and what the page says then."""
    stranger: str = ""
    """Somebody who is signed in and may not read it; empty where everybody may."""


LISTS = (
    Listed("/", empty="现在没有正在竞价的标的物"),
    Listed("/lots", empty="还没有公告的标的物", filtered=("q=无此物", "没有符合条件的标的物")),
    Listed("/calendar", empty="还没有公告的标的物"),
    Listed("/draws", empty="还没有摇号"),
    Listed("/me", "bidder1", "您还没有报名任何标的物"),
    Listed("/party", "bidder1", "您不是任何执行案件的当事人"),
    Listed("/inbox", "bidder1", "还没有送达给您的文书"),
    Listed("/reports", "bidder1", "还没有送达给您的评估报告"),
    Listed("/account/mail", "bidder1", "还没有信件"),
    Listed("/account/factors", "bidder1", "还没有通行密钥"),
    Listed("/agency", "agency01", "还没有委托", stranger="bidder1"),
    Listed("/assist", "registry", "还没有送达给您的文书"),
    Listed("/supervision", "supervisor", "还没有摇号", stranger="officer"),
    Listed("/supervision/openings", "supervisor", "没有提请过查明身份", stranger="officer"),
    Listed("/approvals", "officer", "没有待您审批的事项", stranger="bidder1"),
    Listed("/court", "officer", "没有待办事项", stranger="bidder1"),
    Listed("/court/cases", "officer", "还没有案件", stranger="bidder1"),
    Listed("/court/imports", "officer", "没有待采用的草稿", stranger="bidder1"),
    Listed("/court/plans", "officer", "还没有分配方案", stranger="bidder1"),
    Listed("/court/sales", "officer", "还没有成交的标的物", stranger="bidder1"),
    Listed("/court/live", "officer", "没有正在进行或者即将开始的竞价", stranger="bidder1"),
    Listed("/court/priority", "officer", "没有待确认的优先购买权主张", stranger="bidder1"),
    Listed(
        "/finance/lines",
        "clerk",
        "没有流水",
        filtered=("state=matched", "没有这种状态的流水"),
        stranger="officer",
    ),
    Listed("/finance/orders", "clerk", "没有付款指令", stranger="officer"),
    Listed("/finance/deposits", "clerk", "没有保证金", stranger="officer"),
    Listed(
        "/ops",
        "admin",
        "没有失败或者停止重试的事项",
        filtered=("name=nothing", "没有符合条件的事项"),
        stranger="officer",
    ),
    Listed("/admin", "admin", filtered=("q=nobody", "没有符合条件的人员"), stranger="officer"),
    Listed("/admin/organisations", "admin", stranger="officer"),
)
SHEET = re.compile(r'data-sheet="([^"]+)"')
BROUGHT_IN = re.compile(r'\{% (?:include|from) "([^"]+)"')
EMPTY = re.compile(r'<p class="empty">\s*([^<]+)')

Accounts = dict[str, dict[str, str]]


@pytest.fixture
async def accounts(database: Database, tmp_path: Path) -> Accounts:
    await seed(database, tmp_path)
    told: Accounts = json.loads((tmp_path / "accounts.json").read_text())
    return told


async def signed_in(browser: Browser, accounts: Accounts, username: str) -> Browser:
    if username:
        form = {"username": username, "password": accounts[username]["password"]}
        assert (await browser.submit("/sign-in", "sign-in", form)).status_code == 303
    return browser


def lists(sheet: str) -> bool:
    """Whether a template, or one that it brings in, has words for an empty list."""
    text = (FOLDER / "templates" / sheet).read_text()
    return "empty(" in text or any(lists(part) for part in BROUGHT_IN.findall(text))


async def everybody(new_browser: NewBrowser, accounts: Accounts) -> dict[str, Browser]:
    """A browser for each reader and each stranger of the table."""
    names = {place.reader for place in LISTS} | {place.stranger for place in LISTS}
    return {name: await signed_in(new_browser(), accounts, name) for name in sorted(names)}


async def said_empty(browser: Browser, path: str) -> str:
    return " ".join(EMPTY.findall((await browser.get(path)).text))


async def faults_when_empty(browser: Browser, place: Listed) -> list[str]:
    """What a list says amiss that has nothing, or nothing that was asked for."""
    wrong: list[str] = []
    if place.empty not in await said_empty(browser, place.path):
        wrong.append(f"{place.path} does not say that it is empty")
    if place.filtered is None:
        return wrong
    query, words = place.filtered
    page = (await browser.get(f"{place.path}?{query}")).text
    if words not in " ".join(EMPTY.findall(page)):
        wrong.append(f"{place.path} does not say that nothing was found")
    if f'href="{place.path}"' not in page.split("<main", 1)[1]:
        wrong.append(f"{place.path} does not lead back from what was not found")
    return wrong


async def test_each_list_says_that_it_is_empty_or_that_nothing_was_found(
    new_browser: NewBrowser, accounts: Accounts
) -> None:
    browsers = await everybody(new_browser, accounts)
    wrong = [fault for at in LISTS for fault in await faults_when_empty(browsers[at.reader], at)]
    assert not wrong, "\n".join(wrong)


async def test_each_list_refuses_whoever_may_not_read_it(
    new_browser: NewBrowser, accounts: Accounts
) -> None:
    browsers = await everybody(new_browser, accounts)
    for place in LISTS:
        if place.reader:
            asked = await browsers[""].get(place.path)
            assert asked.headers["location"].startswith("/sign-in?next="), place.path
        if place.stranger:
            refused = await browsers[place.stranger].get(place.path)
            assert refused.status_code == 403, place.path
            assert 'data-code="forbidden"' in refused.text


async def test_every_page_that_can_be_empty_is_in_the_table(
    new_browser: NewBrowser, accounts: Accounts
) -> None:
    browsers = await everybody(new_browser, accounts)
    found: set[str] = set()
    for route in table():
        if "GET" not in (route.methods or set()) or "{" in route.path:
            continue
        for reader in browsers.values():
            page = await reader.get(route.path)
            sheet = SHEET.search(page.text)
            if page.status_code == 200 and sheet and lists(sheet[1]):
                found.add(route.path)
                break
    assert found == {place.path for place in LISTS}


AWAY = {"zh-CN": "数据库没有应答", "en": "The database does not answer"}


async def test_says_what_why_and_what_next_while_the_database_is_away(
    settings: Settings, accounts: Accounts, clock: FrozenClock
) -> None:
    async with cable_to(settings) as (cable, near):
        database = Database(near, clock=clock)
        async with serving(build_app(near, database)) as transport:
            readers = {
                name: await signed_in(browser_of(transport), accounts, name)
                for name in {place.reader for place in LISTS}
            }
            cable.cut()
            for place, (language, words) in product(LISTS, AWAY.items()):
                reader = readers[place.reader]
                page = await reader.get(f"{place.path}?lang={language}")
                assert page.status_code == 503, place.path
                assert 'data-code="platform.database_away"' in page.text
                assert f'<html lang="{language}"' in page.text
                assert words in page.text
                assert f'href="{place.path}"' in page.text
                assert page.headers["retry-after"] == "10"
                told = await reader.get(place.path, accept="application/json")
                assert (told.status_code, told.json()["code"]) == (503, "platform.database_away")
        await database.close()
