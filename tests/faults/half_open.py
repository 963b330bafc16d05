"""Lines of the worker and of the pages to PostgreSQL that go dead in silence, for ever."""

import asyncio
import urllib.error
import urllib.request
from collections import Counter
from uuid import UUID

from auction.kernel.actor import SYSTEM
from auction.people.mailing import Letter, LetterKind
from tests.builders import a_person
from tests.faults.checker import CLOSE_MS_MAX
from tests.faults.course import Course
from tests.faults.line import Line
from tests.faults.room import Room, a_room, until_over

LETTERS = 60
SENT_SECONDS_MAX = 60.0
"""A job that hung is broken off after 15 s, and handed out again 20 s after its handing out."""
LONELY_SECONDS = 6.0
ASKED = 12
"""So many pages are asked for while the line goes dead."""
ANSWERED_SECONDS_MAX = 25.0
"""A statement of a page takes 10 s at most, 5 s later its line is given up, and 2 s are left for
goodbyes: of its connection, and of the next one that was as old."""
_NOTE_EFFECTS = """
    CREATE TABLE IF NOT EXISTS faults.sent (letter_id uuid NOT NULL);
    CREATE OR REPLACE FUNCTION faults.note_sent() RETURNS trigger LANGUAGE plpgsql
        SECURITY DEFINER AS $$ BEGIN INSERT INTO faults.sent VALUES (NEW.id); RETURN NULL; END $$;
    CREATE OR REPLACE TRIGGER noted AFTER UPDATE OF sent_at ON letter
        FOR EACH ROW EXECUTE FUNCTION faults.note_sent();
"""


async def deaden_worker(course: Course) -> None:
    """The worker's line is half-open among its jobs: each is done once, and all ends in time."""
    await _deaden_among_jobs(course, course.platform.lines["worker"])


async def deaden_queue(course: Course) -> None:
    """The worker's line to Valkey is half-open among its jobs: each is done once."""
    await _deaden_among_jobs(course, course.platform.valkey_lines["worker"])


async def _deaden_among_jobs(course: Course, line: Line) -> None:
    platform, room = course.platform, course.room
    await platform.as_owner(_NOTE_EFFECTS)
    lonely = await a_room(
        platform, room.database, bidders=1, lasts=LONELY_SECONDS, origins=room.origins
    )
    letters = await _write_letters(room)
    while not await _sent(room, letters):
        await asyncio.sleep(0.01)
    line.deaden()
    course.notes.append(f"{len(await _sent(room, letters))} of {LETTERS} jobs were done before")
    began = room.now()
    await until_over(lonely, LONELY_SECONDS + 2 * CLOSE_MS_MAX / 1000)
    await lonely.look_back()
    course.found["nobody_came"] = _closed_late(course, lonely)
    while len(await _sent(room, letters)) < LETTERS and room.now() - began < SENT_SECONDS_MAX:
        await asyncio.sleep(0.2)
    times = Counter(await _sent(room, letters))
    course.found["jobs"] = [
        f"letter {one} was sent {times[one]} times" for one in letters if times[one] != 1
    ]
    course.notes.append(f"{len(times)} jobs were done {room.now() - began:.0f} s later")


def _closed_late(course: Course, lonely: Room) -> list[str]:
    end = lonely.history.ending
    if end is None or end.closed_ms is None:
        return ["what nobody came to bid in was never closed"]
    late = end.closed_ms - end.closes_ms
    course.notes.append(f"what nobody came to bid in was closed {late / 1000:.1f} s after its end")
    return [f"it was closed {late:.0f} ms after its end"] if late > CLOSE_MS_MAX else []


async def _write_letters(room: Room) -> list[UUID]:
    """Letters to somebody, each a job of the worker."""
    async with room.database.unit(SYSTEM) as work:
        person = await a_person(work, work.new_id(), "甲")
        await work.session.flush()
        letters = [
            Letter(
                id=work.new_id(), subject_key=person.subject_key, person_id=person.id,
                kind=LetterKind.CHANGED, address="nobody@luochui.invalid", challenge_id=None,
                made_at=work.now, sent_at=None,
            )
            for _ in range(LETTERS)
        ]  # fmt: skip
        for letter in letters:
            work.add(letter)
            work.enqueue("send_letter", letter_id=str(letter.id))
        return [letter.id for letter in letters]


async def _sent(room: Room, letters: list[UUID]) -> list[UUID]:
    rows = await room.platform.fetch(
        "SELECT letter_id FROM faults.sent WHERE letter_id = ANY($1)", letters
    )
    return [row["letter_id"] for row in rows]


async def deaden_pages(course: Course) -> None:
    """The pages' line is half-open while they are asked for: all are answered, the next ones well.

    What was asked on the dead line may be told that the database is away, and nothing else.
    """
    platform, room = course.platform, course.room
    port = await platform.have_pages()
    first = await asyncio.gather(*(_page(port, f"/lots?q={n}") for n in range(ASKED)))
    asking = [asyncio.create_task(_page(port, f"/lots?q=once{n}")) for n in range(ASKED)]
    await asyncio.sleep(0.05)
    platform.lines["pages"].deaden()
    began = room.now()
    told = await asyncio.gather(*asking)
    taken = room.now() - began
    after = await asyncio.gather(*(_page(port, "/readyz") for _ in range(ASKED)))
    course.notes.append(
        f"{told.count(200)} of {ASKED} pages came, the others said in {taken:.1f} s that the"
        f" database is away; the next ones came {room.now() - began - taken:.1f} s later"
    )
    course.found["answered"] = [
        *(f"before, a page was answered {status}" for status in first if status != 200),
        *(f"a page was answered {status}" for status in told if status not in {200, 503}),
        *(f"afterwards a page was answered {status}" for status in after if status != 200),
    ]


async def _page(port: int, path: str) -> int:
    """The status of a page; 0 when nobody answers in time."""

    def get() -> int:
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{port}{path}", timeout=ANSWERED_SECONDS_MAX
            ) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as told:
            return told.code
        except OSError:
            return 0

    return await asyncio.to_thread(get)
