"""Kept pages: who gets one, who never does, and for how long."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from auction.kernel.actor import SYSTEM
from auction.kernel.clock import FrozenClock
from auction.kernel.ids import ListingId, LotId
from auction.kernel.refusal import Refusal
from auction.kernel.settings import Settings
from auction.listings.commands import suspend_listing
from auction.listings.listing import Listing
from auction.store.database import Database
from auction.store.keys import KeyHolder
from bidding.commands import close_session
from tests.bidding.halls import AHall, a_hall, a_placed_bid, place
from tests.builders import OFFICER, a_draft, a_listing
from tests.conftest import Execute
from tests.web.browser import browser_of, serving
from tests.web.conftest import NewBrowser
from tests.web.test_signin import ALICE, sign_up
from web.app import build_app
from web.i18n import Locale
from web.kept import KEPT_MAX, KEPT_SECONDS, KeptPages
from web.signin import Visit

SOON = KEPT_SECONDS - 0.001


class Ticking:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def ticking() -> Ticking:
    return Ticking()


@pytest.fixture
async def visitors(
    settings: Settings,
    database: Database,
    signer: KeyHolder,  # noqa: ARG001  (papers are signed)
    ticking: Ticking,
) -> AsyncIterator[NewBrowser]:
    """Visitors of one site that keeps its pages as long as it does when it serves people."""
    kept = KeptPages(monotonic=ticking)
    async with serving(build_app(settings, database), kept=kept) as transport:
        yield lambda: browser_of(transport)
        await kept.close()


@dataclass
class Opened:
    """A listing in its session, and what a visitor reads of it."""

    database: Database
    hall: AHall
    visitors: NewBrowser
    path: str

    async def read(self) -> str:
        page = await self.visitors().get(self.path)
        assert page.status_code == 200
        return page.text


@pytest.fixture
async def opened(
    database: Database, as_owner: Execute, clock: FrozenClock, visitors: NewBrowser
) -> Opened:
    listing: Listing = await a_listing(database)
    clock.advance(listing.opens_at - clock.now())
    offered = ListingId(listing.id), LotId(listing.lot_id)
    hall = await a_hall(database, as_owner, offered=offered)
    return Opened(database, hall, visitors, f"/lots/{listing.id}")


class TestTheLotsPage:
    async def test_shows_a_new_bid_a_second_later_at_most(
        self, opened: Opened, ticking: Ticking
    ) -> None:
        before = await opened.read()
        assert await place(opened.database, opened.hall, a_placed_bid(opened.database, 7_001_000))
        ticking.at += SOON
        assert await opened.read() == before
        ticking.at += KEPT_SECONDS - SOON
        assert "7,001,000.00" in await opened.read()

    async def test_of_a_suspended_lot_says_so_a_second_later_at_most(
        self, opened: Opened, database: Database, ticking: Ticking
    ) -> None:
        await opened.read()
        async with database.unit(OFFICER) as work:
            await suspend_listing(work, opened.hall.listing_id, ground="案外人提出异议")
        assert "案外人提出异议" not in await opened.read()
        ticking.at += KEPT_SECONDS
        assert "案外人提出异议" in await opened.read()

    async def test_never_shows_an_ended_lot_as_open_for_longer(
        self, opened: Opened, database: Database, clock: FrozenClock, ticking: Ticking
    ) -> None:
        await place(database, opened.hall, a_placed_bid(database, 7_001_000))
        assert "报名竞买" in await opened.read()
        clock.advance(timedelta(hours=24))
        async with database.unit(SYSTEM) as work:
            await close_session(work, session_id=opened.hall.session_id, epoch=opened.hall.epoch)
        ticking.at += KEPT_SECONDS
        assert "报名竞买" not in await opened.read()

    async def test_is_kept_for_each_language(self, opened: Opened) -> None:
        assert 'lang="zh-CN"' in await opened.read()
        foreign = opened.visitors()
        answered = await foreign.get(f"{opened.path}?lang=en")
        assert '<html lang="en"' in answered.text
        assert "lang=en" in answered.headers["set-cookie"]
        assert '<html lang="en"' in (await foreign.get(opened.path)).text
        assert '<html lang="zh-CN"' in await opened.read()

    async def test_is_never_the_one_of_somebody_who_is_signed_in(self, opened: Opened) -> None:
        alice = opened.visitors()
        await sign_up(alice)
        assert ALICE["name"] in (await alice.get(opened.path)).text
        assert ALICE["name"] not in await opened.read()
        assert ALICE["name"] in (await alice.get(opened.path)).text

    async def test_is_always_new_for_somebody_who_is_signed_in(
        self, opened: Opened, database: Database
    ) -> None:
        alice = opened.visitors()
        await sign_up(alice)
        await opened.read()
        await place(database, opened.hall, a_placed_bid(database, 7_001_000))
        assert "7,001,000.00" in (await alice.get(opened.path)).text

    async def test_says_what_the_last_step_left_to_its_own_visitor_only(
        self, opened: Opened
    ) -> None:
        left = opened.visitors()
        left.client.cookies.set("said", "已退出".encode().hex())
        await opened.read()
        assert "已退出" in (await left.get(opened.path)).text
        assert "已退出" not in await opened.read()

    async def test_is_kept_by_no_browser_and_sets_no_cookie(self, opened: Opened) -> None:
        for _ in range(2):
            answered = await opened.visitors().get(opened.path)
            assert answered.headers["cache-control"] == "no-store"
            assert "content-security-policy" in answered.headers
            assert "set-cookie" not in answered.headers

    async def test_that_is_not_published_is_refused_only_until_it_is(
        self, database: Database, visitors: NewBrowser, as_owner: Execute
    ) -> None:
        draft = await a_draft(database)
        assert (await visitors().get(f"/lots/{draft.id}")).status_code == 404
        published = "state = 'published', published_at = drafted_at"
        await as_owner(f"UPDATE listings SET {published} WHERE id = '{draft.id}'")
        assert (await visitors().get(f"/lots/{draft.id}")).status_code == 200


@dataclass
class Slow:
    """A page that is made when a test says so."""

    made: int = 0
    goes_on: asyncio.Event = field(default_factory=asyncio.Event)
    uses_secret: bool = False
    refuses: bool = False

    async def __call__(self, request: Request) -> Response:
        self.made += 1
        number = self.made
        await self.goes_on.wait()
        if self.refuses:
            raise Refusal("not_found")
        if self.uses_secret:
            request.state.visit.form_token()
        return HTMLResponse(f"page {number}")


def asking() -> Request:
    visit = Visit(Locale.ZH, None, "secret", is_secret_new=True)
    return Request({"type": "http", "headers": [], "state": {"visit": visit}})


class TestManyAtOnce:
    async def test_have_one_page_made(self, ticking: Ticking) -> None:
        kept, page = KeptPages(monotonic=ticking), Slow()
        waiting = [asyncio.create_task(kept.answer(asking(), "a", page)) for _ in range(5)]
        await asyncio.sleep(0)
        page.goes_on.set()
        bodies = {bytes(answer.body) for answer in await asyncio.gather(*waiting)}
        assert (bodies, page.made) == ({b"page 1"}, 1)

    async def test_do_not_wait_for_one_begun_too_long_ago(self, ticking: Ticking) -> None:
        kept, page = KeptPages(monotonic=ticking), Slow()
        first = asyncio.create_task(kept.answer(asking(), "a", page))
        await asyncio.sleep(0)
        ticking.at += KEPT_SECONDS
        second = asyncio.create_task(kept.answer(asking(), "a", page))
        await asyncio.sleep(0)
        page.goes_on.set()
        assert [bytes((await answer).body) for answer in (first, second)] == [b"page 1", b"page 2"]
        assert bytes((await kept.answer(asking(), "a", page)).body) == b"page 2"

    async def test_do_not_wait_while_one_in_its_second_half_is_made_anew(
        self, ticking: Ticking
    ) -> None:
        kept, page = KeptPages(monotonic=ticking), Slow()
        page.goes_on.set()
        await kept.answer(asking(), "a", page)
        page.goes_on.clear()
        ticking.at += KEPT_SECONDS / 2
        bodies = {(await kept.answer(asking(), "a", page)).body for _ in range(3)}
        await asyncio.sleep(0)
        assert (bodies, page.made) == ({b"page 1"}, 2)
        page.goes_on.set()
        ticking.at += KEPT_SECONDS / 2
        assert (await kept.answer(asking(), "a", page)).body == b"page 2"

    async def test_are_given_nothing_old_when_making_it_anew_fails(self, ticking: Ticking) -> None:
        kept, page = KeptPages(monotonic=ticking), Slow()
        page.goes_on.set()
        await kept.answer(asking(), "a", page)
        page.refuses = True
        ticking.at += KEPT_SECONDS / 2
        assert (await kept.answer(asking(), "a", page)).body == b"page 1"
        await asyncio.sleep(0)
        assert page.made == 2
        ticking.at += KEPT_SECONDS / 2
        with pytest.raises(Refusal):
            await kept.answer(asking(), "a", page)

    async def test_leave_nothing_behind_when_the_process_ends(self, ticking: Ticking) -> None:
        kept, page = KeptPages(monotonic=ticking), Slow()
        waiting = asyncio.create_task(kept.answer(asking(), "a", page))
        await asyncio.sleep(0)
        await kept.close()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    async def test_are_served_though_the_first_one_leaves(self, ticking: Ticking) -> None:
        kept, page = KeptPages(monotonic=ticking), Slow()
        first = asyncio.create_task(kept.answer(asking(), "a", page))
        second = asyncio.create_task(kept.answer(asking(), "a", page))
        await asyncio.sleep(0)
        first.cancel()
        page.goes_on.set()
        assert (await second).body == b"page 1"

    async def test_share_no_page_with_a_token_in_it(self, ticking: Ticking) -> None:
        kept, page = KeptPages(monotonic=ticking), Slow(uses_secret=True)
        page.goes_on.set()
        bodies = {(await kept.answer(asking(), "a", page)).body for _ in range(2)}
        assert len(bodies) == 2

    async def test_share_a_refusal_that_the_next_one_does_not_get(self, ticking: Ticking) -> None:
        kept, page = KeptPages(monotonic=ticking), Slow(refuses=True)
        waiting = [asyncio.create_task(kept.answer(asking(), "a", page)) for _ in range(2)]
        await asyncio.sleep(0)
        page.goes_on.set()
        found = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(one) for one in found] == [Refusal, Refusal]
        assert page.made == 1
        page.refuses = False
        assert (await kept.answer(asking(), "a", page)).body == b"page 2"

    async def test_about_many_subjects_push_the_oldest_out(self, ticking: Ticking) -> None:
        kept, page = KeptPages(monotonic=ticking), Slow()
        page.goes_on.set()
        for subject in range(KEPT_MAX + 1):
            await kept.answer(asking(), subject, page)
        assert (await kept.answer(asking(), KEPT_MAX, page)).body == f"page {KEPT_MAX + 1}".encode()
        assert (await kept.answer(asking(), 0, page)).body == f"page {KEPT_MAX + 2}".encode()
