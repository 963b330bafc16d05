"""A running room for browser tests: pages, hall, signer, one listing, and seats in it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

import msgspec
from playwright.async_api import Browser, Page, WebSocketRoute

from auction.kernel.actor import SYSTEM, VISITOR
from auction.kernel.ids import CourtId, RegistrationId, new_id
from auction.kernel.money import Money
from auction.kernel.settings import Settings
from auction.people.commands import Enrolment, enroll_person, sign_in
from auction.people.credentials import new_token
from auction.people.organisation import Court
from auction.people.person import PersonKind
from auction.store.database import Database
from bidding.admission import admission_digest
from bidding.engine import Extension, Ladder, Rules
from bidding.registration import Capacity, PriorityState, Registration, RegistrationState
from tests.bidding.halls import AHall, a_hall
from tests.conftest import Execute
from tests.web.chromium import PHONE, free_port, served, visitor
from tests.web.live.rooms import ARoom, a_room, a_signer, real_time
from workers.demo.cast import resident

STEP = 1_000_000
START = 118_000_000
NEAR = timedelta(seconds=8)
"""The law's five minutes in small: a bid this close to the end moves it this far."""
RULES = Rules(Ladder.MULTIPLE, Extension.RESET, Money(START), Money(STEP), NEAR, NEAR)
LASTS = timedelta(minutes=10)


@dataclass
class Site:
    """Pages, hall and signer running, one listing open for bids, a browser at hand."""

    settings: Settings
    database: Database
    room: ARoom
    hall: AHall
    browser: Browser

    @property
    def path(self) -> str:
        return f"/lots/{self.hall.listing_id}"

    async def closes_in(self, left: timedelta, as_owner: Execute) -> None:
        """Have the session end sooner; nobody may have entered to bid."""
        closes_at = self.database.clock.now() + left
        await as_owner(
            f"UPDATE sessions SET scheduled_close_at = '{closes_at}', closes_at = '{closes_at}'"
        )
        self.hall = replace(self.hall, closes_at=closes_at)

    async def seated(
        self,
        code: str,
        serial: int,
        as_owner: Execute,
        *,
        size: dict[str, int] = PHONE,
        scheme: str = "light",
    ) -> Page:
        """A page of somebody who has signed up, been qualified and opened his code."""
        name = f"竞买人{serial}"
        who = Enrolment(f"p{serial}", PersonKind.NATURAL, name, resident(serial), "a hash")
        async with self.database.unit(VISITOR) as work:
            person_id = await enroll_person(work, work.new_id(), enrolment=who)
        token = new_token()
        async with self.database.unit(VISITOR) as work:
            await sign_in(
                work, new_id(work.now), person_id=person_id, token=token, browser="a browser"
            )
        listing_id, now = self.hall.listing_id, self.database.clock.now()
        async with self.database.unit(SYSTEM) as work:
            registration = Registration(
                id=RegistrationId(new_id(now)),
                subject_key=await work.subject_key(person_id),
                listing_id=listing_id,
                court_id=CourtId("浙0199"),
                person_id=person_id,
                state=RegistrationState.QUALIFIED,
                capacity=Capacity.SELF,
                applied_at=now,
                priority=PriorityState.NONE,
                priority_ground="",
                password_salt=b"salt",
            )
            work.add(registration)
        digest = admission_digest(listing_id, token.encode()).hex()
        await as_owner(
            "INSERT INTO hall_admission (digest, listing_id, code, expires_at) VALUES"
            f" ('\\x{digest}', '{listing_id}', '{code}', '{now + timedelta(hours=2)}')"
        )
        page = await visitor(self.browser, self.settings, size=size, scheme=scheme)
        cookie = {"name": "signin", "value": token, "url": self.settings.web_origin}
        await page.context.add_cookies([cookie])
        return page


@asynccontextmanager
async def a_site(settings: Settings, as_owner: Execute, browser: Browser) -> AsyncIterator[Site]:
    """Run everything that a room needs; leaving stops it."""
    port = free_port()
    own = msgspec.structs.replace(settings, web_port=port, web_origin=f"http://127.0.0.1:{port}")
    async with (
        real_time(own) as now,
        a_signer(own),
        a_room(own, now) as room,
        served(room.settings, now),
    ):
        hall = await a_hall(now, as_owner, rules=RULES, lasts=LASTS, has_home=False)
        await as_owner(
            "UPDATE listings SET published_at = drafted_at, deposit = 11800000,"
            " title = '杭湾市滨江区五常街道文一西路998号8幢1502室住宅用房'"
        )
        await as_owner(
            "INSERT INTO cases (id, court_id, number, enforcement_basis, officer_id,"
            " debtor_is_enterprise, state, rulebook, opened_at, stay_ground) SELECT case_id,"
            " court_id, '（2026）浙0199执88号', '', drafted_by, false, 'open', 'LAW', drafted_at,"
            " '' FROM listings"
        )
        async with now.unit(SYSTEM) as work:
            work.add(Court(id="浙0199", name="杭湾市人民法院（演示）"))
        yield Site(room.settings, now, room, hall, browser)


class Tunnel:
    """Stands between the page and the hall, and can lose a verdict and the line with it."""

    def __init__(self) -> None:
        self.is_losing = False
        self.cuts = 0
        self.routes: list[WebSocketRoute] = []

    async def close(self, code: int) -> None:
        """Close the line as the hall would."""
        await self.routes[-1].close(code=code, reason="tunnel")

    async def through(self, route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        self.routes.append(route)

        def from_hall(message: str | bytes) -> None:
            if self.is_losing and json.loads(message)["type"] in {"verdict", "frame"}:
                self.is_losing = False
                self.cuts += 1
                self.closing = asyncio.ensure_future(route.close(code=1011, reason="tunnel"))
                return
            route.send(message)

        server.on_message(from_hall)
