"""Ways from a code to a person through a dump: equal values, equal instants, one commit, one order.

A row says something of a bidder when a mark of his stands in it. From there marks spread: to
every value of the row that few bidders share, to every row in which such a value stands, and
so on, through ids inside JSON, through milliseconds in ids, through transactions. Values that
many bidders share, such as the listing, name nobody and carry nothing.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

Value = object


@dataclass(frozen=True, slots=True)
class Step:
    """What led to a value: a row of a table with another value in it; nothing for a mark."""

    round: int
    table: str = ""
    token: str = ""


Steps = dict[str, dict[str, Step]]
"""By value: whom it leads to, and how."""
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_ROUNDS_MAX = 12
_DIRECT = 4
"""So many rows from a mark to a code are a way. Longer ones are chance: among thousands of rows
some share a millisecond, and from there anything leads to anything."""
_PREVIOUS = "prev"
"""The journal's chain leads from each entry to the one before it; that is an order, and orders
are looked at apart."""
_TIMED_VERSION = 7
CORRELATION_MIN = 0.9
"""Of two orders of few bidders; five standard deviations where there are more."""
COMMON_MIN = 12
"""Fewer bidders in both orders prove nothing."""


@dataclass(frozen=True)
class Row:
    """One row with its transaction and its place in the table."""

    table: str
    values: Mapping[str, Value]
    tokens: frozenset[str] = field(default=frozenset())


@dataclass(frozen=True, slots=True)
class Order:
    """Two columns whose orders agree so well that one tells the other."""

    of_people: str
    of_codes: str
    correlation: float


def row(table: str, values: Mapping[str, Value]) -> Row:
    """A row with everything in it that could be found again in another."""
    return Row(table, values, frozenset(_row_tokens(values)))


def _row_tokens(values: Mapping[str, Value]) -> Iterator[str]:
    for name, value in values.items():
        if name == "xmin":
            yield f"commit {value}"
        elif name != "ctid":
            yield from _tokens(value)


def _tokens(value: Value) -> Iterator[str]:
    if isinstance(value, str):
        if any(sign.isdigit() for sign in value):  # words such as a state name nobody
            yield value
        yield from _inside(value)
    elif isinstance(value, bytes):
        yield value.hex()
        yield from _inside(value.decode("utf-8", "replace"))
    elif isinstance(value, Mapping):
        yield from _tokens([inner for name, inner in value.items() if name != _PREVIOUS])
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _tokens(one)
    else:
        yield from _moments(value)


def _moments(value: Value) -> Iterator[str]:
    """An id and an instant, with the millisecond that both of them tell."""
    if isinstance(value, UUID):
        yield str(value)
        if value.version == _TIMED_VERSION:
            yield f"at {value.int >> 80}"
    elif isinstance(value, datetime):
        yield f"at {int(value.timestamp() * 1000)}"


def _inside(text: str) -> Iterator[str]:
    """Ids, instants and the values of JSON within a text."""
    for found in _UUID.findall(text):
        yield from _tokens(UUID(found))
    for found in _INSTANT.findall(text):
        yield from _tokens(datetime.fromisoformat(found))
    if text.startswith(("{", "[")):
        try:
            told = json.loads(text)
        except ValueError:
            return
        yield from _tokens(told)


def reached(
    rows: Sequence[Row],
    people: Mapping[str, frozenset[str]],
    codes: Iterable[str],
    *,
    most: int,
    common: frozenset[str] = frozenset(),
) -> dict[str, dict[str, str]]:
    """Which people each code leads to, by username, and by which way; nobody: an empty one.

    `people` holds, by username, the marks that stand for somebody to begin with. A value that
    more than `most` people or more than `most` codes share carries nothing further, nor does
    what is `common` to all: ids and times of the sale, beside which only the leading code stands.
    A way ends at the first code: from one code to another there are ways enough, as all bid in
    one session; where many codes lead to one person, only the most direct tell him apart.
    """
    wanted = frozenset(codes)
    ends = wanted | common | _shared_by_codes(rows, wanted, most)
    known: Steps = {
        mark: {username: Step(0)} for username, marks in people.items() for mark in marks
    }
    for number in range(1, _ROUNDS_MAX + 1):
        if not _spread(rows, known, ends, most=most, number=number):
            break
    near = {one: known.get(one, {}) for one in wanted}
    return {
        one: {who: _way(known, one, who) for who in whom if _tells(near, one, who, most)}
        for one, whom in near.items()
    }


def _tells(near: Steps, code: str, who: str, most: int) -> bool:
    """Whether few codes lead to somebody so directly, and this one to few so directly."""
    here = near[code][who].round
    to_him = [whom[who].round for whom in near.values() if who in whom]
    as_near = [distance for distance in to_him if distance <= here]
    beside = [step for step in near[code].values() if step.round <= here]
    return here <= _DIRECT and len(as_near) <= most and len(beside) <= most


def _spread(
    rows: Sequence[Row], known: Steps, ends: frozenset[str], *, most: int, number: int
) -> bool:
    """One round: what all rows say by what was known before it; whether that was anything new."""
    told: dict[str, dict[str, Step]] = defaultdict(dict)
    for one in rows:
        carrying = [token for token in one.tokens - ends if 0 < len(known.get(token, ())) <= most]
        who = {who: Step(number, one.table, token) for token in carrying for who in known[token]}
        for token in one.tokens if who else ():
            told[token].update({name: step for name, step in who.items()
                                if name not in known.get(token, {})})  # fmt: skip
    for token, steps in told.items():
        known.setdefault(token, {}).update(steps)
    return any(told.values())


def _way(known: Steps, token: str, who: str) -> str:
    """From a code back to a mark of somebody: value, table, value, table, mark."""
    said = [token]
    while (step := known[token][who]).round:
        token = step.token
        said += [f"<- {step.table} <-", token[:60]]
    return " ".join(said)


def _shared_by_codes(rows: Sequence[Row], codes: frozenset[str], most: int) -> frozenset[str]:
    """Values that stand beside too many codes to tell one of them."""
    beside: dict[str, set[str]] = defaultdict(set)
    for one in rows:
        for code in one.tokens & codes:
            for token in one.tokens:
                beside[token].add(code)
    return frozenset(token for token, found in beside.items() if len(found) > most)


def orders(
    rows: Sequence[Row], people: Mapping[str, frozenset[str]], codes: Mapping[str, str]
) -> list[Order]:
    """Orders of people's rows that tell the order of codes' rows; `codes` by username."""
    of_people = dict(_sequences(rows, {mark: who for who, ms in people.items() for mark in ms}))
    of_codes = dict(_sequences(rows, {code: who for who, code in codes.items()}))
    found = []
    for person_column, left in of_people.items():
        for code_column, right in of_codes.items():
            correlation = _correlation(left, right)
            if abs(correlation) > _threshold(len(set(left) & set(right))):
                found.append(Order(person_column, code_column, correlation))
    return found


def _sequences(rows: Iterable[Row], marks: Mapping[str, str]) -> Iterator[tuple[str, list[str]]]:
    """By table and column: in which order it has the bidders whose marks stand in its rows."""
    by_table: dict[str, list[tuple[Row, str]]] = defaultdict(list)
    for one in rows:
        whose = {marks[token] for token in one.tokens if token in marks}
        if len(whose) == 1:
            by_table[one.table].append((one, whose.pop()))
    for table, owned in by_table.items():
        for column in owned[0][0].values:
            yield f"{table}.{column}", _in_order(column, owned)


def _in_order(column: str, owned: Sequence[tuple[Row, str]]) -> list[str]:
    """Each bidder once, where he stands first by this column; ties have no order."""
    first: dict[str, str] = {}
    counted: dict[str, int] = defaultdict(int)
    for one, who in owned:
        key = _sortable(one.values[column])
        first[who] = min(first.get(who, key), key)
    for key in first.values():
        counted[key] += 1
    distinct = [(key, who) for who, key in first.items() if counted[key] == 1]
    return [who for _, who in sorted(distinct)]


def _sortable(value: Value) -> str:
    match value:
        case int():
            return f"{value:020d}"
        case datetime():
            return value.isoformat()
        case bytes():
            return value.hex()
        case tuple():
            return "".join(_sortable(one) for one in value)
        case _:
            return str(value)


def _correlation(left: Sequence[str], right: Sequence[str]) -> float:
    """Spearman's rank correlation over those who stand in both orders."""
    common = set(left) & set(right)
    if len(common) < COMMON_MIN:
        return 0.0
    ranks = {who: n for n, who in enumerate(one for one in left if one in common)}
    others = [one for one in right if one in common]
    n = len(common)
    apart = sum((ranks[who] - place) ** 2 for place, who in enumerate(others))
    return 1 - 6 * apart / (n * (n * n - 1))


def _threshold(common: int) -> float:
    return min(CORRELATION_MIN, 5 / (common - 1) ** 0.5) if common > 1 else 1.0
