"""What an administrator does to the platform itself: give a dead row another chance."""

from uuid import UUID

from auction.kernel.refusal import Refusal
from auction.store import policy
from auction.store.outbox import OutboxRow, OutboxState
from auction.store.unit import Unit


async def retry_row(work: Unit, row_id: UUID) -> OutboxRow:
    """Hand a dead row on again, its attempts counted anew; its last error stays readable."""
    row = await work.lock(OutboxRow, row_id)
    work.require(policy.RETRY_ROW)
    if row.state is not OutboxState.DEAD:
        raise Refusal("outbox.not_dead")
    attempts, row.attempts = row.attempts, 0
    row.state, row.due_at = OutboxState.WAITING, work.now
    work.record("outbox.retried", f"outbox:{row.id}", name=row.name, attempts=attempts)
    return row
