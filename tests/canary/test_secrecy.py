"""Before the close nothing leads from a bidder's code to the bidder: all outputs are searched.

Beside the canary there is a decoy, another bidder whose code and name are planted into every
channel. The same search finds the decoy in each of them and the canary in none.
"""

import asyncio
import json
import logging
import secrets
import shutil
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import pytest
from prometheus_client import CollectorRegistry, Gauge, start_http_server
from redis.asyncio import Redis

from auction.kernel.settings import Settings
from auction.law.rulebook import DEMONSTRATION
from auction.listings.listing import Listing
from auction.lots.lot import Lot
from auction.store.database import Database
from tests.canary import channels, stage
from tests.canary.joins import Row, orders, reached, row
from tests.canary.stage import CANARY, DECOY, RIVAL, SECONDS_MAX, Sale
from tests.canary.traces import Bird, Channel, Found, Output, leaks
from workers.demo.journey import Address, Journey
from workers.demo.seed import ACCOUNTS_FILE, seed
from workers.demo.show import LOTS
from workers.embedded.place import any_ports
from workers.stack import Plan, Stack

pytestmark = pytest.mark.journey
log = logging.getLogger(__name__)

ROLES = (
    "officer", "panel1", "supervisor", "clerk", "approver", "admin", "agency01", "registry",
    "tax", "applicant", RIVAL, "",
)  # fmt: skip
"""Who reads pages; the empty one is a visitor."""
SOCKETS_MIN, BIDDERS_A_SOCKET = 12, 5
"""How many of them bid: an order of fewer would tell nothing."""
OF_THE_MONEY = ("clerk /finance", "approver /finance", "supervisor /oversight/ledger")
OF_ACCOUNTS = ("admin /admin",)
NAMED_BY_OFFICE = (*OF_THE_MONEY, *OF_ACCOUNTS)
"""Where a person's name stands by right: the bank's lines say who paid, and administrators
mind accounts. Neither says for which lot, and nowhere stands a code."""


@dataclass
class Searched:
    """A sale before its close, and everything that came out of the platform by then."""

    sale: Sale
    canary: Bird
    decoy: Bird
    common: frozenset[str]
    """Ids and times of the sale itself."""
    outputs: list[Output]
    rows: list[Row] = field(repr=False)

    def of(self, channel: Channel, start: str = "") -> list[Output]:
        return [
            one for one in self.outputs if one.channel is channel and one.where.startswith(start)
        ]

    @property
    def people(self) -> dict[str, frozenset[str]]:
        """The marks of every bidder in the dump's rows, by username."""
        return {
            who.username: frozenset({str(who.person_id), who.username})
            for who in self.sale.known.values()
        }


