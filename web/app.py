"""build_app(settings): the pages as one Starlette application. `python -m web.app` serves it."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypedDict
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from auction.kernel.logs import log_as_json
from auction.kernel.refusal import Refusal
from auction.kernel.settings import Settings, SettingsError, read_settings
from auction.law.rulebook import DEMONSTRATION, Rulebook
from auction.people.credentials import Passwords
from auction.people.proving import FactorKey
from auction.store.database import Database, OwnerError
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
IDLE_SECONDS = 20.0
"""Within a unit a page waits for nothing but the database, and for a file store at the most."""


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
        opened = database or Database(
            settings, application="luochui-web", statement_seconds=STATEMENT_SECONDS,
            idle_seconds=IDLE_SECONDS,
        )  # fmt: skip
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
        if database is None:
            await opened.close()

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
