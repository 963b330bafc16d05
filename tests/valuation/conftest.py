import pytest

from auction.kernel.clock import FrozenClock
from auction.store.database import Database
from tests.valuation.stage import Stage


@pytest.fixture
def stage(database: Database, clock: FrozenClock) -> Stage:
    return Stage(database, clock)
