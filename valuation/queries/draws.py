"""The public draw page: everything that anyone needs to follow a draw and hold it again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.cases.case import Case, Party
from auction.kernel.ids import CourtId, DrawId, LotId, PersonId
from auction.kernel.refusal import Refusal
from auction.lots.lot import Lot
from auction.store.journal import JournalEntry
from valuation.draw import Manifest, Transcript
from valuation.drawing import Draw, DrawContribution, DrawProof, course_of, transcript_of
from valuation.messages import DrawState
from valuation.parties import names_of

LISTED_MAX = 100


@dataclass(frozen=True, slots=True)
class DrawLine:
    """A draw in a list."""

    id: DrawId
    court_id: CourtId
    draw_no: int
    attempt: int
    case_number: str
    lot_title: str
    state: DrawState
    announced_at: datetime
    void_ground: str
    void_ruling: str
    """Digest of the ruling handed in with the request to void it, empty without one."""


@dataclass(frozen=True, slots=True)
class ContributionLine:
    """What one contributor has given."""

    who: str
    commitment: str
    committed_at: datetime
    reveal: str | None
    revealed_at: datetime | None


@dataclass(frozen=True, slots=True)
class MessageLine:
    """One entry of the draw's journal stream."""

    seq: int
    kind: str
    recorded_at: datetime
    hash: str


@dataclass(frozen=True, slots=True)
class Ranked:
    """A drawn agency."""

    rank: int
    uscc: str
    name: str


@dataclass(frozen=True, slots=True)
class DrawPage:
    """One draw as the public sees it."""

    line: DrawLine
    digest: str
    manifest: Manifest
    commits_close_at: datetime
    reveals_close_at: datetime | None
    alpha: str | None
    seed: str | None
    held_at: datetime | None
    contributions: tuple[ContributionLine, ...]
    proofs: tuple[tuple[str, str], ...]
    """Role and proof, in the order they came."""
    ranked: tuple[Ranked, ...]
    messages: tuple[MessageLine, ...]


async def listed(session: AsyncSession, court_id: CourtId | None = None) -> Sequence[DrawLine]:
    """The latest draws, of one court if asked; void ones stay in the list."""
    wanted = select(Draw).order_by(Draw.announced_at.desc()).limit(LISTED_MAX)
    if court_id is not None:
        wanted = wanted.where(Draw.court_id == court_id)
    return [await _line(session, draw) for draw in await session.scalars(wanted)]


async def of_lot(session: AsyncSession, lot_id: LotId) -> Sequence[DrawLine]:
    """Every draw of a lot, the latest first."""
    rows = await session.scalars(
        select(Draw).where(Draw.lot_id == lot_id).order_by(Draw.announced_at.desc())
    )
    return [await _line(session, draw) for draw in rows]


async def waiting_for(session: AsyncSession, person_id: PersonId) -> Sequence[DrawLine]:
    """Draws under way in which a person may contribute, as a party or as the officer."""
    cases = select(Party.case_id).where(Party.person_id == person_id, Party.ended_at.is_(None))
    own = select(Case.id).where(Case.officer_id == person_id)
    under_way = (DrawState.COMMITTING, DrawState.REVEALING)
    rows = await session.scalars(
        select(Draw)
        .where(Draw.state.in_(under_way), Draw.case_id.in_(cases) | Draw.case_id.in_(own))
        .order_by(Draw.announced_at)
    )
    return [await _line(session, draw) for draw in rows]


async def page(session: AsyncSession, draw_id: DrawId) -> DrawPage:
    """One draw, or refuse with `not_found`."""
    draw = await _draw(session, draw_id)
    contributions = await _contributions(session, draw_id)
    proofs = await _proofs(session, draw_id)
    manifest = draw.read_manifest()
    named = {member.uscc: member.name for member in manifest.pool}
    ranked = enumerate((draw.result or "").split(), start=1)
    return DrawPage(
        line=await _line(session, draw),
        digest=draw.digest,
        manifest=manifest,
        commits_close_at=draw.commits_close_at,
        reveals_close_at=draw.reveals_close_at,
        alpha=draw.alpha,
        seed=draw.seed,
        held_at=draw.held_at,
        contributions=tuple(
            ContributionLine(row.who, row.commitment, row.committed_at, row.reveal, row.revealed_at)
            for row in contributions
        ),
        proofs=tuple((row.role, row.proof) for row in proofs),
        ranked=tuple(Ranked(rank, code, named[code]) for rank, code in ranked),
        messages=await _messages(session, draw),
    )


async def transcript(session: AsyncSession, draw_id: DrawId) -> Transcript:
    """The transcript so far; complete once the draw is held."""
    draw = await _draw(session, draw_id)
    contributions = await _contributions(session, draw_id)
    return transcript_of(draw, course_of(draw, contributions, await _proofs(session, draw_id)))


async def contributor_of(
    session: AsyncSession, draw_id: DrawId, person_id: PersonId | None
) -> str | None:
    """What a person is called in a draw; None when he has no part in it."""
    if person_id is None:
        return None
    draw = await _draw(session, draw_id)
    case = await session.get_one(Case, draw.case_id)
    parties = await session.scalars(Party.standing_in(case.id))
    names = names_of(case, parties.all())
    return next((who for who, person in names if person == person_id), None)


async def messages_count(session: AsyncSession, draw_id: DrawId) -> int:
    """How many messages the draw has; grows with each. Refuses with `not_found`."""
    await _draw(session, draw_id)
    found = await session.scalar(
        select(func.count()).where(JournalEntry.stream == f"draw:{draw_id}")
    )
    return found or 0


async def _draw(session: AsyncSession, draw_id: DrawId) -> Draw:
    found = await session.get(Draw, draw_id)
    if found is None:
        raise Refusal("not_found", what="draws", id=str(draw_id))
    return found


async def _contributions(session: AsyncSession, draw_id: DrawId) -> Sequence[DrawContribution]:
    rows = await session.scalars(
        select(DrawContribution)
        .where(DrawContribution.draw_id == draw_id)
        .order_by(DrawContribution.who)
    )
    return rows.all()


async def _proofs(session: AsyncSession, draw_id: DrawId) -> Sequence[DrawProof]:
    rows = await session.scalars(
        select(DrawProof).where(DrawProof.draw_id == draw_id).order_by(DrawProof.proven_at)
    )
    return rows.all()


async def _messages(session: AsyncSession, draw: Draw) -> tuple[MessageLine, ...]:
    rows = await session.scalars(
        select(JournalEntry).where(JournalEntry.stream == draw.stream).order_by(JournalEntry.seq)
    )
    return tuple(MessageLine(row.seq, row.kind, row.recorded_at, row.hash.hex()) for row in rows)


async def _line(session: AsyncSession, draw: Draw) -> DrawLine:
    lot = await session.get_one(Lot, draw.lot_id)
    return DrawLine(
        id=draw.id,
        court_id=draw.court_id,
        draw_no=draw.draw_no,
        attempt=draw.attempt,
        case_number=draw.read_manifest().case,
        lot_title=lot.title,
        state=draw.state,
        announced_at=draw.announced_at,
        void_ground=draw.void_ground or "",
        void_ruling=draw.void_ruling_digest or "",
    )
