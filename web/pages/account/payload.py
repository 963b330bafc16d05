"""The payload of an approval request as people read it: amounts in yuan, people by name."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from auction.kernel.actor import Role
from auction.kernel.money import Money
from auction.listings.round import Round
from auction.people.queries import court, organisation, person


@dataclass(frozen=True, slots=True)
class Shown:
    """One value: `key` is what the payload calls it, `kind` says how the page writes it.

    Kinds are money, person, account (shown masked), instant, word (a state), text, none, and
    table (a list of rows, each a list of Shown).
    """

    key: str
    kind: str
    value: object


KEYS: Final = (
    "case", "lot", "listing", "plan", "draw_no", "draw_digest", "round", "person", "natural",
    "role", "court", "organisation", "ground", "rank", "closes_at", "attempt", "agencies", "pool",
    "pool_version", "pool_size", "pool_digest", "key", "ruling_digest", "title", "payee",
    "code", "account", "asked_fen", "amount_fen", "basis", "total_fen", "note", "payments",
    "keys", "line",
)  # fmt: skip
"""Everything a payload may hold, in the order in which people read it."""
UNSAID: Final = frozenset({"line"})
"""Ids that only the command reads."""


async def shown(session: AsyncSession, payload: Mapping[str, object]) -> list[Shown]:
    """Every value of a payload that says something, in the order of KEYS."""
    made: list[Shown] = []
    for key in sorted(set(payload) - UNSAID, key=KEYS.index):
        value = payload[key]
        if isinstance(value, list):
            made.append(Shown(key, "table", [await shown(session, row) for row in value]))
        else:
            made.append(await _one(session, key, value))
    return made


async def _one(session: AsyncSession, key: str, value: object) -> Shown:
    if value is None or value == "":
        return Shown(key, "none", None)
    if isinstance(value, int) and key.endswith("_fen"):
        return Shown(key, "money", Money(value))
    read = _READERS.get(key)
    return Shown(key, *await read(session, str(value))) if read else Shown(key, "text", value)


async def _person(session: AsyncSession, text: str) -> tuple[str, object]:
    return "person", await person(session, UUID(text))


async def _organisation(session: AsyncSession, text: str) -> tuple[str, object]:
    return "text", (await organisation(session, UUID(text))).name


async def _court(session: AsyncSession, text: str) -> tuple[str, object]:
    return "text", (await court(session, text)).name


async def _account(_: AsyncSession, text: str) -> tuple[str, object]:
    return "account", text


async def _instant(_: AsyncSession, text: str) -> tuple[str, object]:
    return "instant", datetime.fromisoformat(text)


async def _round(_: AsyncSession, text: str) -> tuple[str, object]:
    return "word", Round(text)


async def _role(_: AsyncSession, text: str) -> tuple[str, object]:
    """A role of the platform; the holders of a draw's keys are named as the manifest has them."""
    return ("word", Role(text)) if text in set(Role) else ("text", text)


_Reader = Callable[[AsyncSession, str], Awaitable[tuple[str, object]]]
_READERS: Mapping[str, _Reader] = MappingProxyType(
    {
        "person": _person,
        "natural": _person,
        "organisation": _organisation,
        "court": _court,
        "account": _account,
        "closes_at": _instant,
        "round": _round,
        "role": _role,
    }
)
