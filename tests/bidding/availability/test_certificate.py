"""What the certificate says: incidents in sentences, times in words, the heads of both chains."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from auction.kernel.actor import SYSTEM
from auction.kernel.clock import FrozenClock
from auction.listings.listing import Listing
from auction.notices.wording import check_facts
from auction.store.database import Database
from auction.store.journal import FIRST_PREV, JournalEntry
from bidding.availability.certificate import (
    GROUNDS,
    NO_INCIDENT,
    NOT_MEASURED,
    STREAM,
    certificate,
    sentences,
    span_words,
)
from bidding.availability.commands import note_probe
from bidding.availability.queries import Incident, certificate_of, service_record
from bidding.commands import close_session, open_session
from bidding.desk.alerts import StandstillGround
from bidding.hall.standstill import pause_session, resume_paused
from bidding.queries import board
from tests.bidding.halls import AHall, Execute, a_hall
from tests.builders import a_case

AT = datetime(2026, 11, 26, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


async def facts_of(database: Database, hall: AHall) -> dict[str, object]:
    async with database.reading() as session:
        listing = await session.get_one(Listing, hall.listing_id)
        seen = await board(session, hall.session_id)
        record = await service_record(session, seen, database.clock.now())
        assert record is not None
        assert await certificate_of(session, listing, seen) is None
        draft = await certificate(session, listing, seen, record)
    check_facts(draft.kind, draft.facts)
    return dict(draft.facts)


async def opened(database: Database, as_owner: Execute) -> AHall:
    hall = await a_hall(database, as_owner, lasts=10 * MINUTE)
    await as_owner(f"UPDATE listings SET case_id = '{await a_case(database)}'")
    async with database.unit(SYSTEM) as work:
        await open_session(work, session_id=hall.session_id)
    return hall


async def last(database: Database, stream: str) -> tuple[int, str]:
    async with database.reading() as session:
        entries = await session.scalars(
            select(JournalEntry).where(JournalEntry.stream == stream).order_by(JournalEntry.seq)
        )
        entry = entries.all()[-1]
    return entry.seq, entry.hash.hex()


class TestTheFacts:
    async def test_tell_each_incident_and_the_heads_of_the_chains_they_rest_on(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await opened(database, as_owner)
        for answer in (timedelta(), None):
            async with database.unit(SYSTEM) as work:
                await note_probe(work, origin="ws://here", answer=answer)
            clock.advance(timedelta(seconds=5))
        async with database.unit(SYSTEM) as work:
            await pause_session(work, session_id=hall.session_id, epoch=1, ground="clock_drift")
        clock.advance(MINUTE)
        async with database.unit(SYSTEM) as work:
            await resume_paused(work, session_id=hall.session_id, epoch=1)
            ends_at = (await board(work.session, hall.session_id)).closes_at
        clock.instant = ends_at
        async with database.unit(SYSTEM) as work:
            await close_session(work, session_id=hall.session_id, epoch=hall.epoch)
        facts = await facts_of(database, hall)
        assert (facts["session_entries"], facts["session_hash"]) == await last(
            database, f"session:{hall.session_id}"
        )
        assert (facts["probe_entries"], facts["probe_hash"]) == await last(database, STREAM)
        assert facts["probe_entries"] == 2
        assert facts["ended_at"] == ends_at.isoformat()
        (sentence,) = facts["incidents"] if isinstance(facts["incidents"], list) else []
        assert "服务器时钟偏差过大" in sentence
        assert facts["time_down"] == "0小时1分5秒"

    async def test_say_that_nobody_measured_and_that_nothing_happened(
        self, database: Database, as_owner: Execute, clock: FrozenClock
    ) -> None:
        hall = await opened(database, as_owner)
        clock.instant = hall.closes_at
        async with database.unit(SYSTEM) as work:
            await close_session(work, session_id=hall.session_id, epoch=hall.epoch)
        facts = await facts_of(database, hall)
        assert facts["answered_share"] == NOT_MEASURED
        assert facts["incidents"] == [NO_INCIDENT]
        assert facts["time_unmeasured"] == "0小时10分0秒"
        assert (facts["probe_entries"], facts["probe_hash"]) == (0, FIRST_PREV.hex())


class TestWords:
    @pytest.mark.parametrize("ground", StandstillGround)
    def test_an_incident_is_one_sentence_in_beijing_time(self, ground: StandstillGround) -> None:
        one = Incident(ground, AT, AT + MINUTE)
        assert sentences([one], AT + 2 * MINUTE) == [
            "1. 自2026年11月26日10时00分00秒至2026年11月26日10时01分00秒，"
            f"停止计时，原因：{GROUNDS[ground]}。"
        ]

    def test_an_incident_without_an_end_lasts_until_the_session_was_over(self) -> None:
        (sentence,) = sentences([Incident(StandstillGround.OTHER, AT, None)], AT + MINUTE)
        assert "至2026年11月26日10时01分00秒" in sentence

    def test_a_length_of_time_is_in_whole_seconds_never_more(self) -> None:
        assert span_words(timedelta(hours=25, seconds=61.9)) == "25小时1分1秒"
