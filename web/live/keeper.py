"""What one live process keeps: its halls, the sessions it is home of, its clock and heartbeat."""

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec
from websockets.frames import CloseCode

from auction.kernel.actor import SYSTEM
from auction.kernel.clock import SystemClock
from auction.kernel.disciplined import DisciplinedClock
from auction.kernel.ids import ListingId, SessionId, new_id
from auction.kernel.refusal import Refusal
from auction.people.queries import ended_sign_ins
from auction.store.database import OUTCOME_UNKNOWN, Database
from auction.store.keys import KeyHolder
from bidding import queries
from bidding.commands import Sign, open_session
from bidding.hall.board import Board, SessionState
from bidding.hall.clock_jump import GROUND, outlast_jump
from bidding.hall.receipt import Batch, Signed
from bidding.hall.standstill import beat, become_home, leave
from bidding.hall.ticket import LIFE as TICKET_LIFE
from bidding.hall.ticket import Admission, redeem_ticket
from bidding.sequencer import Sequencer
from web.live.connection import HallConnection
from web.live.fanout import millis
from web.live.hall import Hall, open_hall
from web.live.protocol import Fault, Hello, write_told

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 0.5
"""How often others' changes are looked for in the database."""
EMPTY_LOOK_SECONDS: Final = 1.0
"""The same while nobody is in any hall; four times as often as a home is taken for lost."""
LAG_MAX: Final = timedelta(milliseconds=250)
JUMPED_MAX: Final = 100
"""So many sessions are given back at once what the clock jumped over."""
LAST_MINUTE: Final = timedelta(minutes=1)
_PULSE_SECONDS: Final = 0.05
_CLOCK_SECONDS: Final = 5.0


