"""What a live process asks of its halls: only what changed comes back."""

from auction.kernel.ids import new_id
from auction.store.database import Database
from bidding.queries import Seen, changed
from tests.bidding.halls import AHall, Execute, a_hall, a_placed_bid, home, place


async def seen_of(database: Database, hall: AHall, epoch: int | None = None) -> Seen:
    async with database.reading() as session:
        [board] = (await changed(session, [Seen(hall.session_id, -1, None)])).values()
    return Seen(hall.session_id, board.version, epoch)


async def changes(database: Database, *seen: Seen) -> set[object]:
    async with database.reading() as session:
        return set(await changed(session, seen))


async def test_what_stands_as_it_was_seen_does_not_come_back(
    database: Database, as_owner: Execute
) -> None:
    still, moving = [await a_hall(database, as_owner) for _ in range(2)]
    seen = [await seen_of(database, still), await seen_of(database, moving)]
    assert await changes(database, *seen) == set()
    await place(database, moving, a_placed_bid(database, 1000))
    assert await changes(database, *seen) == {moving.session_id}
    assert await changes(database) == set()


async def test_a_home_is_told_of_another_home_and_a_watcher_is_not(
    database: Database, as_owner: Execute
) -> None:
    hall = await a_hall(database, as_owner)
    watched, at_home = await seen_of(database, hall), await seen_of(database, hall, hall.epoch)
    await as_owner("UPDATE homes SET seen_at = seen_at - interval '1 hour'")
    await home(database, hall, new_id(database.clock.now()))
    assert await changes(database, watched) == set()
    assert await changes(database, at_home) == {hall.session_id}
