"""Every legal number with its article: the LAW, and the same keys with short times."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from typing import Final

from auction.kernel.refusal import unreachable
from auction.law import (
    rules_auction,
    rules_enforcement,
    rules_platform,
    rules_proceeds,
    rules_valuation,
)
from auction.law.rule import Band, Rule, Span
from auction.law.rules_demonstration import SECONDS

_SPAN_SECONDS: Final[Mapping[Span, int]] = {
    Span.SECOND: 1,
    Span.MINUTE: 60,
    Span.HOUR: 3600,
    Span.DAY: 86400,
}


@dataclass(frozen=True, slots=True)
class Rulebook:
    """A book of rules under one name. A case or a lot pins the name it was opened under."""

    name: str
    rules: Mapping[str, Rule]

    def rule(self, key: str) -> Rule:
        """The whole row; an unknown key is a bug."""
        found = self.rules.get(key)
        return found if found is not None else unreachable(f"no rule {key} in {self.name}")

    def basis(self, key: str) -> str:
        """The article, as a page shows it beside what it decides."""
        return self.rule(key).basis

    def integer(self, key: str) -> int:
        """A count or a whole amount."""
        value = self.rule(key).value
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        return unreachable(f"{key} is not a whole number")

    def ratio(self, key: str) -> Fraction:
        """A share, exactly."""
        value = self.rule(key).value
        return value if isinstance(value, Fraction) else unreachable(f"{key} is not a ratio")

    def window(self, key: str) -> tuple[Fraction, Fraction]:
        """The least and the greatest that is lawful."""
        match self.rule(key).value:
            case (Fraction() as least, Fraction() as greatest):
                return least, greatest
        return unreachable(f"{key} is not a window")

    def bands(self, key: str) -> tuple[Band, ...]:
        """Shares by amount, lowest first."""
        value = self.rule(key).value
        if isinstance(value, tuple):
            bands = tuple(item for item in value if isinstance(item, Band))
            if bands:
                return bands
        return unreachable(f"{key} has no bands")

    def duration(self, key: str) -> timedelta:
        """A length of time. Months, years and court days have none: law/periods.py counts them."""
        span = self.rule(key).span
        if span is None or span not in _SPAN_SECONDS:
            unreachable(f"{key} is not counted in days, hours, minutes or seconds")
        return timedelta(seconds=self.integer(key) * _SPAN_SECONDS[span])

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules.values())


def a_book(name: str, rules: tuple[Rule, ...]) -> Rulebook:
    """Bind rules into a book; a key that stands twice is a bug."""
    by_key = {rule.key: rule for rule in rules}
    if len(by_key) != len(rules):
        unreachable(f"a key stands twice in {name}")
    return Rulebook(name, by_key)


def _shortened(rule: Rule) -> Rule:
    """The demonstration's row: the same article and bound, the time in seconds."""
    if rule.key not in SECONDS:
        return rule
    _, _, counted_from = rule.unit.partition(" ")
    unit = f"{Span.SECOND} {counted_from}".strip()
    return replace(rule, value=SECONDS[rule.key], unit=unit)


LAW: Final = a_book(
    "law",
    rules_auction.RULES
    + rules_valuation.RULES
    + rules_enforcement.RULES
    + rules_proceeds.RULES
    + rules_platform.RULES,
)
DEMONSTRATION: Final = a_book("demonstration", tuple(_shortened(rule) for rule in LAW))
BY_NAME: Final[Mapping[str, Rulebook]] = {book.name: book for book in (LAW, DEMONSTRATION)}
