"""The record and the terms of a session, as anybody downloads them and decides them again."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from auction.kernel.actor import SYSTEM
from auction.kernel.clock import FrozenClock
from auction.kernel.ids import new_id
from auction.store.database import Database
from bidding.hall.clock_jump import outlast_jump
from bidding.hall.standstill import (
    HOME_LOST_AFTER,
    extend_for_lag,
    lock_session,
    pause_session,
    resume,
    resume_paused,
    stop_session,
    suspend_session,
)
from tests.bidding.halls import FIVE, LAW, AHall, Execute, a_hall, a_placed_bid, home, place
from tests.web.browser import Browser
from workers.cli import luochui

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


class Course:
    """What happens to a session, each thing at its own instant."""

    def __init__(self, database: Database, clock: FrozenClock, hall: AHall) -> None:
        self.database, self.clock, self.hall = database, clock, hall
        self.reasons: list[str] = []

    async def bids(self, yuan: int, code: str = "A1") -> None:
        self.clock.advance(SECOND)
        (one,) = await place(self.database, self.hall, a_placed_bid(self.database, yuan, code))
        self.reasons.append(one.reason)

    async def until_before_the_end(self, by: timedelta) -> None:
        async with self.database.unit(SYSTEM) as work:
            closes_at = (await lock_session(work, self.hall.session_id)).closes_at
        self.clock.instant = closes_at - by

    async def suspended(self, lasts: timedelta) -> None:
        self.clock.advance(SECOND)
        async with self.database.unit(SYSTEM) as work:
            await suspend_session(work, session_id=self.hall.session_id, ground="objection")
        await self.bids(1200)
        self.clock.advance(lasts)
        async with self.database.unit(SYSTEM) as work:
            resume(work, await lock_session(work, self.hall.session_id), work.now)

    async def paused(self, lasts: timedelta) -> None:
        self.clock.advance(SECOND)
        which = {"session_id": self.hall.session_id, "epoch": self.hall.epoch}
        async with self.database.unit(SYSTEM) as work:
            await pause_session(work, ground="clock_drift", **which)
        self.clock.advance(lasts)
        async with self.database.unit(SYSTEM) as work:
            await resume_paused(work, **which)

    async def loses_its_home(self) -> None:
        self.clock.advance(HOME_LOST_AFTER + SECOND)
        epoch = await home(self.database, self.hall, new_id(self.clock.now()))
        self.hall = replace(self.hall, epoch=epoch)
        self.clock.advance(SECOND)
        async with self.database.unit(SYSTEM) as work:
            await resume_paused(work, session_id=self.hall.session_id, epoch=epoch)

    async def lags(self) -> None:
        self.clock.advance(SECOND)
        which = {"session_id": self.hall.session_id, "epoch": self.hall.epoch}
        async with self.database.unit(SYSTEM) as work:
            await extend_for_lag(work, lag_ms=900, **which)


@pytest.fixture
async def course(database: Database, as_owner: Execute, clock: FrozenClock) -> Course:
    hall = await a_hall(database, as_owner)
    await as_owner("UPDATE listings SET published_at = drafted_at")
    return Course(database, clock, hall)


async def decided_again(browser: Browser, hall: AHall, folder: Path) -> Result:
    """Download both files under the names that they arrive with, and run the page's command."""
    for path in ("bids.csv", "terms.json"):
        answer = await browser.get(f"/lots/{hall.listing_id}/{path}")
        name = answer.headers["content-disposition"].partition('filename="')[2].rstrip('"')
        (folder / name).write_bytes(answer.content)
    page = (await browser.get(f"/lots/{hall.listing_id}/bids")).text
    (command,) = re.findall(r"<pre[^>]*>luochui (replay [^<]+)</pre>", page)
    words = [str(folder / word) if "." in word else word for word in command.split()]
    return CliRunner().invoke(luochui, words)


async def test_a_course_that_stood_still_is_decided_again_as_it_was(
    browser: Browser, course: Course, tmp_path: Path
) -> None:
    await course.bids(1000)
    await course.suspended(2 * HOUR)
    await course.bids(1050, "B2")
    await course.bids(1075)
    await course.until_before_the_end(MINUTE)
    await course.bids(1100)
    await course.lags()
    await course.bids(1150, "Y1")
    await course.paused(HOUR)
    await course.loses_its_home()
    await course.bids(1200, "B2")
    await course.until_before_the_end(timedelta())
    await course.bids(1250)
    assert course.reasons == ["", "paused", "", "off_ladder", "", "", "", "late"]
    ran = await decided_again(browser, course.hall, tmp_path)
    told = "8 bids, 8 as recorded, 7 changes of the clock; winner B2 at 1200.00 yuan\n"
    assert (ran.exit_code, ran.output) == (0, told)


async def test_a_withdrawn_one_too(browser: Browser, course: Course, tmp_path: Path) -> None:
    await course.bids(1000)
    course.clock.advance(SECOND)
    async with course.database.unit(SYSTEM) as work:
        await stop_session(work, session_id=course.hall.session_id)
    await course.bids(1050)
    assert course.reasons == ["", "over"]
    ran = await decided_again(browser, course.hall, tmp_path)
    assert (ran.exit_code, "2 bids, 2 as recorded, 1 change" in ran.output) == (0, True)


async def test_what_the_clock_jumped_over_is_told_as_a_standstill(
    browser: Browser, database: Database, as_owner: Execute, clock: FrozenClock, tmp_path: Path
) -> None:
    hall = await a_hall(database, as_owner, opens_in=MINUTE)
    await as_owner("UPDATE listings SET published_at = drafted_at")
    async with database.unit(SYSTEM) as work:
        assert await outlast_jump(work, to=work.now + HOUR, most=1, home_id=hall.home_id) == 1
    clock.advance(HOUR)
    course = Course(database, clock, hall)
    await course.bids(1000)
    ran = await decided_again(browser, hall, tmp_path)
    assert (ran.exit_code, "1 bids, 1 as recorded, 2 changes" in ran.output) == (0, True)


async def test_a_sell_off_ends_by_its_first_bid(
    browser: Browser, database: Database, as_owner: Execute, clock: FrozenClock, tmp_path: Path
) -> None:
    rules = replace(LAW, window_after_first_bid=HOUR)
    hall = await a_hall(database, as_owner, rules=rules, lasts=60 * 24 * HOUR)
    await as_owner("UPDATE listings SET published_at = drafted_at")
    course = Course(database, clock, hall)
    await course.bids(1000)
    await course.until_before_the_end(FIVE - SECOND)
    await course.bids(1050)
    ran = await decided_again(browser, hall, tmp_path)
    assert (ran.exit_code, "2 bids, 2 as recorded; winner A1" in ran.output) == (0, True)
