"""The statements of a batch: lock what decides it, look up its bids, write what it leaves.

Written by hand, since a hot lot pays for each of them with every commit: arrays keep each one
statement, prepared once, whatever the size of the batch.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, LargeBinary, column, text

from auction.kernel.ids import SessionId
from auction.kernel.refusal import Refusal
from auction.listings.listing import Listing, ListingState
from auction.store.journal import Head, Link, begin
from auction.store.unit import Unit
from bidding.hall.batch import PlacedBid, Ranks, Settled
from bidding.hall.bid_entry import BidBody
from bidding.hall.board import ENDED, SessionState
from bidding.hall.receipt import Batch, Signed
from bidding.hall.session import Session
from bidding.hall.standstill import SUSPENDABLE


@dataclass(frozen=True, slots=True)
class Locked:
    """A session as it stands under its lock; it is no entity, so writing it is up to `write`."""

    session: Session
    listing_state: ListingState
    head: Head
    """Of the session's stream, locked as well."""

    def is_to_change(self, now: datetime) -> bool:
        """Whether its listing or the clock has something done to it before any bid."""
        state = self.session.state
        if self.listing_state is ListingState.SUSPENDED:
            return state in SUSPENDABLE
        if self.listing_state is ListingState.WITHDRAWN:
            return state not in ENDED
        return state is SessionState.SCHEDULED and now >= self.session.opens_at


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of bids before they are decided."""

    ranks: Ranks
    """Of the codes among them that were issued for the session."""
    batches: frozenset[UUID]
    """The batches in which some of them were decided before."""


@dataclass(frozen=True, slots=True)
class Decided:
    """Bids that were decided together, before they are stored."""

    settled: Sequence[Settled]
    bodies: Sequence[BidBody]
    links: Sequence[Link]
    batch: Batch
    signed: Signed


async def lock_for_batch(work: Unit, session_id: SessionId) -> Locked:
    """Lock the listing for sharing, the session, as `lock_session` does, and its stream's head."""
    connection = await work.session.connection()
    row = (await connection.execute(_LOCK, {"session_id": session_id})).one_or_none()
    if row is None:  # nothing was journaled of it, or it is not there at all
        await begin(work.session, [f"session:{session_id}"])
        row = (await connection.execute(_LOCK, {"session_id": session_id})).one_or_none()
    if row is None:
        raise Refusal("not_found", what=Session.__tablename__, id=str(session_id))
    state, head_seq, head_hash, *columns = row
    session = Session(**dict(zip(_COLUMNS, columns, strict=True)))
    return Locked(session, state, Head(session.stream, head_seq, head_hash))


async def look_up(work: Unit, session: Session, bids: Sequence[PlacedBid]) -> Known:
    """Find the codes of bids and what was decided of them, once the session is locked."""
    rows = await (await work.driver()).fetch(
        _look_up(session.seq.bit_length()),
        session.id,
        session.listing_id,
        [bid.code for bid in bids],
        [bid.bid_id for bid in bids],
    )
    return Known(
        ranks={code: rank for code, rank, _ in rows if code is not None},
        batches=frozenset([batch for _, _, batch in rows if batch is not None]),
    )


async def write(work: Unit, locked: Locked, decided: Decided) -> None:
    """Journal the entries of a batch, store it, and move the session to where they leave it."""
    session, batch, signed = locked.session, decided.batch, decided.signed
    links, settled = decided.links, decided.settled
    await (await work.driver()).execute(
        _WRITE,
        [link.id for link in links],
        [link.leaf for link in links],
        [link.hash for link in links],
        [one.is_extended for one in settled],
        [one.is_self_overbid for one in settled],
        msgspec.json.encode(decided.bodies).decode(),
        locked.head.stream,
        locked.head.seq,
        work.now,
        locked.head.seq + len(links),
        links[-1].hash,
        work.new_id(),
        session.id,
        batch.first_seq,
        batch.size,
        bytes.fromhex(batch.root),
        signed.signature,
        signed.public_key,
        session.seq,
        session.version,
        session.live_since,
        session.closes_at,
        session.extensions,
        session.leading_code,
        session.leading_amount.fen if session.leading_amount else None,
        session.leading_rank,
        session.leading_entered_at,
    )


