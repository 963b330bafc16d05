"""Column types: money in fen, instants in UTC, states by value."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

from sqlalchemy import BigInteger, CheckConstraint, ColumnElement, DateTime, Dialect, String
from sqlalchemy.orm import MappedColumn, mapped_column
from sqlalchemy.types import TypeDecorator

from auction.kernel.money import Money
from auction.kernel.refusal import invariant

StateT = TypeVar("StateT", bound=StrEnum)

Moment = datetime | ColumnElement[datetime]
"""An instant, or its place in a statement that is asked again and again."""


class MoneyFen(TypeDecorator[Money]):
    """Money as BIGINT fen."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Money | None, dialect: Dialect) -> int | None:
        """Write whole fen."""
        return None if value is None else value.fen

    def process_result_value(self, value: int | None, dialect: Dialect) -> Money | None:
        """Read whole fen."""
        return None if value is None else Money(int(value))


class Instant(TypeDecorator[datetime]):
    """A moment as timestamptz: aware going in, UTC coming out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive moment: nobody could say which one it is."""
        if value is None:
            return None
        invariant(value.tzinfo is not None, "a stored moment must know its zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the moment in UTC."""
        return None if value is None else value.astimezone(UTC)


class StateText(TypeDecorator[StateT]):
    """A StrEnum stored as its value, read back as the enum."""

    impl = String
    cache_ok = True

    def __init__(self, states: type[StateT]) -> None:
        super().__init__()
        self.states = states

    def process_bind_param(self, value: StateT | str | None, dialect: Dialect) -> str | None:
        """Write the value; a text that names no state is a bug and raises ValueError."""
        return None if value is None else self.states(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StateT | None:
        """Read the state."""
        return None if value is None else self.states(value)


def state_column(states: type[StateT], **options: object) -> MappedColumn[StateT]:
    """Declare a NOT NULL column that holds one of `states`."""
    return mapped_column(StateText(states), nullable=False, **options)  # type: ignore[arg-type]


def states_check(column: str, states: type[StrEnum]) -> CheckConstraint:
    """The CHECK that lists the states; named `<column>_known`. Put it in __table_args__."""
    listed = ", ".join(f"'{state.value}'" for state in states)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")
