"""Where a stack lives on this machine: its state folder and its ports."""

import os
import socket
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from auction.kernel.settings import Settings, read_settings
from workers.embedded.postgres import ServerError, free_port

REPOSITORY = Path(__file__).resolve().parents[2]
SOCKET_PATH_MAX = 100
"""A local socket's path has room for 107 bytes on Linux and 103 on macOS."""

_GIVEN = (
    "DATABASE_URL", "MIGRATION_DATABASE_URL", "VALKEY_URL", "WEB_PORT", "LIVE_PORT",
    "WEB_ORIGIN", "LIVE_ORIGIN", "FILES_URL", "LIVE_MESSAGES_A_SECOND",
    "LIVE_MESSAGES_A_SECOND_BY_BIDDER", "LIVE_MESSAGES_A_SECOND_BY_ADDRESS",
    "LIVE_SOCKETS_BY_BIDDER", "LIVE_SOCKETS_BY_ADDRESS", "PROXY_ADDRESSES",
)  # fmt: skip
_STAND_INS = {"DATABASE_URL": "postgresql://embedded", "VALKEY_URL": "redis://embedded"}
"""What is not given is brought up by the stack itself."""

try:
    import fcntl
except ImportError:  # no such lock on this system: two stacks on one folder are not noticed
    fcntl = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Ports:
    """The two ports browsers talk to."""

    web: int
    live: int


def settings_given(environment: Mapping[str, str]) -> Settings:
    """Check what the environment says before anything starts; SettingsError names what is wrong."""
    given = {name: environment[name] for name in _GIVEN if environment.get(name)}
    return read_settings({**_STAND_INS, **given})


def preferred_ports(environment: Mapping[str, str]) -> Ports:
    """WEB_PORT and LIVE_PORT where given, else 8000 and 8001 when both are free, else any two."""
    given = settings_given(environment)
    chosen = {name: port for name, port in _chosen(given) if environment.get(name)}
    for name, port in chosen.items():
        if not _is_free(port):
            raise ServerError(f"{name} is {port}, and that port is taken: choose another one.")
    free = Ports(8000, 8001) if not chosen and _are_free(8000, 8001) else any_ports()
    ports = Ports(chosen.get("WEB_PORT", free.web), chosen.get("LIVE_PORT", free.live))
    if ports.web == ports.live:
        raise ServerError(f"WEB_PORT and LIVE_PORT are both {ports.web}: choose two ports.")
    return ports


def _chosen(given: Settings) -> tuple[tuple[str, int], ...]:
    return (("WEB_PORT", given.web_port), ("LIVE_PORT", given.live_port))


def _are_free(*ports: int) -> bool:
    return all(_is_free(port) for port in ports)


def kept_ports(state: Path, environment: Mapping[str, str]) -> Ports:
    """The ports that a state folder was first served on, unless others are asked for or taken.

    Papers print the address they can be verified at: it should still lead there tomorrow.
    """
    kept = state / "ports"
    is_asked = any(environment.get(name) for name in ("WEB_PORT", "LIVE_PORT"))
    if kept.exists() and not is_asked:
        web, live = (int(port) for port in kept.read_text().split())
        return Ports(web, live) if _are_free(web, live) else preferred_ports(environment)
    ports = preferred_ports(environment)
    if not kept.exists():
        kept.write_text(f"{ports.web} {ports.live}\n")
    return ports


def any_ports() -> Ports:
    """Two ports free at this moment."""
    web = live = free_port()
    while live == web:
        live = free_port()
    return Ports(web, live)


def default_state() -> Path:
    """LUOCHUI_STATE, or ./var, or below /var/lib when another user could not reach ./var."""
    given = os.environ.get("LUOCHUI_STATE")
    if given:
        return Path(given).resolve()
    way = (REPOSITORY, *REPOSITORY.parents)
    if os.geteuid() != 0 or all(_is_passable(folder) for folder in way):
        return REPOSITORY / "var"
    name = sha256(str(REPOSITORY).encode()).hexdigest()[:8]
    return Path("/var/lib/luochui") / name


def prepare_state(state: Path) -> None:
    """Make the folders of a state; only what the servers need is open to others."""
    longest = state / "run" / "signer.sock"
    if len(str(longest).encode()) > SOCKET_PATH_MAX:
        raise ServerError(f"{state} is too long a path for a local socket: set LUOCHUI_STATE.")
    closed = [folder for folder in state.parents if folder.exists() and not _is_passable(folder)]
    if os.geteuid() == 0 and closed:
        raise ServerError(
            f"PostgreSQL does not run as root and nobody else may enter {closed[0]}: "
            "set LUOCHUI_STATE to a folder elsewhere, for example below /var/lib."
        )
    try:
        state.mkdir(parents=True, exist_ok=True)
        state.chmod(0o711)
        for name, mode in (("pg", 0o711), ("kv", 0o700), ("run", 0o700), ("log", 0o700)):
            (state / name).mkdir(exist_ok=True)
            (state / name).chmod(mode)
    except PermissionError as denied:
        raise ServerError(f"{denied.filename} cannot be written: set LUOCHUI_STATE.") from denied


def lock_state(state: Path) -> int | None:
    """Take the state folder for this process; refuse when another stack runs on it."""
    if fcntl is None:
        return None
    descriptor = os.open(state / "run" / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as taken:
        os.close(descriptor)
        raise ServerError(
            f"Luochui is already running on {state}; stop it, or set LUOCHUI_STATE."
        ) from taken
    return descriptor


def _is_passable(folder: Path) -> bool:
    return bool(folder.stat().st_mode & stat.S_IXOTH)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