class Keeper:
    """The sessions of one live process."""

    def __init__(
        self, database: Database, clock: DisciplinedClock, sign: Sign, origin: str
    ) -> None:
        self.clock = clock
        self.home_id: UUID = new_id(clock.now())
        self.origin = origin
        self.is_leaving = False
        self._database = database
        self._sign = sign
        self._halls: dict[SessionId, Hall] = {}
        self._by_listing: dict[ListingId, Hall] = {}
        self._opening = asyncio.Lock()
        self._homes: set[asyncio.Task[None]] = set()
        self._ended: set[bytes] = set()
        """Sign-ins that ended lately: whoever comes with one of their tickets is sent away."""

    async def enter(
        self,
        connection: HallConnection,
        said: Hello,
        *,
        has_place: Callable[[HallConnection], bool] = lambda _: True,
    ) -> None:
        """Let a socket into a hall, as a bidder when its ticket is good and a place is left."""
        try:
            hall = await self._hall_for(connection, said)
        except Refusal as no:
            code = {"not_found": "no_session", "ticket.not_valid": "ticket_not_valid"}.get(
                no.code, no.code.removeprefix("session.")
            )
            fault = Fault(millis(self.clock.now()), code, origin=str(no.facts.get("origin", "")))
            connection.tell(write_told(fault))
            connection.end(CloseCode.POLICY_VIOLATION, code)
        except OUTCOME_UNKNOWN:
            connection.end(CloseCode.TRY_AGAIN_LATER, "try again")
        else:
            if not has_place(connection):
                self._turn_away(connection)
                return
            connection.place = hall
            hall.let_in(connection)
            hall.dismiss(self._ended, connection)

    def _turn_away(self, connection: HallConnection) -> None:
        """Too many sockets of this bidder, or of watchers at this address."""
        code = "too_many_sockets"
        connection.tell(write_told(Fault(millis(self.clock.now()), code)))
        connection.end(CloseCode.POLICY_VIOLATION, code)

    async def _hall_for(self, connection: HallConnection, said: Hello) -> Hall:
        hall = await self._hall_of(ListingId(said.listing))
        if said.ticket is None:
            return hall
        admission = await self._redeem(said.ticket)
        hall = await self._hall_of(ListingId(said.listing))  # nobody was in it: it may be gone
        is_ended = any(admission.is_of(one) for one in self._ended)
        if is_ended or admission.session_id != hall.board.session_id:
            raise Refusal("ticket.not_valid")
        if not hall.board.is_over:
            await self._become_home(hall)
        connection.admission = admission
        return hall

    async def _hall_of(self, listing_id: ListingId) -> Hall:
        """The hall of a listing: a crowd that comes in at once asks the database once."""
        known = self._by_listing.get(listing_id)
        if known is not None:
            return known
        async with self._opening:
            known = self._by_listing.get(listing_id)
            if known is not None:
                return known
            async with self._database.reading() as session:
                board = await queries.session_of_listing(session, listing_id)
            if board is None:
                raise Refusal("not_found", what="sessions", id=str(listing_id))
            return await self._open(board)

    async def _redeem(self, secret: str) -> Admission:
        async with self._database.unit(SYSTEM) as work:
            return await redeem_ticket(work, secret=secret)

    async def _hall(self, board: Board) -> Hall:
        async with self._opening:
            return await self._open(board)

    async def _open(self, board: Board) -> Hall:
        """Open a hall unless it is open; held by `_opening`, since two may come in at once."""
        hall = self._halls.get(board.session_id)
        if hall is None:
            hall = await open_hall(self._database, self.clock, board)
            self._halls[board.session_id] = self._by_listing[board.listing_id] = hall
        return hall

    async def _become_home(self, hall: Hall) -> None:
        """Take the session home unless it is here; refuses while it lives elsewhere."""
        async with hall.turn:
            if hall.sequencer is not None and not hall.sequencer.is_moved:
                return
            if self.is_leaving:
                raise Refusal("session.leaving")
            session_id = hall.board.session_id
            async with self._database.unit(SYSTEM) as work:
                board = await become_home(work, session_id=session_id, home_id=self.home_id)
            sequencer = Sequencer(
                self._database, board, sign=self._sign, clock=self.clock, watch=hall.watch
            )
            hall.sequencer = sequencer
            hall.watch(board, ())
            running = asyncio.create_task(self._run(hall, sequencer))
            self._homes.add(running)
            running.add_done_callback(self._homes.discard)
            log.info("home of session %s, epoch %d", session_id, board.epoch)

    async def _run(self, hall: Hall, sequencer: Sequencer) -> None:
        await sequencer.run()
        if sequencer.is_moved:
            log.warning("session %s has another home now", sequencer.session_id)
            hall.sequencer = None
            hall.close_all(CloseCode.SERVICE_RESTART, "moved")

    async def look(self) -> None:
        """One look at the database: others' changes, due openings, sessions that lost a home."""
        async with self._database.unit(SYSTEM) as work:
            await beat(work, home_id=self.home_id, origin=self.origin)
        now = self.clock.now()
        async with self._database.reading() as session:
            boards = await queries.changed(session, [hall.seen for hall in self._halls.values()])
            lost = await queries.orphans(session, now)
            ended = await ended_sign_ins(session, now - TICKET_LIFE - LAST_MINUTE, now)
        self._dismiss(ended)
        for hall in list(self._halls.values()):
            await self._see(hall, boards.get(hall.board.session_id, hall.board))
        for session_id in lost:
            await self._adopt(session_id)
        self._forget()

    def _dismiss(self, ended: set[bytes]) -> None:
        """Close the sockets whose sign-in was revoked, aged or idled out (TRUST: within 2 s)."""
        new, self._ended = ended - self._ended, ended
        for hall in self._halls.values():
            hall.dismiss(new)

    async def _see(self, hall: Hall, board: Board) -> None:
        is_due = board.state is SessionState.SCHEDULED and self.clock.now() >= board.opens_at
        if is_due and hall.sequencer is None:
            async with self._database.unit(SYSTEM) as work:
                await open_session(work, session_id=board.session_id)
        if is_due or board.version > hall.board.version:
            await hall.refresh()
        elif hall.sequencer is not None:
            hall.sequencer.see(board)

    async def _adopt(self, session_id: SessionId) -> None:
        async with self._database.reading() as session:
            board = await queries.board(session, session_id)
        try:
            await self._become_home(await self._hall(board))
        except Refusal as no:
            log.info("session %s was taken by another: %s", session_id, no.code)

    def _forget(self) -> None:
        """Drop halls that nobody looks at and that are not at home here."""
        for session_id, hall in list(self._halls.items()):
            is_idle = hall.sequencer is None or hall.board.is_over
            if not hall.fanout.sockets and is_idle and not hall.turn.locked():
                del self._halls[session_id], self._by_listing[hall.board.listing_id]
                if hall.sequencer is not None:
                    hall.sequencer.stop()

    @property
    def is_empty(self) -> bool:
        """Whether nobody is in any hall."""
        return not any(hall.fanout.sockets for hall in self._halls.values())

    async def set_clock(self) -> None:
        """Compare with PostgreSQL's clock; a large drift pauses what is at home here."""
        reading = await self._database.compare(self.clock)
        if reading.is_followed:
            return
        log.error("the clock is off by %s: bidding pauses", reading.drift)
        homes = self._at_home()
        for sequencer in homes:
            sequencer.hold()  # none goes on by the old clock while others still pause
        try:
            for sequencer in homes:
                await sequencer.pause(GROUND)
            await self._outlast_jump(reading.drift)
            self.clock.accept(reading.drift)
        finally:
            for sequencer in homes:
                sequencer.release()

    async def _outlast_jump(self, step: timedelta) -> None:
        """Let openings of sessions at home here that a jump ahead passes over lose nothing."""
        to, is_more = self.clock.now() + step, step > timedelta()
        while is_more:
            async with self._database.unit(SYSTEM) as work:
                is_more = (
                    await outlast_jump(work, to=to, most=JUMPED_MAX, home_id=self.home_id)
                    == JUMPED_MAX
                )

    async def answer_for_lag(self, lag: timedelta) -> None:
        """The process stood still: sessions about to end get an extension, on record."""
        log.warning("the loop stood still for %s", lag)
        lag_ms = lag // timedelta(milliseconds=1)
        for sequencer in self._at_home():
            left = sequencer.board.closes_at - self.clock.now()
            if sequencer.board.state is SessionState.OPEN and left < LAST_MINUTE:
                await sequencer.make_up_for(lag_ms)

    async def leave(self) -> None:
        """Decide what was taken, give the sessions up, send everybody to come back."""
        self.is_leaving = True
        await asyncio.gather(*(sequencer.drain() for sequencer in self._at_home()))
        await asyncio.gather(*self._homes, return_exceptions=True)
        async with self._database.unit(SYSTEM) as work:
            await leave(work, home_id=self.home_id)
        for hall in self._halls.values():
            hall.close_all(CloseCode.SERVICE_RESTART, "restarting")
            await hall.rest()

    def _at_home(self) -> list[Sequencer]:
        found = [hall.sequencer for hall in self._halls.values()]
        return [one for one in found if one is not None and not one.is_moved]


