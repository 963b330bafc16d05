"""The home of a live session: collect bids, decide and commit them together, close on time.

Group commit: while one commit runs, whatever arrives waits and is the next batch. A bid is
submitted in the very call that received its bytes, so when the waiting list is empty at the
end of the session, every bid that entered in time has been decided.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from auction.kernel.actor import SYSTEM
from auction.kernel.clock import Clock
from auction.kernel.ids import SessionId
from auction.kernel.refusal import Refusal
from auction.store.database import Database
from auction.store.unit import Unit
from bidding import queries
from bidding.commands import Sign, close_session, open_session, place_bids
from bidding.hall.batch import PlacedBid
from bidding.hall.bid_entry import Decision
from bidding.hall.board import Board
from bidding.hall.standstill import extend_for_lag, pause_session, resume_paused
from bidding.hall.turn import Turn, next_turn, wakes_at

log = logging.getLogger(__name__)

ResultT = TypeVar("ResultT")

BATCH_MAX: Final = 400
_PAUSES: Final = (0.02, 0.1, 0.3, 1.0)
"""Seconds between attempts while PostgreSQL or the keeper of keys does not answer."""

Watch = Callable[[Board, Sequence[Decision]], None]
"""Told after every commit what there is to show."""

_Waiting = tuple[PlacedBid, "asyncio.Future[Decision]"]


class Moved(Exception):
    """Another process is the session's home now; whether a bid came in is asked there."""


