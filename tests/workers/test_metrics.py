"""What is measured: just what is listed, by labels that nobody outside can make."""

import pkgutil
from datetime import timedelta
from importlib import import_module

from prometheus_client import REGISTRY
from sqlalchemy import text

import web
import workers
from auction.kernel.clock import FrozenClock
from auction.kernel.settings import Settings
from auction.store.database import Database
from auction.store.metrics import LISTED
from auction.store.outbox import ATTEMPTS_MAX
from tests.auction.store.test_commands import a_row, fails
from workers.relay import beat
from workers.wiring import Context

PREFIX = "luochui_"
OF_TESTS = "luochui_test_"


def measured() -> dict[str, tuple[str, ...]]:
    """Every metric of ours in the whole product, with its labels."""
    for package in (web, workers):
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "migrations" not in info.name and "__main__" not in info.name:
                import_module(info.name)
    collectors = {id(one): one for one in REGISTRY._names_to_collectors.values()}
    return {
        collector._name: tuple(collector._labelnames)
        for collector in collectors.values()
        if getattr(collector, "_name", "").startswith(PREFIX)
        and not collector._name.startswith(OF_TESTS)
    }


def sample(name: str, **labels: str) -> float:
    found = REGISTRY.get_sample_value(name, labels)
    assert found is not None, name
    return found


def test_what_is_measured_is_what_is_listed() -> None:
    assert measured() == dict(LISTED)


async def test_the_backlog_is_measured_by_the_worker_s_pulse(
    context: Context, clock: FrozenClock
) -> None:
    row_id = await a_row(context.database)
    await beat(context)
    assert sample("luochui_outbox_waiting") == 1
    assert sample("luochui_outbox_dead") == 0
    clock.advance(timedelta(seconds=7))
    await beat(context)
    assert sample("luochui_outbox_oldest_seconds") == 7
    await fails(context.database, row_id, ATTEMPTS_MAX)
    await beat(context)
    assert (sample("luochui_outbox_waiting"), sample("luochui_outbox_dead")) == (0, 1)
    assert sample("luochui_outbox_oldest_seconds") == 0


async def test_the_pool_s_connections_are_measured(settings: Settings) -> None:
    database = Database(settings)
    lent = sample("luochui_database_connections", state="lent")
    opened = sample("luochui_database_connections", state="open")
    async with database.reading() as session:
        await session.execute(text("SELECT 1"))
        assert sample("luochui_database_connections", state="lent") == lent + 1
        assert sample("luochui_database_connections", state="open") == opened + 1
    assert sample("luochui_database_connections", state="lent") == lent
    await database.close()
    assert sample("luochui_database_connections", state="open") == opened
