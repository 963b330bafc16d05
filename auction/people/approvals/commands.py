"""Propose, approve, reject, spend: four eyes for every action of the table.

A command that needs more than its actor makes the `Matter` from what it is about to do, as the
rows stand now, and calls `concur` where it decides: until the last approver's turn that is all
that happens, and at his turn the request is spent and the command goes on, in one transaction.
"""

import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.kernel.actor import Role
from auction.kernel.canonical import canon, sha256_hex
from auction.kernel.ids import PersonId
from auction.kernel.refusal import Refusal
from auction.people import policy
from auction.people.approvals.action import APPROVAL_LIFE, RULES, Action
from auction.people.approvals.queries import SALT, natural_person_of, proposed, read_payload
from auction.people.approvals.request import (
    Approval,
    ApprovalRequest,
    Representation,
    RequestState,
)
from auction.people.person import Person, PersonKind, RoleGrant
from auction.store.unit import Unit

SALT_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What is to be done: the exact thing, not a name for it."""

    action: Action
    subject: UUID
    payload: Mapping[str, object]
    """Text, integers, booleans, none, and lists and objects of them; amounts in fen."""
    court_id: str | None = None
    about: UUID | None = None
    """The account it is about, whose person may take no part in it."""

    def text(self, salt: str) -> str:
        """The payload in its one form, with the salt of its request."""
        return canon({**_composed_object(self.payload), SALT: salt}).decode()


@dataclass(frozen=True, slots=True)
class Part:
    """Somebody with a seat: his account, the natural person behind it, and in which role."""

    person_id: PersonId
    natural_id: UUID
    role: Role


async def propose(work: Unit, matter: Matter) -> ApprovalRequest:
    """Put something up for approval. It replaces what was proposed before for the same subject.

    Refuses with `forbidden`, `approval.nobody_behind` and `approval.about_oneself`. The same
    thing proposed again by the same person is the same request.
    """
    work.require(policy.TAKE_PART)
    part = await _part(work, matter.action, 0, matter.court_id)
    about = await natural_person_of(work.session, matter.about) if matter.about else None
    if about is not None and about == part.natural_id:
        raise Refusal("approval.about_oneself")
    earlier = await _latest(work, matter, RequestState.OPEN)
    if earlier is not None:
        is_same = _is_of(earlier, matter) and earlier.proposed_by == part.person_id
        if is_same and work.now < earlier.expires_at:
            return earlier
        _end(work, earlier, RequestState.REPLACED)
        await work.session.flush()
    request_id, text = work.new_id(), matter.text(secrets.token_hex(SALT_BYTES))
    request = ApprovalRequest(
        id=request_id, subject_key=await work.subject_key(request_id), action=matter.action,
        subject=matter.subject, court_id=matter.court_id, payload=text,
        payload_hash=sha256_hex(text.encode()), about_natural=about,
        proposed_by=part.person_id, proposer_natural=part.natural_id, proposer_role=part.role,
        proposed_at=work.now, expires_at=work.now + APPROVAL_LIFE, state=RequestState.OPEN,
        ended_by=None, ended_at=None,
    )  # fmt: skip
    work.add(request)
    await work.session.flush()
    _record(work, request, "approval.proposed")
    return request


async def approve(work: Unit, matter: Matter, *, seen: str) -> bool:
    """Say yes to what was proposed; return whether this was the last yes it needs.

    `seen` is the digest of what the approver read. Refuses with `approval.not_proposed`,
    `approval.spent`, `approval.rejected`, `approval.withdrawn`, `approval.replaced`,
    `approval.expired`, `approval.payload_changed`, `approval.complete`, `forbidden`,
    `approval.nobody_behind`, `approval.same_person`, `approval.second_by_same` and
    `approval.about_oneself`.
    """
    work.require(policy.TAKE_PART)
    request = await _open(work, matter)
    if seen != request.payload_hash:
        raise Refusal("approval.payload_changed")
    given = await _approvals(work.session, request.id)
    seat, seats = len(given) + 1, len(RULES[request.action].seats)
    if seat > seats:
        raise Refusal("approval.complete")
    part = await _part(work, request.action, seat, request.court_id)
    _check_distinct(request, given, part)
    work.add(
        Approval(
            request_id=request.id, seat=seat, action=request.action,
            payload_hash=request.payload_hash, proposer_natural=request.proposer_natural,
            approved_by=part.person_id, approver_natural=part.natural_id, role=part.role,
            approved_at=work.now,
        )
    )  # fmt: skip
    await work.session.flush()
    _record(work, request, "approval.given", seat=seat)
    return seat == seats


async def spend(work: Unit, matter: Matter) -> ApprovalRequest:
    """Use an approved request, in the transaction that does what it says, and never again.

    Refuses like `approve`, and with `approval.incomplete` while an approval is missing and
    `approval.role_revoked` when somebody who has a part in it no longer holds his role.
    """
    work.require(policy.TAKE_PART)
    request = await _open(work, matter)
    given = await _approvals(work.session, request.id)
    if len(given) < len(RULES[request.action].seats):
        raise Refusal("approval.incomplete")
    if work.actor.person_id != given[-1].approved_by:
        raise Refusal("forbidden", action=str(request.action))
    parts = [(request.proposed_by, request.proposer_role, 0)]
    parts += [(one.approved_by, one.role, one.seat) for one in given]
    for person_id, role, seat in parts:
        held = await _held(work.session, person_id, request.action, seat, request.court_id)
        if role not in held:
            raise Refusal("approval.role_revoked")
    _end(work, request, RequestState.SPENT)
    await work.session.flush()
    return request


async def concur(work: Unit, matter: Matter, *, seen: str) -> ApprovalRequest | None:
    """Approve, and spend at the last approval; the spent request says to go on and do it."""
    if not await approve(work, matter, seen=seen):
        return None
    return await spend(work, matter)


async def conclude(work: Unit, matter: Matter, *, seen: str) -> ApprovalRequest:
    """Say the one yes that an action of one approver needs, and use the request up with it.

    Were another yes missing, it would refuse with `approval.incomplete`.
    """
    await approve(work, matter, seen=seen)
    return await spend(work, matter)


async def reject(work: Unit, request_id: UUID) -> ApprovalRequest:
    """Say no for good, as anybody may who has a seat; who proposed it thereby takes it back."""
    request = await work.lock(ApprovalRequest, request_id)
    work.require(policy.TAKE_PART)
    _refuse_over(request)
    natural = await _own_natural(work)
    if natural == request.proposer_natural:
        _end(work, request, RequestState.WITHDRAWN)
        return request
    for seat in range(1, len(RULES[request.action].seats) + 1):
        if await _held(work.session, _own(work), request.action, seat, request.court_id):
            _end(work, request, RequestState.REJECTED)
            return request
    raise Refusal("forbidden", action=str(request.action))


async def propose_representative(
    work: Unit, account_id: PersonId, *, natural_id: PersonId
) -> ApprovalRequest:
    """Propose who acts for the account of a legal person; a second administrator names him."""
    work.require(policy.ADMINISTER)
    return await propose(work, await _representative_matter(work, account_id, natural_id))


async def name_representative(work: Unit, account_id: UUID, *, seen: str) -> None:
    """Say yes, as the second administrator, to a proposed representative: from now on he is it."""
    await work.lock(Person, account_id)
    work.require(policy.ADMINISTER)
    told = await proposed(work.session, Action.REPRESENTATIVE, account_id)
    natural_id = UUID(str(told["natural"]))
    matter = await _representative_matter(work, account_id, natural_id)
    await conclude(work, matter, seen=seen)
    found = await work.session.get(Representation, account_id)
    if found is None:
        work.add(Representation(account_id=account_id, natural_id=natural_id, named_at=work.now))
    else:
        found.natural_id, found.named_at = natural_id, work.now
    work.record(
        "person.representative_named", stream=f"person:{account_id}", natural=str(natural_id)
    )


async def _representative_matter(work: Unit, account_id: UUID, natural_id: UUID) -> Matter:
    account, natural = await work.load(Person, account_id), await work.load(Person, natural_id)
    if account.kind is not PersonKind.LEGAL or natural.kind is not PersonKind.NATURAL:
        raise Refusal("person.not_represented")
    return Matter(
        action=Action.REPRESENTATIVE,
        subject=account_id,
        payload={"person": str(account_id), "natural": str(natural_id)},
        about=natural_id,
    )


async def _open(work: Unit, matter: Matter) -> ApprovalRequest:
    """Lock the request for a matter: open, in time, and of exactly this payload."""
    request = await _latest(work, matter, RequestState.OPEN) or await _latest(work, matter)
    if request is None:
        raise Refusal("approval.not_proposed")
    _refuse_over(request)
    if work.now >= request.expires_at:
        raise Refusal("approval.expired")
    if not _is_of(request, matter):
        raise Refusal("approval.payload_changed")
    return request


async def _latest(
    work: Unit, matter: Matter, state: RequestState | None = None
) -> ApprovalRequest | None:
    wanted = select(ApprovalRequest).where(
        ApprovalRequest.action == matter.action, ApprovalRequest.subject == matter.subject
    )
    if state is not None:
        wanted = wanted.where(ApprovalRequest.state == state)
    return await work.session.scalar(
        wanted.order_by(ApprovalRequest.proposed_at.desc(), ApprovalRequest.id.desc())
        .limit(1)
        .with_for_update(of=ApprovalRequest)
        .execution_options(populate_existing=True)
    )


def _refuse_over(request: ApprovalRequest) -> None:
    match request.state:
        case RequestState.OPEN:
            return
        case RequestState.SPENT:
            raise Refusal("approval.spent")
        case RequestState.REJECTED:
            raise Refusal("approval.rejected")
        case RequestState.WITHDRAWN:
            raise Refusal("approval.withdrawn")
        case RequestState.REPLACED:
            raise Refusal("approval.replaced")
        case _:
            assert_never(request.state)


def _check_distinct(request: ApprovalRequest, given: Sequence[Approval], part: Part) -> None:
    if part.natural_id == request.proposer_natural:
        raise Refusal("approval.same_person")
    if part.natural_id in {one.approver_natural for one in given}:
        raise Refusal("approval.second_by_same")
    if part.natural_id == request.about_natural:
        raise Refusal("approval.about_oneself")


async def _part(work: Unit, action: Action, seat: int, court_id: str | None) -> Part:
    """The actor's part in an action, or refuse: his role as it stands in the database now."""
    person_id = _own(work)
    held = await _held(work.session, person_id, action, seat, court_id)
    roles = sorted(held & work.actor.roles)
    if not roles:
        raise Refusal("forbidden", action=str(action))
    return Part(person_id, await _own_natural(work), roles[0])


