"""An expected no, and a bug: two different things, never mixed."""

from typing import Never

from auction.kernel.money import Money

Fact = str | int | bool | Money | None


class Refusal(Exception):
    """What was asked cannot be done, for a reason the asker can understand.

    `code` is the key of the message that a page shows (`listing.start_price_too_low`);
    `facts` are what the message speaks of. There is no HTTP in it: the web maps codes
    to status and words.
    """

    def __init__(self, code: str, **facts: Fact) -> None:
        super().__init__(code, facts)
        self.code = code
        self.facts = facts

    def __str__(self) -> str:
        facts = ", ".join(f"{name}={value}" for name, value in self.facts.items())
        return f"{self.code}({facts})"


class Invariant(AssertionError):
    """A bug in the platform. Nobody catches it but the last line of defence."""


def invariant(holds: bool, sentence: str) -> None:
    """Stop with `sentence` unless `holds`; unlike `assert` it stays under `-O`."""
    if not holds:
        raise Invariant(sentence)


def unreachable(sentence: str) -> Never:
    """Stop where the program should never come."""
    raise Invariant(sentence)
