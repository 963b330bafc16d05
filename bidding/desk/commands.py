"""What an officer does at the desk to a session itself; stopping it is done to its listing."""

from auction.kernel.ids import SessionId
from auction.kernel.refusal import Refusal
from auction.store.unit import Unit
from bidding.hall import policy
from bidding.hall.board import Board, SessionState, SessionTrigger
from bidding.hall.standstill import lock_session, tell


async def start_session(work: Unit, *, session_id: SessionId) -> Board:
    """Open a session whose announced time has come, when nothing else has opened it (网拍12、20).

    Refuses with `session.not_due` before; what is open already stays as it is.
    """
    session = await lock_session(work, session_id)
    work.require(policy.START, session.court_id)
    if session.state is SessionState.SCHEDULED:
        if work.now < session.opens_at:
            raise Refusal("session.not_due", opens_at=session.opens_at.isoformat())
        session.advance(SessionTrigger.OPEN)
        work.record("session.opened", session.stream, is_by_hand=True)
        tell(work, session)
    return session.board
