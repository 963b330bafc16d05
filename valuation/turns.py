"""Whose turn it is: commission the agency that stands at a rank of a held draw (参考价16, 19)."""

from sqlalchemy import select

from auction.law.periods import ends_at
from auction.store.unit import Unit
from valuation.commission import Commission, CommissionState
from valuation.drawing import Draw
from valuation.roster import RosterEntry


async def commission_rank(work: Unit, draw: Draw, rank: int) -> Commission | None:
    """Offer the commission to the agency at `rank`; None when the draw named no more."""
    ranked = (draw.result or "").split()
    if rank > len(ranked):
        work.record("commission.exhausted", stream=draw.stream, draw=draw.digest)
        return None
    entry = (
        await work.session.scalars(
            select(RosterEntry).where(RosterEntry.credit_code == ranked[rank - 1]).limit(1)
        )
    ).one()
    commission = Commission(
        id=work.new_id(),
        assignment_id=draw.assignment_id,
        draw_id=draw.id,
        case_id=draw.case_id,
        lot_id=draw.lot_id,
        court_id=draw.court_id,
        rank=rank,
        organisation_id=entry.organisation_id,
        credit_code=entry.credit_code,
        agency_name=entry.name,
        state=CommissionState.OFFERED,
        offered_at=work.now,
        report_due_at=ends_at(work.now, work.rules.rule("valuation.report_due")),
    )
    work.add(commission)
    work.record(
        "commission.offered",
        stream=f"case:{draw.case_id}",
        commission=str(commission.id),
        rank=rank,
        credit_code=entry.credit_code,
    )
    return commission
