import re

import pytest

from auction.store.full_views import VIEWS_MAX
from tests.web.conftest import NewBrowser

CHINESE = re.compile("[\u4e00-\u9fff]")
SECTIONS = ("sealed", "masked", "clear", "erased")


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
async def test_says_in_both_languages_what_is_kept_how(new_browser: NewBrowser, lang: str) -> None:
    page = await new_browser().get(f"/personal-data?lang={lang}")
    assert page.status_code == 200
    body = re.sub(r"<[^>]+>", "", page.text.split("<main", 1)[1].split("</main>", 1)[0])
    assert all(f'id="{section}"' in page.text for section in SECTIONS)
    assert "AES-256-GCM" in body
    assert str(VIEWS_MAX) in body
    assert bool(CHINESE.search(body)) == (lang == "zh-CN")


async def test_is_found_from_the_help(new_browser: NewBrowser) -> None:
    assert 'href="/personal-data"' in (await new_browser().get("/help")).text
