"""The draw of the appraisal agencies, message by message (DRAW/1; 参考价16, 34)."""

from sqlalchemy import select

from auction.kernel.canonical import sha256_hex
from auction.kernel.ids import DrawId
from auction.kernel.refusal import Refusal, invariant
from auction.law.periods import ends_at
from auction.people.approvals.action import Action
from auction.people.approvals.commands import Matter, conclude, propose
from auction.people.approvals.request import ApprovalRequest
from auction.store.unit import Unit
from valuation import draw as protocol
from valuation import policy, vrf
from valuation.commission import Commission, CommissionState, CommissionTrigger
from valuation.drawing import (
    Draw,
    DrawContribution,
    DrawProof,
    course_of,
    transcript_bytes,
    transcript_of,
)
from valuation.events import DrawMoved
from valuation.messages import Course, DrawState, Message
from valuation.parties import contributor, serve_draw_record
from valuation.turns import commission_rank
from valuation.verifying import is_good, verify


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


async def ask_void(
    work: Unit, draw_id: DrawId, *, ground: str, ruling_digest: str
) -> ApprovalRequest:
    """Ask for a draw to be void; a second person decides."""
    draw = await work.lock(Draw, draw_id)
    work.require(policy.ASK_VOID, draw.court_id)
    if draw.state is DrawState.VOID:
        raise Refusal("state.not_allowed", state=draw.state, trigger=Message.VOID)
    if not ground.strip():
        raise Refusal("valuation.ground_missing")
    draw.void_ground, draw.void_ruling_digest = ground.strip(), ruling_digest
    draw.void_asked_by = work.actor.person_id
    work.record("void.asked", stream=f"case:{draw.case_id}", draw=draw.digest)
    return await propose(work, _voiding(draw))


async def void_draw(work: Unit, draw_id: DrawId, *, seen: str) -> Draw:
    """Void a draw for good, by another person than asked for it; it stays visible.

    `seen` is the digest of what was asked for.
    """
    draw = await work.lock(Draw, draw_id)
    work.require(policy.VOID_DRAW, draw.court_id)
    await conclude(work, _voiding(draw), seen=seen)
    draw.state = (await _course(work, draw)).void().state
    draw.voided_by = work.actor.person_id
    draw.voided_at = work.now
    await _end_commissions(work, draw)
    ground = sha256_hex((draw.void_ground or "").encode())
    _record(work, draw, Message.VOID, ground_digest=ground, ruling=draw.void_ruling_digest or "")
    return draw


def _voiding(draw: Draw) -> Matter:
    return Matter(
        action=Action.DRAW_VOID,
        subject=draw.id,
        court_id=draw.court_id,
        payload={
            "draw_no": draw.draw_no,
            "draw_digest": draw.digest,
            "ground": draw.void_ground,
            "ruling_digest": draw.void_ruling_digest,
        },
    )


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
