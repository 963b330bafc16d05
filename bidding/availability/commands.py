"""Note what a probe found: a row for each transition, none for each probe."""

from datetime import timedelta

from sqlalchemy import func, select

from auction.store.unit import Unit
from bidding.availability import policy
from bidding.availability.interval import ServiceInterval
from bidding.availability.service import Service, judged, measure_of, noted

STREAM = "platform:service"


async def note_probe(work: Unit, *, origin: str, answer: timedelta | None) -> Service:
    """Fold one probe of an origin into its record; None means that no answer came in time."""
    key = func.hashtextextended(f"service:{origin}", 0)
    await work.session.execute(select(func.pg_advisory_xact_lock(key)))
    work.require(policy.NOTE)
    row = await work.session.scalar(
        select(ServiceInterval)
        .where(ServiceInterval.origin == origin)
        .order_by(ServiceInterval.until_at.desc(), ServiceInterval.from_at.desc())
        .limit(1)
    )
    measure = measure_of(work.rules)
    state = judged(answer, measure)
    ended, running = noted(row.interval if row else None, state, work.now, measure)
    if row is not None and ended is not None:
        row.until_at = ended.until_at
    if running != ended:
        work.add(
            ServiceInterval(
                id=work.new_id(), origin=origin, state=running.state,
                from_at=running.from_at, until_at=running.until_at,
            )
        )  # fmt: skip
        millis = -1 if answer is None else answer // timedelta(milliseconds=1)
        work.record("service.changed", STREAM, origin=origin, state=state.value, millis=millis)
    return state
