"""Running platforms for every journey that is shorter than the whole road, and what walks on them.

Lives and troubles wait far more than they work: they walk at the same time, the lives on one
platform and the troubles on another, since a server that is killed would disturb the lives.
"""

import asyncio
import json
import shutil
import tempfile
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import pytest

from auction.kernel.settings import Settings
from auction.law.rulebook import DEMONSTRATION
from auction.store.database import Database
from tests.buckets import URL, Bucket, a_bucket
from tests.journeys.demonstration import Demonstration, demonstration
from workers.demo.bidder import Bidder
from workers.demo.browser import Browser
from workers.demo.journey import Address, Journey, StepError
from workers.demo.seed import ACCOUNTS_FILE, seed
from workers.demo.show import LOTS
from workers.demo.statement_file import DemoBank
from workers.demo.steps import court, finance, registration
from workers.embedded.place import any_ports
from workers.stack import Plan, Stack

EVERYBODY = (court.OFFICER, *court.PANEL, finance.CLERK, "supervisor", *registration.BIDDERS)


@dataclass
class Platform:
    """The platform as its users and its operator have it."""

    stack: Stack
    settings: Settings
    accounts: dict[str, dict[str, str]]
    out: Path
    bucket: Bucket | None
    """Where its files are; None: in a folder."""
    bank: DemoBank = field(default_factory=DemoBank)
    at_bank: asyncio.Lock = field(default_factory=asyncio.Lock)
    """The court has one account: statements are taken one after another."""
    browsers: dict[str, Browser] = field(default_factory=dict)
    sockets: list[Bidder] = field(default_factory=list)
    """Every socket client, so that a life that breaks off leaves none open."""

    def journey(self, name: str) -> Journey:
        """A journey of its own facts, with everybody's browser and the one bank."""
        return Journey(
            address=Address(self.settings.web_origin, self.settings.live_origin),
            accounts=self.accounts,
            out=self.out / name,
            lots=LOTS,
            say=lambda _line: None,
            facts={"bank": self.bank},
            _browsers=self.browsers,
        )


Walk = Callable[[Journey, Platform], Awaitable[None]]
Ends = dict[str, Journey | BaseException]
"""How each walk ended: its journey with all it learned, or what stopped it."""


def ended(ends: Ends, walk: Walk) -> Journey:
    """The journey of a walk that came to its end; else what stopped it."""
    end = ends[walk.__name__]
    if isinstance(end, BaseException):
        raise StepError(f"{walk.__name__}: {end}") from end
    return end


@asynccontextmanager
async def standing(
    out: Path, starting: asyncio.Lock, *, in_a_bucket: bool
) -> AsyncIterator[Platform]:
    """Started and seeded, everybody signed in; what dies is started again, as operators want it."""
    state, beside = _folder(), ExitStack()
    bucket = beside.enter_context(a_bucket(out / "s3")) if in_a_bucket else None
    given = {"FILES_URL": URL, **bucket.access} if bucket else {}
    plan = Plan(state=state, rulebook=DEMONSTRATION, ports=any_ports(), environment=given)
    stack, ending = Stack(plan, lambda _line: None), threading.Event()
    watch = threading.Thread(target=stack.watch, args=(ending,))
    try:
        async with starting:  # Alembic can bring up one schema at a time in a process
            settings = await asyncio.to_thread(stack.start)
        watch.start()
        database = Database(settings)
        await seed(database, state)
        await database.close()
        platform = Platform(stack, settings, _accounts(state), out, bucket)
        await _sign_in(platform)
        yield platform
        await _leave(platform)
    finally:
        ending.set()
        if watch.ident is not None:
            watch.join()
        await asyncio.to_thread(stack.stop)
        beside.close()
    shutil.rmtree(state, ignore_errors=True)


def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="luochui-lives-", dir="/var/tmp"))
    folder.chmod(0o711)  # PostgreSQL may run as somebody else
    return folder


def _accounts(state: Path) -> dict[str, dict[str, str]]:
    accounts: dict[str, dict[str, str]] = json.loads((state / ACCOUNTS_FILE).read_text())
    return accounts


async def _sign_in(platform: Platform) -> None:
    first = platform.journey("signing-in")
    await asyncio.gather(*(first.as_(username) for username in EVERYBODY))
    await first.visitor()


async def _leave(platform: Platform) -> None:
    for bidder in platform.sockets:
        await bidder.leave()
    for browser in platform.browsers.values():
        await browser.close()


@pytest.fixture(scope="session")
async def walked(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Ends]:
    """By module, how the walks of every module that is tested here ended: all at the same time."""
    modules = {item.module for item in request.session.items if isinstance(item, pytest.Function)}
    walking = sorted((m for m in modules if hasattr(m, "WALKS")), key=lambda m: str(m.__name__))
    starting = asyncio.Lock()
    ends = await asyncio.gather(
        *(walk_all(module, tmp_path_factory.mktemp("lives"), starting) for module in walking)
    )
    return {module.__name__: end for module, end in zip(walking, ends, strict=True)}


async def walk_all(module: ModuleType, out: Path, starting: asyncio.Lock) -> Ends:
    """Walk the walks of a module beside one another, as auctions run, on a platform of theirs."""
    walks: tuple[Walk, ...] = module.WALKS
    in_a_bucket = getattr(module, "IN_A_BUCKET", False)
    async with standing(out, starting, in_a_bucket=in_a_bucket) as platform:
        journeys = {walk.__name__: platform.journey(walk.__name__) for walk in walks}
        ends = await asyncio.gather(
            *(walk(journeys[walk.__name__], platform) for walk in walks), return_exceptions=True
        )
    return {name: end or journeys[name] for name, end in zip(journeys, ends, strict=True)}


@pytest.fixture(scope="module")
def ends(request: pytest.FixtureRequest, walked: dict[str, Ends]) -> Ends:
    """How the walks of this module ended."""
    return walked[request.module.__name__]


@pytest.fixture(scope="session")
def shown() -> Iterator[Demonstration]:
    """The demonstration after its road: for everything that looks at what a whole life leaves."""
    with demonstration() as running:
        yield running
