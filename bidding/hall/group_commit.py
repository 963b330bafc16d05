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

from sqlalchemy import Integer, Text, TextualSelect, Uuid, text

from auction.kernel.ids import SessionId
from auction.kernel.refusal import Refusal
from auction.listings.listing import Listing, ListingState
from auction.store.unit import Unit
from bidding.hall.batch import PlacedBid, Ranks
from bidding.hall.bid_entry import EntryRow
from bidding.hall.board import ENDED, SessionState
from bidding.hall.receipt import Batch, Signed
from bidding.hall.session import Session
from bidding.hall.standstill import SUSPENDABLE


@dataclass(frozen=True, slots=True)
class Locked:
    """A session as it stands under its lock; it is no entity, so writing it is up to `write`."""

    session: Session
    listing_state: ListingState

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


async def lock_for_batch(work: Unit, session_id: SessionId) -> Locked:
    """Lock the listing for sharing, then the session, as `lock_session` does, in one statement."""
    connection = await work.session.connection()
    row = (await connection.execute(_LOCK, {"session_id": session_id})).one_or_none()
    if row is None:
        raise Refusal("not_found", what=Session.__tablename__, id=str(session_id))
    state, *columns = row
    return Locked(Session(**dict(zip(_COLUMNS, columns, strict=True))), state)


async def look_up(work: Unit, session: Session, bids: Sequence[PlacedBid]) -> Known:
    """Find the codes of bids and what was decided of them, once the session is locked."""
    connection = await work.session.connection()
    asked = {
        "session_id": session.id,
        "listing_id": session.listing_id,
        "codes": [bid.code for bid in bids],
        "bid_ids": [bid.bid_id for bid in bids],
    }
    rows = (await connection.execute(_look_up(session.seq.bit_length()), asked)).all()
    return Known(
        ranks={code: rank for code, rank, _ in rows if code is not None},
        batches=frozenset(batch for _, _, batch in rows if batch is not None),
    )


async def write(
    work: Unit, session: Session, entries: Sequence[EntryRow], batch: Batch, signed: Signed
) -> None:
    """Add the batch with its entries and move the session to where they leave it."""
    columns = dict(zip(EntryRow._fields, zip(*entries, strict=True), strict=True))
    arrays = {name: list(columns[name]) for name in _ARRAYS}
    arrays["amount"] = [entry.amount.fen for entry in entries]
    whole = {
        "batch_id": entries[0].batch_id,
        "first_seq": batch.first_seq,
        "size": batch.size,
        "root": bytes.fromhex(batch.root),
        "signature": signed.signature,
        "public_key": signed.public_key,
        "now": work.now,
    }
    after = {
        "session_id": session.id,
        "session_seq": session.seq,
        "version": session.version,
        "live_since": session.live_since,
        "closes_at": session.closes_at,
        "extensions": session.extensions,
        "leading_code": session.leading_code,
        "leading_amount": session.leading_amount.fen if session.leading_amount else None,
        "leading_rank": session.leading_rank,
        "leading_entered_at": session.leading_entered_at,
    }
    await (await work.session.connection()).execute(_WRITE, arrays | whole | after)


_COLUMNS: Final = tuple(Session.__mapper__.columns.keys())
_LOCK: Final = text(
    f"SELECT listing.state, {', '.join(f'session.{name}' for name in _COLUMNS)}"  # noqa: S608
    " FROM sessions session JOIN listings listing ON listing.id = session.listing_id"
    " WHERE session.id = :session_id FOR SHARE OF listing FOR UPDATE OF session"
).columns(
    Listing.__table__.columns["state"], *(Session.__mapper__.columns[name] for name in _COLUMNS)
)
"""The names are the model's own."""


@cache
def _look_up(doublings: int) -> TextualSelect:
    """The question after codes and bids, planned anew whenever the session has doubled.

    A plan that was made and kept while the table was empty reads all entries of the session for
    each bid, until statistics come: 40 ms a batch were measured.
    """
    return text(
        "SELECT known.code, known.priority_rank,"  # noqa: S608  (only a number of ours is put in)
        " (SELECT entry.batch_id FROM bid_entries entry"
        " WHERE entry.session_id = :session_id AND entry.code = asked.code"
        " AND entry.bid_id = asked.bid_id) AS batch_id"
        " FROM unnest(CAST(:codes AS text[]), CAST(:bid_ids AS uuid[])) AS asked(code, bid_id)"
        " LEFT JOIN hall_code known ON known.listing_id = :listing_id AND known.code = asked.code"
        f" /* of fewer than {1 << doublings} */"
    ).columns(code=Text(), priority_rank=Integer(), batch_id=Uuid())


_ARRAYS: Final = {
    "seq": "int", "bid_id": "uuid", "code": "text", "amount": "bigint", "priority_rank": "int",
    "entered_at": "timestamptz", "verdict": "text", "reason": "text", "is_extended": "boolean",
    "is_self_overbid": "boolean", "closes_at_after": "timestamptz", "extensions_after": "int",
    "leaf": "bytea",
}  # fmt: skip
"""The columns in which the entries of one batch differ."""

_WRITE: Final = text(
    "WITH batch AS (INSERT INTO bid_batches"  # noqa: S608  (the names stand above)
    " (id, session_id, first_seq, size, root, signature, public_key) VALUES"
    " (:batch_id, :session_id, :first_seq, :size, :root, :signature, :public_key)),"
    " moved AS (UPDATE sessions SET seq = :session_seq, version = :version,"
    " live_since = :live_since, closes_at = :closes_at, extensions = :extensions,"
    " leading_code = :leading_code, leading_amount = :leading_amount,"
    " leading_rank = :leading_rank, leading_entered_at = :leading_entered_at"
    " WHERE id = :session_id)"
    f" INSERT INTO bid_entries (session_id, batch_id, decided_at, {', '.join(_ARRAYS)})"
    f" SELECT :session_id, :batch_id, :now, entry.* FROM unnest("
    + ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in _ARRAYS.items())
    + f") AS entry({', '.join(_ARRAYS)})"
)
