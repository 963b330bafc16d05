"""PostgreSQL is away for a while: nobody is left without an answer, and no bid is lost."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec
import pytest

from auction.kernel.settings import Settings
from auction.store.database import Database
from tests.bidding.halls import LAW, AHall, Execute, a_hall
from tests.faults.line import Line, a_line
from tests.web.live.rooms import ARoom, a_room, a_signer, real_time
from workers.demo.bidder import Bidder

SOME_BID = "01890000-0000-7000-8000-000000000007"


@dataclass
class Scene:
    """A hall whose line to PostgreSQL can be cut, and a bidder in it."""

    room: ARoom
    line: Line
    hall: AHall
    bidder: Bidder


@pytest.fixture
async def scene(settings: Settings, database: Database, as_owner: Execute) -> AsyncIterator[Scene]:
    assert database  # it is emptied after the test
    far = urlsplit(settings.database_url)
    async with (
        real_time(settings) as now_database,
        a_signer(settings),
        a_line(int(far.port or 0)) as line,
    ):
        near = far._replace(netloc=f"{far.username}:{far.password}@127.0.0.1:{line.port}")
        own = msgspec.structs.replace(settings, database_url=near.geturl())
        async with a_room(own, now_database) as room:
            hall = await a_hall(now_database, as_owner, has_home=False)
            bidder = room.bidder(hall, "A1")
            await bidder.enter()
            yield Scene(room, line, hall, bidder)
            await line.mend()


async def test_who_asks_for_a_fate_is_told_to_ask_again(scene: Scene) -> None:
    await scene.line.cut()
    told = await scene.bidder.fate(SOME_BID)
    assert told is not None
    assert (told["type"], told["code"]) == ("fault", "unknown")
    await scene.line.mend()
    assert await scene.bidder.fate(SOME_BID) is None


async def test_who_asks_for_what_he_missed_is_sent_to_come_again(scene: Scene) -> None:
    await scene.line.cut()
    await scene.bidder._say({"type": "fetch", "from_seq": 0})
    await scene.bidder.closed()
    await scene.line.mend()
    await scene.bidder.enter()
    assert (await scene.bidder.bid(LAW.starting_price.fen))["is_accepted"]


async def test_a_bid_that_came_in_meanwhile_is_decided_when_the_line_is_mended(
    scene: Scene,
) -> None:
    await scene.line.cut()
    number = await scene.bidder.send_bid(LAW.starting_price.fen)
    await scene.line.mend()
    verdict = await scene.bidder.fate(number)
    assert verdict is not None
    assert verdict["is_accepted"]
