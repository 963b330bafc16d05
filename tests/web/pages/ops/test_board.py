from datetime import timedelta

from sqlalchemy import select

from auction.kernel.actor import SYSTEM, Role
from auction.kernel.clock import FrozenClock
from auction.store.database import Database
from auction.store.journal import JournalEntry
from auction.store.outbox import ATTEMPTS_MAX, OutboxRow, OutboxState
from auction.store.pulse import beat
from tests.auction.store.test_commands import a_row, fails
from tests.web.browser import ORIGIN, Browser, forms_of
from tests.web.conftest import NewBrowser
from tests.web.pages.test_finance import a_member_of_staff, signs_in
from web.pages.ops.board import SILENCE_MAX, WORKS
from workers.jobs import JOBS, SLOW_JOBS


async def an_administrator(database: Database, new_browser: NewBrowser) -> Browser:
    return await signs_in(new_browser(), await a_member_of_staff(database, Role.ADMINISTRATOR, 1))


async def test_a_dead_letter_is_shown_with_its_error_and_tried_again(
    database: Database, new_browser: NewBrowser
) -> None:
    browser = await an_administrator(database, new_browser)
    row_id = await a_row(database)
    await fails(database, row_id, 1)
    page = await browser.get("/ops")
    assert "RuntimeError: stumbled" in page.text
    assert f"retry-{row_id}" not in page.text
    await fails(database, row_id, ATTEMPTS_MAX)
    answered = await browser.submit("/ops", f"retry-{row_id}", {})
    assert answered.status_code == 303, answered.text
    async with database.reading() as session:
        assert (await session.get_one(OutboxRow, row_id)).state is OutboxState.WAITING
    again = await browser.client.get("/ops?show=dead")
    assert "已重新交给后台处理" in again.text
    assert "没有停止重试的事项" in again.text


async def test_a_second_try_of_the_same_letter_does_nothing_more(
    database: Database, new_browser: NewBrowser
) -> None:
    browser = await an_administrator(database, new_browser)
    row_id = await a_row(database)
    await fails(database, row_id, ATTEMPTS_MAX)
    action, fields = forms_of((await browser.get("/ops")).text)[f"retry-{row_id}"]
    for status in (303, 422):
        answered = await browser.client.post(action, data=fields, headers={"origin": ORIGIN})
        assert answered.status_code == status
    assert 'data-code="outbox.not_dead"' in answered.text
    async with database.reading() as session:
        kinds = (await session.scalars(select(JournalEntry.kind))).all()
    assert list(kinds).count("outbox.retried") == 1


async def test_rows_are_filtered_by_what_they_are_and_how_they_stand(
    database: Database, new_browser: NewBrowser
) -> None:
    browser = await an_administrator(database, new_browser)
    greet = await a_row(database)
    await fails(database, greet, ATTEMPTS_MAX)
    async with database.unit(SYSTEM) as work:
        work.enqueue("bow", person="8")
    retry = f"retry-{greet}"
    assert retry in (await browser.get("/ops?name=greet")).text
    for nothing in ("/ops?name=bow", "/ops?show=dead&name=bow"):
        page = (await browser.get(nothing)).text
        assert retry not in page
        assert "没有符合条件的事项" in page
    waiting = (await browser.get("/ops?show=waiting")).text
    assert '<td data-label="事项" title="bow">bow</td>' in waiting
    assert retry not in waiting
    assert "没有失败的事项" in (await browser.get("/ops?show=retried")).text
    kept = await browser.submit("/ops?show=dead&name=greet", retry, {})
    assert kept.headers["location"] == "/ops?show=dead&name=greet"


async def test_a_silent_worker_is_seen(
    database: Database, new_browser: NewBrowser, clock: FrozenClock
) -> None:
    browser = await an_administrator(database, new_browser)
    assert "后台进程还没有报到" in (await browser.get("/ops")).text
    async with database.unit(SYSTEM) as work:
        await beat(work.session, "work", started_at=work.now, now=work.now)
    assert "运行中" in (await browser.get("/ops")).text
    clock.advance(SILENCE_MAX + timedelta(seconds=1))
    assert "没有心跳" in (await browser.get("/ops")).text


async def test_the_rulebook_in_force_is_named_in_both_languages(
    database: Database, new_browser: NewBrowser
) -> None:
    browser = await an_administrator(database, new_browser)
    rules = await database.rulebook()
    assert rules.name in (await browser.get("/ops")).text
    assert "Nothing was given up." in (await browser.get("/ops?lang=en&show=dead")).text


async def test_others_are_sent_away(database: Database, new_browser: NewBrowser) -> None:
    clerk = await signs_in(new_browser(), await a_member_of_staff(database, Role.FINANCE_CLERK, 1))
    assert (await clerk.get("/ops")).status_code == 403
    assert (await new_browser().get("/ops")).status_code == 303


def test_every_job_has_a_name_for_people() -> None:
    assert {*JOBS, *SLOW_JOBS} <= set(WORKS)
