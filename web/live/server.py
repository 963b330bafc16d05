"""The live hall's process: exact origin, one message at a time, a clean drain when told to stop."""

import asyncio
import gc
import logging
import signal
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

import uvloop
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.frames import CloseCode
from websockets.http11 import Request, Response
from websockets.typing import Origin

from auction.kernel.disciplined import DisciplinedClock
from auction.kernel.logs import log_as_json
from auction.kernel.settings import Settings, SettingsError, read_settings
from auction.store.database import Database, OwnerError
from auction.store.keys import KeyHolder
from auction.store.metrics import expose
from web.live.connection import HallConnection, Place
from web.live.fanout import millis
from web.live.keeper import Keeper, feel_pulse, keep, signing_by, unset_clock
from web.live.limits import Limits, Meter, Places, Pressure, address_of
from web.live.practice import PRACTICE, PracticeGround
from web.live.protocol import (
    MESSAGE_BYTES_MAX,
    Bid,
    Fate,
    Fault,
    Fetch,
    Hello,
    NotUnderstood,
    Ping,
    Pong,
    Said,
    read_said,
    write_told,
)

log = logging.getLogger(__name__)

PING_SECONDS: Final = 20
CLOSE_SECONDS: Final = 3
"""So long the other side has to answer a close before its line is cut."""
PATIENCE_SECONDS: Final = 6.0
"""So long a hall waits for PostgreSQL before it dials again; no lock is waited for longer."""
TRUST_SECONDS: Final = 1.0
"""So long a connection is taken to be whole: a home asks again whatever it is told."""
CONNECTIONS_WAITING_MAX: Final = 4096
"""A crowd that was cut off comes back within a second; the default of 100 turns most away."""
HSTS: Final = "max-age=63072000; includeSubDomains"


class Reception:
    """Takes every message first: limits, time, greeting; the rest goes to the hall."""

    def __init__(self, keeper: Keeper, clock: DisciplinedClock, settings: Settings) -> None:
        self._keeper = keeper
        self._clock = clock
        self._meter = Meter(Limits.of(settings))
        self._places = Places(
            by_bidder=settings.live_sockets_by_bidder,
            by_address=settings.live_sockets_by_address,
        )
        self._proxies = settings.proxies
        self._entering: set[asyncio.Task[None]] = set()
        self._practice = PracticeGround(clock)

    def receive(self, connection: HallConnection, data: bytes, entered_at: datetime) -> None:
        """Take one message, in the call that received its last byte."""
        if connection.is_sent_away:
            return
        try:
            said = _read(data)
        except UnicodeDecodeError:
            connection.end(CloseCode.INVALID_DATA, "not UTF-8")
            return
        if self._is_within_limit(connection, said, entered_at):
            self._take(connection, said, entered_at)

    def _take(
        self, connection: HallConnection, said: Said | NotUnderstood, entered_at: datetime
    ) -> None:
        if isinstance(said, NotUnderstood):
            self._fault(connection, "not_understood", said.bid_id, said.detail)
        elif isinstance(said, Ping):
            connection.tell(write_told(Pong(said.sent, millis(self._clock.now()))))
        elif isinstance(said, Hello):
            self._greet(connection, said)
        elif connection.place is None:
            self._fault(connection, "hello_first", _bid_of(said))
        else:
            _hand_on(connection.place, connection, said, entered_at)

    def _greet(self, connection: HallConnection, said: Hello) -> None:
        if connection.is_greeted:
            self._fault(connection, "hello_again")
            return
        connection.is_greeted = True
        if said.listing == PRACTICE:
            self._let_practise(connection)
            return
        entering = self._keeper.enter(connection, said, has_place=self._has_place)
        task = asyncio.create_task(entering)
        self._entering.add(task)
        task.add_done_callback(self._entering.discard)

    def _has_place(self, connection: HallConnection) -> bool:
        """Count a socket that is about to come in; one that is gone by now is counted nowhere."""
        if connection.is_gone:
            return True
        return self._places.take(connection.id, connection.address, connection.admission)

    def leave(self, connection: HallConnection) -> None:
        """Free the place of a socket that is gone."""
        self._places.leave(connection.id)

    def _let_practise(self, connection: HallConnection) -> None:
        connection.place = self._practice.enter(connection)
        if connection.place is None:
            self._fault(connection, "practice_full")
            connection.end(CloseCode.TRY_AGAIN_LATER, "practice_full")

    def _is_within_limit(
        self, connection: HallConnection, said: Said | NotUnderstood, entered_at: datetime
    ) -> bool:
        """Count the message; above a published limit each is answered, none dropped."""
        connection.address = connection.address or self._address(connection)
        pressure = self._meter.count(
            connection, connection.address, connection.admission, entered_at
        )
        if pressure is Pressure.TOO_FAST:
            self._fault(connection, "too_fast", _bid_of(said))
        elif pressure is Pressure.FLOOD:
            connection.end(CloseCode.POLICY_VIOLATION, "flood")
        return pressure is Pressure.FINE

    def _address(self, connection: HallConnection) -> str:
        told = connection.request.headers.get_all("X-Forwarded-For") if connection.request else []
        return address_of(str(connection.remote_address[0]), ",".join(told), self._proxies)

    def _fault(
        self, connection: HallConnection, code: str, bid_id: UUID | None = None, detail: str = ""
    ) -> None:
        now = millis(self._clock.now())
        connection.tell(write_told(Fault(now, code, bid_id, detail=detail)))


