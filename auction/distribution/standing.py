"""How a plan stands: its rows and accounts, and whether its money may move at all."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import select

from auction.cases.case import Case, CaseState
from auction.distribution.plan import PayeeKind, Plan, PlanLine, PlanObjection
from auction.kernel.ids import AccountId, CourtId, PersonId
from auction.kernel.refusal import Refusal
from auction.ledger.book import open_account
from auction.ledger.chart import AccountKind
from auction.lots.lot import Lot
from auction.people.approvals.queries import natural_person_of
from auction.settlement.sale import Sale
from auction.store.unit import Unit

ACCOUNT_OF: Mapping[PayeeKind, AccountKind] = MappingProxyType(
    {
        PayeeKind.COURT: AccountKind.COSTS,
        PayeeKind.COST_BEARER: AccountKind.COSTS,
        PayeeKind.TAX_BUREAU: AccountKind.TAXES_PAYABLE,
        PayeeKind.CREDITOR: AccountKind.CREDITOR_CLAIM,
        PayeeKind.DEBTOR: AccountKind.SURPLUS,
    }
)


async def check_free(work: Unit, plan: Plan) -> None:
    """A hold on the lot or a stay of the case stops the money too (网拍36(2), 民诉法267)."""
    sale = await work.load(Sale, plan.sale_id)
    lot = await work.load(Lot, sale.lot_id)
    if lot.held_ground:
        raise Refusal("lot.held", ground=lot.held_ground)
    case = await work.load(Case, plan.case_id)
    if case.state is CaseState.STAYED:
        raise Refusal("plan.case_stayed", ground=case.stay_ground)


async def check_another(work: Unit, *earlier: UUID | None) -> PersonId:
    """Refuse with `plan.same_person` whoever did an earlier step; return who acts now."""
    own = work.actor.person_id
    done = {
        await natural_person_of(work.session, person_id) or person_id
        for person_id in earlier
        if person_id is not None
    }
    if own is None or own in earlier or await natural_person_of(work.session, own) in done:
        raise Refusal("plan.same_person")
    return own


async def account_of(work: Unit, plan: Plan, line: PlanLine) -> AccountId:
    """The account in the book that a line's money belongs to."""
    kind = ACCOUNT_OF[line.payee_kind]
    own = f"plan_line:{line.id}"
    owner = f"claim:{line.claim_id}" if kind is AccountKind.CREDITOR_CLAIM else own
    return await open_account(work, kind, owner, CourtId(plan.court_id))


async def lines_of(work: Unit, plan: Plan) -> Sequence[PlanLine]:
    """The lines in their order."""
    rows = await work.session.scalars(
        select(PlanLine).where(PlanLine.plan_id == plan.id).order_by(PlanLine.position)
    )
    return rows.all()


async def objections_to(work: Unit, plan: Plan) -> Sequence[PlanObjection]:
    """Every objection to a plan."""
    rows = await work.session.scalars(select(PlanObjection).where(PlanObjection.plan_id == plan.id))
    return rows.all()
