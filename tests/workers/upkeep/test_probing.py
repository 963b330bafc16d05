"""Probes by real sockets: a hall that answers, one that hangs, one that is gone."""

import socket
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from auction.kernel.actor import SYSTEM
from auction.kernel.settings import Settings
from auction.law.rulebook import LAW
from auction.store.database import Database
from bidding.availability.interval import ServiceInterval
from bidding.availability.service import Service, measure_of
from bidding.commands import open_session
from tests.bidding.halls import Execute, a_hall
from tests.web.live.rooms import ARoom, a_room, free_port, real_time
from workers.timers import TIMERS
from workers.upkeep.probing import probe, probe_live
from workers.wiring import Context

SOON = timedelta(milliseconds=200)


@pytest.fixture
async def room(settings: Settings, database: Database) -> AsyncIterator[ARoom]:
    del database  # its tables are emptied after the test
    async with real_time(settings) as now_database, a_room(settings, now_database) as made:
        yield made


async def states(database: Database) -> list[tuple[str, Service]]:
    async with database.reading() as session:
        rows = await session.scalars(select(ServiceInterval).order_by(ServiceInterval.from_at))
        return [(row.origin, row.state) for row in rows]


class TestAProbe:
    async def test_of_a_hall_that_answers_is_timed(self, room: ARoom) -> None:
        settings = room.settings
        answer = await probe(settings.live_origin, settings.web_origin, within=timedelta(seconds=9))
        assert answer is not None
        assert answer > timedelta()

    async def test_from_another_origin_is_refused_like_a_foreign_page(self, room: ARoom) -> None:
        answer = await probe(
            room.settings.live_origin, "https://elsewhere.example", within=timedelta(seconds=9)
        )
        assert answer is None

    async def test_where_nobody_listens_finds_no_answer(self) -> None:
        origin = f"ws://127.0.0.1:{free_port()}"
        assert await probe(origin, "http://127.0.0.1", within=timedelta(seconds=9)) is None

    async def test_of_a_process_that_hangs_finds_no_answer(self) -> None:
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            origin = f"ws://127.0.0.1:{silent.getsockname()[1]}"
            assert await probe(origin, "http://127.0.0.1", within=SOON) is None


class TestTheTimer:
    async def test_notes_every_home_of_a_live_session(
        self, context: Context, as_owner: Execute
    ) -> None:
        hall = await a_hall(context.database, as_owner)
        await probe_live(context)
        assert await states(context.database) == []
        async with context.database.unit(SYSTEM) as work:
            await open_session(work, session_id=hall.session_id)
        origin = f"ws://127.0.0.1:{free_port()}"
        await as_owner(f"UPDATE homes SET origin = '{origin}'")
        await probe_live(context)
        assert await states(context.database) == [(origin, Service.DOWN)]

    def test_looks_as_often_as_the_rulebook_says(self) -> None:
        (timer,) = [one for one in TIMERS if one.name == "service"]
        assert timedelta(seconds=timer.period_seconds) == measure_of(LAW).probe_every
