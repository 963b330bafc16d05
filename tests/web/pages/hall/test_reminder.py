"""The reminder as a calendar reads it: lines unfolded, values unescaped, times in their zone."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from auction.kernel.clock import FrozenClock
from auction.store.database import Database
from tests.bidding.halls import a_hall
from tests.builders import a_listing
from tests.conftest import Execute
from tests.web.browser import Browser
from web.pages.hall.reminder import Reminder, write_reminder

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
SOME = Reminder(
    uid="1@luochui.example",
    version=3,
    written_at=NOON,
    opens_at=NOON + timedelta(days=8, hours=-2),
    closes_at=NOON + timedelta(days=9, hours=-2),
    title="司法拍卖：杭湾市滨江区五常街道文一西路998号8幢1502室住宅用房及其附属的地下车位",
    text="起拍价 1, 2; 3\\4\r\n第二行\x00\x1b",
    url="https://luochui.example/lots/1/room",
)
Line = tuple[str, dict[str, str], str]


def lines_of(file: bytes) -> list[Line]:
    """Read content lines by the grammar of RFC 5545 3.1: name, parameters, value."""
    assert file.endswith(b"\r\n")
    assert b"\n" not in file.replace(b"\r\n", b"")
    raw = file.split(b"\r\n")
    assert all(len(line) <= 75 for line in raw)
    unfolded = file.replace(b"\r\n ", b"").decode().splitlines()
    found = []
    for line in unfolded:
        head, _, value = line.partition(":")
        name, *parameters = head.split(";")
        assert re.fullmatch(r"[A-Z-]+", name), line
        found.append((name, dict(one.split("=") for one in parameters), value))
    return found


def value_of(file: bytes, name: str) -> str:
    """The value of the event's own property, unescaped."""
    lines = lines_of(file)
    start = lines.index(("BEGIN", {}, "VEVENT"))
    text = next(value for found, _, value in lines[start:] if found == name)
    return re.sub(r"\\(.)", lambda match: "\n" if match[1] == "n" else match[1], text)


class TestWriting:
    def test_what_begins_ends_and_nothing_stands_outside(self) -> None:
        inside: list[str] = []
        for name, _, value in lines_of(write_reminder(SOME)):
            if name == "BEGIN":
                inside.append(value)
            elif name == "END":
                assert inside.pop() == value
            assert inside or (name, value) == ("END", "VCALENDAR")

    def test_long_texts_come_back_whole_and_without_control_characters(self) -> None:
        file = write_reminder(SOME)
        assert value_of(file, "SUMMARY") == SOME.title
        assert value_of(file, "DESCRIPTION") == "起拍价 1, 2; 3\\4\n第二行"

    def test_every_part_of_a_folded_line_is_text(self) -> None:
        for size in range(60, 90):
            file = write_reminder(replace(SOME, title="落" * size, text="a" * size))
            assert all(part.decode() is not None for part in file.split(b"\r\n"))
            assert value_of(file, "SUMMARY") == "落" * size

    def test_times_are_beijings_with_the_zone_written_down(self) -> None:
        file = write_reminder(SOME)
        at = {name: (given, value) for name, given, value in lines_of(file) if name[:2] == "DT"}
        assert at["DTSTAMP"] == ({}, "20260302T040000Z")
        given, value = at["DTEND"]
        read = datetime.strptime(value, "%Y%m%dT%H%M%S").replace(tzinfo=ZoneInfo(given["TZID"]))
        assert read == SOME.closes_at
        assert ("TZID", {}, "Asia/Shanghai") in lines_of(file)

    def test_it_rings_a_day_an_hour_and_ten_minutes_before(self) -> None:
        rings = [value for name, _, value in lines_of(write_reminder(SOME)) if name == "TRIGGER"]
        assert rings == ["-PT1440M", "-PT60M", "-PT10M"]

    def test_what_was_withdrawn_rings_no_more(self) -> None:
        file = write_reminder(replace(SOME, status="CANCELLED"))
        assert value_of(file, "STATUS") == "CANCELLED"
        assert b"VALARM" not in file


class TestFile:
    async def test_tells_the_sessions_times_in_the_visitors_language(
        self, browser: Browser, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await a_hall(database, as_owner, opens_in=timedelta(days=3), has_home=False)
        await as_owner("UPDATE listings SET published_at = drafted_at")
        path = f"/lots/{hall.listing_id}/reminder.ics"
        answer = await browser.get(f"{path}?lang=en")
        assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
        assert value_of(answer.content, "SUMMARY") == "Judicial auction: a flat"
        assert value_of(answer.content, "DTSTART") == "20260305T120000"
        assert value_of(answer.content, "URL").endswith(f"/lots/{hall.listing_id}/room")
        assert value_of(answer.content, "UID").startswith(str(hall.listing_id))
        await as_owner("UPDATE listings SET state = 'withdrawn'")
        again = await browser.get(path)
        assert value_of(again.content, "STATUS") == "CANCELLED"

    async def test_a_listing_without_a_session_has_the_announced_times(
        self, browser: Browser, database: Database
    ) -> None:
        listing = await a_listing(database)
        file = (await browser.get(f"/lots/{listing.id}/reminder.ics")).content
        opens_at = listing.opens_at.astimezone(ZoneInfo("Asia/Shanghai"))
        assert value_of(file, "DTSTART") == f"{opens_at:%Y%m%dT%H%M%S}"
        assert (
            f'href="/lots/{listing.id}/reminder.ics"'
            in (await browser.get(f"/lots/{listing.id}")).text
        )

    async def test_a_draft_has_none(self, browser: Browser) -> None:
        nobody = "/lots/01920000-0000-7000-8000-000000000000/reminder.ics"
        assert (await browser.get(nobody)).status_code == 404
