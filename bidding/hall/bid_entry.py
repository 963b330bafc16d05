"""Bid entries: every bid as it entered, accepted or refused; rows are only ever added."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, UniqueConstraint, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from auction.kernel.ids import BidderCode, BidId, SessionId
from auction.kernel.money import Money
from auction.store.base import Base
from auction.store.columns import Instant, MoneyFen, state_column, states_check
from bidding.hall.receipt import Batch, Receipt, Signed, receipts


@dataclass(frozen=True, slots=True)
class PlacedBid:
    """A bid as it entered: what the socket stamped and the client said."""

    bid_id: BidId
    code: BidderCode
    amount: Money
    entered_at: datetime
    expected_price: Money | None = None


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


def decisions(batch: Batch, entries: Sequence[BidEntry], signed: Signed) -> list[Decision]:
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
    session: AsyncSession, session_id: SessionId, bid_ids: Sequence[BidId]
) -> dict[tuple[BidderCode, BidId], Decision]:
    """What became of bids with these ids, by whose they are; unknown ids are left out."""
    batches = select(BidEntry.batch_id).where(
        BidEntry.session_id == session_id, BidEntry.bid_id.in_(bid_ids)
    )
    rows = await session.execute(
        select(BidEntry, BidBatch)
        .join(BidBatch, BidBatch.id == BidEntry.batch_id)
        .where(BidEntry.batch_id.in_(batches))
        .order_by(BidEntry.seq)
    )
    whole: dict[UUID, tuple[BidBatch, list[BidEntry]]] = {}
    for entry, batch in rows:
        whole.setdefault(batch.id, (batch, []))[1].append(entry)
    wanted = set(bid_ids)
    found: dict[tuple[BidderCode, BidId], Decision] = {}
    for batch, entries in whole.values():
        signed = Signed(batch.signature, batch.public_key)
        covered = Batch(batch.session_id, batch.first_seq, batch.size, batch.root.hex())
        for decision in decisions(covered, entries, signed):
            if decision.bid_id in wanted:
                found[decision.code, decision.bid_id] = decision
    return found