async def _held(
    session: AsyncSession, person_id: UUID, action: Action, seat: int, court_id: str | None
) -> frozenset[Role]:
    """The roles that let a person sit there, among those he holds live at that court."""
    rule = RULES[action]
    wanted = select(RoleGrant.role).where(
        RoleGrant.person_id == person_id,
        RoleGrant.role.in_((rule.proposers, *rule.seats)[seat]),
        RoleGrant.revoked_at.is_(None),
    )
    if rule.same_court:
        wanted = wanted.where(RoleGrant.court_id == court_id)
    return frozenset(await session.scalars(wanted))


async def _own_natural(work: Unit) -> UUID:
    natural = await natural_person_of(work.session, _own(work))
    if natural is None:
        raise Refusal("approval.nobody_behind")
    return natural


def _own(work: Unit) -> PersonId:
    if work.actor.person_id is None:
        raise Refusal("forbidden", action=policy.TAKE_PART.action)
    return work.actor.person_id


async def _approvals(session: AsyncSession, request_id: UUID) -> Sequence[Approval]:
    rows = await session.scalars(
        select(Approval).where(Approval.request_id == request_id).order_by(Approval.seat)
    )
    return rows.all()


def _is_of(request: ApprovalRequest, matter: Matter) -> bool:
    """Whether a request was made for exactly this: the same bytes, of the same court."""
    salt = str(read_payload(request).get(SALT, ""))
    is_same = sha256_hex(matter.text(salt).encode()) == request.payload_hash
    return is_same and matter.court_id == request.court_id


def _end(work: Unit, request: ApprovalRequest, state: RequestState) -> None:
    request.state, request.ended_by, request.ended_at = state, _own(work), work.now
    _record(work, request, f"approval.{state}")


def _record(work: Unit, request: ApprovalRequest, kind: str, **body: object) -> None:
    """Journal a step by its digest: the payload may hold names."""
    work.record(
        kind, stream=request.stream, action=str(request.action), payload=request.payload_hash,
        **body,
    )  # fmt: skip


def _composed_object(payload: Mapping[str, object]) -> dict[str, object]:
    return {str(name): _composed(item) for name, item in payload.items()}


def _composed(value: object) -> object:
    """The same value with every text in NFC: people paste names in other forms."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, Mapping):
        return _composed_object(value)
    if isinstance(value, list | tuple):
        return [_composed(item) for item in value]
    return value
