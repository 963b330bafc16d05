"""An approval request, the approvals it has, and who stands behind an account."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from auction.kernel.actor import Role
from auction.people.approvals.action import Action
from auction.store.base import Base
from auction.store.columns import Instant, state_column, states_check
from auction.store.personal.subject_key import Sealed, SealedText


class RequestState(StrEnum):
    OPEN = "open"
    SPENT = "spent"
    """Everybody approved, and it was done in the same transaction."""
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    """By who proposed it."""
    REPLACED = "replaced"
    """By a proposal of something else for the same subject."""


class ApprovalSeat(Base):
    """Who may take a part in an action: seat 0 proposes, the others approve. Never written here."""

    __tablename__ = "approval_seat"
    __table_args__ = (states_check("action", Action),)

    action: Mapped[Action] = state_column(Action, primary_key=True)
    seat: Mapped[int] = mapped_column(primary_key=True)
    roles: Mapped[list[str]] = mapped_column(ARRAY(String))
    same_court: Mapped[bool]


class ApprovalRequest(Sealed, Base):
    """What one person proposes to do, exactly, and what became of it.

    Triggers in the database hold the rest of the rule: the proposer's role, who stands behind
    the account, that nothing but the end of a request changes, and what a use needs.
    """

    __tablename__ = "approval_request"
    __table_args__ = (
        states_check("action", Action),
        states_check("state", RequestState),
        states_check("proposer_role", Role),
        CheckConstraint(
            "expires_at > proposed_at AND expires_at <= proposed_at + interval '24 hours'",
            name="lives_a_day",
        ),
        CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="end_whole"),
        CheckConstraint("state <> 'spent' OR ended_at < expires_at", name="spent_in_time"),
        CheckConstraint("proposer_natural <> about_natural", name="not_about_oneself"),
        UniqueConstraint("id", "action", "payload_hash", "proposer_natural"),
        Index(
            "uq_approval_request_open",
            "action",
            "subject",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_approval_request_subject", "subject"),
        Index("ix_approval_request_proposed_by", "proposed_by"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    action: Mapped[Action] = state_column(Action)
    subject: Mapped[UUID]
    """What it is done to: a listing, a plan, a draw, the grant to be made."""
    court_id: Mapped[str | None]
    """Whose thing it is; none for the platform's own."""
    payload_sealed: Mapped[bytes]
    payload = SealedText()
    """Canonical JSON of exactly what is to be done, and a salt; sealed, for it names people."""
    payload_hash: Mapped[str]
    """SHA-256 of its bytes, in hex; for the salt nobody can try out what it may be of."""
    about_natural: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    """The natural person it is about, who may take no part."""
    proposed_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    proposer_natural: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    """The natural person behind the proposer's account."""
    proposer_role: Mapped[Role] = state_column(Role)
    proposed_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[RequestState] = state_column(RequestState)
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    ended_at: Mapped[datetime | None] = mapped_column(Instant)

    @property
    def stream(self) -> str:
        """The journal's chain of this request."""
        return f"approval:{self.id}"


class Approval(Base):
    """One person's yes to exactly one payload; append-only."""

    __tablename__ = "approval"
    __table_args__ = (
        states_check("role", Role),
        CheckConstraint("seat >= 1", name="seat_of_approver"),
        CheckConstraint("approver_natural <> proposer_natural", name="two_persons"),
        UniqueConstraint("request_id", "approver_natural"),
        ForeignKeyConstraint(
            ["request_id", "action", "payload_hash", "proposer_natural"],
            [
                f"approval_request.{name}"
                for name in ("id", "action", "payload_hash", "proposer_natural")
            ],
            name="fk_approval_request",
        ),
        ForeignKeyConstraint(
            ["action", "seat"],
            ["approval_seat.action", "approval_seat.seat"],
            name="fk_approval_seat",
        ),
    )

    request_id: Mapped[UUID] = mapped_column(primary_key=True)
    seat: Mapped[int] = mapped_column(primary_key=True)
    action: Mapped[Action] = state_column(Action)
    payload_hash: Mapped[str]
    proposer_natural: Mapped[UUID]
    approved_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    approver_natural: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    """The natural person behind the approver's account."""
    role: Mapped[Role] = state_column(Role)
    approved_at: Mapped[datetime] = mapped_column(Instant)


class Representation(Base):
    """The natural person who acts for the account of a legal person."""

    __tablename__ = "representation"
    __table_args__ = (CheckConstraint("account_id <> natural_id", name="somebody_else"),)

    account_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    natural_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    named_at: Mapped[datetime] = mapped_column(Instant)
