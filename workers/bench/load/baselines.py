"""What the hall is measured against: an echo, a bid in a transaction of its own, a broadcast.

    python -m workers.bench.load.baselines echo PORT
    python -m workers.bench.load.baselines naive PORT DATABASE_URL LISTING POOL
    python -m workers.bench.load.baselines broadcast PORT PER_SECOND FILE

Each is a `websockets` server with the hall's options. The naive one makes of every bid one
transaction in four round trips (BEGIN, LOCK, WRITE, COMMIT) with the platform's own engine and
journal, so that the checks are the same ones. It signs nothing: every advantage but the batch.
"""

import asyncio
import signal
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg
import msgspec
import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed

from auction.kernel.ids import BidderCode, new_id
from auction.kernel.merkle import leaf_hash
from auction.kernel.money import Money
from auction.store.journal import Fact, instant_text, make_leaf
from bidding import engine

NAIVE_TABLES: Final = """
CREATE SCHEMA naive;
CREATE TABLE naive.sessions (LIKE public.sessions INCLUDING ALL);
CREATE TABLE naive.journal_head (LIKE public.journal_head INCLUDING ALL);
CREATE TABLE naive.journal (LIKE public.journal INCLUDING ALL);
CREATE TABLE naive.entries (LIKE public.bid_entries INCLUDING ALL);
ALTER TABLE naive.entries DROP COLUMN batch_id;
INSERT INTO naive.sessions SELECT * FROM public.sessions;
INSERT INTO naive.journal_head
  SELECT 'session:' || id, 0, decode(repeat('00', 32), 'hex') FROM public.sessions;
GRANT USAGE ON SCHEMA naive TO luochui_app;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA naive TO luochui_app;
"""
"""The same tables with the same indexes and checks; an entry belongs to no batch."""

LOCK: Final = """
SELECT s.*, h.seq AS head_seq, h.hash AS head_hash, c.code IS NOT NULL AS is_known,
       c.priority_rank, (SELECT to_jsonb(e) FROM naive.entries e WHERE e.session_id = s.id
                          AND e.code = $2 AND e.bid_id = $3) AS decided
  FROM naive.sessions s
  JOIN naive.journal_head h ON h.stream = 'session:' || s.id
  LEFT JOIN hall_code c ON c.listing_id = s.listing_id AND c.code = $2
 WHERE s.listing_id = $1 FOR UPDATE OF s, h
"""

WRITE: Final = """
WITH moved AS (
  UPDATE naive.sessions SET seq = $2, version = version + 1, closes_at = $13, extensions = $14,
         leading_code = $16, leading_amount = $17, leading_rank = $18, leading_entered_at = $19
   WHERE id = $1
), chained AS (
  INSERT INTO naive.journal VALUES ($20, $21, $22, $23, $8, $15, $24)
), headed AS (
  UPDATE naive.journal_head SET seq = $22, hash = $24 WHERE stream = $21
)
INSERT INTO naive.entries AS e
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) RETURNING to_jsonb(e)
"""


class Hello(msgspec.Struct, frozen=True, tag="hello"):
    """Who comes: the tickets of the naive server are the codes themselves."""

    ticket: str


class Bid(msgspec.Struct, frozen=True, tag="bid"):
    """An offer, as the hall reads it."""

    bid_id: UUID
    amount_fen: int


_said = msgspec.json.Decoder(Hello | Bid)


async def echo(connection: ServerConnection) -> None:
    """Say back what was said."""
    with suppress(ConnectionClosed):
        async for message in connection:
            await connection.send(message)


async def serve_echo(port: int, until: asyncio.Event) -> None:
    """The bare library: a round trip and nothing else."""
    async with serve(echo, "127.0.0.1", port, compression=None):
        await until.wait()


async def serve_naive(
    port: int, until: asyncio.Event, url: str, listing: UUID, pool_size: int
) -> None:
    """Decide every bid by itself, each in a transaction of its own."""
    pool = await asyncpg.create_pool(url, min_size=pool_size, max_size=pool_size)

    async def take(connection: ServerConnection) -> None:
        code = ""
        with suppress(ConnectionClosed):
            async for message in connection:
                entered_at = datetime.now(UTC)  # noqa: TID251  (it stands outside the platform)
                said = _said.decode(message)
                if isinstance(said, Hello):
                    code = said.ticket
                    await connection.send('{"type":"snapshot"}')
                    continue
                async with pool.acquire() as database, database.transaction():
                    told = await decide_alone(database, listing, said, code, entered_at)
                head = f'{{"type":"verdict","bid_id":"{said.bid_id}"'
                await connection.send(f'{head},"told":{told}}}')

    async with serve(take, "127.0.0.1", port, compression=None):
        await until.wait()
    await pool.close()