class Sequencer:
    """One session at its home. `run` must be running; `submit` may be called at any time."""

    def __init__(
        self, database: Database, board: Board, *, sign: Sign, clock: Clock, watch: Watch
    ) -> None:
        self.board = board
        self.epoch = board.epoch
        self.is_moved = False
        self._database = database
        self._sign = sign
        self._clock = clock
        self._watch = watch
        self._waiting: list[_Waiting] = []
        self._wake = asyncio.Event()
        self._wake.set()  # what it was born with may be due already
        self._idle = asyncio.Event()
        self._idle.set()
        self._is_stopping = False

    @property
    def session_id(self) -> SessionId:
        """Whose home this is."""
        return self.board.session_id

    def submit(self, bid: PlacedBid) -> "asyncio.Future[Decision]":
        """Take a bid that has just entered; its decision comes after the COMMIT.

        The future fails with Moved when this is the home no longer.
        """
        told: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()
        if self.is_moved or self._is_stopping:
            told.set_exception(Moved())
        else:
            self._waiting.append((bid, told))
            self._idle.clear()
            self._wake.set()
        return told

    def see(self, board: Board) -> None:
        """Take the newest picture that whoever keeps the sessions knows, and look at the clock.

        Called every half second or so for all sessions of a process: the timer of each is set
        for its next instant only, and a clock that was put right meanwhile would go unnoticed.
        Epochs only rise: a picture of a lower one was read before the session came here.
        """
        if board.epoch > self.epoch:
            self._give_up()
        elif board.epoch == self.epoch and board.version > self.board.version:
            self.board = board
            self._watch(board, ())
            self._wake.set()
        due_at = wakes_at(self.board)
        if due_at is not None and due_at <= self._clock.now():
            self._wake.set()

    async def run(self) -> None:
        """Decide, open, resume and close until told to stop or until another home took over."""
        while not self.is_moved and not (self._is_stopping and not self._waiting):
            await self._until_something()
            await self._take(self._turn())
        self._give_up()

    async def pause(self, ground: str) -> None:
        """Stand still for a technical reason; it goes on by itself."""
        await self._change(
            lambda work: pause_session(
                work, session_id=self.session_id, epoch=self.epoch, ground=ground
            )
        )

    async def make_up_for(self, lag_ms: int) -> None:
        """Leave an extension from now, since this process stood still near the end."""
        await self._change(
            lambda work: extend_for_lag(
                work, session_id=self.session_id, epoch=self.epoch, lag_ms=lag_ms
            )
        )

    async def drain(self) -> None:
        """Take no more bids, and return when those taken are decided."""
        self.stop()
        await self._idle.wait()

    def stop(self) -> None:
        """Take no more bids; `run` ends once those taken are decided."""
        self._is_stopping = True
        self._wake.set()

    async def _until_something(self) -> None:
        """Sleep until a bid comes, the picture changes, or the next instant of the session."""
        if not self._waiting:
            self._idle.set()
        due_at = wakes_at(self.board)
        patience = None if due_at is None else (due_at - self._clock.now()).total_seconds()
        if self._waiting or (patience is not None and patience <= 0):
            return
        try:
            async with asyncio.timeout(patience):
                await self._wake.wait()
        except TimeoutError:
            return
        finally:
            self._wake.clear()

    def _turn(self) -> Turn:
        entered = (bid.entered_at for bid, _ in self._waiting)
        return next_turn(self.board, now=self._clock.now(), entered=entered)

    async def _take(self, turn: Turn) -> None:
        """Do what is due, in a commit of its own."""
        session_id, epoch = self.session_id, self.epoch
        match turn:
            case Turn.WAIT:
                return
            case Turn.DECIDE:
                await self._decide()
            case Turn.OPEN:
                await self._change(lambda work: open_session(work, session_id=session_id))
            case Turn.RESUME:
                await self._change(
                    lambda work: resume_paused(work, session_id=session_id, epoch=epoch)
                )
            case Turn.CLOSE:
                await self._change(
                    lambda work: close_session(work, session_id=session_id, epoch=epoch)
                )

    async def _decide(self) -> None:
        batch = self._waiting[:BATCH_MAX]
        del self._waiting[: len(batch)]
        bids = [bid for bid, _ in batch]

        async def place(work: Unit) -> tuple[list[Decision], Board]:
            return await place_bids(
                work, session_id=self.session_id, epoch=self.epoch, bids=bids, sign=self._sign
            )

        try:
            decided, board = await self._commit(place)
        except Exception as failure:  # the edge of a session: one batch must not end it
            if not isinstance(failure, Moved):
                log.exception("a batch of session %s failed", self.session_id)
            _fail(batch, failure)
            return
        self._show(board, decided)
        for (_, told), decision in zip(batch, decided, strict=True):
            if not told.done():
                told.set_result(decision)

    async def _change(self, command: Callable[[Unit], Awaitable[Board]]) -> None:
        try:
            self._show(await self._commit(command), ())
        except Moved:
            return

    async def _commit(self, command: Callable[[Unit], Awaitable[ResultT]]) -> ResultT:
        """Run a command in a unit until it is certain what came of it.

        Any failure may have come after the COMMIT was sent, so it means "unknown". The
        command is run again: bids that did come in are found by their bid_id.
        """
        attempt = 0
        while True:
            try:
                async with self._database.unit(SYSTEM) as work:
                    return await command(work)
            except Refusal as no:
                if no.code == "session.epoch_old":
                    self._give_up()
                    raise Moved from no
                if not no.code.startswith("keys."):
                    raise
                log.warning("the keeper of keys does not answer: %s", no.code)
            except (SQLAlchemyError, OSError, TimeoutError) as unknown:
                log.warning("outcome unknown, asking again: %s", type(unknown).__name__)
            await asyncio.sleep(_PAUSES[min(attempt, len(_PAUSES) - 1)])
            attempt += 1

    def _show(self, board: Board, decided: Sequence[Decision]) -> None:
        if board.version > self.board.version or decided:
            self.board = max(self.board, board, key=lambda one: one.version)
            self._watch(self.board, decided)
            self._wake.set()  # what is due next may be another thing, at another time

    def _give_up(self) -> None:
        """Be the home no longer: everything that waits is told to ask the new one."""
        self.is_moved = self.is_moved or not self._is_stopping
        waiting, self._waiting = self._waiting, []
        _fail(waiting, Moved())
        self._idle.set()
        self._wake.set()


def _fail(batch: Sequence[_Waiting], failure: Exception) -> None:
    for _, told in batch:
        if not told.done():
            told.set_exception(failure)


async def read_board(database: Database, session_id: SessionId) -> Board:
    """Read a session's picture."""
    async with database.reading() as session:
        return await queries.board(session, session_id)
