"""Approval requests as their people see them: what waits, what was proposed, what is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.kernel.actor import Actor, Role
from auction.kernel.refusal import Refusal
from auction.people.approvals.action import EVERYBODY, RULES, Action, Rule
from auction.people.approvals.request import (
    Approval,
    ApprovalRequest,
    Representation,
    RequestState,
)
from auction.people.person import Person, PersonKind

SHOWN_MAX = 50
SALT = "salt"
"""The key of a payload that says nothing: it keeps the digest from being tried out."""


@dataclass(frozen=True, slots=True)
class Yes:
    """One approval given."""

    name: str
    role: Role
    approved_by: UUID
    approved_at: datetime


@dataclass(frozen=True, slots=True)
class RequestView:
    """One request with its people by name."""

    id: UUID
    action: Action
    subject: UUID
    court_id: str | None
    payload: dict[str, object]
    payload_hash: str
    proposer: str
    proposed_by: UUID
    proposer_role: Role
    proposed_at: datetime
    expires_at: datetime
    state: RequestState
    ended_at: datetime | None
    given: tuple[Yes, ...]

    @property
    def rule(self) -> Rule:
        """Who proposes and approves it."""
        return RULES[self.action]

    @property
    def next_roles(self) -> list[Role]:
        """Who can say the next yes; empty when none is missing."""
        seats = self.rule.seats
        return sorted(seats[len(self.given)]) if len(self.given) < len(seats) else []

    def is_open(self, now: datetime) -> bool:
        """Whether it can still be approved."""
        return self.state is RequestState.OPEN and now < self.expires_at

    def waits_for(self, actor: Actor, now: datetime) -> bool:
        """Whether it is this actor's turn, as far as roles and accounts tell."""
        return (
            self.is_open(now)
            and actor.person_id not in {self.proposed_by, *(one.approved_by for one in self.given)}
            and bool(actor.roles & set(self.next_roles))
            and self.is_near(actor)
        )

    def is_near(self, actor: Actor) -> bool:
        """Whether it is a thing of the actor's court, or of no court at all."""
        return not self.rule.same_court or self.court_id == actor.court_id

    def is_seen_by(self, actor: Actor) -> bool:
        """Whether the actor may read it: who has a part in such things, near him."""
        parts = self.rule.proposers.union(*self.rule.seats)
        return self.is_near(actor) and bool(actor.roles & parts)


async def request_of(session: AsyncSession, request_id: UUID, actor: Actor) -> RequestView:
    """Return one request, or refuse with `not_found` whoever has no part in such things."""
    found = await session.get(ApprovalRequest, request_id)
    view = await _view(session, found) if found else None
    if view is None or not view.is_seen_by(actor):
        raise Refusal("not_found", what="approval_request", id=str(request_id))
    return view


async def open_request(
    session: AsyncSession, action: Action, subject: UUID, now: datetime
) -> RequestView | None:
    """The request that waits for approvals of one thing."""
    found = await session.scalar(
        select(ApprovalRequest).where(
            ApprovalRequest.action == action,
            ApprovalRequest.subject == subject,
            ApprovalRequest.state == RequestState.OPEN,
            ApprovalRequest.expires_at > now,
        )
    )
    return await _view(session, found) if found else None


async def open_requests(session: AsyncSession, actor: Actor, now: datetime) -> list[RequestView]:
    """Everything undecided that an actor may read, oldest first."""
    rows = await session.scalars(
        select(ApprovalRequest)
        .where(
            ApprovalRequest.action.in_(_actions_of(actor)),
            ApprovalRequest.state == RequestState.OPEN,
            ApprovalRequest.expires_at > now,
        )
        .order_by(ApprovalRequest.proposed_at, ApprovalRequest.id)
    )
    views = [await _view(session, row) for row in rows.all()]
    return [view for view in views if view.is_seen_by(actor)]


async def count_waiting(session: AsyncSession, actor: Actor, now: datetime) -> int:
    """How many requests wait for this actor's yes."""
    if not actor.roles & EVERYBODY:
        return 0
    return sum(one.waits_for(actor, now) for one in await open_requests(session, actor, now))


async def past_requests(
    session: AsyncSession, actor: Actor, now: datetime
) -> Sequence[RequestView]:
    """The newest decided and lapsed requests that an actor proposed, approved or ended."""
    own = actor.person_id
    approved = select(Approval.request_id).where(Approval.approved_by == own)
    rows = await session.scalars(
        select(ApprovalRequest)
        .where(
            or_(
                ApprovalRequest.proposed_by == own,
                ApprovalRequest.ended_by == own,
                ApprovalRequest.id.in_(approved),
            ),
            or_(ApprovalRequest.state != RequestState.OPEN, ApprovalRequest.expires_at <= now),
        )
        .order_by(ApprovalRequest.proposed_at.desc(), ApprovalRequest.id.desc())
        .limit(SHOWN_MAX)
    )
    return [await _view(session, row) for row in rows.all()]


async def proposed(session: AsyncSession, action: Action, subject: UUID) -> dict[str, object]:
    """The payload of the open request for a subject, or refuse with `approval.not_proposed`."""
    found = await session.scalar(
        select(ApprovalRequest)
        .where(ApprovalRequest.action == action, ApprovalRequest.subject == subject)
        .order_by(ApprovalRequest.state != RequestState.OPEN, ApprovalRequest.proposed_at.desc())
        .limit(1)
    )
    if found is None:
        raise Refusal("approval.not_proposed")
    told = read_payload(found)
    told.pop(SALT, None)
    return told


def read_payload(request: ApprovalRequest) -> dict[str, object]:
    """What a request says, its salt too."""
    return msgspec.json.decode(request.payload, type=dict[str, object])


async def natural_person_of(session: AsyncSession, account_id: UUID) -> UUID | None:
    """The natural person behind an account; none while a legal person names nobody."""
    person = await session.get(Person, account_id)
    if person is None or person.kind is PersonKind.NATURAL:
        return person.id if person else None
    return await session.scalar(
        select(Representation.natural_id).where(Representation.account_id == account_id)
    )


def _actions_of(actor: Actor) -> list[Action]:
    return [
        action for action, rule in RULES.items() if actor.roles & rule.proposers.union(*rule.seats)
    ]


async def _view(session: AsyncSession, row: ApprovalRequest) -> RequestView:
    proposer = await session.get_one(Person, row.proposed_by)
    given = await session.execute(
        select(Approval, Person)
        .join(Person, Person.id == Approval.approved_by)
        .where(Approval.request_id == row.id)
        .order_by(Approval.seat)
    )
    return RequestView(
        id=row.id,
        action=row.action,
        subject=row.subject,
        court_id=row.court_id,
        payload={name: value for name, value in read_payload(row).items() if name != SALT},
        payload_hash=row.payload_hash,
        proposer=proposer.name,
        proposed_by=row.proposed_by,
        proposer_role=row.proposer_role,
        proposed_at=row.proposed_at,
        expires_at=row.expires_at,
        state=row.state,
        ended_at=row.ended_at,
        given=tuple(
            Yes(person.name, one.role, one.approved_by, one.approved_at)
            for one, person in given.all()
        ),
    )
