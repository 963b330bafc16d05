"""The whole platform as processes of one machine: started in order, watched, stopped in reverse.

With DATABASE_URL or VALKEY_URL set, that server is somebody else's and is neither started
nor stopped. Everything that is started hangs on one leash: a killed parent leaves nothing.
"""

import asyncio
import json
import os
import secrets
import signal
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import asyncpg
import msgspec

from auction.kernel.settings import Settings
from auction.law.rulebook import Rulebook
from workers.embedded.child import (
    Child,
    Program,
    accepts_local,
    accepts_tcp,
    answers_http,
    is_up,
)
from workers.embedded.leash import Leash
from workers.embedded.place import Ports, lock_state, prepare_state, settings_given
from workers.embedded.postgres import EmbeddedPostgres, ServerError, free_port
from workers.embedded.valkey import EmbeddedValkey
from workers.migrations.grants import SEALER_ROLE, SERVING_ROLE
from workers.migrations.upgrade import upgrade

DATABASE = "luochui"
THIS_MACHINE = "127.0.0.1,::1"
"""Where the pages are that hand over bids without JavaScript; the hall listens to nobody else."""
RESTARTS_MAX = 5
"""So many deaths of one process within RESTART_WINDOW_SECONDS, and the whole stack stops."""
RESTART_WINDOW_SECONDS = 60.0
_POLL_SECONDS = 0.25
_KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE")
_FILE_KEEPERS = frozenset({"worker", "pages"})

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is wanted of a stack."""

    state: Path
    rulebook: Rulebook
    """Chosen when the database is made; a database of another rulebook is refused."""
    ports: Ports
    environment: Mapping[str, str]
    """Where DATABASE_URL and the URLs of the other roles, VALKEY_URL, FILES_URL with its AWS_
    variables and more are looked for."""
    programs: frozenset[str] = frozenset({"signers", "worker", "live", "pages"})


class Stack:
    """A running platform. `with Stack(plan, say) as settings:` starts and stops it."""

    def __init__(self, plan: Plan, say: Say) -> None:
        self.plan = plan
        self.metrics_ports: dict[str, int] = {}
        self._say = say
        self._leash: Leash | None = None
        self._postgres: EmbeddedPostgres | None = None
        self._valkey: EmbeddedValkey | None = None
        self._children: list[Child] = []
        self._deaths: dict[str, list[float]] = {}
        self._state_lock: int | None = None
        self._sealer_url = ""
        """The database as the keepers' process alone gets it."""

    def __enter__(self) -> Settings:
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> Settings:
        """Start everything and return the settings that the processes got."""
        settings_given(self.plan.environment)
        prepare_state(self.plan.state)
        self._state_lock = lock_state(self.plan.state)
        self._leash = Leash()
        settings = self._start_servers(self._leash)
        self._migrate(settings)
        serving = msgspec.structs.replace(settings, migration_database_url="")
        _write_private(
            self.plan.state / "run" / "settings.json", json.dumps(environment_of(settings))
        )
        self._start_children(serving, self._leash)
        return settings

    def stop(self) -> None:
        """Stop what was started, last first; what was committed stays."""
        if self._leash is None:
            return
        for child in reversed(self._children):
            child.stop(self._leash)
        self._children.clear()
        for server in (self._valkey, self._postgres):
            if server is not None and server.is_running():
                self._leash.let_go(server.pid)
                server.stop()
        self._leash.close()
        self._leash = None
        (self.plan.state / "run" / "settings.json").unlink(missing_ok=True)
        if self._state_lock is not None:
            os.close(self._state_lock)

    def pids(self) -> list[int]:
        """The processes that run, in the order they were started."""
        servers = [server for server in (self._postgres, self._valkey) if server is not None]
        return [running.pid for running in (*servers, *self._children)]

    def pid_of(self, name: str) -> int:
        """The process of one of its programs, or of "valkey"."""
        if name == "valkey" and self._valkey is not None:
            return self._valkey.pid
        return next(child.pid for child in self._children if child.program.name == name)

    def watch(self, until: threading.Event) -> None:
        """Start again what dies, until told to end; give up when it keeps dying."""
        while not until.wait(_POLL_SECONDS):
            if self._postgres is not None and not self._postgres.is_running():
                self._revive_postgres(self._postgres)
            if self._valkey is not None and not self._valkey.is_running():
                self._revive_valkey(self._valkey)
            for child in self._children:
                if not child.is_running():
                    self._revive(child)

    def _revive(self, child: Child) -> None:
        name = child.program.name
        if self._keeps_ending(name):
            raise ServerError(f"{name} keeps ending; see {child.log}: {child.last_words()}")
        self._say(f"{name} ended ({child.last_words()}); it is started again.")
        if self._leash is not None:
            child.start(self._leash)

    def _revive_postgres(self, postgres: EmbeddedPostgres) -> None:
        """What was committed is in its log; the processes ask again what came of the rest."""
        if self._keeps_ending("PostgreSQL"):
            raise ServerError(f"PostgreSQL keeps ending; its log lies in {postgres.base}.")
        self._say("PostgreSQL ended; it is started again.")
        if self._leash is not None:
            self._leash.let_go(postgres.pid)
            postgres.revive()
            self._leash.hold(postgres.pid, signal.SIGINT)

    def _revive_valkey(self, valkey: EmbeddedValkey) -> None:
        """Nothing that matters is in it: what it lost, the outbox hands on again."""
        if self._keeps_ending("Valkey"):
            raise ServerError(f"Valkey keeps ending; its log lies in {valkey.base}.")
        self._say("Valkey ended; it is started again.")
        if self._leash is not None:
            self._leash.let_go(valkey.pid)
            valkey.revive()
            self._leash.hold(valkey.pid)

    def _keeps_ending(self, name: str) -> bool:
        """Note a death; say whether there were too many of late."""
        now = time.monotonic()
        recent = [at for at in self._deaths.get(name, []) if now - at < RESTART_WINDOW_SECONDS]
        self._deaths[name] = [*recent, now]
        return len(recent) >= RESTARTS_MAX

    def _start_servers(self, leash: Leash) -> Settings:
        given = self.plan.environment
        database_url, owner_url = given.get("DATABASE_URL", ""), ""
        if database_url:
            owner_url = _given_too(given, "MIGRATION_DATABASE_URL", "the owner's")
            self._sealer_url = _given_too(given, "SEALER_DATABASE_URL", "the sealer's")
        else:
            self._postgres = EmbeddedPostgres(self.plan.state / "pg")
            self._say("Starting PostgreSQL ...")
            self._postgres.start()
            leash.hold(self._postgres.pid, signal.SIGINT)
            owner_url = self._postgres.url(name=DATABASE)
            passwords = {role: secrets.token_urlsafe(24) for role in (SERVING_ROLE, SEALER_ROLE)}
            database_url, self._sealer_url = (
                self._postgres.url(user=role, password=password, name=DATABASE)
                for role, password in passwords.items()
            )
            asyncio.run(_make_database(self._postgres.url(), passwords))
        valkey_url = given.get("VALKEY_URL", "")
        if not valkey_url:
            self._valkey = EmbeddedValkey(self.plan.state / "kv")
            self._say("Starting Valkey ...")
            self._valkey.start()
            leash.hold(self._valkey.pid)
            valkey_url = self._valkey.url
        ports, limits = self.plan.ports, settings_given(given)
        return Settings(
            database_url=database_url,
            migration_database_url=owner_url,
            valkey_url=valkey_url,
            luochui_state=self.plan.state,
            files_url=given.get("FILES_URL", ""),
            web_port=ports.web,
            live_port=ports.live,
            web_origin=given.get("WEB_ORIGIN", f"http://127.0.0.1:{ports.web}"),
            live_origin=given.get("LIVE_ORIGIN", f"ws://127.0.0.1:{ports.live}"),
            live_messages_a_second=limits.live_messages_a_second,
            live_messages_a_second_by_bidder=limits.live_messages_a_second_by_bidder,
            live_messages_a_second_by_address=limits.live_messages_a_second_by_address,
            live_sockets_by_bidder=limits.live_sockets_by_bidder,
            live_sockets_by_address=limits.live_sockets_by_address,
            proxy_addresses=limits.proxy_addresses or THIS_MACHINE,
        )

    def _migrate(self, settings: Settings) -> None:
        asyncio.run(_refuse_foreign(settings.migration_database_url, self.plan.rulebook))
        self._say("Bringing the schema up to date ...")
        upgrade(
            settings.migration_database_url,
            self.plan.rulebook,
            subject_keys=settings.subject_keys_path,
        )

    def _start_children(self, settings: Settings, leash: Leash) -> None:
        programs = (
            Program("signers", "workers.signers.server", accepts_local(settings.signer_socket)),
            Program("worker", "workers.main", is_up),
            Program("live", "web.live.server", accepts_tcp(settings.live_port)),
            Program(
                "pages", "web.app", answers_http(f"http://127.0.0.1:{settings.web_port}/readyz")
            ),
        )
        environment = environment_of(settings) | {
            name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ
        }
        logs = self.plan.state / "log"
        for program in programs:
            if program.name not in self.plan.programs:
                continue
            own = self._of_its_own(program.name) | self._bucket_access(program.name)
            child = Child(program, environment | own, logs)
            self._children.append(child)
            child.start(leash)
        for child in self._children:
            self._say(f"Waiting for {child.program.name} ...")
            child.await_ready()

    def _bucket_access(self, name: str) -> dict[str, str]:
        """How the two that keep files reach the bucket of FILES_URL; nobody else is told."""
        given = self.plan.environment
        if name not in _FILE_KEEPERS or not given.get("FILES_URL"):
            return {}
        return {key: value for key, value in given.items() if key.startswith("AWS_")}

    def _of_its_own(self, name: str) -> dict[str, str]:
        """A loopback port for its measures; the signers measure nothing and have their own role."""
        if name == "signers":
            return {"DATABASE_URL": self._sealer_url}
        self.metrics_ports[name] = free_port()
        return {"METRICS_PORT": str(self.metrics_ports[name])}


