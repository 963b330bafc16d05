from tests.web.browser import Browser


class TestEmptyLists:
    async def test_no_lot_yet_is_said_kindly(self, browser: Browser) -> None:
        for path in ("/", "/lots", "/calendar"):
            page = await browser.get(path)
            assert page.status_code == 200
        assert "还没有公告的标的物" in (await browser.get("/lots")).text

    async def test_filters_that_fit_nothing_can_be_cleared(self, browser: Browser) -> None:
        page = await browser.get("/lots?q=%25_&kind=home&stage=open&min=abc&max=1,000.00&court=x")
        assert page.status_code == 200
        assert "没有符合条件的标的物" in page.text
        assert 'value="%_"' in page.text

    async def test_what_does_not_exist_is_not_found(self, browser: Browser) -> None:
        for path in (
            "/lots/nonsense",
            "/lots/01920000-0000-7000-8000-000000000000",
            "/photos/01920000-0000-7000-8000-000000000000",
        ):
            page = await browser.get(path)
            assert page.status_code == 404
            assert 'data-code="not_found"' in page.text

    async def test_words_from_the_address_are_escaped(self, browser: Browser) -> None:
        page = await browser.get("/lots?q=<script>alert(1)</script>")
        assert "<script>alert" not in page.text


class TestLanguages:
    async def test_a_chosen_language_is_kept(self, browser: Browser) -> None:
        assert 'lang="en"' in (await browser.get("/?lang=en")).text
        page = await browser.get("/lots")
        assert 'lang="en"' in page.text
        assert "No lot has been announced yet." in page.text
        assert 'lang="zh-CN"' in (await browser.get("/?lang=zh-CN")).text
