"""One session in this process: its sockets, their bids and questions, and the way to its home."""

import asyncio
from collections.abc import Coroutine, Sequence
from datetime import datetime
from uuid import UUID

from websockets.frames import CloseCode

from auction.kernel.clock import Clock
from auction.kernel.ids import BidderCode, BidId
from auction.kernel.money import Money
from auction.store.database import OUTCOME_UNKNOWN, Database
from bidding.hall.batch import PlacedBid
from bidding.hall.bid_entry import Decision
from bidding.hall.bid_entry import Verdict as Outcome
from bidding.hall.board import Board
from bidding.queries import Seen, bids_after, board, decision, last_bids
from bidding.sequencer import Moved, Sequencer
from web.live.connection import HallConnection
from web.live.fanout import BIDS_SHOWN, Fanout, accepted, millis, shown
from web.live.metrics import SOCKETS, count_decided
from web.live.protocol import (
    Bid,
    FateTold,
    Fault,
    Fetch,
    Told,
    Verdict,
    write_told,
)


class Hall:
    """A session that somebody looks at. Without a sequencer its home is elsewhere, or nowhere."""

    def __init__(self, database: Database, clock: Clock, fanout: Fanout) -> None:
        self.fanout = fanout
        self.sequencer: Sequencer | None = None
        self.turn = asyncio.Lock()
        """Held while the hall becomes a home: two bidders come in at once."""
        self._database = database
        self._clock = clock
        self._undecided: dict[tuple[BidderCode, BidId], asyncio.Future[Decision]] = {}
        self._wanted: dict[HallConnection, int] = {}
        """From which entry on a socket wants to be told, while that waits for its turn."""
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def board(self) -> Board:
        """The newest picture this process has."""
        return self.fanout.board

    @property
    def seen(self) -> Seen:
        """How new that picture is, to ask the database whether there is a newer one."""
        epoch = None if self.sequencer is None else self.sequencer.epoch
        return Seen(self.board.session_id, self.board.version, epoch)

    def let_in(self, connection: HallConnection) -> None:
        """Tell a socket where everything stands, and from now on what changes."""
        code = connection.admission.code if connection.admission else None
        connection.on_gone = self._let_go
        self.fanout.sockets.add(connection)
        SOCKETS.inc()
        connection.tell(self.fanout.snapshot(code))
        self.fanout.stir()

    def bid(self, connection: HallConnection, said: Bid, entered_at: datetime) -> None:
        """Hand a bid to the sequencer at once; the verdict follows after the COMMIT."""
        if connection.admission is None:
            self._fault(connection, "not_a_bidder", said.bid_id)
            return
        if self.sequencer is None:
            self._fault(connection, "moved", said.bid_id)
            return
        expected = None if said.only_if_price is None else Money(said.only_if_price)
        placed = PlacedBid(
            bid_id=BidId(said.bid_id),
            code=connection.admission.code,
            amount=Money(said.amount_fen),
            entered_at=entered_at,
            expected_price=expected,
        )
        told = self.sequencer.submit(placed)
        key = (placed.code, placed.bid_id)
        self._undecided[key] = told

        def done(future: "asyncio.Future[Decision]") -> None:
            if self._undecided.get(key) is future:
                del self._undecided[key]
            connection.tell(write_told(self._answer(said.bid_id, future)))

        told.add_done_callback(done)

    def fate(self, connection: HallConnection, bid_id: UUID) -> None:
        """Say what became of a bidder's bid, once that is certain."""
        if connection.admission is None:
            self._fault(connection, "not_a_bidder", bid_id)
        else:
            self._begin(self._tell_fate(connection, connection.admission.code, BidId(bid_id)))

    def fetch(self, connection: HallConnection, said: Fetch) -> None:
        """Fill a gap from the database; questions that wait for it are answered together."""
        waiting = self._wanted.get(connection)
        self._wanted[connection] = said.from_seq if waiting is None else min(waiting, said.from_seq)
        if waiting is None:
            self._begin(self._fill(connection))

    def watch(self, new: Board, decisions: Sequence[Decision]) -> None:
        """What the sequencer says after each commit."""
        count_decided(decisions)
        self.fanout.take(new, accepted(decisions))

    async def refresh(self) -> None:
        """Read what others wrote: the home's bids, a suspension by the court."""
        known = self.board
        async with self._database.reading() as session:
            new = await board(session, known.session_id)
            bids = await bids_after(session, known.session_id, known.seq)
        if self.sequencer is not None:
            self.sequencer.see(new)
        else:
            self.fanout.take(new, [shown(bid) for bid in bids])

    async def rest(self) -> None:
        """Return when every question asked here is answered."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def close_all(self, code: CloseCode, reason: str) -> None:
        """Send everybody away."""
        for connection in tuple(self.fanout.sockets):
            connection.end(code, reason)

    def dismiss(self, ended: set[bytes], *only: HallConnection) -> None:
        """Send those away whose sign-in has ended: one socket, or all."""
        for connection in only or tuple(self.fanout.sockets):
            admission = connection.admission
            if admission is not None and any(admission.is_of(one) for one in ended):
                connection.end(CloseCode.POLICY_VIOLATION, "signed out")

    def _let_go(self, connection: HallConnection) -> None:
        self.fanout.sockets.discard(connection)
        SOCKETS.dec()
        self.fanout.stir()

    def _answer(self, bid_id: UUID, future: "asyncio.Future[Decision]") -> Told:
        failure = future.exception()
        if failure is None:
            return verdict_of(future.result())
        code = "moved" if isinstance(failure, Moved) else "unknown"
        return Fault(millis(self._clock.now()), code, bid_id)

    def _fault(self, connection: HallConnection, code: str, bid_id: UUID | None = None) -> None:
        connection.tell(write_told(Fault(millis(self._clock.now()), code, bid_id)))

    async def _tell_fate(self, connection: HallConnection, code: BidderCode, bid_id: BidId) -> None:
        waiting = self._undecided.get((code, bid_id))
        if waiting is not None:
            await asyncio.wait([waiting])
        try:
            async with self._database.reading() as session:
                found = await decision(session, self.board.session_id, code, bid_id)
        except OUTCOME_UNKNOWN:
            self._fault(connection, "unknown", bid_id)
            return
        verdict = verdict_of(found) if found else None
        connection.tell(write_told(FateTold(millis(self._clock.now()), bid_id, verdict)))

    async def _fill(self, connection: HallConnection) -> None:
        try:
            async with self._database.reading() as session:
                from_seq = self._wanted.pop(connection)
                bids = await bids_after(session, self.board.session_id, from_seq)
        except OUTCOME_UNKNOWN:  # it comes again, and is told everything anew
            self._wanted.pop(connection, None)
            connection.end(CloseCode.TRY_AGAIN_LATER, "try again")
            return
        frame = self.fanout.fill(from_seq, [shown(bid) for bid in bids])
        connection.tell(frame)

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def verdict_of(one: Decision) -> Verdict:
    """A decision as its bidder is told it; the same decision always gives the same bytes."""
    return Verdict(
        now=millis(one.decided_at),
        bid_id=one.bid_id,
        seq=one.seq,
        is_accepted=one.verdict is Outcome.ACCEPTED,
        reason=one.reason,
        amount_fen=one.amount.fen,
        entered_at=millis(one.entered_at),
        decided_at=millis(one.decided_at),
        is_extended=one.is_extended,
        is_self_overbid=one.is_self_overbid,
        closes_at=millis(one.closes_at),
        receipt=one.receipt,
    )


async def open_hall(database: Database, clock: Clock, seen: Board) -> Hall:
    """Read a session's picture with its last bids."""
    async with database.reading() as session:
        current = await board(session, seen.session_id)
        lines = await last_bids(session, seen.session_id, most=BIDS_SHOWN)
    return Hall(database, clock, Fanout(current, [shown(line) for line in lines], clock))
