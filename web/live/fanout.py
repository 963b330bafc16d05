"""Tell every socket of a hall what changed: merged frames, at most one every 100 ms.

How many look on is told once a second: a crowd that comes back after a cut would else be told of
each other ten times a second, which took more of the process than letting them in.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from auction.kernel.clock import Clock
from auction.kernel.money import rmb_upper
from bidding.hall.bid_entry import Decision, Verdict
from bidding.hall.board import Board
from bidding.queries import BIDS_A_PAGE, BidLine
from web.live.connection import HallConnection, framed
from web.live.protocol import BidShown, Frame, Snapshot, State, write_told

FRAME_SECONDS: Final = 0.1
WATCHERS_SECONDS: Final = 1.0
BIDS_SHOWN: Final = 50


def millis(moment: datetime) -> int:
    """An instant as messages tell it."""
    return int(moment.timestamp() * 1000)


class Fanout:
    """The picture of one session in this process, and everybody who looks at it."""

    def __init__(self, board: Board, bids: Iterable[BidShown], clock: Clock) -> None:
        self.board = board
        self.sockets: set[HallConnection] = set()
        self._bids: deque[BidShown] = deque(bids, maxlen=BIDS_SHOWN)
        self._clock = clock
        self._sent_seq = board.seq
        self._news: list[BidShown] = []
        self._flush_handle: asyncio.TimerHandle | None = None
        self._sent_at = 0.0
        self._words = rmb_upper(board.price) if board.price else ""

    def snapshot(self, code: str | None) -> bytes:
        """What a socket is told as it comes in; everything later comes by frames.

        It may be ahead of the last frame: entries that the next frame covers again are
        known to the client by their seq.
        """
        return write_told(
            Snapshot(
                now=millis(self._clock.now()),
                session=self.board.session_id,
                listing=self.board.listing_id,
                code=code,
                is_over=self.board.is_over,
                state=self._state(),
                bids=tuple(self._bids),
            )
        )

    def fill(self, from_seq: int, bids: Sequence[BidShown]) -> bytes:
        """A frame that fills a gap after `from_seq`; a full page leaves the rest to another."""
        is_full = len(bids) == BIDS_A_PAGE
        return write_told(
            Frame(
                now=millis(self._clock.now()),
                from_seq=from_seq + 1,
                seq=bids[-1].seq if is_full else max(self.board.seq, from_seq),
                state=self._state(),
                bids=tuple(bids),
            )
        )

    def take(self, board: Board, bids: Sequence[BidShown]) -> None:
        """Hold a newer picture and send it soon."""
        if board.version < self.board.version:
            return
        if board.price and board.price != self.board.price:
            self._words = rmb_upper(board.price)
        known = self._bids[-1].seq if self._bids else 0
        fresh = [bid for bid in bids if bid.seq > known]
        self.board = board
        self._bids.extend(fresh)
        self._news += fresh
        self._flush_by(self._sent_at + FRAME_SECONDS)

    def stir(self) -> None:
        """Have a new number of watchers told: now, or a second after the last frame."""
        self._flush_by(self._sent_at + WATCHERS_SECONDS)

    def _flush_by(self, at: float) -> None:
        """Have a frame sent at an instant of the loop's, unless one is due before."""
        if self._flush_handle is not None:
            if self._flush_handle.when() <= at:
                return
            self._flush_handle.cancel()
        self._flush_handle = asyncio.get_running_loop().call_at(at, self._flush)

    def _flush(self) -> None:
        self._flush_handle = None
        self._sent_at = asyncio.get_running_loop().time()
        told = write_told(
            Frame(
                now=millis(self._clock.now()),
                from_seq=self._sent_seq + 1,
                seq=self.board.seq,
                state=self._state(),
                bids=tuple(self._news),
            )
        )
        self._sent_seq = self.board.seq
        self._news = []
        frame = framed(told)
        for socket in tuple(self.sockets):
            socket.pass_on(frame)

    def _state(self) -> State:
        board = self.board
        return State(
            version=board.version,
            seq=board.seq,
            state=board.state.value,
            price_fen=board.price.fen if board.price else None,
            price_words=self._words,
            leader=board.leading_code,
            leader_rank=board.leading_rank or 0,
            least_fen=board.lowest_next.fen,
            starting_fen=board.starting_price.fen,
            increment_fen=board.increment.fen,
            opens_at=millis(board.opens_at),
            closes_at=millis(board.closes_at),
            extensions=board.extensions,
            pause_ground=board.pause_ground,
            watchers=len(self.sockets),
        )


def shown(line: BidLine) -> BidShown:
    """A bid read from the database, as everybody sees it."""
    return BidShown(
        line.seq,
        line.code,
        line.amount.fen,
        millis(line.entered_at),
        line.is_extended,
        millis(line.closes_at_after),
    )


def accepted(decisions: Iterable[Decision]) -> list[BidShown]:
    """The accepted ones among fresh decisions, in order."""
    return [
        BidShown(
            one.seq,
            one.code,
            one.amount.fen,
            millis(one.entered_at),
            one.is_extended,
            millis(one.closes_at),
        )
        for one in sorted(decisions, key=lambda one: one.seq)
        if one.verdict is Verdict.ACCEPTED
    ]
