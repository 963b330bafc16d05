"""The officer's live desk in his browser: state, alerts, log by code, and what may be done."""

import re
from datetime import timedelta

import pytest

from auction.kernel.actor import SYSTEM, Role
from auction.kernel.clock import FrozenClock
from auction.store.database import Database
from bidding.commands import close_session
from bidding.hall.standstill import pause_session, resume_paused
from bidding.queries import board
from tests.bidding.halls import AHall, Execute, a_hall, a_listing, a_placed_bid, place
from tests.builders import a_case, a_lot
from tests.web.browser import Browser, approves, forms_of
from tests.web.conftest import NewBrowser
from tests.web.pages.test_finance import a_member_of_staff, signs_in

HOUR = timedelta(hours=1)


@pytest.fixture
async def officer(database: Database, new_browser: NewBrowser) -> Browser:
    return await signs_in(new_browser(), await a_member_of_staff(database, Role.OFFICER, 1))


async def offered(
    database: Database, as_owner: Execute, *, opens_in: timedelta, lasts: timedelta = 24 * HOUR
) -> AHall:
    """A published listing of a case of the officer's court, with its session."""
    hall = await a_hall(database, as_owner, opens_in=opens_in, lasts=lasts)
    case_id = await a_case(database)
    await as_owner(
        f"UPDATE listings SET case_id = '{case_id}', published_at = drafted_at,"
        f" court_id = '浙0199' WHERE id = '{hall.listing_id}'"
    )
    return hall


def page_of(hall: AHall) -> str:
    return f"/court/live/{hall.listing_id}"


async def state_of(database: Database, hall: AHall) -> str:
    async with database.reading() as session:
        return (await board(session, hall.session_id)).state.value


class TestTheDesk:
    async def test_says_when_nothing_runs(self, officer: Browser) -> None:
        assert "没有正在进行或者即将开始的竞价" in (await officer.get("/court/live")).text

    async def test_lists_a_session_with_its_alerts_and_leads_to_it(
        self, officer: Browser, database: Database, as_owner: Execute
    ) -> None:
        hall = await offered(database, as_owner, opens_in=timedelta())
        await place(database, hall, a_placed_bid(database, 5000))
        page = (await officer.get("/court/live")).text
        assert f'href="{page_of(hall)}"' in page
        assert "大幅加价" in page
        assert "5,000.00" in page

    async def test_is_one_link_away_from_every_page_of_an_officer(self, officer: Browser) -> None:
        assert 'href="/court/live"' in (await officer.get("/court")).text


