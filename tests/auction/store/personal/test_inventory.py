"""The walk through every table: each column of text says why it is sealed or may be read."""

from collections import Counter

from sqlalchemy import ARRAY, JSON, Column, LargeBinary, String

from auction.store.columns import StateText
from auction.store.personal.inventory import KEYED, OPEN, SEALED
from workers.migrations.models import metadata

GROUPS = (SEALED, KEYED, OPEN)


def _is_text(column: Column[object]) -> bool:
    kinds = (String, LargeBinary, JSON, ARRAY)
    return isinstance(column.type, kinds) and not isinstance(column.type, StateText)


def texts() -> set[str]:
    return {
        f"{table.name}.{column.name}"
        for table in metadata().sorted_tables
        for column in table.columns
        if _is_text(column)
    }


def test_every_column_of_text_is_classified_once() -> None:
    told = Counter(column for group in GROUPS for columns in group.values() for column in columns)
    assert {column for column, times in told.items() if times > 1} == set()
    assert texts() - set(told) == set(), "say in inventory.py what these hold"
    assert set(told) - texts() == set(), "these are no columns of text"


def test_what_is_called_sealed_is_sealed_and_nothing_else() -> None:
    sealed = {column for columns in SEALED.values() for column in columns}
    assert sealed == {column for column in texts() if column.endswith("_sealed")}
