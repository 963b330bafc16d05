"""What gives a bidder away: the marks of a person and of his code, and where they may not stand."""

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote

_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")


class Channel(StrEnum):
    """Every way in which something leaves the platform."""

    PAGES = "pages and API"
    FRAMES = "socket frames"
    LOGS = "logs"
    METRICS = "metrics"
    VALKEY = "Valkey"
    ROLES = "database roles"
    DUMP = "dump"
    FILES = "files"


@dataclass(frozen=True, slots=True)
class Output:
    """One thing that came out: an answer, a frame, a line, a key with its value, a row."""

    channel: Channel
    where: str
    raw: bytes

    @property
    def text(self) -> str:
        """What it says, also where JSON, HTML or a URL writes it in another way."""
        plain = self.raw.decode("utf-8", "replace")
        unescaped = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), plain)
        return "\n".join({plain, unescaped, html.unescape(plain), unquote(plain)})


@dataclass(frozen=True, slots=True)
class Bird:
    """Somebody whom nothing may give away before the close."""

    name: str
    username: str
    number: str
    account: str
    code: str
    mail: str = ""
    ids: frozenset[str] = frozenset()
    """Person, registration, deposit, accounts, sign-ins: what stands for him in rows."""

    @property
    def plain(self) -> tuple[str, ...]:
        """Words that anybody would know him by."""
        return (self.username, *self.identity)

    @property
    def identity(self) -> tuple[str, ...]:
        """What he did not choose himself, and where he is reached."""
        words = (self.name, self.number, self.account, self.mail)
        return tuple(word for word in words if word)


@dataclass(frozen=True, slots=True)
class Found:
    """A leak: where, and what stands there."""

    channel: Channel
    where: str
    what: str


NO_CODE_EITHER = frozenset({Channel.LOGS, Channel.METRICS})
"""Nobody needs a bidder code there, even alone."""
NO_HANDLE_EITHER = NO_CODE_EITHER | {Channel.FRAMES, Channel.VALKEY}
"""Nor anything that stands for a person."""
PLAIN_IS_ELSEWHERE = frozenset({Channel.ROLES, Channel.DUMP, Channel.FILES})
"""Where a person's own rows and letters lie, of course with his name: only a link is a leak."""


def leaks(bird: Bird, outputs: Iterable[Output]) -> list[Found]:
    """Everything among `outputs` that links the bird's code with him, or names him out of place."""
    return [found for output in outputs if (found := _leak(bird, output)) is not None]


def _leak(bird: Bird, output: Output) -> Found | None:
    if not _may_matter(bird, output.raw):
        return None
    text = output.text
    words = [word for word in bird.plain if word in text]
    handles = [one for one in bird.ids if one in text]
    has_code = bird.code in text
    if has_code and (words or handles):
        return Found(output.channel, output.where, f"code with {(words + handles)[0]}")
    if words and output.channel not in PLAIN_IS_ELSEWHERE:
        return Found(output.channel, output.where, f"named: {words[0]}")
    if handles and output.channel in NO_HANDLE_EITHER:
        return Found(output.channel, output.where, f"stands for him: {handles[0]}")
    if has_code and output.channel in NO_CODE_EITHER:
        return Found(output.channel, output.where, "code")
    return None


def _may_matter(bird: Bird, raw: bytes) -> bool:
    """A quick look that never misses: escapes of any kind, or a mark as it is."""
    marks = (*bird.plain, *bird.ids, bird.code)
    return any(sign in raw for sign in (b"\\u", b"&", b"%")) or any(
        mark.encode() in raw for mark in marks
    )
