import re
from pathlib import Path

import pytest

from auction.law.rulebook import BY_NAME, Rulebook
from tests.web.conftest import NewBrowser
from web.pages.help.guides import GUIDES
from web.views import FOLDER

KEYS = re.compile(r"deadlines\(\[(.*?)\]\)", re.DOTALL)
LINK = re.compile(r'href="(/[^"#]*)')
CHINESE = re.compile("[\u4e00-\u9fff]")


def template(role: str) -> str:
    return (Path(FOLDER) / "templates" / "help" / f"{role}.html").read_text()


@pytest.mark.parametrize("book", BY_NAME.values(), ids=lambda book: book.name)
@pytest.mark.parametrize("role", GUIDES)
def test_every_rule_a_guide_names_exists(role: str, book: Rulebook) -> None:
    (named,) = KEYS.findall(template(role))
    keys = re.findall(r'"([^"]+)"', named)
    assert keys
    for key in keys:
        assert book.rule(key).key == key


async def test_every_guide_answers_in_both_languages(new_browser: NewBrowser) -> None:
    browser = new_browser()
    for role in GUIDES:
        chinese = await browser.get(f"/help/{role}?lang=zh-CN")
        english = await browser.get(f"/help/{role}?lang=en")
        assert (chinese.status_code, english.status_code) == (200, 200), role
        assert "依次做什么" in chinese.text
        body = english.text.split("<main", 1)[1].split("</main>", 1)[0]
        assert "What you do, in order" in body
        assert not CHINESE.findall(re.sub(r"<[^>]+>", "", body)), role


async def test_every_link_of_a_guide_answers_or_leads_to_the_sign_in(
    new_browser: NewBrowser,
) -> None:
    browser = new_browser()
    pages = ["/help", *(f"/help/{role}" for role in GUIDES)]
    links = {link for page in pages for link in LINK.findall((await browser.get(page)).text)}
    assert {f"/help/{role}" for role in GUIDES} <= links
    for link in sorted(links):
        answered = await browser.get(link)
        assert answered.status_code in {200, 303, 401}, link
        if answered.status_code == 303:
            assert answered.headers["location"].startswith("/sign-in"), link


async def test_a_guide_that_is_not_there_is_not_found(new_browser: NewBrowser) -> None:
    assert (await new_browser().get("/help/nobody")).status_code == 404
