from prometheus_client import REGISTRY

from auction.kernel.actor import SYSTEM
from auction.store.pulse import pulses
from workers.operations import PROCESS, beat
from workers.wiring import Context


async def test_a_beat_is_seen_and_the_backlog_measured(context: Context) -> None:
    async with context.database.unit(SYSTEM) as work:
        work.enqueue("greet", person="7")
    await beat(context)
    await beat(context)
    async with context.database.reading() as session:
        [seen] = await pulses(session)
    assert seen.process == PROCESS
    assert seen.beat_at >= seen.started_at
    assert REGISTRY.get_sample_value("luochui_outbox_waiting") == 1
    assert REGISTRY.get_sample_value("luochui_outbox_dead") == 0
    age = REGISTRY.get_sample_value("luochui_outbox_oldest_seconds")
    assert age is not None
    assert age >= 0
