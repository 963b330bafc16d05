"""A draw as it is stored: its frozen manifest, contributions, proofs and result."""

import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from auction.kernel.ids import AssignmentId, CaseId, CourtId, DrawId, LotId, PersonId
from auction.store.base import Base
from auction.store.columns import Instant, state_column, states_check
from valuation.draw import Contribution, Manifest, Transcript
from valuation.messages import Course, DrawState

PURPOSE = "assessor"
KEY_HOLDERS = ("platform", "court-supervision")
"""The institutions that hold a VRF key, in the order of every manifest."""


class Draw(Base):
    """One draw of one lot's appraisal agencies."""

    __tablename__ = "draws"
    __table_args__ = (
        states_check("state", DrawState),
        UniqueConstraint("court_id", "case_id", "lot_id", "purpose", "attempt"),
        # A second draw for the same thing needs a void one before it.
        Index(
            "uq_draws_live",
            "lot_id",
            "purpose",
            unique=True,
            postgresql_where=text("state <> 'void'"),
        ),
        UniqueConstraint("court_id", "draw_no"),
    )

    id: Mapped[DrawId] = mapped_column(primary_key=True)
    assignment_id: Mapped[AssignmentId] = mapped_column(ForeignKey("assignments.id"), index=True)
    case_id: Mapped[CaseId]
    lot_id: Mapped[LotId]
    court_id: Mapped[CourtId]
    purpose: Mapped[str]
    attempt: Mapped[int]
    draw_no: Mapped[int]
    """Gap-free for each court: no draw can be made to disappear."""
    digest: Mapped[str] = mapped_column(unique=True)
    """`draw_id` of DRAW/1 in hex."""
    manifest: Mapped[str] = mapped_column(Text)
    """The canonical JSON that `digest` names."""
    snapshot_id: Mapped[UUID] = mapped_column(ForeignKey("roster_snapshots.id"))
    state: Mapped[DrawState] = state_column(DrawState)
    announced_at: Mapped[datetime] = mapped_column(Instant)
    announced_by: Mapped[PersonId]
    commits_close_at: Mapped[datetime] = mapped_column(Instant)
    reveals_close_at: Mapped[datetime | None] = mapped_column(Instant)
    alpha: Mapped[str | None]
    seed: Mapped[str | None]
    result: Mapped[str | None]
    """The drawn credit codes in order, separated by spaces."""
    held_at: Mapped[datetime | None] = mapped_column(Instant)
    void_ground: Mapped[str | None] = mapped_column(Text)
    void_ruling_digest: Mapped[str | None]
    void_asked_by: Mapped[PersonId | None]
    voided_by: Mapped[PersonId | None]
    voided_at: Mapped[datetime | None] = mapped_column(Instant)

    @property
    def stream(self) -> str:
        """The journal stream that holds the draw's messages in order."""
        return f"draw:{self.id}"

    def read_manifest(self) -> Manifest:
        """The manifest as a value."""
        return msgspec.json.decode(self.manifest, type=Manifest)


class DrawContribution(Base):
    """The commitment of one contributor, and what he revealed."""

    __tablename__ = "draw_contributions"
    __table_args__ = (UniqueConstraint("draw_id", "person_id"),)

    draw_id: Mapped[DrawId] = mapped_column(ForeignKey("draws.id"), primary_key=True)
    who: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[PersonId]
    commitment: Mapped[str]
    reveal: Mapped[str | None]
    committed_at: Mapped[datetime] = mapped_column(Instant)
    revealed_at: Mapped[datetime | None] = mapped_column(Instant)


class DrawProof(Base):
    """The VRF proof of one institution."""

    __tablename__ = "draw_proofs"

    draw_id: Mapped[DrawId] = mapped_column(ForeignKey("draws.id"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    proof: Mapped[str]
    proven_at: Mapped[datetime] = mapped_column(Instant)


class DrawKey(Base):
    """The registered VRF key of an institution: public long before the draw that uses it."""

    __tablename__ = "draw_keys"

    key: Mapped[str] = mapped_column(primary_key=True)
    role: Mapped[str]
    registered_at: Mapped[datetime] = mapped_column(Instant)
    retired_at: Mapped[datetime | None] = mapped_column(Instant)


class DrawNumber(Base):
    """The last number a court gave to a draw; locked while the next one is given."""

    __tablename__ = "draw_numbers"

    court_id: Mapped[CourtId] = mapped_column(primary_key=True)
    last: Mapped[int]


def course_of(
    draw: Draw, contributions: Sequence[DrawContribution], proofs: Sequence[DrawProof]
) -> Course:
    """What has happened so far, as the pure rules judge it."""
    return Course(
        draw_id=bytes.fromhex(draw.digest),
        roles=tuple(key.role for key in draw.read_manifest().vrf),
        state=draw.state,
        contributions={
            row.who: Contribution(row.who, row.commitment, row.reveal) for row in contributions
        },
        proofs={row.role: row.proof for row in proofs},
    )


def transcript_of(draw: Draw, course: Course) -> Transcript:
    """The published course of a draw; seed and result are empty before it is held."""
    return Transcript(
        manifest=draw.read_manifest(),
        contrib=course.ordered(),
        proofs=tuple(course.proofs[role] for role in course.roles if role in course.proofs),
        beacon=None,
        seed=draw.seed or "",
        result=tuple((draw.result or "").split()),
    )


def transcript_bytes(transcript: Transcript) -> bytes:
    """The transcript as the file that anyone can download and check."""
    layout = json.dumps(msgspec.to_builtins(transcript), ensure_ascii=False, indent=1)
    return layout.encode()
