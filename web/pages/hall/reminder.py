"""A reminder of one session for anybody's calendar, as RFC 5545 writes it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.kernel.clock import BEIJING
from auction.kernel.ids import ListingId
from auction.kernel.refusal import Refusal
from auction.listings.listing import Listing, ListingState
from bidding.queries import session_of_listing
from web.i18n import n_, translate
from web.signin import visit_of
from web.wiring import database_of, path_id, reading

LINE_BYTES_MAX: Final = 75
"""RFC 5545 3.1, without the line break."""
BEFORE: Final = (timedelta(days=1), timedelta(hours=1), timedelta(minutes=10))
STATUS: Final = {ListingState.WITHDRAWN: "CANCELLED", ListingState.SUSPENDED: "TENTATIVE"}
_ESCAPED: Final = str.maketrans({"\\": r"\\", ";": r"\;", ",": r"\,", "\n": r"\n"})
_UNWRITABLE: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")

TIME_ZONE: Final = (
    "BEGIN:VTIMEZONE",
    "TZID:Asia/Shanghai",
    "BEGIN:STANDARD",
    "DTSTART:19910915T000000",  # since then one offset, without summer time
    "TZOFFSETFROM:+0800",
    "TZOFFSETTO:+0800",
    "TZNAME:CST",
    "END:STANDARD",
    "END:VTIMEZONE",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """An entry of a calendar; texts as people read them."""

    uid: str
    version: int
    """Grows when times change, so that a calendar takes the newer entry."""
    written_at: datetime
    opens_at: datetime
    closes_at: datetime
    title: str
    text: str
    url: str
    status: str = "CONFIRMED"
    """CANCELLED and TENTATIVE ring no bell."""


def write_reminder(reminder: Reminder) -> bytes:
    """The file: lines of at most 75 bytes, ended by CRLF; it rings three times."""
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Luochui//Reminder 1//ZH",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        *TIME_ZONE,
        *_event(reminder),
        "END:VCALENDAR",
    )
    return b"".join(_folded(line) for line in lines)


def _event(reminder: Reminder) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{reminder.uid}"
    yield f"SEQUENCE:{reminder.version}"
    yield f"DTSTAMP:{_utc(reminder.written_at)}"
    yield f"DTSTART;TZID=Asia/Shanghai:{_local(reminder.opens_at)}"
    yield f"DTEND;TZID=Asia/Shanghai:{_local(reminder.closes_at)}"
    yield f"SUMMARY:{escaped(reminder.title)}"
    yield f"DESCRIPTION:{escaped(reminder.text)}"
    yield f"URL:{reminder.url}"
    yield f"STATUS:{reminder.status}"
    if reminder.status == "CONFIRMED":
        for before in BEFORE:
            yield from _alarm(reminder.title, before)
    yield "END:VEVENT"


def _alarm(title: str, before: timedelta) -> Sequence[str]:
    minutes = int(before.total_seconds()) // 60
    return (
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"TRIGGER:-PT{minutes}M",
        f"DESCRIPTION:{escaped(title)}",
        "END:VALARM",
    )


def escaped(text: str) -> str:
    """A TEXT value (RFC 5545 3.3.11); control characters, which none may hold, are left out."""
    return _UNWRITABLE.sub("", text.replace("\r\n", "\n")).translate(_ESCAPED)


def _folded(line: str) -> bytes:
    """A content line, broken between characters so that no part is over 75 bytes."""
    parts, part = [], b""
    for character in line:
        more = character.encode()
        if len(part) + len(more) > LINE_BYTES_MAX:
            parts.append(part)
            part = b" "
        part += more
    return b"\r\n".join([*parts, part]) + b"\r\n"


def _utc(moment: datetime) -> str:
    return f"{moment:%Y%m%dT%H%M%SZ}"


def _local(moment: datetime) -> str:
    return f"{moment.astimezone(BEIJING):%Y%m%dT%H%M%S}"


async def reminder_file(request: Request) -> Response:
    """The times of one listing's session, in the visitor's language."""
    listing_id = ListingId(path_id(request, "listing"))
    settings, locale = request.state.settings, visit_of(request).locale
    async with reading(request) as session:
        listing = await session.get(Listing, listing_id)
        if listing is None or listing.published_at is None:
            raise Refusal("not_found", what="listing", id=str(listing_id))
        board = await session_of_listing(session, listing_id)
    url = f"{settings.web_origin}/lots/{listing_id}/room"
    text = translate(
        locale,
        n_("起拍价 {price} 元。最后几分钟内有人出价的，结束时间顺延。竞价大厅：{url}"),
        price=str(listing.starting_price),
        url=url,
    )
    reminder = Reminder(
        uid=f"{listing_id}@{urlsplit(settings.web_origin).hostname}",
        version=board.version if board else 0,
        written_at=database_of(request).clock.now(),
        opens_at=board.opens_at if board else listing.opens_at,
        closes_at=board.closes_at if board else listing.closes_at,
        title=translate(locale, n_("司法拍卖：{title}"), title=listing.title),
        text=text,
        url=url,
        status=STATUS.get(listing.state, "CONFIRMED"),
    )
    name = f"reminder-{listing_id}.ics"
    return Response(
        write_reminder(reminder),
        media_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


ROUTES: list[BaseRoute] = [Route("/lots/{listing}/reminder.ics", reminder_file)]