_COLUMNS: Final = tuple(Session.__mapper__.columns.keys())
_LOCK: Final = text(
    "SELECT listing.state, head.seq AS head_seq, head.hash AS head_hash,"  # noqa: S608
    f" {', '.join(f'session.{name}' for name in _COLUMNS)}"
    " FROM sessions session JOIN listings listing ON listing.id = session.listing_id"
    " JOIN journal_head head ON head.stream = 'session:' || session.id"
    " WHERE session.id = :session_id FOR SHARE OF listing FOR UPDATE OF session, head"
).columns(
    Listing.__table__.columns["state"],
    column("head_seq", BigInteger),
    column("head_hash", LargeBinary),
    *(Session.__mapper__.columns[name] for name in _COLUMNS),
)
"""The names are the model's own."""


@cache
def _look_up(doublings: int) -> str:
    """The question after codes and bids, planned anew whenever the session has doubled.

    A plan that was made and kept while the table was empty reads all entries of the session for
    each bid, until statistics come: 40 ms a batch were measured.
    """
    return f"""
SELECT known.code, known.priority_rank,
       (SELECT entry.batch_id FROM bid_entries entry
         WHERE entry.session_id = $1 AND entry.code = asked.code AND entry.bid_id = asked.bid_id)
  FROM unnest($3::text[], $4::uuid[]) AS asked(code, bid_id)
  LEFT JOIN hall_code known ON known.listing_id = $2 AND known.code = asked.code
/* of fewer than {1 << doublings} */
"""  # noqa: S608  (only a number of ours is put in)


_WRITE: Final = """
WITH entry AS MATERIALIZED (
  SELECT *, CASE reason WHEN '' THEN 'accepted' ELSE 'refused' END AS verdict
    FROM ROWS FROM (
         unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::boolean[], $5::boolean[]),
         json_to_recordset($6::text::json)
         AS (bid_seq int, bid_id uuid, code text, amount_fen bigint, rank int, reason text,
             entered_at timestamptz, closes_at timestamptz, extensions int)
         ) WITH ORDINALITY
         AS given(id, leaf, hash, is_extended, is_self_overbid, bid_seq, bid_id, code, amount_fen,
                  rank, reason, entered_at, closes_at, extensions, place)
), journaled AS (
  INSERT INTO journal (id, stream, seq, kind, recorded_at, leaf, hash)
  SELECT id, $7, $8 + place, 'bid.' || verdict, $9, leaf, hash FROM entry
), headed AS (
  UPDATE journal_head SET seq = $10, hash = $11 WHERE stream = $7
), batch AS (
  INSERT INTO bid_batches (id, session_id, first_seq, size, root, signature, public_key)
  VALUES ($12, $13, $14, $15, $16, $17, $18)
), moved AS (
  UPDATE sessions SET seq = $19, version = $20, live_since = $21, closes_at = $22,
         extensions = $23, leading_code = $24, leading_amount = $25, leading_rank = $26,
         leading_entered_at = $27
   WHERE id = $13
)
INSERT INTO bid_entries (session_id, batch_id, decided_at, seq, bid_id, code, amount,
       priority_rank, entered_at, verdict, reason, is_extended, is_self_overbid,
       closes_at_after, extensions_after, leaf)
SELECT $13, $12, $9, bid_seq, bid_id, code, amount_fen, rank, entered_at, verdict, reason,
       is_extended, is_self_overbid, closes_at, extensions, leaf
  FROM entry
"""
"""Journal, entries, batch and session in one: an entry is read from the body of its leaf."""
