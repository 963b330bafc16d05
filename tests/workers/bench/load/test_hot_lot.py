"""Lines of the live hall in short: one real platform for them, held to no bar."""

from collections.abc import AsyncIterator

import pytest

from workers.bench.load.bidding import Crowd, LoadError, Told
from workers.bench.load.closing import rest
from workers.bench.load.growth import of_bidders
from workers.bench.load.hot_lot import (
    AHall,
    a_hall,
    burst,
    check,
    check_accepted,
    measure_hot_lot,
    steady,
)
from workers.bench.load.watching import come_back, fanout, lateness


@pytest.fixture(scope="module")
async def hall() -> AsyncIterator[AHall]:
    async with a_hall(bidders=4, sessions=8) as opened:
        yield opened


async def test_a_hot_lot_is_measured_beside_both_its_baselines(hall: AHall) -> None:
    found = await measure_hot_lot(hall, seconds=0.4, pools=(2,))
    assert min(found.ours, found.naive, found.echo) > 0


async def test_a_burst_and_a_steady_rate_are_checked_against_the_database(hall: AHall) -> None:
    assert await burst(hall, 20) > 0
    assert await steady(hall, 50, 0.5) > 0


async def test_a_verdict_that_is_not_kept_is_an_error(hall: AHall) -> None:
    crowd = await hall.crowd()
    [told] = await crowd.burst(1)
    crowd.leave()
    told.is_accepted = not told.is_accepted
    with pytest.raises(LoadError, match="1 of 1 verdicts are not kept"):
        await check(hall, crowd)


def test_a_rate_of_which_less_than_half_was_accepted_is_an_error() -> None:
    told = {bytes([n]): Told(due_at=0.0, is_accepted=n == 0) for n in range(3)}
    with pytest.raises(LoadError, match="fewer than half"):
        check_accepted(Crowd(told=told))
    told[b"\x01"].is_accepted = True
    check_accepted(Crowd(told=told))


async def test_every_watcher_is_told_of_every_bid_and_comes_back(hall: AHall) -> None:
    figure = await fanout(hall, watchers=20, seconds=0.5)
    assert min(figure.value, figure.baseline) > 0
    assert await lateness(hall, watchers=5, per_second=20, seconds=0.5) > 0
    assert await come_back(hall, watchers=20) > 0


async def test_a_point_of_growth_is_verdicts_and_their_wait(hall: AHall) -> None:
    rows = await of_bidders(hall, 2, 0.4)
    assert [(row.count, row.value > 0) for row in rows] == [(2, True), (2, True)]


async def test_what_a_full_house_takes_at_rest_is_told(hall: AHall) -> None:
    assert await rest(hall, with_bids=3, seconds=1.0) > 0
