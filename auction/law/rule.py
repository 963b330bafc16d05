"""One legal number: what it is, where it stands, how sure we are of it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from auction.kernel.money import Money
from auction.law.instruments import instrument_of


class Span(StrEnum):
    """What a time limit is counted in."""

    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    COURT_DAY = "工作日"
    MONTH = "month"
    YEAR = "year"


class Mark(StrEnum):
    """How the number was checked."""

    VERIFIED = "V"
    """The article was read in full."""
    FROM_MEMORY = "M"
    WEB = "W"
    DERIVED = "D"
    """Arithmetic on verified rules, or a choice of this platform."""


@dataclass(frozen=True, slots=True)
class Band:
    """A share that holds up to an amount; None is the open end."""

    up_to: Money | None
    share: Fraction


@dataclass(frozen=True, slots=True)
class LocalTerm:
    """A term that one court sets for itself."""

    place: str
    what: str
    value: int
    unit: str
    source: str


Value = (
    int
    | Fraction
    | str
    | tuple[Fraction, Fraction]
    | tuple[Band, ...]
    | tuple[LocalTerm, ...]
    | None
)


@dataclass(frozen=True, slots=True)
class Rule:
    """A legal number under its key. `unit`, `basis` and `mark` are as the register writes them."""

    key: str
    value: Value
    unit: str
    bound: str
    """min, max, exact, window, or empty where the article does not say."""
    basis: str
    mark: str
    overridable_by: str = "none"
    note: str = ""
    valid_to: date | None = None

    @property
    def valid_from(self) -> date | None:
        """The day the cited text took effect, where it is known."""
        cited = instrument_of(self.basis)
        return cited.valid_from if cited else None

    @property
    def mark_kind(self) -> Mark:
        """The first word of the mark: `W-12+M` was seen on the web."""
        return Mark(self.mark[0])

    @property
    def span(self) -> Span | None:
        """What the number counts, if it counts time."""
        first = self.unit.split(" ")[0]
        return Span(first) if first in list(Span) else None
