"""build_app(settings): the pages as one Starlette application. `python -m web.app` serves it."""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from typing import TypedDict
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from auction.kernel.clock import SystemClock
from auction.kernel.disciplined import DisciplinedClock
from auction.kernel.logs import log_as_json
from auction.kernel.refusal import Refusal
from auction.kernel.settings import Settings, SettingsError, read_settings
from auction.law.rulebook import DEMONSTRATION, Rulebook
from auction.people.credentials import Passwords
from auction.people.proving import FactorKey
from auction.store.database import OUTCOME_UNKNOWN, Database, OwnerError
from auction.store.files import FileStore
from auction.store.keys import KeyHolder
from auction.store.metrics import expose
from auction.store.personal.keyring import KeyringError
from web.attempts import Attempts
from web.errors import form_refused, http_refused, refused
from web.forms import FormErrors
from web.kept import KeptPages
from web.routes import routes
from web.security import Guard
from web.signin import LOOPBACK, Visits

STATEMENT_SECONDS = 10.0
"""No page asks the database for anything that takes longer; nobody waits for it longer."""
UNIT_SECONDS = 30.0
"""Within a unit a page waits for nothing but the database, and for a file store at the most."""
CLOCK_SECONDS = 5.0
"""How often the clock is compared with PostgreSQL's."""

log = logging.getLogger(__name__)


class Held(TypedDict):
    """What the process holds while it serves; a page finds it as request.state.<name>."""

    settings: Settings
    database: Database
    keys: KeyHolder
    files: FileStore
    passwords: Passwords
    attempts: Attempts
    kept: KeptPages
    rules: Rulebook
    factor_key: FactorKey
    shows_code: bool
    """Whether the second factor is shown on the page itself: in the demonstration only."""


def build_app(settings: Settings, database: Database | None = None) -> Starlette:
    """Make the application. A `database` given by a test keeps its own clock and owner."""
    check_origin(settings)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[Held]:
        async with nullcontext(database) if database else own_database(settings) as opened:
            await opened.refuse_owner()
            await opened.require_keys()
            held: Held = {
                "settings": settings,
                "database": opened,
                "keys": KeyHolder(settings.signer_socket),
                "files": FileStore(settings.files_place),
                "passwords": Passwords(),
                "attempts": Attempts(),
                "kept": KeptPages(),
                "rules": (rules := await opened.rulebook()),
                "factor_key": FactorKey(settings.factor_key_path),
                "shows_code": rules is DEMONSTRATION,
            }
            yield held
            await held["kept"].close()
            await held["keys"].close()
            held["passwords"].close()

    return Starlette(
        routes=routes(),
        lifespan=lifespan,
        middleware=[Middleware(Guard, settings=settings), Middleware(Visits, settings=settings)],
        exception_handlers={
            Refusal: refused,
            FormErrors: form_refused,
            HTTPException: http_refused,
        },
    )


@asynccontextmanager
async def own_database(settings: Settings) -> AsyncIterator[Database]:
    """The pages' access to PostgreSQL, by whose clock they go."""
    clock = DisciplinedClock(SystemClock().now())
    opened = Database(
        settings, clock=clock, application="luochui-web", statement_seconds=STATEMENT_SECONDS,
        unit_seconds=UNIT_SECONDS,
    )  # fmt: skip
    await opened.set_at_start(clock)
    following = asyncio.create_task(follow_clock(opened, clock))
    try:
        yield opened
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await opened.close()


async def follow_clock(database: Database, clock: DisciplinedClock) -> None:
    """Go by PostgreSQL's clock for ever, whatever the machine's says.

    A ticket that a page gives lives by the hall's time, and a deadline is the same on every
    machine. Nothing is put in order by this clock, so it takes a jump at once.
    """
    while True:
        await asyncio.sleep(CLOCK_SECONDS)
        try:
            reading = await database.compare(clock)
        except OUTCOME_UNKNOWN:
            log.warning("the clock could not be compared with PostgreSQL's; the next time comes")
            continue
        if not reading.is_followed:
            log.error("the clock is off by %s: it is set", reading.drift)
            clock.accept(reading.drift)


def check_origin(settings: Settings) -> None:
    """Raise SettingsError when cookies would travel in the clear beyond this machine."""
    if not settings.is_secure and urlsplit(settings.web_origin).hostname not in LOOPBACK:
        raise SettingsError("WEB_ORIGIN must start with https:// unless it is a loopback address.")


def main() -> None:
    """Serve the pages until told to stop."""
    log_as_json("web")
    try:
        settings = read_settings()
        app = build_app(settings)
    except SettingsError as wrong:
        sys.exit(str(wrong))
    expose(settings)
    try:
        uvicorn.run(
            app,
            host=settings.web_host,
            port=settings.web_port,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=5,
        )
    except (OwnerError, KeyringError) as wrong:
        sys.exit(str(wrong))


if __name__ == "__main__":
    main()
