"""Every page of the demonstration, as every role, in both languages, in a real browser."""

import ast
import asyncio
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

import pytest
from playwright.async_api import Browser

from auction.law.rulebook import LAW
from auction.ledger.virtual import BANK_NAME
from bidding.hall.board import SessionState
from tests.journeys.demonstration import Demonstration
from tests.journeys.looks.eyes import desk, faults, spills_wide
from tests.journeys.looks.pages import Page, sheets, words_of
from tests.web.test_i18n import trees
from web.i18n import Locale, catalogue
from web.pages.hall.protocol import SAID, TOLD, shown

pytestmark = [pytest.mark.journey, pytest.mark.browser]

APART = {
    "account/code.html", "account/step_up.html", "error.html", "finance/preview.html",
    "draws/keep.html", "court/plan_draft.html", "account/confirm_mail.html", "account/reset.html",
}  # fmt: skip
"""Pages that no link of the finished road leads to."""
AT_ONCE = 3


def chosen(pages: Iterable[Page]) -> dict[str, list[Page]]:
    """Of each template one page, and each that has a form not met before; by role."""
    met: set[str] = set()
    found: dict[str, list[Page]] = defaultdict(list)
    for page in sorted(pages, key=lambda page: -len(page.forms)):
        new = {page.sheet, *(f"{page.sheet}#{form}" for form in page.forms)} - met
        if new:
            met |= new
            found[page.role].append(page)
    return found


def test_every_template_is_met(pages: list[Page]) -> None:
    assert sheets() - {page.sheet for page in pages} == APART


async def test_no_page_breaks_a_rule_of_wcag_or_spills_or_complains(
    browser: Browser, grown: Demonstration, pages: list[Page]
) -> None:
    at_once = asyncio.Semaphore(AT_ONCE)

    async def look(role: str, mine: list[Page]) -> list[str]:
        wrong: list[str] = []
        async with at_once, desk(browser, grown, role) as tab:
            for page in mine:
                asked = f"{page.path}{'&' if '?' in page.path else '?'}lang="
                await tab.goto(f"{asked}{Locale.EN}")
                found = await spills_wide(tab)
                await tab.goto(f"{asked}{Locale.ZH}")
                found += await faults(tab)
                wrong += [f"{role} {page.path} {page.sheet} {fault}" for fault in found]
        return wrong

    looks = await asyncio.gather(*(look(role, mine) for role, mine in chosen(pages).items()))
    wrong = [fault for found in looks for fault in found]
    assert not wrong, "\n".join(wrong)


class TestLanguages:
    HAN = re.compile(r"[一-鿿]")
    ENGLISH = re.compile(r"(?<![\w.{/:@-])[a-z]{4,}(?![\w.}/:@=-])")
    TERMS = frozenset({"hledger", "beancount", "localhost", "null", "true", "accepted", "refused",
                       "resumed", "lagged", "stopped", "title", "code", "detail", "system",
                       "prev", "hangwan"})  # fmt: skip
    """Names of programs and values of files, which have no Chinese; a city of the demo's file."""
    MESSAGES = frozenset(
        {*SessionState, "version", "listing", *(shown(kind).tag for kind in (*SAID, *TOLD))}
    )
    """What the hall's messages are called, and what they say of a session's state."""
    MADE_UP = ("workers.demo", "auction.listings.suggested", "auction.listings.papers",
               "auction.notices", "web.pages.account.demo_bank")  # fmt: skip
    """Modules whose Chinese is data: people, what their bank notes, and the papers' own wording."""

    def test_no_chinese_page_says_an_english_word(
        self, pages: list[Page], grown: Demonstration
    ) -> None:
        known = self.TERMS | self.MESSAGES | set(grown.accounts)
        wrong = {
            f"{page.sheet}: {text}"
            for page in pages
            for text in words_of(page.texts[Locale.ZH], but=Locale.EN)
            if set(self.ENGLISH.findall(text)) - known
        }
        assert not wrong, "\n".join(sorted(wrong))

    def test_no_english_page_says_what_the_product_has_only_in_chinese(
        self, pages: list[Page], grown: Demonstration
    ) -> None:
        names = {account["name"] for account in grown.accounts.values()} | {BANK_NAME}
        own = self._own_words() - names
        wrong = {
            f"{page.sheet}: {text}"
            for page in pages
            for text in words_of(page.texts[Locale.EN], but=Locale.ZH)
            if text in own
        }
        assert not wrong, "\n".join(sorted(wrong))

    def _own_words(self) -> set[str]:
        """Every Chinese text that the product says by itself: its messages and its code's."""
        literals = {
            text
            for name, tree in trees()
            if not name.startswith(self.MADE_UP)
            for text in _strings(tree)
        }
        said = {*catalogue(Locale.EN), *catalogue(Locale.ZH).values(), *literals}
        return {text for text in said if self.HAN.search(text)} | {rule.basis for rule in LAW}


def _strings(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
