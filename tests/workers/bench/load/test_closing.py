"""The storm of endings in short, on a platform of its own: it ends every session."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from workers.bench.load.bidding import LoadError
from workers.bench.load.closing import storm
from workers.bench.load.enrolling import Bidder
from workers.bench.load.hot_lot import AHall, a_hall
from workers.bench.load.settled import check_settled
from workers.bench.resting import PROGRAMS


@pytest.fixture(scope="module")
async def hall() -> AsyncIterator[AHall]:
    async with a_hall(bidders=0, sessions=40, programs=PROGRAMS) as opened:
        yield opened


async def test_all_sessions_end_in_their_second_and_everything_is_settled(hall: AHall) -> None:
    assert await storm(hall, with_bids=6, last_second=2) > 0


async def test_a_sale_to_somebody_else_is_an_error(hall: AHall) -> None:
    rows = await hall.owner.fetch("SELECT listing_id, registration_id, code FROM sale")
    winners = {row["listing_id"]: Bidder(row["registration_id"], row["code"]) for row in rows}
    await check_settled(hall, winners)
    wrong = {listing: Bidder(UUID(int=0), one.code) for listing, one in winners.items()}
    with pytest.raises(LoadError, match="6 sales of 6, 6 of them wrong"):
        await check_settled(hall, wrong)


async def test_a_deposit_that_was_not_ordered_back_is_an_error(hall: AHall) -> None:
    rows = await hall.owner.fetch("SELECT listing_id, registration_id, code FROM sale")
    winners = {row["listing_id"]: Bidder(row["registration_id"], row["code"]) for row in rows}
    await hall.owner.execute(
        "UPDATE deposits SET state = 'held' WHERE id = (SELECT id FROM deposits"
        " WHERE state = 'release_ordered' LIMIT 1)"
    )
    with pytest.raises(LoadError, match="1 of 18 deposits are not where they belong"):
        await check_settled(hall, winners)
