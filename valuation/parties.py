"""The parties of the case as valuation meets them: contributors and addressees."""

from collections.abc import Sequence
from datetime import datetime

from auction.cases.case import Case, CaseState, Party, PartyRole
from auction.kernel.clock import BEIJING
from auction.kernel.ids import CaseId
from auction.kernel.refusal import Refusal
from auction.lots.lot import Lot
from auction.notices.commands import issue_notice
from auction.notices.notice import NoticeDraft
from auction.notices.wording import NoticeKind
from auction.people import queries as people
from auction.store.unit import Unit
from valuation.commission import Commission
from valuation.drawing import Draw
from valuation.messages import OFFICER
from valuation.report import Report

SIDES = (PartyRole.APPLICANT, PartyRole.RESPONDENT)
"""Whose price is at stake: they negotiate and contribute; the others are served and may object."""


async def require_open_case(work: Unit, case_id: CaseId) -> None:
    """Nothing is decided in a case that is stayed or closed (参考价28, 网拍28)."""
    case = await work.lock(Case, case_id, share=True)
    if case.state is not CaseState.OPEN:
        raise Refusal("case.not_open", state=case.state.value)


async def parties_of(work: Unit, case_id: CaseId) -> Sequence[Party]:
    """Everybody with a part in the case, in the order they were added."""
    rows = await work.session.scalars(Party.standing_in(case_id))
    return rows.all()


async def contributor(work: Unit, draw: Draw) -> str:
    """What the actor is called in a draw of his own case; refuse when he has no part in it."""
    case = await work.load(Case, draw.case_id)
    names = names_of(case, await parties_of(work, draw.case_id))
    found = next((who for who, person in names if person == work.actor.person_id), None)
    if found is None:
        raise Refusal("draw.not_a_contributor")
    return found


def names_of(case: Case, parties: Sequence[Party]) -> list[tuple[str, object]]:
    """Each possible contributor with his person: applicant, applicant-2, respondent, officer."""
    names: list[tuple[str, object]] = [(OFFICER, case.officer_id)]
    for side in SIDES:
        of_side = [party for party in parties if party.role is side]
        for place, party in enumerate(of_side, start=1):
            who = side.value if place == 1 else f"{side.value}-{place}"
            names.append((who, party.person_id))
    return [(who, person) for who, person in names if person is not None]


async def serve_draw_record(work: Unit, draw: Draw, *, transcript_digest: str) -> None:
    """Send both sides what was drawn, with the digests that let them check it (参考价16, 34)."""
    manifest = draw.read_manifest()
    named = {member.uscc: member.name for member in manifest.pool}
    ranked = enumerate((draw.result or "").split(), start=1)
    facts: dict[str, object] = {
        "draw_id": draw.digest,
        "drawn_at": _instant(draw.held_at or work.now),
        "roster_size": len(manifest.pool),
        "roster_digest": manifest.pool_src.sha256,
        "transcript_digest": transcript_digest,
        "agencies": [{"rank": rank, "name": named[code]} for rank, code in ranked],
    }
    parties = await parties_of(work, draw.case_id)
    lot = await work.load(Lot, draw.lot_id)
    await _serve(
        work, lot, NoticeKind.DRAW_RECORD, facts, [one for one in parties if one.role in SIDES]
    )


async def serve_report_copies(work: Unit, commission: Commission, report: Report) -> None:
    """Send the report to the parties and all others with an interest (参考价21)."""
    facts: dict[str, object] = {
        "agency_name": commission.agency_name,
        "report_number": report.number,
        "appraised_value_fen": report.value.fen,
        "valued_on": report.based_on.isoformat(),
        "valid_until_on": report.valid_until_on.isoformat(),
        "objection_until_at": _instant(commission.objections_close_at or work.now),
        "report_digest": report.pdf_digest,
    }
    lot = await work.load(Lot, commission.lot_id)
    parties = await parties_of(work, commission.case_id)
    await _serve(work, lot, NoticeKind.REPORT_SERVICE, facts, parties)


async def _serve(
    work: Unit,
    lot: Lot,
    kind: NoticeKind,
    facts: dict[str, object],
    parties: Sequence[Party],
) -> None:
    case = await work.load(Case, lot.case_id)
    court = await people.court(work.session, case.court_id)
    common = {"court_name": court.name, "case_number": case.number, "lot_title": lot.title}
    for party in parties:
        draft = NoticeDraft(
            kind=kind,
            court_id=case.court_id,
            case_id=case.id,
            lot_id=lot.id,
            addressee_name=party.name,
            addressee_person_id=party.person_id,
            facts={**common, **facts},
        )
        await issue_notice(work, draft=draft)


def _instant(moment: datetime) -> str:
    return moment.astimezone(BEIJING).isoformat(timespec="seconds")
