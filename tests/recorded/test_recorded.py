"""Recorded auctions on the live path end as the pure replay of the same bids says."""

from itertools import islice
from pathlib import Path

import pytest

from auction.kernel.settings import Settings
from auction.store.database import Database
from tests.conftest import Execute
from tests.recorded.auctions import (
    ART,
    RECORDS,
    RecordedAuction,
    Result,
    art,
    code_of,
    judicial,
    read_rows,
    replayed_art,
    replayed_judicial,
)
from tests.recorded.live import a_theatre
from tests.signers import answering

ART_SESSIONS = 12
ART_ROWS = 400


def rows_of(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        pytest.skip(f"the recorded auctions are not here ({path.name})")
    return [dict(row) for row in read_rows(path)]


async def held(
    settings: Settings, as_owner: Execute, auctions: list[RecordedAuction]
) -> dict[str, Result]:
    begins_at = min(auction.opens_at for auction in auctions)
    async with (
        answering(settings),
        a_theatre(settings, as_owner, begins_at=begins_at) as theatre,
    ):
        return await theatre.hold(auctions)


def expected(replayed: dict[str, Result], keys: set[str]) -> dict[str, Result]:
    return {
        key: Result(code_of(one.winner), one.price, one.closes_at, one.refused)
        for key, one in replayed.items()
        if key in keys
    }


async def test_three_judicial_auctions(
    settings: Settings, database: Database, as_owner: Execute
) -> None:
    assert database  # it is emptied after the test
    rows = rows_of(RECORDS)
    auctions = list(judicial(rows))
    told = await held(settings, as_owner, auctions)
    assert len(told) == 3
    assert told == expected(replayed_judicial(rows), set(told))


async def test_some_sessions_of_art_houses_with_their_late_bids(
    settings: Settings, database: Database, as_owner: Execute
) -> None:
    assert database  # it is emptied after the test
    rows = rows_of(ART)[:ART_ROWS]
    auctions = list(islice(art(rows), ART_SESSIONS))
    told = await held(settings, as_owner, auctions)
    assert told == expected(replayed_art(rows), set(told))
    assert sum(one.refused for one in told.values()) > 0
