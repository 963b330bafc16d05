"""What is done to the platform itself: give a dead row another chance, rotate keys."""

from uuid import UUID

from sqlalchemy import func, select

from auction.kernel.refusal import Refusal
from auction.store import policy
from auction.store.outbox import OutboxRow, OutboxState
from auction.store.personal.keyring import begin_rotation, end_rotation
from auction.store.personal.subject_key import SubjectKey, lock_wrapping
from auction.store.unit import Unit

KEY_STREAM = "platform:keys"
BATCH = 500


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


async def begin_key_rotation(work: Unit) -> str:
    """Add a key to the file and make it current, or go on with a rotation that was cut off.

    Return the current key's id.
    """
    work.require(policy.ROTATE_KEYS)
    current = begin_rotation(work.keyring.path).current
    work.record("subject_keys.rotation_begun", KEY_STREAM, kek=current)
    return current


async def rewrap_keys(work: Unit, *, most: int = BATCH) -> int:
    """Wrap a batch of subjects' keys under the current key; return how many, 0 at the end.

    Not one sealed field changes, and whoever reads meanwhile has both keys in the file.
    """
    rows = await work.session.scalars(
        select(SubjectKey)
        .where(SubjectKey.kek_id != work.keyring.read().current, SubjectKey.wrapped.is_not(None))
        .order_by(SubjectKey.id)
        .limit(most)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    work.require(policy.ROTATE_KEYS)
    count = 0
    for row in rows:
        row.rewrap()
        count += 1
    if count:
        work.record("subject_keys.rewrapped", KEY_STREAM, count=count)
    return count


async def end_key_rotation(work: Unit) -> bool:
    """Take the older keys out of the file, if nothing is wrapped under them any more.

    Whoever is wrapping a key holds the lock until his commit, so that none is still on its
    way under an older key; whoever wraps next reads the file anew.
    """
    work.require(policy.ROTATE_KEYS)
    await lock_wrapping(work.session)
    current = work.keyring.read().current
    left = await work.session.scalar(
        select(func.count()).where(SubjectKey.kek_id != current, SubjectKey.wrapped.is_not(None))
    )
    if left:
        return False
    gone = end_rotation(work.keyring.path)
    work.record("subject_keys.rotation_ended", KEY_STREAM, kek=current, gone=gone)
    return True
