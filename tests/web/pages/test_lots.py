from auction.store.database import Database
from tests.builders import a_draft, a_listing
from tests.web.browser import Browser


class TestPublishedListing:
    async def test_its_page_says_what_the_law_wants_said(
        self, browser: Browser, database: Database
    ) -> None:
        listing = await a_listing(database)
        page = await browser.get(f"/lots/{listing.id}")
        assert page.status_code == 200
        for said in (
            "起拍价",
            "网拍10",
            "保证金",
            "网拍13(1)",
            "网拍14(7)",
            "拍卖公告",
            listing.title,
        ):
            assert said in page.text
        assert f'href="/lots/{listing.id}/join"' in page.text

    async def test_it_stands_in_every_list(self, browser: Browser, database: Database) -> None:
        listing = await a_listing(database)
        for path in ("/", "/lots", "/lots?stage=upcoming&kind=home", "/calendar"):
            assert f'href="/lots/{listing.id}"' in (await browser.get(path)).text, path
        assert str(listing.id) not in (await browser.get("/lots?stage=sold")).text

    async def test_nobody_sees_a_draft(self, browser: Browser, database: Database) -> None:
        listing = await a_draft(database)
        assert (await browser.get(f"/lots/{listing.id}")).status_code == 404
        assert str(listing.id) not in (await browser.get("/lots")).text

    async def test_its_page_tells_the_term_for_the_balance(
        self, browser: Browser, database: Database
    ) -> None:
        listing = await a_listing(database)
        page = (await browser.get(f"/lots/{listing.id}")).text
        row = page.partition('data-label="条件">余款期限')[2].partition("</tr>")[0]
        assert f'data-label="规则">{listing.balance_days} 日<' in row

    async def test_no_name_of_a_party_stands_on_it(
        self, browser: Browser, database: Database
    ) -> None:
        listing = await a_listing(database)
        assert "甄有章" not in (await browser.get(f"/lots/{listing.id}")).text


class TestSearch:
    async def test_two_characters_find_a_published_lot(
        self, browser: Browser, database: Database
    ) -> None:
        listing = await a_listing(database)
        title = listing.title
        for words in (title[:1], title[1:3], title[:5], f"{title[-2:]} {title[:2]}"):
            assert str(listing.id) in (await browser.get(f"/lots?q={words}")).text, words

    async def test_characters_that_do_not_stand_together_find_nothing(
        self, browser: Browser, database: Database
    ) -> None:
        listing = await a_listing(database)
        apart = listing.title[0] + listing.title[2]
        crossed = listing.title[:2] + listing.title[:2]
        for words in (apart, crossed):
            assert str(listing.id) not in (await browser.get(f"/lots?q={words}")).text, words

    async def test_a_draft_is_not_found(self, browser: Browser, database: Database) -> None:
        listing = await a_draft(database)
        assert str(listing.id) not in (await browser.get(f"/lots?q={listing.title[:2]}")).text


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

    async def test_a_price_that_is_none_is_said_to_be_unread(self, browser: Browser) -> None:
        assert "价格没有读懂" in (await browser.get("/lots?min=abc")).text
        assert "价格没有读懂" not in (await browser.get("/lots?min=1000.00")).text

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
