"""Opening a draw: the officer proposes, the supervisor says yes, and everything is frozen."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from auction.cases.case import Case
from auction.kernel.ids import AssignmentId, CourtId, DrawId
from auction.kernel.refusal import Refusal, invariant
from auction.law.periods import ends_at
from auction.lots.lot import Lot
from auction.people.approvals.action import Action
from auction.people.approvals.commands import Matter, conclude, propose
from auction.people.approvals.request import ApprovalRequest
from auction.store.unit import Unit
from valuation import draw as protocol
from valuation import policy
from valuation.assignment import Assignment, AssignmentState
from valuation.draw import Key, Manifest, Source
from valuation.drawing import KEY_HOLDERS, PURPOSE, Draw, DrawKey, DrawNumber
from valuation.events import DrawMoved
from valuation.messages import DrawState, Message
from valuation.parties import require_open_case
from valuation.roster import Field, RosterEntry, RosterSnapshot, pool_bytes, pool_of, source_of


@dataclass(frozen=True, slots=True)
class _Plan:
    """Everything a manifest is made of."""

    assignment: Assignment
    case_number: str
    lot_title: str
    entries: Sequence[RosterEntry]
    keys: tuple[Key, ...]
    attempt: int
    count: int

    @property
    def source(self) -> Source:
        """The roster that the pool is taken from, by its digest."""
        assignment = self.assignment
        field, region = Field(assignment.field or ""), assignment.region or ""
        return source_of(field, region, self.entries)


async def propose_draw(work: Unit, assignment_id: AssignmentId) -> ApprovalRequest:
    """Propose to hold a draw from the pool and with the keys as they stand now."""
    assignment = await work.lock(Assignment, assignment_id)
    work.require(policy.PROPOSE_DRAW, assignment.court_id)
    plan = await _drawable(work, assignment)
    work.record("draw.proposed", stream=f"case:{assignment.case_id}", attempt=plan.attempt)
    return await propose(work, _opening(plan))


async def announce_draw(
    work: Unit, assignment_id: AssignmentId, *, draw_id: DrawId, seen: str
) -> Draw:
    """Freeze the pool and the manifest and journal them, before any commitment is taken.

    The supervisor does it, saying yes to what the officer proposed; `seen` is the digest of
    the proposal he read. A pool or a key changed since refuses with `approval.payload_changed`.
    """
    assignment = await work.lock(Assignment, assignment_id)
    work.require(policy.ANNOUNCE_DRAW, assignment.court_id)
    known = await work.session.get(Draw, draw_id)
    if known is not None:
        return known
    plan = await _drawable(work, assignment)
    await conclude(work, _opening(plan), seen=seen)
    manifest = _manifest(plan, await _next_number(work, assignment.court_id))
    invariant(not protocol.manifest_faults(manifest), "a manifest we make has no fault")
    snapshot = _snapshot(work, manifest)
    draw = _opened(work, plan, manifest, draw_id, snapshot)
    work.add(snapshot)
    await work.session.flush()
    work.add(draw)
    work.record(Message.OPEN.value, stream=draw.stream, draw_id=draw.digest, manifest=draw.manifest)
    work.emit(DrawMoved(draw_id=str(draw.id), state=draw.state.value))
    return draw


async def _drawable(work: Unit, assignment: Assignment) -> _Plan:
    """What a draw would be made of, once nothing stands in its way."""
    if assignment.state is not AssignmentState.APPRAISING:
        raise Refusal("draw.no_appraisal", state=assignment.state)
    await require_open_case(work, assignment.case_id)
    return await _plan(work, assignment)


def _opening(plan: _Plan) -> Matter:
    """Everything that the manifest will fix, but the court's next number."""
    assignment = plan.assignment
    source = plan.source
    return Matter(
        action=Action.DRAW_OPEN,
        subject=assignment.id,
        court_id=assignment.court_id,
        payload={
            "case": plan.case_number,
            "lot": plan.lot_title,
            "attempt": plan.attempt,
            "agencies": plan.count,
            "pool": source.name,
            "pool_version": source.version,
            "pool_size": len(plan.entries),
            "pool_digest": source.sha256,
            "keys": [{"role": key.role, "key": key.pk} for key in plan.keys],
        },
    )


