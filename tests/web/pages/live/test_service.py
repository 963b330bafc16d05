"""The service record of one lot as anybody reads it."""

from datetime import timedelta
from fractions import Fraction

import pytest

from auction.kernel.actor import SYSTEM
from auction.kernel.clock import FrozenClock
from auction.store.database import Database
from bidding.availability.commands import note_probe
from bidding.availability.service import Service, percent
from bidding.commands import open_session
from bidding.hall.standstill import pause_session, resume_paused
from tests.bidding.halls import AHall, Execute, a_hall
from tests.builders import a_court
from tests.web.conftest import NewBrowser
from web.pages.live.service import Lasted

FIVE = timedelta(seconds=5)


async def published(database: Database, as_owner: Execute) -> AHall:
    await a_court(database)
    hall = await a_hall(database, as_owner)
    await as_owner("UPDATE listings SET published_at = drafted_at")
    return hall


def page_of(hall: AHall) -> str:
    return f"/lots/{hall.listing_id}/service"


class TestThePage:
    async def test_says_that_nothing_is_recorded_before_the_opening(
        self, database: Database, as_owner: Execute, new_browser: NewBrowser
    ) -> None:
        page = await new_browser().get(page_of(await published(database, as_owner)))
        assert (page.status_code, "竞价还没有开始" in page.text) == (200, True)

    async def test_tells_a_visitor_how_the_hall_answered_and_each_incident(
        self,
        database: Database,
        as_owner: Execute,
        clock: FrozenClock,
        new_browser: NewBrowser,
    ) -> None:
        hall = await published(database, as_owner)
        async with database.unit(SYSTEM) as work:
            await open_session(work, session_id=hall.session_id)
        for answer in (timedelta(), timedelta(), timedelta(seconds=1), timedelta(seconds=1)):
            async with database.unit(SYSTEM) as work:
                await note_probe(work, origin="ws://here", answer=answer)
            clock.advance(FIVE)
        async with database.unit(SYSTEM) as work:
            await pause_session(work, session_id=hall.session_id, epoch=1, ground="clock_drift")
        clock.advance(FIVE)
        page = (await new_browser().get(page_of(hall))).text
        assert "仍在继续" in page
        assert "75.00%" in page  # 15 of 20 measured seconds; 5 before the pause nobody measured
        async with database.unit(SYSTEM) as work:
            await resume_paused(work, session_id=hall.session_id, epoch=1)
        page = (await new_browser().get(f"{page_of(hall)}?lang=en")).text
        assert "the server&#39;s clock was off by too much" in page
        assert "all of it" in page
        assert "Not measured" in page

    async def test_of_what_is_not_published_is_not_there(
        self, database: Database, as_owner: Execute, new_browser: NewBrowser
    ) -> None:
        hall = await a_hall(database, as_owner)
        assert (await new_browser().get(page_of(hall))).status_code == 404


class TestFigures:
    @pytest.mark.parametrize(
        ("share", "text"),
        [
            (Fraction(1), "100.00%"),
            (Fraction(99996, 100000), "99.99%"),
            (Fraction(0), "0.00%"),
            (None, None),
        ],
    )
    def test_a_share_is_never_rounded_up(self, share: Fraction | None, text: str | None) -> None:
        assert percent(share) == text

    def test_a_time_is_written_in_hours(self) -> None:
        assert Lasted(Service.UP, 3 * 3600 + 62).text == "3:01:02"
