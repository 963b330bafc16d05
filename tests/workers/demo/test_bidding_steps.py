"""The journey's contest against a real live server, its tickets and its record stood in for."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from auction.kernel.settings import Settings
from auction.store.database import Database
from bidding.engine import Extension, Ladder, Rules
from bidding.queries import bid_record
from tests.bidding.halls import LAW, AHall, Execute, a_hall
from tests.web.live.rooms import ARoom, a_room, a_signer, real_time
from web.pages.hall.papers import write_record
from workers.demo.browser import Page
from workers.demo.journey import Address, Journey
from workers.demo.steps import bidding

CODES = dict(zip(bidding.BIDDERS, ["A1", "B2", "C3", "Y2", "Y1"], strict=True))


@dataclass
class AWitness(Journey):
    """A journey that asks the hall alone: its pages are answered from the database."""

    room: ARoom | None = None
    hall: AHall | None = None
    told: list[str] = field(default_factory=list)

    async def visitor(self) -> "AWitness":
        return self

    async def get(self, path: str) -> Page:
        assert self.room is not None
        assert self.hall is not None
        async with self.room.database.reading() as session:
            text = write_record(await bid_record(session, self.hall.session_id))
        return Page(path, 200, text, text.encode(), {}, text)


async def test_the_contest_holds_what_the_journey_says(
    settings: Settings,
    database: Database,
    as_owner: Execute,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert database  # it is emptied after the test
    rules = Rules(
        Ladder.MULTIPLE,
        Extension.RESET,
        LAW.starting_price,
        LAW.increment,
        timedelta(seconds=3),
        timedelta(seconds=3),
    )
    async with real_time(settings) as opened, a_signer(settings), a_room(settings, opened) as room:
        hall = await a_hall(
            opened, as_owner, rules=rules, lasts=timedelta(seconds=5), has_home=False
        )
        journey = AWitness(
            Address(room.settings.web_origin, room.settings.live_origin),
            {},
            tmp_path,
            tmp_path,
            lambda _: None,
            facts={
                "listing_id": hall.listing_id, "codes": CODES, "priority_holder": "bidder5",
            },
            room=room,
            hall=hall,
        )  # fmt: skip

        async def ticket(_: Journey, username: str) -> str:
            get_ticket = room.bidder(hall, CODES[username])._get_ticket
            assert get_ticket is not None
            return await get_ticket()

        monkeypatch.setattr(bidding, "hall_ticket", ticket)
        await bidding.bidders_bid(journey)
    assert journey.facts["winner"] == "bidder5"
    assert (tmp_path / "bids.csv").read_text().startswith("seq,code,amount,entered_at")
    assert len(journey.done) == 8
