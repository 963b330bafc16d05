"""A sale before its close on a whole running platform: many bidders, the canary among them.

Most of them sign up by the platform's own commands, which is quick; the canary and a rival do
everything on real pages. Who is called what, and who holds which code, only this stage knows.
"""

import asyncio
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

import asyncpg
import pytest

from auction.deposits.deposit import Deposit
from auction.deposits.queries import deposit_of
from auction.kernel.actor import VISITOR, Actor, Role
from auction.kernel.ids import BidderCode, ListingId, PersonId, RegistrationId, SessionId
from auction.kernel.refusal import Refusal
from auction.law.warnings import SPECIAL_WARNINGS, VERSION
from auction.listings.commands import change_terms, notify_parties, publish_listing
from auction.people.commands import Enrolment, enroll_person, sign_in
from auction.people.credentials import new_token, token_digest
from auction.people.person import PersonKind
from auction.people.queries import person_named
from auction.store.database import Database
from bidding.admission import admit
from bidding.enrolment import PasswordLock, acknowledge, register_bidder, start_registration
from bidding.enrolment_queries import registration_of
from bidding.hall.ticket import issue_ticket
from bidding.queries import session_of_listing
from bidding.registration import RegistrationState
from bidding.sealing import SALT_BYTES, private_key_of, public_key_of
from bidding.undertakings import UNDERTAKINGS
from tests.builders import OFFICER, a_draft, approve, complete
from tests.canary.traces import Bird
from workers.demo.bidder import Bidder, Message
from workers.demo.browser import Browser
from workers.demo.cast import resident
from workers.demo.journey import Journey
from workers.demo.statement_file import BankEntry
from workers.demo.steps import finance, registration
from workers.demo.steps.bidding import least

TEXTS = tuple(text.key for text in (*SPECIAL_WARNINGS, *UNDERTAKINGS))
OPENS_IN = timedelta(seconds=20)
LASTS = timedelta(hours=2)
"""Longer than any run: everything is looked at before the close."""
SECONDS_MAX = 240.0
AT_ONCE = 6
SALT = bytes(range(SALT_BYTES))
ROOM_PASSWORD = "参拍密码八位以上"
CANARY, RIVAL, DECOY = "jinsique", "bidder1", "kongque007"
CANARY_NAME, CANARY_MAIL = "金丝雀未鸣", "jinsique@example.org"
DECOY_NAME = "孔雀假装"
_TWICE = """
    INSERT INTO person
    SELECT (jsonb_populate_record(p, jsonb_build_object('id', gen_random_uuid()))).*
    FROM person p WHERE username = $1
"""
_SURNAMES, _GIVEN = "赵钱孙李周吴郑王冯陈褚卫", "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未"


@dataclass(frozen=True, slots=True)
class Known:
    """What the stage knows of one bidder."""

    username: str
    name: str
    number: str
    account: str
    person_id: PersonId
    token: str = field(repr=False)
    """Of a sign-in of his; his browser alone holds it."""


class Listening(Bidder):
    """A socket client that keeps every message it is told."""

    heard: list[Message]

    async def _hear(self, message: Message) -> None:
        self.__dict__.setdefault("heard", []).append(message)
        await super()._hear(message)


