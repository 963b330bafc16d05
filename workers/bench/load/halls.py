"""Open halls with bidders for the load lines, written past all commands into a bench's database."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from bidding.hall.ticket import digest_of, new_secret
from workers.bench.crowd import COURT, listing_id

STARTING_FEN = 70_000_000
INCREMENT_FEN = 100_000
FIVE_MINUTES = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Span:
    """When a session opens and closes."""

    opens_at: datetime
    closes_at: datetime


def session_id(number: int) -> UUID:
    """The id of the session of one number."""
    return UUID(int=(4 << 96) + number)


def code_of(number: int) -> str:
    """The code of one bidder."""
    return f"B{number:05d}"


async def open_halls(owner: asyncpg.Connection, numbers: range, span: Span) -> None:
    """Give the crowd's listings of these numbers open sessions, each without a home.

    Before the listings themselves: a worker that runs makes what a published listing lacks.
    """
    await owner.execute("SET session_replication_role = replica")
    rows = [_session(number, span) for number in numbers]
    await owner.copy_records_to_table(
        "sessions", records=[tuple(one.values()) for one in rows], columns=list(rows[0])
    )
    await owner.execute("SET session_replication_role = origin")


async def let_in(owner: asyncpg.Connection, number: int, codes: Sequence[str]) -> None:
    """Make codes known in a hall."""
    hour = await owner.fetchval("SELECT date_trunc('hour', now())")
    await owner.copy_records_to_table(
        "hall_code",
        records=[(listing_id(number), code, None, hour) for code in codes],
        columns=["listing_id", "code", "priority_rank", "issued_on_hour"],
    )


async def tickets(owner: asyncpg.Connection, number: int, codes: Sequence[str]) -> list[str]:
    """One ticket for each code; they live longer than a page's, since many sockets take time."""
    made = [new_secret() for _ in codes]
    until = await owner.fetchval("SELECT now() + interval '10 minutes'")
    await owner.copy_records_to_table(
        "tickets",
        records=[
            (digest_of(secret), session_id(number), code, secrets.token_bytes(32), until)
            for secret, code in zip(made, codes, strict=True)
        ],
        columns=["digest", "session_id", "code", "sign_in", "expires_at"],
    )
    return made


def _session(number: int, span: Span) -> dict[str, object]:
    return {
        "id": session_id(number), "listing_id": listing_id(number),
        "lot_id": UUID(int=(2 << 96) + number), "court_id": COURT, "state": "open",
        "ladder": "multiple", "extension": "reset", "starting_price": STARTING_FEN,
        "increment": INCREMENT_FEN, "extend_trigger": FIVE_MINUTES, "extend_by": FIVE_MINUTES,
        "opens_at": span.opens_at, "scheduled_close_at": span.closes_at,
        "closes_at": span.closes_at, "live_since": span.opens_at, "pause_ground": "",
        "extensions": 0, "seq": 0, "version": 1, "epoch": 0,
    }  # fmt: skip