def wait_for_signal() -> threading.Event:
    """Return an event that SIGINT and SIGTERM set; a second one ends the process at once."""
    told = threading.Event()

    def hear(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        told.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, hear)
    return told


def environment_of(settings: Settings) -> dict[str, str]:
    """The settings as the environment variables they are read from."""
    fields = msgspec.structs.asdict(settings)
    return {name.upper(): str(value) for name, value in fields.items() if value != ""}


def settings_of_running(state: Path) -> dict[str, str]:
    """The environment of the stack that runs on a state folder; empty when none does."""
    file = state / "run" / "settings.json"
    if not file.exists():
        return {}
    told: dict[str, str] = json.loads(file.read_text())
    return told


def _given_too(given: Mapping[str, str], name: str, whose: str) -> str:
    url = given.get(name, "")
    if not url:
        raise ServerError(f"DATABASE_URL is set but {name}, {whose}, is not.")
    return url


async def _make_database(superuser_url: str, passwords: Mapping[str, str]) -> None:
    """Make the roles and the database, or give the roles new passwords."""
    connection = await asyncpg.connect(superuser_url)
    try:
        for role, password in passwords.items():
            has_role = await connection.fetchval(
                "SELECT true FROM pg_roles WHERE rolname = $1", role
            )
            verb = "ALTER" if has_role else "CREATE"
            # The password is our own token_urlsafe: no quote can be in it.
            await connection.execute(f"{verb} ROLE {role} LOGIN PASSWORD '{password}'")
        has_database = await connection.fetchval(
            "SELECT true FROM pg_database WHERE datname = $1", DATABASE
        )
        if not has_database:
            await connection.execute(f"CREATE DATABASE {DATABASE}")
            await connection.execute(f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC")
        for role in passwords:
            await connection.execute(f"GRANT CONNECT ON DATABASE {DATABASE} TO {role}")
    finally:
        await connection.close()


async def _refuse_foreign(owner_url: str, rulebook: Rulebook) -> None:
    """Refuse a database that holds something else, or was made under another rulebook."""
    connection = await asyncpg.connect(owner_url)
    try:
        tables = await connection.fetchval(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        )
        if not tables:
            return
        if await connection.fetchval("SELECT to_regclass('public.platform')") is None:
            raise ServerError("This database holds tables that Luochui did not make; refused.")
        chosen = await connection.fetchval("SELECT rulebook FROM platform")
        if chosen not in (None, rulebook.name):
            raise ServerError(
                f"This database was made with the rulebook {chosen}, not {rulebook.name}; refused."
            )
    finally:
        await connection.close()


def _write_private(file: Path, text: str) -> None:
    file.unlink(missing_ok=True)
    descriptor = os.open(file, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(text)