@dataclass
class Sale:
    """One listing and everybody who bids for it."""

    database: Database
    journey: Journey
    listing_id: ListingId
    known: dict[str, Known] = field(default_factory=dict)
    codes: dict[str, BidderCode] = field(default_factory=dict)
    sockets: dict[str, Listening] = field(default_factory=dict)
    key: bytes = field(default=b"", repr=False)
    """Of the one 参拍密码 that all quick bidders share, so that it is made once."""

    @property
    def path(self) -> str:
        return f"/lots/{self.listing_id}"

    async def sign_up(self, usernames: Sequence[str]) -> None:
        """Let quick bidders enrol, sign in, register and be asked for their deposits."""
        self.key = await asyncio.to_thread(private_key_of, ROOM_PASSWORD, SALT)
        turn = asyncio.Semaphore(AT_ONCE)

        async def one(serial: int, username: str) -> None:
            async with turn:
                await self._enrol(serial, username)
                await self._register(username)

        await asyncio.gather(*(one(n, username) for n, username in enumerate(usernames)))

    async def _enrol(self, serial: int, username: str) -> None:
        name = DECOY_NAME if username == DECOY else _name(serial)
        number, account, token = resident(200 + serial), f"62220088{serial:08d}", new_token()
        async with self.database.unit(VISITOR) as work:
            enrolment = Enrolment(username, PersonKind.NATURAL, name, number, "no password")
            person_id = await enroll_person(work, work.new_id(), enrolment=enrolment)
        async with self.database.unit(VISITOR) as work:
            await sign_in(work, work.new_id(), person_id=person_id, token=token, browser="quick")
        self.known[username] = Known(username, name, number, account, person_id, token)

    async def _register(self, username: str) -> None:
        lock = PasswordLock(SALT, public_key_of(self.key))
        async with self.database.unit(self.actor(username)) as work:
            started = await start_registration(work, work.new_id(), listing_id=self.listing_id)
            await work.session.flush()
            for key in TEXTS:
                await acknowledge(work, started.id, key=key, version=VERSION)
            await work.session.flush()
            await register_bidder(work, started.id, lock=lock)

    def actor(self, username: str) -> Actor:
        return Actor(self.known[username].person_id, frozenset({Role.BIDDER}))

    async def pay(self, usernames: Sequence[str]) -> None:
        """One statement with their deposits, in an order of chance; wait for their codes."""
        entries = [await self._entry(username) for username in usernames]
        secrets.SystemRandom().shuffle(entries)
        await finance.take_statement(self.journey, entries)
        for username in usernames:
            await self.journey.until(
                partial(self._is_qualified, username), f"{username}'s code", seconds=SECONDS_MAX
            )

    async def _entry(self, username: str) -> BankEntry:
        who, deposit = self.known[username], await self.deposit(username)
        return BankEntry(
            is_in=True,
            amount=deposit.amount,
            name=who.name,
            account=who.account,
            virtual_account=deposit.virtual_account,
            remark="竞买保证金",
        )

    async def deposit(self, username: str) -> Deposit:
        async with self.database.reading() as session:
            signed_up = await registration_of(
                session, self.listing_id, self.known[username].person_id
            )
            view = await deposit_of(session, signed_up.id) if signed_up else None
            if view is None:
                raise AssertionError(f"{username} was asked for no deposit")
            return await session.get_one(Deposit, view.id)

    async def _is_qualified(self, username: str) -> bool:
        async with self.database.reading() as session:
            found = await registration_of(session, self.listing_id, self.known[username].person_id)
        return found is not None and found.state is RegistrationState.QUALIFIED

    async def enter(self, usernames: Iterable[str]) -> None:
        """Open their codes and let their browsers in, the canary's and the rival's by the page."""
        for username in usernames:
            if username in {CANARY, RIVAL}:
                self.codes[username] = BidderCode(
                    await registration.enter_hall(self.journey, username)
                )
                continue
            who = self.known[username]
            async with self.database.reading() as session:
                found = await registration_of(session, self.listing_id, who.person_id)
            async with self.database.unit(self.actor(username)) as work:
                self.codes[username] = await admit(
                    work,
                    RegistrationId(found.id) if found else RegistrationId(work.new_id()),
                    private_key=self.key,
                    secret=who.token.encode(),
                )

    async def connect(self, usernames: Sequence[str]) -> None:
        """Sockets for some bidders and one for a watcher, named by the empty string."""
        address = self.journey.address
        for username in (*usernames, ""):
            get_ticket = partial(self._ticket, username) if username else None
            socket = Listening(
                address.live_origin, address.web_origin, str(self.listing_id), get_ticket
            )
            self.sockets[username] = socket
            await socket.enter()
            await socket.until(lambda s=socket: s.phase == "open", "opening", seconds=SECONDS_MAX)

    async def _ticket(self, username: str) -> str:
        if username in {CANARY, RIVAL}:
            return await registration.hall_ticket(self.journey, username)
        async with self.database.unit(self.actor(username)) as work:
            return await issue_ticket(
                work,
                session_id=await self.session_id(),
                code=self.codes[username],
                sign_in=token_digest(self.known[username].token),
            )

    async def session_id(self) -> SessionId:
        async with self.database.reading() as session:
            board = await session_of_listing(session, self.listing_id)
        if board is None:
            raise AssertionError("the listing has no session yet")
        return board.session_id

    async def bid(self, usernames: Sequence[str]) -> None:
        """Everybody bids the least in turn; one bid of each more is refused."""
        for username in usernames:
            socket = self.sockets[username]
            verdict = await socket.bid(least(socket))
            assert verdict["is_accepted"] is True, verdict
            leads = self.codes[username]
            for one in self.sockets.values():  # each is told by a frame of its own
                await one.until(lambda s=one, c=leads: s.leader == c, "his bid to lead")
            await socket.bid(1)

    async def bird(self, username: str) -> Bird:
        """Everything that would give one bidder away."""
        who, deposit = self.known[username], await self.deposit(username)
        ids = {who.person_id, deposit.registration_id, deposit.id, deposit.account_id}
        return Bird(
            name=who.name,
            username=username,
            number=who.number,
            account=who.account,
            code=self.codes[username],
            mail=CANARY_MAIL if username == CANARY else "",
            ids=frozenset({*map(str, ids), deposit.virtual_account}),
        )

    async def close(self) -> None:
        for socket in self.sockets.values():
            await socket.leave()
        await self.journey.close()
        await self.database.close()