async def decide_alone(
    database: asyncpg.Connection, listing: UUID, said: Bid, code: str, entered_at: datetime
) -> str:
    """Lock, decide by the platform's own engine, journal in its own form, store: two statements."""
    row = await database.fetchrow(LOCK, listing, code, said.bid_id)
    if row["decided"] is not None:
        return str(row["decided"])
    hall, rules = _hall(row)
    bid = engine.Bid(BidderCode(code), Money(said.amount_fen), entered_at, row["priority_rank"])
    verdict: engine.Accepted | engine.Refused = engine.Refused(engine.Reason.UNKNOWN_CODE)
    if row["is_known"]:
        verdict = engine.decide(hall, bid, rules)
    won = verdict if isinstance(verdict, engine.Accepted) else None
    reason = verdict.reason.value if isinstance(verdict, engine.Refused) else ""
    hall = won.hall if won else hall
    kind, seq, now = f"bid.{'accepted' if won else 'refused'}", row["seq"] + 1, entered_at
    stream, fact_id = f"session:{row['id']}", new_id(now)
    body: dict[str, object] = {
        "bid_seq": seq, "bid_id": str(said.bid_id), "code": code, "amount_fen": said.amount_fen,
        "rank": bid.priority_rank, "entered_at": instant_text(entered_at), "reason": reason,
        "closes_at": instant_text(hall.closes_at), "extensions": hall.extensions,
    }  # fmt: skip
    fact = Fact(fact_id, kind, stream, body)
    head_seq = row["head_seq"] + 1
    leaf = make_leaf(fact, seq=head_seq, prev=row["head_hash"], actor="system", at=now)
    led = hall.leading
    told = await database.fetchval(
        WRITE, row["id"], seq, said.bid_id, code, said.amount_fen, bid.priority_rank, entered_at,
        now, "accepted" if won else "refused", reason, won is not None and won.is_extended,
        won is not None and won.is_self_overbid, hall.closes_at, hall.extensions, leaf,
        led and led.code, led and led.amount.fen, led and led.priority_rank, led and led.entered_at,
        fact_id, stream, head_seq, kind, leaf_hash(leaf),
    )  # fmt: skip
    return str(told)


def _hall(row: asyncpg.Record) -> tuple[engine.Hall, engine.Rules]:
    led = None
    if row["leading_code"] is not None:
        led = engine.Bid(
            row["leading_code"], Money(row["leading_amount"]), row["leading_entered_at"],
            row["leading_rank"],
        )  # fmt: skip
    rules = engine.Rules(
        engine.Ladder(row["ladder"]), engine.Extension(row["extension"]),
        Money(row["starting_price"]), Money(row["increment"]), row["extend_trigger"],
        row["extend_by"], row["window_after_first_bid"],
    )  # fmt: skip
    return engine.Hall(row["live_since"], row["closes_at"], led, row["extensions"]), rules


async def serve_broadcast(port: int, until: asyncio.Event, per_second: float, file: Path) -> None:
    """Send every watcher the same frame again and again by the library's own loop."""
    frame = await asyncio.to_thread(file.read_text)
    watchers: set[ServerConnection] = set()

    async def watch(connection: ServerConnection) -> None:
        watchers.add(connection)
        try:
            await connection.wait_closed()
        finally:
            watchers.discard(connection)

    async with serve(watch, "127.0.0.1", port, compression=None):
        while not until.is_set():
            broadcast(watchers, frame)
            await asyncio.sleep(1 / per_second)


async def _main(kind: str, port: str, *given: str) -> None:
    until = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, until.set)
    if kind == "echo":
        await serve_echo(int(port), until)
    elif kind == "naive":
        await serve_naive(int(port), until, given[0], UUID(given[1]), int(given[2]))
    else:
        await serve_broadcast(int(port), until, float(given[0]), Path(given[1]))


if __name__ == "__main__":
    uvloop.run(_main(*sys.argv[1:]))
