"""From the case's claims and the sale's taxes to the estate of the waterfall, and its payees."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from types import MappingProxyType

from auction.cases.case import Party, PartyRole
from auction.cases.claims import Claim, ClaimKind
from auction.distribution.interest import late_interest
from auction.distribution.plan import PayeeKind
from auction.distribution.waterfall import (
    Arrears,
    Demand,
    Estate,
    Ordinary,
    Rank,
    Secured,
    SellerTaxRank,
)
from auction.kernel.ids import ClaimId, PartyId
from auction.kernel.money import ZERO, Money, total
from auction.kernel.refusal import Refusal
from auction.law.fees import execution_fee
from auction.law.taxes import Bearer, TaxKind
from auction.settlement.sale import TaxLine

TAX_NAMES: Mapping[TaxKind, str] = MappingProxyType(
    {
        TaxKind.VAT: "增值税",
        TaxKind.CITY_MAINTENANCE: "城市维护建设税",
        TaxKind.EDUCATION: "教育费附加及地方教育附加",
        TaxKind.LAND_VALUE: "土地增值税",
        TaxKind.INCOME: "个人所得税",
        TaxKind.STAMP: "印花税",
        TaxKind.DEED: "契税",
        TaxKind.VEHICLE_PURCHASE: "车辆购置税",
    }
)
CLAIM_NAMES: Mapping[ClaimKind, str] = MappingProxyType(
    {
        ClaimKind.ORDINARY: "普通债权",
        ClaimKind.CONSTRUCTION: "建设工程价款",
        ClaimKind.POSSESSORY_LIEN: "留置权担保的债权",
        ClaimKind.MORTGAGE: "已登记抵押债权",
        ClaimKind.UNREGISTERED_MORTGAGE: "未登记抵押债权",
        ClaimKind.STATUTORY_PRIORITY: "其他法定优先债权",
        ClaimKind.TAX_ARREARS: "欠缴税款",
    }
)
FEE, RENT, SURPLUS = "fee", "rent", "surplus"


@dataclass(frozen=True, slots=True)
class Account:
    """Where money may be sent."""

    name: str
    number: str


@dataclass(frozen=True, slots=True)
class Choices:
    """What the court decides within the law when a plan is drawn up."""

    fee_account: Account
    """Where 执行费 goes."""
    tax_account: Account
    """The treasury account that the bureau named."""
    living_rent: Money = ZERO
    """Rent to be left to the debtor for a home (异议复议20)."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Payee:
    """Who stands behind a reference of the estate."""

    kind: PayeeKind
    title: str
    account: Account
    claim_id: ClaimId | None = None
    party_id: PartyId | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What the book and the sale fix."""

    proceeds: Money
    debtor_is_enterprise: bool
    seller_tax_rank: SellerTaxRank
    ruled_on: date
    late_daily: Fraction


@dataclass(slots=True)
class Gathering:
    """The estate as it is put together, with who is behind each reference."""

    terms: Terms
    choices: Choices
    debtor: Party
    payees: dict[str, Payee] = field(default_factory=dict)
    costs: list[Demand] = field(default_factory=list)
    taxes: list[Demand] = field(default_factory=list)
    rent: list[Demand] = field(default_factory=list)
    secured: list[Secured] = field(default_factory=list)
    arrears: list[Arrears] = field(default_factory=list)
    ordinary: list[Ordinary] = field(default_factory=list)
    late: list[Ordinary] = field(default_factory=list)

    def estate(self) -> Estate:
        """The finished estate."""
        return Estate(
            proceeds=self.terms.proceeds,
            debtor_is_enterprise=self.terms.debtor_is_enterprise,
            seller_tax_rank=self.terms.seller_tax_rank,
            costs=tuple(self.costs),
            seller_taxes=tuple(self.taxes),
            living_rent=tuple(self.rent),
            secured=tuple(self.secured),
            arrears=tuple(self.arrears),
            ordinary=tuple(self.ordinary),
            late_interest=tuple(self.late),
            surplus_to=SURPLUS,
        )


def gather(
    terms: Terms,
    choices: Choices,
    *,
    parties: Sequence[Party],
    claims: Sequence[Claim],
    taxes: Sequence[TaxLine],
) -> Gathering:
    """Put every demand where the waterfall expects it, and keep who is to be paid."""
    by_id = {party.id: party for party in parties}
    debtor = next((p for p in parties if p.role is PartyRole.RESPONDENT), None)
    if debtor is None:
        raise Refusal("plan.no_debtor")
    gathering = Gathering(terms, choices, debtor)
    _add_fee(gathering, claims)
    for line in taxes:
        _add_tax(gathering, line)
    _add_debtor(gathering)
    for claim in claims:
        _add_claim(gathering, claim, by_id[claim.party_id])
    return gathering


def _add_fee(to: Gathering, claims: Sequence[Claim]) -> None:
    """The fee is due on what is enforced: the claims, as far as the proceeds reach."""
    asked = total([claim.principal + claim.interest for claim in claims])
    fee = execution_fee(min(asked, to.terms.proceeds))
    to.payees[FEE] = Payee(PayeeKind.COURT, "执行费", to.choices.fee_account)
    to.costs.append(Demand(FEE, fee))


def _add_tax(to: Gathering, line: TaxLine) -> None:
    if line.bearer is not Bearer.SELLER or line.amount == ZERO:
        return
    reference = f"tax:{line.id}"
    title = TAX_NAMES[line.kind]
    to.payees[reference] = Payee(PayeeKind.TAX_BUREAU, title, to.choices.tax_account)
    to.taxes.append(Demand(reference, line.amount))


def _add_debtor(to: Gathering) -> None:
    account = _account(to.debtor)
    to.payees[SURPLUS] = Payee(PayeeKind.DEBTOR, "余款", account, party_id=to.debtor.id)
    if to.choices.living_rent > ZERO:
        to.payees[RENT] = Payee(PayeeKind.DEBTOR, "居住租金", account, party_id=to.debtor.id)
        to.rent.append(Demand(RENT, to.choices.living_rent))


def _add_claim(to: Gathering, claim: Claim, party: Party) -> None:
    account = _account(party)
    reference = f"claim:{claim.id}"
    title = CLAIM_NAMES[claim.kind]
    to.payees[reference] = Payee(PayeeKind.CREDITOR, title, account, claim.id, party.id)
    if claim.advanced_costs > ZERO:
        cost = f"cost:{claim.id}"
        to.payees[cost] = Payee(
            PayeeKind.COST_BEARER, "垫付的执行费用", account, claim.id, party.id
        )
        to.costs.append(Demand(cost, claim.advanced_costs))
    _rank(to, claim, reference)
    if claim.pay_by is not None:
        extra = late_interest(
            claim.principal,
            due_on=claim.pay_by,
            until=to.terms.ruled_on,
            daily=to.terms.late_daily,
        )
        if extra > ZERO:
            late = f"late:{claim.id}"
            to.payees[late] = Payee(PayeeKind.CREDITOR, "加倍迟延利息", account, claim.id, party.id)
            to.late.append(Ordinary(late, extra, claim.seizure_order))


def _rank(to: Gathering, claim: Claim, reference: str) -> None:
    amount = claim.principal + claim.interest
    if amount == ZERO:
        return
    since = claim.since
    if claim.kind is ClaimKind.ORDINARY or since is None:
        to.ordinary.append(Ordinary(reference, amount, claim.seizure_order))
    elif claim.kind is ClaimKind.TAX_ARREARS:
        to.arrears.append(Arrears(reference, amount, since))
    else:
        rank = Rank(claim.kind.value)
        to.secured.append(Secured(reference, amount, rank, since, claim.seizure_order))


def _account(party: Party) -> Account:
    return Account(party.payout_name or party.name, party.payout_account)
