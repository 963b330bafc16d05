"""Every page as every role: whatever is asked for, the answer is a page and never a fault."""

import json
import re
from pathlib import Path

import pytest

from auction.store.database import Database
from tests.builders import a_listing
from tests.web.conftest import NewBrowser
from tests.web.test_routes import path_of, table
from workers.demo.seed import seed

ACTORS = (
    "officer", "panel1", "supervisor", "clerk", "approver", "registry", "tax", "agency01",
    "admin", "insider", "applicant", "respondent", "bidder1",
)  # fmt: skip
LINK = re.compile(r'href="(/[^"#]*)"')
PAGES_MAX = 60


@pytest.fixture
async def accounts(database: Database, tmp_path: Path) -> dict[str, dict[str, str]]:
    await seed(database, tmp_path)
    await a_listing(database)
    told: dict[str, dict[str, str]] = json.loads((tmp_path / "accounts.json").read_text())
    return told


async def test_no_role_meets_a_fault_on_any_route_or_link(
    new_browser: NewBrowser, accounts: dict[str, dict[str, str]]
) -> None:
    routes = [path_of(route) for route in table() if "GET" in (route.methods or set())]
    for username in ACTORS:
        browser = new_browser()
        form = {"username": username, "password": accounts[username]["password"]}
        assert (await browser.submit("/sign-in", "sign-in", form)).status_code == 303
        waiting, seen = list(routes), set(routes)
        walked = 0
        while waiting and walked < PAGES_MAX + len(routes):
            path = waiting.pop()
            walked += 1
            page = await browser.get(path)
            assert page.status_code < 500, f"{username} at {path}"
            if page.headers.get("content-type", "").startswith("text/html"):
                found = set(LINK.findall(page.text)) - seen
                seen |= found
                waiting += sorted(found)
