"""Bid entries: every bid as it entered, accepted or refused; rows are only ever added."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    LargeBinary,
    UniqueConstraint,
    Uuid,
    any_,
    bindparam,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from auction.kernel.ids import BidderCode, BidId, SessionId
from auction.kernel.money import Money
from auction.store.base import Base
from auction.store.columns import Instant, MoneyFen, state_column, states_check
from bidding.engine import Accepted
from bidding.hall.batch import BidKey, Settled
from bidding.hall.receipt import Batch, Receipt, Signed, receipts


class Verdict(StrEnum):
    ACCEPTED = "accepted"
    REFUSED = "refused"


class BidBatch(Base):
    """Bids decided and committed together, under one signature."""

    __tablename__ = "bid_batches"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    session_id: Mapped[SessionId] = mapped_column(ForeignKey("sessions.id"), index=True)
    first_seq: Mapped[int]
    size: Mapped[int]
    root: Mapped[bytes] = mapped_column(LargeBinary)
    """Merkle root over the leaf hashes of its entries, in order of seq."""
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    """The Ed25519 key that signed, so that a receipt outlives a change of keys."""


class BidEntry(Base):
    """One bid and what became of it."""

    __tablename__ = "bid_entries"
    __table_args__ = (
        # A bidder's own bid_id is his idempotency key; nobody can occupy another's.
        UniqueConstraint("session_id", "code", "bid_id"),
        states_check("verdict", Verdict),
        CheckConstraint("(verdict = 'accepted') = (reason = '')", name="reason_of_refusal"),
    )

    session_id: Mapped[SessionId] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    bid_id: Mapped[BidId]
    code: Mapped[BidderCode]
    amount: Mapped[Money] = mapped_column(MoneyFen)
    priority_rank: Mapped[int | None]
    entered_at: Mapped[datetime] = mapped_column(Instant)
    decided_at: Mapped[datetime] = mapped_column(Instant)
    verdict: Mapped[Verdict] = state_column(Verdict)
    reason: Mapped[str]
    is_extended: Mapped[bool]
    is_self_overbid: Mapped[bool]
    closes_at_after: Mapped[datetime] = mapped_column(Instant)
    extensions_after: Mapped[int]
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("bid_batches.id"), index=True)
    leaf: Mapped[bytes] = mapped_column(LargeBinary)
    """The journal's bytes of this bid: what its receipt proves."""


class EntryRow(NamedTuple):
    """A new entry, its columns by name and in order: a batch of them is one statement."""

    session_id: SessionId
    seq: int
    bid_id: BidId
    code: BidderCode
    amount: Money
    priority_rank: int | None
    entered_at: datetime
    decided_at: datetime
    verdict: Verdict
    reason: str
    is_extended: bool
    is_self_overbid: bool
    closes_at_after: datetime
    extensions_after: int
    batch_id: UUID
    leaf: bytes


def new_entry(
    one: Settled,
    seq: int,
    leaf: bytes,
    *,
    batch_id: UUID,
    session_id: SessionId,
    decided_at: datetime,
) -> EntryRow:
    """What is stored of a bid that was just decided."""
    placed, won = one.placed, one.verdict if isinstance(one.verdict, Accepted) else None
    return EntryRow(
        session_id=session_id,
        seq=seq,
        bid_id=placed.bid_id,
        code=placed.code,
        amount=placed.amount,
        priority_rank=one.rank,
        entered_at=placed.entered_at,
        decided_at=decided_at,
        verdict=Verdict.ACCEPTED if won else Verdict.REFUSED,
        reason=one.reason,
        is_extended=won is not None and won.is_extended,
        is_self_overbid=won is not None and won.is_self_overbid,
        closes_at_after=one.hall.closes_at,
        extensions_after=one.hall.extensions,
        batch_id=batch_id,
        leaf=leaf,
    )


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of one bid, with the receipt that proves it."""

    seq: int
    bid_id: BidId
    code: BidderCode
    amount: Money
    entered_at: datetime
    decided_at: datetime
    verdict: Verdict
    reason: str
    is_extended: bool
    is_self_overbid: bool
    closes_at: datetime
    extensions: int
    receipt: Receipt


def decisions(batch: Batch, entries: Sequence[EntryRow], signed: Signed) -> list[Decision]:
    """Put entries and receipts of one whole batch together; `entries` are in order of seq."""
    proofs = receipts(batch, [entry.leaf for entry in entries], signed)
    return [
        Decision(
            seq=entry.seq,
            bid_id=entry.bid_id,
            code=entry.code,
            amount=entry.amount,
            entered_at=entry.entered_at,
            decided_at=entry.decided_at,
            verdict=entry.verdict,
            reason=entry.reason,
            is_extended=entry.is_extended,
            is_self_overbid=entry.is_self_overbid,
            closes_at=entry.closes_at_after,
            extensions=entry.extensions_after,
            receipt=proof,
        )
        for entry, proof in zip(entries, proofs, strict=True)
    ]


async def find_decisions(
    session: AsyncSession, session_id: SessionId, keys: Collection[BidKey]
) -> dict[BidKey, Decision]:
    """What became of these bids; those that never came in are left out.

    The common answer, that all of them are new, costs one look at the unique index.
    """
    batches = list(await session.scalars(_BATCHES_OF, _asked(session_id, keys)))
    if not batches:
        return {}
    found, wanted = await decisions_in(session, batches), set(keys)
    return {key: decision for key, decision in found.items() if key in wanted}


async def decisions_in(session: AsyncSession, batches: Collection[UUID]) -> dict[BidKey, Decision]:
    """Every decision of whole batches: a receipt is proven against all of its batch."""
    rows = await session.execute(_ENTRIES_OF, {"batches": list(batches)})
    whole: dict[UUID, tuple[BidBatch, list[EntryRow]]] = {}
    for batch, *entry in rows:
        whole.setdefault(batch.id, (batch, []))[1].append(EntryRow(*entry))
    found: dict[BidKey, Decision] = {}
    for batch, entries in whole.values():
        signed = Signed(batch.signature, batch.public_key)
        covered = Batch(batch.session_id, batch.first_seq, batch.size, batch.root.hex())
        for decision in decisions(covered, entries, signed):
            found[decision.code, decision.bid_id] = decision
    return found


def _asked(session_id: SessionId, keys: Collection[BidKey]) -> dict[str, object]:
    return {
        "session_id": session_id,
        "codes": [code for code, _ in keys],
        "bid_ids": [bid_id for _, bid_id in keys],
    }


_BATCHES_OF = text(
    "SELECT DISTINCT entry.batch_id FROM"
    " unnest(CAST(:codes AS text[]), CAST(:bid_ids AS uuid[])) AS asked(code, bid_id)"
    " JOIN bid_entries entry ON entry.session_id = :session_id"
    " AND entry.code = asked.code AND entry.bid_id = asked.bid_id"
).columns(batch_id=Uuid())
"""Arrays keep this one statement, prepared once, whatever the size of the batch."""
_ENTRIES_OF = (
    select(BidBatch, *[BidEntry.__table__.columns[name] for name in EntryRow._fields])
    .join(BidEntry, BidBatch.id == BidEntry.batch_id)
    .where(BidEntry.batch_id == any_(bindparam("batches", type_=ARRAY(Uuid))))
    .order_by(BidEntry.seq)
)