async def keep(keeper: Keeper) -> None:
    """Look and compare clocks until leaving; a look that failed is logged, the next one comes."""
    loop = asyncio.get_running_loop()
    clock_at = 0.0
    while not keeper.is_leaving:
        try:
            if loop.time() >= clock_at:
                await keeper.set_clock()
                clock_at = loop.time() + _CLOCK_SECONDS
            await keeper.look()
        except Exception:  # the edge: PostgreSQL may be away for a while
            log.exception("a look at the database failed; the next one comes")
        await asyncio.sleep(EMPTY_LOOK_SECONDS if keeper.is_empty else LOOK_SECONDS)


async def feel_pulse(keeper: Keeper) -> None:
    """Notice when the loop stood still: every bidder's bytes waited as long."""
    loop = asyncio.get_running_loop()
    while not keeper.is_leaving:
        due = loop.time() + _PULSE_SECONDS
        await asyncio.sleep(_PULSE_SECONDS)
        lag = timedelta(seconds=loop.time() - due)
        if lag > LAG_MAX:
            await keeper.answer_for_lag(lag)


def signing_by(keys: KeyHolder) -> Sign:
    """Have batches signed by the keeper of the receipts' key."""

    async def sign(batch: Batch) -> Signed:
        told = await keys.ask("receipt.sign", batch=msgspec.json.encode(batch).decode())
        return Signed(bytes.fromhex(told["signature"]), bytes.fromhex(told["public_key"]))

    return sign


def unset_clock() -> DisciplinedClock:
    """A clock that begins at the machine's time and is then set by PostgreSQL's."""
    return DisciplinedClock(SystemClock().now())