def bidders(many: int) -> list[str]:
    """The usernames of the quick ones, the decoy among them."""
    names = [f"niao{n:04d}" for n in range(many - 3)]
    return [*names[: many // 3], DECOY, *names[many // 3 :]]


def mixed(names: list[str]) -> list[str]:
    """In an order of chance: people come to the hall when they like."""
    other = list(names)
    secrets.SystemRandom().shuffle(other)
    return other


def a_state() -> Path:
    """A folder that PostgreSQL's own user can reach."""
    state = Path(tempfile.mkdtemp(prefix="luochui-canary-", dir="/var/tmp"))
    state.chmod(0o711)
    return state


@pytest.fixture(
    scope="module", params=[24, pytest.param(200, marks=pytest.mark.long)], ids="{}-bidders".format
)
async def searched(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Searched]:
    """Started, staged, planted and searched once for all tests here."""
    state = a_state()
    plan = Plan(state=state, rulebook=DEMONSTRATION, ports=any_ports(), environment={})
    stack = Stack(plan, lambda _line: None)
    settings = await asyncio.to_thread(stack.start)
    try:
        async with channels.overheard(settings.valkey_url) as heard:
            sale = await staged(settings, tmp_path_factory.mktemp("canary"), int(request.param))
            try:
                found = await collected(sale, stack, settings)
                found.outputs += heard
                yield found
            finally:
                await sale.close()
    finally:
        await asyncio.to_thread(stack.stop)
        shutil.rmtree(state, ignore_errors=True)


async def staged(settings: Settings, out: Path, many: int) -> Sale:
    """A sale in which everybody has a code and some have bid; the canary came last and alone."""
    database = Database(settings)
    await seed(database, settings.luochui_state)
    journey = Journey(
        address=Address(settings.web_origin, settings.live_origin),
        accounts=json.loads((settings.luochui_state / ACCOUNTS_FILE).read_text()),
        out=out,
        lots=LOTS,
        say=lambda _line: None,
        facts={"owner_url": settings.migration_database_url},
    )
    sale = await stage.a_sale(database, journey)
    quick = bidders(many)
    await sale.sign_up(quick)
    await stage.rival_signs_up(sale)
    await sale.pay([*quick, RIVAL])
    await stage.canary_signs_up(sale)
    await stage.refused_signing_up_again(sale)
    await sale.pay([CANARY])
    await sale.enter(mixed([*quick, RIVAL, CANARY]))
    sockets = max(SOCKETS_MIN, many // BIDDERS_A_SOCKET)
    others = [username for username in quick if username != DECOY]
    bidding = mixed([CANARY, RIVAL, DECOY, *mixed(others)[: sockets - 3]])
    await sale.connect(bidding)
    await sale.bid(bidding)
    await sale.bid(mixed(bidding))
    return sale


async def collected(sale: Sale, stack: Stack, settings: Settings) -> Searched:
    """Plant the decoy, then take everything out of every channel."""
    canary, decoy = await sale.bird(CANARY), await sale.bird(DECOY)
    owner_url, state = settings.migration_database_url, settings.luochui_state
    told = f"{decoy.name} {decoy.code}"
    await plant_in_database(sale, owner_url, decoy)
    await plant_in_valkey(settings.valkey_url, told)
    for log in (*(state / "log").iterdir(), state / "pg" / "pg.log", state / "kv" / "valkey.log"):
        with log.open("a") as file:
            file.write(told + "\n")
    (state / "files").mkdir(exist_ok=True)
    (state / "files" / "planted.txt").write_text(told)
    outputs = await every_page(sale, settings)
    with planted_metrics(told) as port:
        outputs += await channels.metrics([*stack.metrics_ports.items(), ("planted", port)])
    outputs += channels.frames(sale.sockets.items())
    outputs += channels.logs(state)
    outputs += await channels.valkey(settings.valkey_url, state)
    for found in (await channels.role_rows(owner_url)).values():
        outputs += found
    outputs += await channels.dump(owner_url)
    outputs += channels.files(state)
    common = await ids_of(sale)
    return Searched(sale, canary, decoy, common, outputs, await channels.rows(owner_url))


async def ids_of(sale: Sale) -> frozenset[str]:
    """What every bidder of the sale has in common with every other."""
    async with sale.database.reading() as session:
        listing = await session.get_one(Listing, sale.listing_id)
        lot = await session.get_one(Lot, listing.lot_id)
    ids = [listing.id, lot.id, lot.asset_id, lot.case_id, await sale.session_id()]
    times = [listing.opens_at, listing.closes_at]
    return row("sale", {"ids": ids, "times": times}).tokens


async def plant_in_database(sale: Sale, owner_url: str, decoy: Bird) -> None:
    """A table of leaks for dump and roles; a title for pages; a ground that sockets are told."""
    told, session_id = f"{decoy.name} {decoy.code}", await sale.session_id()
    owner = await asyncpg.connect(owner_url)
    await owner.execute("CREATE TABLE planted (person_id text, told text, code text)")
    person_id = str(sale.known[DECOY].person_id)
    await owner.execute("INSERT INTO planted VALUES ($1, $2, $3)", person_id, told, decoy.code)
    await owner.execute("GRANT SELECT ON planted TO luochui_app, luochui_sealer")
    title = f"{told} (title)"  # each its own words: the plants are not to lead to one another
    await owner.execute("UPDATE listings SET title = $2 WHERE id = $1", sale.listing_id, title)
    ground = f"{told} (ground)"
    await owner.execute(
        "UPDATE sessions SET pause_ground = $2, version = version + 1 WHERE id = $1",
        session_id, ground,
    )  # fmt: skip
    await owner.close()
    for socket in sale.sockets.values():
        await socket.until(
            lambda s=socket: ground == s.state.get("pause_ground"), "the plant", seconds=SECONDS_MAX
        )


async def plant_in_valkey(valkey_url: str, told: str) -> None:
    client = Redis.from_url(valkey_url)
    await client.set("planted", told)
    await client.publish("planted", told)
    await client.aclose()


class planted_metrics:  # noqa: N801  (used as a with-word)
    """One more endpoint, with a label that gives the decoy away."""

    def __init__(self, told: str) -> None:
        registry = CollectorRegistry()
        Gauge("planted", "A leak.", ["who"], registry=registry).labels(told).set(1)
        self.server, self.thread = start_http_server(0, addr="127.0.0.1", registry=registry)

    def __enter__(self) -> int:
        return int(self.server.server_port)

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


async def every_page(sale: Sale, settings: Settings) -> list[Output]:
    """All pages as each role; what routes want to know is answered with the canary's own ids."""
    async with sale.database.reading() as session:
        listing = await session.get_one(Listing, sale.listing_id)
        lot = await session.get_one(Lot, listing.lot_id)
    deposit = await sale.deposit(CANARY)
    filled = [
        ("/lots/", str(listing.id)),
        ("/court/listings/", str(listing.id)),
        ("/court/lots/", str(lot.id)),
        ("/court/cases/", str(lot.case_id)),
        ("/court/assets/", str(lot.asset_id)),
        ("/admin/people/", str(sale.known[CANARY].person_id)),
        ("/finance/ledger/accounts/", str(deposit.account_id)),
        ("/oversight/ledger.", "hledger"),
        ("/oversight/journal/", f"session:{await sale.session_id()}"),
        ("/oversight/journal/", f"registration:{deposit.registration_id}"),
        ("/oversight/journal/", f"person:{sale.known[CANARY].person_id}"),
        ("/oversight/journal/", f"account:{deposit.account_id}"),
    ]
    found: list[Output] = []
    for role in ROLES:
        browser = await (sale.journey.as_(role) if role else sale.journey.visitor())
        found += await channels.pages(
            settings.web_origin, browser.cookies, role or "visitor", filled
        )
    return found


def out_of_place(found: list[Found]) -> list[Found]:
    """Leaks, without the names that stand where somebody's office is to see them."""
    return [
        one
        for one in found
        if not (one.what.startswith("named") and one.where.startswith(NAMED_BY_OFFICE))
    ]


@pytest.mark.parametrize("channel", list(Channel))
class TestEveryChannel:
    def test_gives_the_planted_decoy_away(self, searched: Searched, channel: Channel) -> None:
        found = leaks(searched.decoy, searched.of(channel))
        assert [one for one in found if one.what.startswith("code with")]

    def test_says_nothing_of_the_canary(self, searched: Searched, channel: Channel) -> None:
        outputs = searched.of(channel)
        log.info("%s: %d outputs searched", channel, len(outputs))
        assert out_of_place(leaks(searched.canary, outputs)) == []


class TestTheSearch:
    """That it looked everywhere: in each part of each channel the decoy is found."""

    @pytest.mark.parametrize("role", ["visitor", *filter(None, ROLES)])
    def test_reads_the_pages_of_every_role(self, searched: Searched, role: str) -> None:
        assert leaks(searched.decoy, searched.of(Channel.PAGES, f"{role} /lots/"))
        assert len(searched.of(Channel.PAGES, f"{role} ")) > 100

    @pytest.mark.parametrize(
        "process", ["signers", "worker", "live", "pages", "pg.log", "valkey.log"]
    )
    def test_reads_the_log_of_every_process(self, searched: Searched, process: str) -> None:
        assert leaks(searched.decoy, searched.of(Channel.LOGS, process))

    @pytest.mark.parametrize("role", ["luochui_app", "luochui_owner", "luochui_sealer"])
    def test_reads_as_every_database_role(self, searched: Searched, role: str) -> None:
        assert leaks(searched.decoy, searched.of(Channel.ROLES, role))

    @pytest.mark.parametrize("place", ["MONITOR", "key", "appendonly"])
    def test_reads_all_of_valkey(self, searched: Searched, place: str) -> None:
        assert leaks(searched.decoy, searched.of(Channel.VALKEY, place))

    @pytest.mark.parametrize("name", ["watcher", RIVAL])
    def test_hears_a_watcher_and_another_bidder(self, searched: Searched, name: str) -> None:
        assert leaks(searched.decoy, searched.of(Channel.FRAMES, name))

    @pytest.mark.parametrize("process", ["worker", "live", "pages", "planted"])
    def test_asks_every_process_for_its_metrics(self, searched: Searched, process: str) -> None:
        assert searched.of(Channel.METRICS, process)

    def test_the_canary_did_bid_and_was_seen_bidding(self, searched: Searched) -> None:
        code = searched.canary.code.encode()
        for channel in (Channel.PAGES, Channel.FRAMES, Channel.VALKEY, Channel.DUMP):
            assert [one for one in searched.of(channel) if code in one.raw]

    def test_the_canary_is_known_to_the_database(self, searched: Searched) -> None:
        tables = Counter(one.table for one in searched.rows if searched.people[CANARY] & one.tokens)
        assert {"person", "registration", "deposits", "sign_in", "journal"} <= set(tables)


class TestTheDump:
    @pytest.mark.parametrize("channel", [Channel.DUMP, Channel.ROLES])
    def test_holds_nobodys_identity_in_the_clear(
        self, searched: Searched, channel: Channel
    ) -> None:
        for bird, is_planted in ((searched.decoy, True), (searched.canary, False)):
            found = [
                one.where
                for one in searched.of(channel)
                if any(word.encode() in one.raw for word in bird.identity)
            ]
            assert bool(found) is is_planted, found

    def test_joins_no_code_to_anybody_but_the_planted_one(self, searched: Searched) -> None:
        codes, bidding = searched.sale.codes.values(), len(searched.sale.sockets)
        most = max(4, bidding // 4)
        found = reached(searched.rows, searched.people, codes, most=most, common=searched.common)
        planted = found.pop(searched.decoy.code)
        assert planted[DECOY].startswith(f"{searched.decoy.code} <- planted <- ")
        assert {code: ways for code, ways in found.items() if ways} == {}

    def test_no_order_of_people_tells_an_order_of_codes(self, searched: Searched) -> None:
        assert orders(searched.rows, searched.people, searched.sale.codes) == []

    def test_an_order_would_be_found(self, searched: Searched) -> None:
        signed_up = [*searched.sale.known]
        planted = [
            row("planted_order", {"ctid": (0, n), "code": searched.sale.codes[username]})
            for n, username in enumerate(signed_up)
        ]
        found = orders([*searched.rows, *planted], searched.people, searched.sale.codes)
        assert {"planted_order.ctid"} <= {one.of_codes for one in found}
        assert {"registration.applied_at", "deposits.opened_at"} <= {one.of_people for one in found}
