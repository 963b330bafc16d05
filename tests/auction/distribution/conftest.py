import pytest

from auction.kernel.clock import FrozenClock
from auction.store.database import Database
from tests.auction.distribution.plans import PlanDesk


@pytest.fixture
async def desk(database: Database, clock: FrozenClock) -> PlanDesk:
    made = PlanDesk(database, clock)
    await made.found()
    return made