async def a_sale(database: Database, journey: Journey) -> Sale:
    """A published listing whose session opens soon and stays open."""
    drafted = await a_draft(database)
    opens_in = OPENS_IN
    while True:
        opens_at = database.clock.now() + opens_in
        terms = replace(drafted.terms, opens_at=opens_at, closes_at=opens_at + LASTS)
        async with database.unit(OFFICER) as work:
            await change_terms(work, drafted.id, terms=terms)
        await approve(database, drafted.id)
        await complete(database, drafted.id)
        async with database.unit(OFFICER) as work:
            await notify_parties(work, drafted.id, unreachable_because="下落不明")
        if await _publish(database, drafted.id, until=opens_in):
            break
        opens_in *= 2
    journey.facts["listing_id"] = drafted.id
    return Sale(database, journey, ListingId(drafted.id))


async def _publish(database: Database, listing_id: ListingId, *, until: timedelta) -> bool:
    """Publish as soon as the parties' days are over; False when it would open too early then."""
    deadline = database.clock.now() + until
    while database.clock.now() < deadline:
        try:
            async with database.unit(OFFICER) as work:
                await publish_listing(work, listing_id)
        except Refusal as no:
            if no.code == "listing.opens_too_early":
                return False
            await asyncio.sleep(0.3)
        else:
            return True
    return False


async def canary_signs_up(sale: Sale) -> None:
    """By the pages alone: an account, a mail address, a registration with its own password."""
    journey, number = sale.journey, resident(180)
    password = secrets.token_urlsafe(12)
    browser = Browser(journey.address.web_origin)
    said = {
        "kind": "natural", "name": CANARY_NAME, "identity_number": number, "username": CANARY,
        "password": password, "has_agreed": "on",
    }  # fmt: skip
    await browser.submit("/sign-up", "sign-up", said)
    await browser.close()
    accounts = dict(journey.accounts)
    accounts[CANARY] = {"password": password, "name": CANARY_NAME}
    journey.accounts = accounts
    await (await journey.as_(CANARY)).submit("/account/mail", "give-mail", {"address": CANARY_MAIL})
    await know(sale, CANARY, CANARY_NAME, number, "6222007719800101")
    await registration.register(journey, CANARY)


async def rival_signs_up(sale: Sale) -> None:
    """One of the seeded people, by the pages."""
    await registration.register(sale.journey, RIVAL)
    name = sale.journey.accounts[RIVAL]["name"]
    await know(sale, RIVAL, name, resident(31), "6222007719800202")


async def know(sale: Sale, username: str, name: str, number: str, account: str) -> None:
    async with sale.database.reading() as session:
        person_id = (await person_named(session, username)).id
    sale.known[username] = Known(username, name, number, account, PersonId(person_id), "")


async def refused_signing_up_again(sale: Sale) -> None:
    """Somebody tries the canary's number and username: what servers write of it is searched."""
    browser = Browser(sale.journey.address.web_origin)
    said = {
        "kind": "natural", "name": "某某", "identity_number": sale.known[CANARY].number,
        "username": CANARY, "password": secrets.token_urlsafe(12), "has_agreed": "on",
    }  # fmt: skip
    await browser.submit("/sign-up", "sign-up", said, expect=409)
    await browser.close()
    owner = await asyncpg.connect(sale.journey.text("owner_url"))
    with pytest.raises(asyncpg.UniqueViolationError):
        await owner.execute(_TWICE, CANARY)
    await owner.close()


def _name(serial: int) -> str:
    first, second = divmod(serial, len(_GIVEN))
    return f"{_SURNAMES[serial % len(_SURNAMES)]}{_GIVEN[first % len(_GIVEN)]}{_GIVEN[second]}"