def _read(data: bytes) -> Said | NotUnderstood:
    """A message, or what is wrong with it; UnicodeDecodeError for what is no text at all."""
    data.decode()  # RFC 6455 8.1: such a connection must fail, wherever in the text it is
    return read_said(data)


def _bid_of(said: Said | NotUnderstood) -> UUID | None:
    """The bid that a no is about: not that of a `fate`, which may have been taken long ago."""
    return said.bid_id if isinstance(said, Bid) else None


def _hand_on(
    place: Place, connection: HallConnection, said: Bid | Fate | Fetch, entered_at: datetime
) -> None:
    match said:
        case Bid():
            place.bid(connection, said, entered_at)
        case Fate():
            place.fate(connection, said.bid_id)
        case Fetch():
            place.fetch(connection, said)


def answer_plain(connection: ServerConnection, request: Request) -> Response | None:
    """Answer what is no socket: the health of the process, or that nothing else is here."""
    if request.path == "/healthz":
        return connection.respond(200, "ok\n")
    if request.path != "/":
        return connection.respond(404, "the hall answers at /\n")
    return None


def plain_headers(settings: Settings) -> dict[str, str]:
    """What an answer that is no socket carries: it is no page, and nothing may make one of it."""
    headers = {
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
    if settings.is_secure:
        headers["Strict-Transport-Security"] = HSTS
    return headers


def guarding(
    settings: Settings,
) -> Callable[[ServerConnection, Request, Response], None]:
    """Make what adds these headers to every answer, the opening of a socket included."""
    headers = plain_headers(settings)

    def guard(_connection: ServerConnection, _request: Request, response: Response) -> None:
        response.headers.update(headers)

    return guard


async def until_closed(connection: ServerConnection) -> None:
    """Stay until the socket is closed: its messages are taken as they arrive, not here."""
    await connection.wait_closed()


def open_server(
    settings: Settings, clock: DisciplinedClock, reception: Reception
) -> Awaitable[Server]:
    """Listen where the settings say, for the pages' exact origin only."""
    return serve(
        until_closed,
        settings.web_host,
        settings.live_port,
        origins=[Origin(settings.web_origin)],
        compression=None,
        max_size=MESSAGE_BYTES_MAX,
        ping_interval=PING_SECONDS,
        ping_timeout=PING_SECONDS,
        close_timeout=CLOSE_SECONDS,
        server_header=None,
        backlog=CONNECTIONS_WAITING_MAX,
        process_request=answer_plain,
        process_response=guarding(settings),
        # The library asks for a class; what it does is call it.
        create_connection=partial(HallConnection, clock=clock, receiver=reception),  # type: ignore[arg-type]
    )


async def run(
    settings: Settings, until: asyncio.Event, *, ready: Callable[[Keeper], None] | None = None
) -> None:
    """Serve until told to stop, then drain: nobody who was answered loses anything."""
    clock = unset_clock()
    database = Database(
        settings, clock=clock, application="luochui-live", patience_seconds=PATIENCE_SECONDS
    )
    database.trust_seconds = TRUST_SECONDS
    await database.refuse_owner()
    await database.set_at_start(clock)
    keys = KeyHolder(settings.signer_socket)
    keeper = Keeper(database, clock, signing_by(keys), settings.live_origin)
    reception = Reception(keeper, clock, settings)
    await keeper.look()
    server = await open_server(settings, clock, reception)
    tasks = [asyncio.create_task(keep(keeper)), asyncio.create_task(feel_pulse(keeper))]
    log.info("the hall answers at %s, for %s", settings.live_origin, settings.web_origin)
    if ready is not None:
        ready(keeper)
    await until.wait()
    await keeper.leave()
    await asyncio.gather(*tasks)  # they end by themselves: a look cut short loses a connection
    server.close(code=CloseCode.SERVICE_RESTART, reason="restarting")
    await server.wait_closed()
    await keys.close()
    await database.close()


async def _main(settings: Settings) -> None:
    until = asyncio.Event()
    loop = asyncio.get_running_loop()
    for wish in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(wish, until.set)
    await run(settings, until)


def look_for_cycles_less_often() -> None:
    """Spare the collector what is here to stay, and let many bids pass between its rounds.

    At Python's own thresholds it took a tenth of a hot lot's processor time.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def main() -> None:
    """Serve the live hall until told to stop."""
    log_as_json("live")
    look_for_cycles_less_often()
    logging.getLogger("websockets").setLevel(logging.WARNING)
    try:
        settings = read_settings()
        expose(settings)
        uvloop.run(_main(settings))
    except (SettingsError, OwnerError) as wrong:
        sys.exit(str(wrong))


if __name__ == "__main__":
    main()