async def _plan(work: Unit, assignment: Assignment) -> _Plan:
    case = await work.load(Case, assignment.case_id)
    count = work.rules.integer("valuation.agency_count")
    entries = (
        await work.session.scalars(
            select(RosterEntry).where(
                RosterEntry.field == Field(assignment.field or ""),
                RosterEntry.region == assignment.region,
                RosterEntry.removed_at.is_(None),
            )
        )
    ).all()
    if len(entries) < count:
        raise Refusal("draw.pool_too_small", size=len(entries), least=count)
    return _Plan(
        assignment=assignment,
        case_number=case.number,
        lot_title=(await work.load(Lot, assignment.lot_id)).title,
        entries=entries,
        keys=tuple([await _key(work, role) for role in KEY_HOLDERS]),
        attempt=await _next_attempt(work, assignment),
        count=count,
    )


def _manifest(plan: _Plan, draw_no: int) -> Manifest:
    assignment = plan.assignment
    return Manifest(
        v=protocol.VERSION,
        court=assignment.court_id,
        case=plan.case_number,
        asset=str(assignment.lot_id),
        purpose=PURPOSE,
        attempt=plan.attempt,
        draw_no=draw_no,
        k=plan.count,
        pool_src=plan.source,
        pool=pool_of(plan.entries),
        vrf=plan.keys,
        beacon=None,
    )


def _snapshot(work: Unit, manifest: Manifest) -> RosterSnapshot:
    return RosterSnapshot(
        id=work.new_id(),
        name=manifest.pool_src.name,
        version=manifest.pool_src.version,
        digest=manifest.pool_src.sha256,
        members=pool_bytes(manifest.pool).decode(),
        frozen_at=work.now,
    )


def _opened(
    work: Unit, plan: _Plan, manifest: Manifest, draw_id: DrawId, snapshot: RosterSnapshot
) -> Draw:
    invariant(work.actor.person_id is not None, "only a signed-in supervisor has the permission")
    assignment = plan.assignment
    return Draw(
        id=draw_id,
        assignment_id=assignment.id,
        case_id=assignment.case_id,
        lot_id=assignment.lot_id,
        court_id=assignment.court_id,
        purpose=manifest.purpose,
        attempt=manifest.attempt,
        draw_no=manifest.draw_no,
        digest=protocol.draw_id(manifest).hex(),
        manifest=protocol.manifest_bytes(manifest).decode(),
        snapshot_id=snapshot.id,
        state=DrawState.COMMITTING,
        announced_at=work.now,
        announced_by=work.actor.person_id,
        commits_close_at=ends_at(work.now, work.rules.rule("draw.commit_window")),
    )


async def _key(work: Unit, role: str) -> Key:
    """The registered key of a role; a key made for this one draw would be a free choice."""
    registered = await work.session.scalar(
        select(DrawKey).where(DrawKey.role == role, DrawKey.retired_at.is_(None))
    )
    if registered is None:
        raise Refusal("draw.no_key", role=role)
    wait = work.rules.duration("draw.key_registered_before")
    if registered.registered_at + wait > work.now:
        raise Refusal("draw.key_too_new", role=role)
    return Key(role, registered.key)


async def _next_attempt(work: Unit, assignment: Assignment) -> int:
    """One more than the void draws before it; refuse while one is not void."""
    earlier = (
        await work.session.scalars(
            select(Draw).where(Draw.lot_id == assignment.lot_id, Draw.purpose == PURPOSE)
        )
    ).all()
    if any(draw.state is not DrawState.VOID for draw in earlier):
        raise Refusal("draw.conflict")
    voids = await work.session.scalar(
        select(func.count()).where(Draw.case_id == assignment.case_id, Draw.state == DrawState.VOID)
    )
    most = work.rules.integer("draw.voids_max")
    if (voids or 0) > most:
        raise Refusal("draw.too_many_voids", most=most)
    return len(earlier) + 1


async def _next_number(work: Unit, court_id: CourtId) -> int:
    """The court's next draw number; its row is locked until the commit, so none is skipped."""
    given = insert(DrawNumber).values(court_id=court_id, last=1)
    number = await work.session.scalar(
        given.on_conflict_do_update(
            index_elements=["court_id"], set_={"last": DrawNumber.last + 1}
        ).returning(DrawNumber.last)
    )
    invariant(number is not None, "an upsert returns its row")
    return int(number or 0)
