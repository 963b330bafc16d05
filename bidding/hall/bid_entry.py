"""Bid entries: every bid as it entered, accepted or refused; rows are only ever added."""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from operator import itemgetter
from uuid import UUID

import msgspec
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
from auction.kernel.merkle import grow, leaf_hash
from auction.kernel.money import Money
from auction.store.base import Base
from auction.store.columns import Instant, MoneyFen, state_column, states_check
from auction.store.journal import Body, instant_text
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


class BidBody(Body, frozen=True):
    """What the journal's entry of a bid says of it."""

    amount_fen: int
    bid_id: UUID
    bid_seq: int
    closes_at: str
    code: str
    entered_at: str
    extensions: int
    rank: int | None
    reason: str


def journaled(settled: Sequence[Settled], first_seq: int) -> list[tuple[str, BidBody]]:
    """Kind and body of the journal's entries of bids that were just decided."""
    ends: dict[datetime, str] = {}
    said: list[tuple[str, BidBody]] = []
    for seq, one in enumerate(settled, first_seq):
        placed, hall = one.placed, one.hall
        if hall.closes_at not in ends:
            ends[hall.closes_at] = instant_text(hall.closes_at)
        body = BidBody(
            amount_fen=placed.amount.fen,
            bid_id=placed.bid_id,
            bid_seq=seq,
            closes_at=ends[hall.closes_at],
            code=placed.code,
            entered_at=instant_text(placed.entered_at),
            extensions=hall.extensions,
            rank=one.rank,
            reason=one.reason,
        )
        said.append(("bid.refused" if body.reason else "bid.accepted", body))
    return said


class Decision(msgspec.Struct, frozen=True):
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


def decisions(
    settled: Sequence[Settled], proofs: Sequence[Receipt], *, first_seq: int, at: datetime
) -> list[Decision]:
    """What became of bids that were decided together at this instant."""
    told: list[Decision] = []
    for seq, (one, proof) in enumerate(zip(settled, proofs, strict=True), first_seq):
        placed, reason = one.placed, one.reason
        told.append(
            Decision(
                seq=seq,
                bid_id=placed.bid_id,
                code=placed.code,
                amount=placed.amount,
                entered_at=placed.entered_at,
                decided_at=at,
                verdict=Verdict.REFUSED if reason else Verdict.ACCEPTED,
                reason=reason,
                is_extended=one.is_extended,
                is_self_overbid=one.is_self_overbid,
                closes_at=one.hall.closes_at,
                extensions=one.hall.extensions,
                receipt=proof,
            )
        )
    return told


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
    found: dict[BidKey, Decision] = {}
    for batch, whole in groupby(rows, key=itemgetter(0)):
        entries = list(whole)
        leaves = [leaf for _, leaf, *_ in entries]
        covered = Batch(batch.session_id, batch.first_seq, batch.size, batch.root.hex())
        tree = grow([leaf_hash(leaf) for leaf in leaves])
        proofs = receipts(covered, leaves, tree, Signed(batch.signature, batch.public_key))
        for (_, _, *told), proof in zip(entries, proofs, strict=True):
            decision = Decision(*[*told, proof])
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
_TOLD = (
    BidEntry.seq, BidEntry.bid_id, BidEntry.code, BidEntry.amount, BidEntry.entered_at,
    BidEntry.decided_at, BidEntry.verdict, BidEntry.reason, BidEntry.is_extended,
    BidEntry.is_self_overbid, BidEntry.closes_at_after, BidEntry.extensions_after,
)  # fmt: skip
"""What a decision tells of an entry, in the order of its fields."""
_ENTRIES_OF = (
    select(BidBatch, BidEntry.leaf, *_TOLD)
    .join(BidEntry, BidBatch.id == BidEntry.batch_id)
    .where(BidEntry.batch_id == any_(bindparam("batches", type_=ARRAY(Uuid))))
    .order_by(BidEntry.batch_id, BidEntry.seq)
)
