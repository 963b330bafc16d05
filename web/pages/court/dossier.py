"""What stands behind a public listing: findings, articles, estimated taxes, draws, the report."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from auction.cases import queries as cases
from auction.kernel.clock import BEIJING
from auction.kernel.ids import AssetId, ListingId, LotId
from auction.law.rulebook import BY_NAME
from auction.listings.catalogue import PublishedView
from auction.listings.queries import listing, public_citations
from auction.listings.terms import Citation
from auction.lots.queries import FindingView, asset
from auction.settlement.taxes import TaxEstimate
from valuation.queries import draws
from valuation.queries.appraisals import ReportView, commissions_of_lot
from valuation.queries.draws import DrawLine
from web.pages.court.estimates import estimated


@dataclass(frozen=True, slots=True)
class Dossier:
    """What a bidder may look up before he decides."""

    findings: Sequence[FindingView]
    citations: Sequence[Citation]
    balance_term: str
    """How long the buyer has for the balance, such as `15 day`: the announcement sets it."""
    taxes: Sequence[TaxEstimate]
    draws: Sequence[DrawLine]
    report: ReportView | None


async def dossier(session: AsyncSession, view: PublishedView) -> Dossier:
    """Gather it for one published listing."""
    card = view.card
    offered = await listing(session, ListingId(card.id))
    case = await cases.case(session, offered.case_id)
    balance_unit = BY_NAME[offered.rulebook].rule("settle.balance_due").span
    thing = await asset(session, AssetId(view.asset_id))
    return Dossier(
        findings=thing.findings,
        citations=await public_citations(session, ListingId(card.id)),
        balance_term=f"{view.balance_days} {balance_unit.value if balance_unit else ''}".strip(),
        taxes=estimated(
            card.kind,
            card.starting_price,
            sold_on=card.closes_at.astimezone(BEIJING).date(),
            is_enterprise=case.debtor_is_enterprise,
        ),
        draws=await draws.of_lot(session, card.lot_id),
        report=await report_of(session, card.lot_id),
    )


async def report_of(session: AsyncSession, lot_id: LotId) -> ReportView | None:
    """The report that was served on the parties last, if the lot was appraised."""
    served = [
        commission.reports[-1]
        for commission in await commissions_of_lot(session, lot_id)
        if commission.served_at is not None and commission.reports
    ]
    return served[-1] if served else None
