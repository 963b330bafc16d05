"""An expected no, and a bug: two different things, never mixed."""

import re
from typing import Final, Never

from auction.kernel.money import Money

Fact = str | int | bool | Money | None

_HARMLESS: Final = re.compile(
    r"[a-z_]+(?:\.[a-z_]+)*"  # a code, a state, a table
    r"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"  # an id
    r"|\d{4}-\d\d-\d\d(?:T[\d:.+Z-]+)?"  # a day, a moment
    r"|"
)
"""Texts that say nothing of anybody: all that logs may hold of a refusal's facts."""


class Refusal(Exception):
    """What was asked cannot be done, for a reason the asker can understand.

    `code` is the key of the message that a page shows (`listing.start_price_too_low`);
    `facts` are what the message speaks of. There is no HTTP in it: the web maps codes
    to status and words.
    """

    def __init__(self, code: str, **facts: Fact) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts

    def __str__(self) -> str:
        """For logs and errors that are kept: a name or an account shows as an ellipsis."""
        facts = ", ".join(f"{name}={_logged(value)}" for name, value in self.facts.items())
        return f"{self.code}({facts})"


def _logged(fact: Fact) -> Fact:
    is_telling = isinstance(fact, str) and not _HARMLESS.fullmatch(fact)
    return "…" if is_telling else fact


class Invariant(AssertionError):
    """A bug in the platform. Nobody catches it but the last line of defence."""


def invariant(holds: bool, sentence: str) -> None:
    """Stop with `sentence` unless `holds`; unlike `assert` it stays under `-O`."""
    if not holds:
        raise Invariant(sentence)


def unreachable(sentence: str) -> Never:
    """Stop where the program should never come."""
    raise Invariant(sentence)