class TestOneSession:
    async def test_shows_the_log_by_code_and_each_alert_with_what_to_do(
        self, officer: Browser, database: Database, as_owner: Execute
    ) -> None:
        hall = await offered(database, as_owner, opens_in=timedelta())
        await place(database, hall, a_placed_bid(database, 5000), a_placed_bid(database, 900, "B2"))
        async with database.unit(SYSTEM) as work:
            await pause_session(work, session_id=hall.session_id, epoch=1, ground="clock_drift")
        page = (await officer.get(page_of(hall))).text
        assert all(text in page for text in ("A1", "B2", "低于起拍价", "5,000.00"))
        assert "第 1 号出价一次加了 80 个增价幅度" in page
        assert "服务器时钟偏差过大" in page
        assert "仍在继续" in page
        async with database.unit(SYSTEM) as work:
            await resume_paused(work, session_id=hall.session_id, epoch=1)
        page = (await officer.get(page_of(hall))).text
        assert "已自动恢复" in page
        assert "仍在继续" not in page

    async def test_has_a_picture_that_changes_with_what_the_page_shows(
        self, officer: Browser, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await offered(database, as_owner, opens_in=timedelta(minutes=1))

        async def picture() -> str:
            told = str((await officer.get(f"{page_of(hall)}/state.json")).json()["picture"])
            assert f'data-picture="{told}"' in (await officer.get(page_of(hall))).text
            return told

        waiting = await picture()
        assert await picture() == waiting
        clock.advance(timedelta(minutes=3))
        late = await picture()  # an alert, though nothing happened to the session
        await place(database, hall, a_placed_bid(database, 1000))
        assert len({waiting, late, await picture()}) == 3

    async def test_refreshes_by_itself_without_scripts_only_when_asked(
        self, officer: Browser, database: Database, as_owner: Execute
    ) -> None:
        hall = await offered(database, as_owner, opens_in=timedelta())
        assert 'http-equiv="refresh"' not in (await officer.get(page_of(hall))).text
        assert 'http-equiv="refresh"' in (await officer.get(f"{page_of(hall)}?watch=1")).text

    async def test_of_an_unpublished_listing_is_not_there(
        self, officer: Browser, database: Database, as_owner: Execute
    ) -> None:
        hall = await offered(database, as_owner, opens_in=timedelta())
        await as_owner("UPDATE listings SET published_at = NULL")
        assert (await officer.get(page_of(hall))).status_code == 404
        assert (await officer.get("/court/live/no-such")).status_code == 404

    async def test_before_its_session_is_made_says_so(
        self, officer: Browser, database: Database, as_owner: Execute
    ) -> None:
        listing = await a_listing(database, as_owner)
        await as_owner("UPDATE listings SET published_at = drafted_at")
        page = await officer.get(f"/court/live/{listing}")
        assert "竞价程序尚未建立" in page.text
        assert "start-session" not in forms_of(page.text)


class TestTheButtons:
    async def test_start_is_offered_from_the_announced_time_on_and_opens(
        self, officer: Browser, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await offered(database, as_owner, opens_in=timedelta(minutes=10))
        assert "start-session" not in forms_of((await officer.get(page_of(hall))).text)
        clock.advance(timedelta(minutes=12))
        page = (await officer.get(page_of(hall))).text
        assert "公告的开始时间已过" in page
        answer = await officer.submit(page_of(hall), "start-session", {})
        assert answer.status_code == 303
        assert await state_of(database, hall) == "open"
        assert "start-session" not in forms_of((await officer.get(page_of(hall))).text)

    async def test_suspend_needs_a_ground_and_stops_at_once(
        self, officer: Browser, database: Database, as_owner: Execute
    ) -> None:
        hall = await offered(database, as_owner, opens_in=timedelta())
        await place(database, hall, a_placed_bid(database, 1000))
        refused = await officer.submit(page_of(hall), "suspend-session", {"ground": ""})
        assert (refused.status_code, await state_of(database, hall)) == (422, "open")
        answer = await officer.submit(page_of(hall), "suspend-session", {"ground": "案外人异议"})
        assert (answer.status_code, await state_of(database, hall)) == (303, "suspended")
        assert "案外人异议" in (await officer.get(page_of(hall))).text

    async def test_resume_takes_a_second_person_and_gives_the_time_back(
        self,
        officer: Browser,
        database: Database,
        as_owner: Execute,
        clock: FrozenClock,
        new_browser: NewBrowser,
    ) -> None:
        hall = await offered(database, as_owner, opens_in=timedelta())
        await place(database, hall, a_placed_bid(database, 1000))
        await officer.submit(page_of(hall), "suspend-session", {"ground": "案外人异议"})
        clock.advance(timedelta(minutes=7))
        assert (await officer.submit(page_of(hall), "resume-session", {})).status_code == 303
        assert await state_of(database, hall) == "suspended"
        panel = await signs_in(new_browser(), await a_member_of_staff(database, Role.PANEL, 2))
        page = (await panel.get(page_of(hall))).text
        assert "核对并审批" in page
        assert "suspend-session" not in forms_of(page)
        await approves(panel)
        async with database.reading() as session:
            resumed = await board(session, hall.session_id)
        assert resumed.state.value == "open"
        assert resumed.closes_at == hall.closes_at + timedelta(minutes=7)

    async def test_withdraw_ends_it_and_leaves_no_button(
        self, officer: Browser, database: Database, as_owner: Execute
    ) -> None:
        hall = await offered(database, as_owner, opens_in=timedelta())
        lot_id = await a_lot(database, number=89)
        await as_owner(f"UPDATE listings SET lot_id = '{lot_id}' WHERE id = '{hall.listing_id}'")
        await place(database, hall, a_placed_bid(database, 1000))
        answer = await officer.submit(page_of(hall), "withdraw-session", {"ground": "被执行人履行"})
        assert answer.status_code == 303, answer.text
        assert await state_of(database, hall) == "stopped"
        page = (await officer.get(page_of(hall))).text
        assert {"suspend-session", "withdraw-session"}.isdisjoint(forms_of(page))


class TestTheCertificate:
    async def test_is_issued_once_and_led_to_from_the_record_that_everybody_sees(
        self,
        officer: Browser,
        database: Database,
        as_owner: Execute,
        clock: FrozenClock,
        new_browser: NewBrowser,
    ) -> None:
        hall = await offered(database, as_owner, opens_in=timedelta(), lasts=HOUR / 6)
        await place(database, hall, a_placed_bid(database, 1000))
        assert "certify-service" not in forms_of((await officer.get(page_of(hall))).text)
        clock.instant = hall.closes_at
        async with database.unit(SYSTEM) as work:
            await close_session(work, session_id=hall.session_id, epoch=hall.epoch)
        early = await officer.submit(page_of(hall), "certify-service", {})
        assert (early.status_code, "满 20 秒后" in early.text) == (422, True)
        clock.advance(timedelta(minutes=1))
        assert (await officer.submit(page_of(hall), "certify-service", {})).status_code == 303
        page = (await officer.get(page_of(hall))).text
        assert "certify-service" not in forms_of(page)
        record = (await new_browser().get(f"/lots/{hall.listing_id}/service")).text
        (link,) = set(re.findall(r'"(/verify/[^"]+)"', record))
        assert f'"{link}"' in page
        proof = (await new_browser().get(link)).text
        assert "竞价系统运行记录证明" in proof
        english = (await officer.get(f"{page_of(hall)}?lang=en")).text
        assert "Certificate of the service record" in english
