import ast
from pathlib import Path

import pytest

from auction.kernel.actor import Role
from tests.architecture.test_sizes import FLOORS
from tests.web.browser import Browser
from web.i18n import Locale
from web.pages.help.authority import POLICIES, area_of, power, rows_of

ROOT = Path(__file__).resolve().parents[4]


def written() -> set[str]:
    """The action of every permission that the product's source writes down, wherever it stands."""
    return {
        str(node.args[0].value)
        for floor in FLOORS
        for path in (ROOT / floor).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "permit"
        and isinstance(node.args[0], ast.Constant)
    }


async def test_every_row_of_every_policy_stands_on_the_page(browser: Browser) -> None:
    shown = (await browser.get("/law/authority")).text
    assert {action for action in written() if f'<tr id="{action}">' in shown} == written()
    assert shown.count("<tr id=") == len(written())


async def test_a_row_says_who_where_and_why(browser: Browser) -> None:
    shown = (await browser.get("/law/authority?lang=en")).text
    row = shown.partition('<tr id="listing.vote">')[2].partition("</tr>")[0]
    assert "Vote on a listing" in row
    assert "Panel member" in row
    assert "Own court only" in row
    assert "27" in row


@pytest.mark.parametrize("locale", list(Locale))
def test_every_power_has_its_words(locale: Locale) -> None:
    for policy in POLICIES:
        for row in rows_of(policy):
            said = power(row, locale)
            assert not said.title.startswith("action."), row.action
            assert len(said.holders) == len(row.roles)


def test_no_two_rows_share_an_action_and_no_row_is_held_by_nobody() -> None:
    rows = [row for policy in POLICIES for row in rows_of(policy)]
    assert len({row.action for row in rows}) == len(rows)
    assert all(row.roles and row.roles <= set(Role) for row in rows)


def test_areas_are_told_apart() -> None:
    assert len({area_of(policy) for policy in POLICIES}) == len(POLICIES)
