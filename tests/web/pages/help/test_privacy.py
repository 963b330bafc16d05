import re

from tests.web.conftest import NewBrowser

CHINESE = re.compile("[\u4e00-\u9fff]")


async def _main(new_browser: NewBrowser, path: str) -> str:
    page = (await new_browser().get(path)).text
    return page.split("<main", 1)[1].split("</main>", 1)[0]


def _item(page: str, name: str) -> str:
    (found,) = re.findall(rf'<li id="{name}">(.*?)</li>', page, re.DOTALL)
    return str(found)


class TestThePrivacyPage:
    async def test_names_the_risk_of_a_late_sole_registrant_in_both_languages(
        self, new_browser: NewBrowser
    ) -> None:
        chinese = _item(await _main(new_browser, "/privacy?lang=zh-CN"), "late-sole-registrant")
        english = _item(await _main(new_browser, "/privacy?lang=en"), "late-sole-registrant")
        assert "只有您一个人很晚才报名，随后大厅里出现一个新的竞买代码" in chinese
        assert "能猜到那是您" in chinese
        assert "you alone register late, and a new bidder code then appears" in english
        assert "can guess that it is you" in english

    async def test_says_what_finance_sees_before_the_close_and_after(
        self, new_browser: NewBrowser
    ) -> None:
        for path in ("/privacy", "/help/finance"):
            chinese = await _main(new_browser, f"{path}?lang=zh-CN")
            english = await _main(new_browser, f"{path}?lang=en")
            assert "虚拟账号" in chinese
            assert "竞价结束后，按成交和付款指令" in chinese
            assert "virtual account" in english
            assert "by sale and payment order" in english

    async def test_is_wholly_in_english_too(self, new_browser: NewBrowser) -> None:
        english = await _main(new_browser, "/privacy?lang=en")
        assert not CHINESE.findall(re.sub(r"<[^>]+>", "", english))

    async def test_is_found_from_every_page_and_from_the_guides(
        self, new_browser: NewBrowser
    ) -> None:
        browser = new_browser()
        for path in ("/", "/help"):
            assert 'href="/privacy"' in (await browser.get(path)).text
