"""One running platform for every journey that is shorter than the whole road."""

import asyncio
import json
import shutil
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from auction.kernel.settings import Settings
from auction.law.rulebook import DEMONSTRATION
from auction.store.database import Database
from workers.demo.bidder import Bidder
from workers.demo.browser import Browser
from workers.demo.journey import Address, Journey
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


@pytest.fixture(scope="session")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Started and seeded once; what dies is started again, as an operator would have it."""
    state = Path(tempfile.mkdtemp(prefix="luochui-lives-", dir="/var/tmp"))
    state.chmod(0o711)
    plan = Plan(state=state, rulebook=DEMONSTRATION, ports=any_ports(), environment={})
    stack, ending = Stack(plan, lambda _line: None), threading.Event()
    with stack as settings:
        watch = threading.Thread(target=stack.watch, args=(ending,))
        watch.start()
        try:
            asyncio.run(_seed(settings))
            accounts = json.loads((state / ACCOUNTS_FILE).read_text())
            yield Platform(stack, settings, accounts, tmp_path_factory.mktemp("lives"))
        finally:
            ending.set()
            watch.join()
    shutil.rmtree(state, ignore_errors=True)


@pytest.fixture(scope="session")
async def platform(standing: Platform) -> AsyncIterator[Platform]:
    first = standing.journey("signing-in")
    for username in EVERYBODY:  # one after another: two at once would sign in twice
        await first.as_(username)
    await first.visitor()
    yield standing
    for bidder in standing.sockets:
        await bidder.leave()
    for browser in standing.browsers.values():
        await browser.close()


async def _seed(settings: Settings) -> None:
    database = Database(settings)
    await seed(database, settings.luochui_state)
    await database.close()
