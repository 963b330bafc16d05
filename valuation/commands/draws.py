"""The draw of the appraisal agencies, message by message (DRAW/1; 参考价16, 34)."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from auction.cases.case import Case
from auction.kernel.canonical import sha256_hex
from auction.kernel.ids import AssignmentId, CourtId, DrawId
from auction.kernel.refusal import Refusal, invariant
from auction.law.periods import ends_at
from auction.store.unit import Unit
from valuation import draw as protocol
from valuation import policy, vrf
from valuation.assignment import Assignment, AssignmentState
from valuation.commission import Commission, CommissionState, CommissionTrigger
from valuation.draw import Key, Manifest
from valuation.drawing import (
    KEY_HOLDERS,
    PURPOSE,
    Draw,
    DrawContribution,
    DrawKey,
    DrawNumber,
    DrawProof,
    course_of,
    transcript_bytes,
    transcript_of,
)
from valuation.events import DrawMoved
from valuation.messages import Course, DrawState, Message
from valuation.parties import contributor, require_open_case, serve_draw_record
from valuation.roster import Field, RosterEntry, RosterSnapshot, pool_bytes, pool_of, source_of
from valuation.turns import commission_rank
from valuation.verifying import is_good, verify


@dataclass(frozen=True, slots=True)
class _Plan:
    """Everything a manifest is made of."""

    assignment: Assignment
    case_number: str
    entries: Sequence[RosterEntry]
    keys: tuple[Key, ...]
    attempt: int
    draw_no: int
    count: int


async def announce_draw(work: Unit, assignment_id: AssignmentId, *, draw_id: DrawId) -> Draw:
    """Freeze the pool and the manifest and journal them, before any commitment is taken."""
    assignment = await work.lock(Assignment, assignment_id)
    work.require(policy.ANNOUNCE_DRAW, assignment.court_id)
    known = await work.session.get(Draw, draw_id)
    if known is not None:
        return known
    if assignment.state is not AssignmentState.APPRAISING:
        raise Refusal("draw.no_appraisal", state=assignment.state)
    await require_open_case(work, assignment.case_id)
    plan = await _plan(work, assignment)
    manifest = _manifest(plan)
    invariant(not protocol.manifest_faults(manifest), "a manifest we make has no fault")
    snapshot = _snapshot(work, manifest)
    draw = _opened(work, plan, manifest, draw_id, snapshot)
    work.add(snapshot)
    await work.session.flush()
    work.add(draw)
    _record(work, draw, Message.OPEN, manifest=draw.manifest)
    return draw


async def place_commit(work: Unit, draw_id: DrawId, *, commitment: str) -> Draw:
    """Take the commitment of a party or the officer; it counts until the close is journaled."""
    draw = await work.lock(Draw, draw_id)
    work.require(policy.CONTRIBUTE)
    who = await contributor(work, draw)
    if len(commitment) != 2 * protocol.NONCE_BYTES or not _is_hex(commitment):
        raise Refusal("draw.not_a_digest")
    course = await _course(work, draw)
    if who in course.take_commitment(who, commitment).contributions and who in course.contributions:
        return draw
    invariant(work.actor.person_id is not None, "a contributor is a person")
    row = DrawContribution(
        draw_id=draw.id,
        who=who,
        person_id=work.actor.person_id,
        commitment=commitment,
        committed_at=work.now,
    )
    work.add(row)
    _record(work, draw, Message.COMMIT, who=who, c=commitment)
    return draw


async def close_commits(work: Unit, draw_id: DrawId) -> Draw:
    """End the commitments when their time is over and somebody from outside has given one."""
    draw = await work.lock(Draw, draw_id)
    work.require(policy.RUN_DRAW)
    if work.now < draw.commits_close_at:
        raise Refusal("draw.too_early")
    course = (await _course(work, draw)).close_commits()
    draw.state = course.state
    draw.reveals_close_at = ends_at(work.now, work.rules.rule("draw.reveal_window"))
    commits = [[one.who, one.commit] for one in course.ordered()]
    _record(work, draw, Message.COMMIT_CLOSE, n=len(commits), commits=commits)
    return draw


async def place_reveal(work: Unit, draw_id: DrawId, *, nonce: str) -> Draw:
    """Take the number a contributor committed to; published at once."""
    draw = await work.lock(Draw, draw_id)
    work.require(policy.CONTRIBUTE)
    who = await contributor(work, draw)
    (await _course(work, draw)).reveal(who, nonce)
    row = await work.session.get(DrawContribution, (draw.id, who))
    if row is None or row.reveal is not None:
        return draw
    row.reveal = nonce
    row.revealed_at = work.now
    _record(work, draw, Message.REVEAL, who=who, r=nonce)
    return draw


async def close_reveals(work: Unit, draw_id: DrawId) -> Draw:
    """End the reveals and fix what both institutions must prove; withheld ones stay empty."""
    draw = await work.lock(Draw, draw_id)
    work.require(policy.RUN_DRAW)
    if draw.reveals_close_at is None or work.now < draw.reveals_close_at:
        raise Refusal("draw.too_early")
    course = (await _course(work, draw)).close_reveals()
    draw.state = course.state
    draw.alpha = protocol.alpha(course.draw_id, course.ordered()).hex()
    reveals = [[one.who, one.reveal] for one in course.ordered()]
    _record(work, draw, Message.REVEAL_CLOSE, reveals=reveals, alpha=draw.alpha)
    return draw


async def record_proof(work: Unit, draw_id: DrawId, *, role: str, proof: str) -> Draw:
    """Take the proof of one institution, after checking it against its registered key."""
    draw = await work.lock(Draw, draw_id)
    work.require(policy.RUN_DRAW)
    course = await _course(work, draw)
    if role in course.prove(role, proof).proofs and role in course.proofs:
        return draw
    key = next(key.pk for key in draw.read_manifest().vrf if key.role == role)
    at = bytes.fromhex(draw.alpha or "")
    if vrf.verify(bytes.fromhex(key), bytes.fromhex(proof), at) is None:
        raise Refusal("draw.proof_wrong", role=role)
    work.add(DrawProof(draw_id=draw.id, role=role, proof=proof, proven_at=work.now))
    _record(work, draw, Message.PROOF, role=role, pi=proof)
    return draw


async def hold_draw(work: Unit, draw_id: DrawId) -> Draw:
    """Work out the result from the stored transcript, check it again, commission the first."""
    draw = await work.lock(Draw, draw_id)
    work.require(policy.RUN_DRAW)
    course = (await _course(work, draw)).finish()
    outcome = _outcome(draw, course)
    draw.state = course.state
    draw.seed = outcome.seed.hex()
    draw.result = " ".join(outcome.ranked)
    draw.held_at = work.now
    transcript = transcript_of(draw, course)
    invariant(is_good(verify(transcript)), "a result we publish stands its own verification")
    digest = sha256_hex(transcript_bytes(transcript))
    ranked = list(outcome.ranked)
    _record(work, draw, Message.RESULT, seed=draw.seed, result=ranked, transcript=digest)
    await serve_draw_record(work, draw, transcript_digest=digest)
    await commission_rank(work, draw, 1)
    return draw


async def ask_void(work: Unit, draw_id: DrawId, *, ground: str, ruling_digest: str) -> Draw:
    """Ask for a draw to be void; a second person decides."""
    draw = await work.lock(Draw, draw_id)
    work.require(policy.ASK_VOID, draw.court_id)
    if draw.state is DrawState.VOID:
        raise Refusal("state.not_allowed", state=draw.state, trigger=Message.VOID)
    if not ground.strip():
        raise Refusal("valuation.ground_missing")
    draw.void_ground = ground.strip()
    draw.void_ruling_digest = ruling_digest
    draw.void_asked_by = work.actor.person_id
    work.record("void.asked", stream=f"case:{draw.case_id}", draw=draw.digest)
    return draw


async def void_draw(work: Unit, draw_id: DrawId) -> Draw:
    """Void a draw for good, by another person than asked for it; it stays visible."""
    draw = await work.lock(Draw, draw_id)
    work.require(policy.VOID_DRAW, draw.court_id)
    if draw.void_asked_by is None:
        raise Refusal("draw.void_not_asked")
    if draw.void_asked_by == work.actor.person_id:
        raise Refusal("draw.void_needs_two")
    draw.state = (await _course(work, draw)).void().state
    draw.voided_by = work.actor.person_id
    draw.voided_at = work.now
    await _end_commissions(work, draw)
    ground = sha256_hex((draw.void_ground or "").encode())
    _record(work, draw, Message.VOID, ground_digest=ground, ruling=draw.void_ruling_digest or "")
    return draw


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
        entries=entries,
        keys=tuple([await _key(work, role) for role in KEY_HOLDERS]),
        attempt=await _next_attempt(work, assignment),
        draw_no=await _next_number(work, assignment.court_id),
        count=count,
    )


def _manifest(plan: _Plan) -> Manifest:
    assignment = plan.assignment
    return Manifest(
        v=protocol.VERSION,
        court=assignment.court_id,
        case=plan.case_number,
        asset=str(assignment.lot_id),
        purpose=PURPOSE,
        attempt=plan.attempt,
        draw_no=plan.draw_no,
        k=plan.count,
        pool_src=source_of(Field(assignment.field or ""), assignment.region or "", plan.entries),
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
    invariant(work.actor.person_id is not None, "only a signed-in officer holds the permission")
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


async def _course(work: Unit, draw: Draw) -> Course:
    contributions = await work.session.scalars(
        select(DrawContribution).where(DrawContribution.draw_id == draw.id)
    )
    proofs = await work.session.scalars(select(DrawProof).where(DrawProof.draw_id == draw.id))
    return course_of(draw, contributions.all(), proofs.all())


def _outcome(draw: Draw, course: Course) -> protocol.Outcome:
    manifest = draw.read_manifest()
    at = protocol.alpha(course.draw_id, course.ordered())
    proofs = [course.proofs[role] for role in course.roles]
    proven = [output for output in protocol.outputs(manifest, proofs, at) if output is not None]
    invariant(len(proven) == len(course.roles), "only verified proofs are stored")
    return protocol.result(manifest, at, proven)


async def _end_commissions(work: Unit, draw: Draw) -> None:
    """An agency drawn by a void draw has no commission."""
    live = (CommissionState.OFFERED, CommissionState.ACCEPTED, CommissionState.CORRECTING)
    rows = await work.session.scalars(
        select(Commission).where(Commission.draw_id == draw.id, Commission.state.in_(live))
    )
    for row in rows:
        row.advance(CommissionTrigger.REPLACE)


def _is_hex(text: str) -> bool:
    return all(sign in "0123456789abcdef" for sign in text)


def _record(work: Unit, draw: Draw, message: Message, **body: object) -> None:
    work.record(message.value, stream=draw.stream, draw_id=draw.digest, **body)
    work.emit(DrawMoved(draw_id=str(draw.id), state=draw.state.value))
