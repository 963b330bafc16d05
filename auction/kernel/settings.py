"""Settings: one frozen object, read once at each process start and passed down."""

import os
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path

import msgspec

PORT_MAX = 65535
SUBJECT_KEYS_FILE = "subject.keys"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What a process must know before it starts. Each field is an environment variable."""

    database_url: str
    """PostgreSQL as the serving role: postgresql://user:password@host:port/name."""
    valkey_url: str
    """Valkey: redis://:password@host:port/0."""
    migration_database_url: str = ""
    """PostgreSQL as the owner of the tables; only migrations use it."""
    luochui_state: Path = Path("var")
    """Where files, keys and the embedded servers live."""
    files_url: str = ""
    """Where uploaded and produced files go instead of a folder: s3://bucket/prefix."""
    web_host: str = "127.0.0.1"
    web_port: int = 8000
    live_port: int = 8001
    step_up_minutes: int = 10
    """How long ago a person may have proven to be there before money, approvals and openings."""
    live_messages_a_second: int = 50
    """How many messages one socket may send within a second; more are answered with a fault."""
    live_messages_a_second_by_bidder: int = 100
    """The same for all sockets of one bidder in one session."""
    live_messages_a_second_by_address: int = 1000
    """The same for all sockets of one address: an office, or a proxy not named below."""
    live_sockets_by_bidder: int = 5
    """How many sockets one bidder may have in one session at a time."""
    live_sockets_by_address: int = 20
    """How many watchers who are not bidders may have sockets from one address at a time; more for
    an office of many behind one address."""
    proxy_addresses: str = ""
    """Whose X-Forwarded-For the hall believes, by commas: reverse proxies before it, and the
    machine of the pages, which hand over the bids of the page without JavaScript."""
    metrics_port: int = 0
    """Where this process answers Prometheus, on loopback only; 0: nowhere."""
    web_origin: str = "http://127.0.0.1:8000"
    """The one origin of the pages, as browsers write it."""
    live_origin: str = "ws://127.0.0.1:8001"
    """Where the live hall answers, as the pages tell it to browsers."""

    @property
    def async_database_url(self) -> str:
        """The database as SQLAlchemy's asyncpg dialect names it."""
        return self.database_url.replace("postgresql://", "postgresql+asyncpg://", 1)

    @property
    def is_secure(self) -> bool:
        """Whether the pages are served over TLS; decides the cookie's prefix."""
        return self.web_origin.startswith("https://")

    @property
    def proxies(self) -> frozenset[str]:
        """The addresses of our reverse proxies."""
        named = (part.strip() for part in self.proxy_addresses.split(","))
        return frozenset(part for part in named if part)

    @property
    def keys_path(self) -> Path:
        """The folder of the signers' keys; no serving process reads it."""
        return self.luochui_state / "keys"

    @property
    def signer_socket(self) -> Path:
        """The local socket at which the signers answer."""
        return self.luochui_state / "run" / "signer.sock"

    @property
    def factor_key_path(self) -> Path:
        """The key that one-time codes and the links of letters are made with."""
        return self.luochui_state / "factor.key"

    @property
    def subject_keys_path(self) -> Path:
        """The keys that the keys of personal data are wrapped under; not in the database."""
        return self.luochui_state / SUBJECT_KEYS_FILE

    @property
    def mail_path(self) -> Path:
        """The folder into which letters are written when no mail server is given."""
        return self.luochui_state / "mail"

    @property
    def files_path(self) -> Path:
        """The folder of the content-addressed file store."""
        return self.luochui_state / "files"

    @property
    def files_place(self) -> Path | str:
        """Where the file store is: a URL if one is set, else the folder."""
        return self.files_url or self.files_path


class SettingsError(Exception):
    """One sentence that names the setting and what is wrong with it."""


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read and check the settings; raise SettingsError naming the first wrong one."""
    source = os.environ if environment is None else environment
    known = {
        field: source[field.upper()]
        for field in Settings.__struct_fields__
        if field.upper() in source
    }
    try:
        settings = msgspec.convert(known, Settings, strict=False, dec_hook=_path)
    except msgspec.ValidationError as wrong:
        raise SettingsError(_sentence(str(wrong))) from wrong
    _check_urls(settings)
    _check_ports(settings)
    _check_limits(settings)
    return settings


def _path(kind: type, value: object) -> Path:
    """Read a folder's name: msgspec knows no paths of its own."""
    if kind is not Path or not isinstance(value, str) or not value:
        raise ValueError("a folder's name is needed")
    return Path(value)


def _sentence(complaint: str) -> str:
    """Turn msgspec's words (`Expected int - at $.web_port`) into one sentence."""
    if "missing required field" in complaint:
        field = complaint.split("`")[1]
        return f"{field.upper()} is not set."
    what, _, where = complaint.partition(" - at `$.")
    return f"{where.rstrip('`').upper()} is wrong: {what}."


def _check_ports(settings: Settings) -> None:
    for field in ("web_port", "live_port"):
        if not 1 <= getattr(settings, field) <= PORT_MAX:
            raise SettingsError(f"{field.upper()} must be a whole number from 1 to {PORT_MAX}.")


def _check_limits(settings: Settings) -> None:
    for field in settings.__struct_fields__:
        is_limit = field.startswith(("live_messages_a_second", "live_sockets_by"))
        if is_limit and getattr(settings, field) < 1:
            raise SettingsError(f"{field.upper()} must be a whole number from 1.")
    for proxy in sorted(settings.proxies):
        try:
            ip_address(proxy)
        except ValueError as wrong:
            raise SettingsError(f"PROXY_ADDRESSES: {proxy} is no address.") from wrong


def _check_urls(settings: Settings) -> None:
    schemes = {
        "database_url": ("postgresql://",),
        "migration_database_url": ("postgresql://",),
        "valkey_url": ("redis://", "rediss://", "unix://"),
        "web_origin": ("http://", "https://"),
        "live_origin": ("ws://", "wss://"),
        "files_url": ("s3://",),
    }
    optional = ("migration_database_url", "files_url")
    for field, starts in schemes.items():
        value = str(getattr(settings, field))
        is_left_out = field in optional and not value
        if not is_left_out and not value.startswith(starts):
            raise SettingsError(f"{field.upper()} must start with {' or '.join(starts)}.")
