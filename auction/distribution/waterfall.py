"""Proceeds and everybody's demands in, who gets what out: the order of payment, pure.

The order is a list of tiers. A tier is paid in full before the next one sees a fen; where a
tier asks for more than is left, it is shared in proportion by largest remainder. The lines
always add up to the proceeds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from auction.kernel.money import ZERO, Money, allocate, total
from auction.kernel.refusal import invariant


class Rank(StrEnum):
    """Why a line stands where it stands."""

    ENFORCEMENT_COST = "enforcement_cost"
    SELLER_TAX = "seller_tax"
    LIVING_RENT = "living_rent"
    CONSTRUCTION = "construction"
    POSSESSORY_LIEN = "possessory_lien"
    MORTGAGE = "mortgage"
    UNREGISTERED_MORTGAGE = "unregistered_mortgage"
    STATUTORY_PRIORITY = "statutory_priority"
    TAX_ARREARS = "tax_arrears"
    ORDINARY = "ordinary"
    LATE_INTEREST = "late_interest"
    SURPLUS = "surplus"


class SellerTaxRank(StrEnum):
    """Policy switch `dist.seller_tax_rank`: practice differs, so each court says which."""

    COST = "cost"
    TAX_CLAIM = "tax_claim"


BASIS = {
    Rank.ENFORCEMENT_COST: "执行规定34; 诉讼费用交纳办法14、38",
    Rank.SELLER_TAX: "网拍30",
    Rank.LIVING_RENT: "异议复议20; 抵押房屋5",
    Rank.CONSTRUCTION: "民法典807; 建工解释一36",
    Rank.POSSESSORY_LIEN: "民法典456",
    Rank.MORTGAGE: "民法典414(1)",
    Rank.UNREGISTERED_MORTGAGE: "民法典414(3)",
    Rank.STATUTORY_PRIORITY: "执行规定55(2)",
    Rank.TAX_ARREARS: "征管法45",
    Rank.LATE_INTEREST: "迟延利息4",
    Rank.SURPLUS: "执行规定34(2)",
}
PRO_RATA = "民诉解释508"
"""Ordinary claims against a natural person or other organisation: in proportion."""
BY_SEIZURE = "民诉解释514"
"""Against an enterprise legal person that is not in bankruptcy: by order of seizure."""

_SECURED_ORDER = (
    Rank.CONSTRUCTION,
    Rank.POSSESSORY_LIEN,
    Rank.MORTGAGE,
    Rank.UNREGISTERED_MORTGAGE,
    Rank.STATUTORY_PRIORITY,
)
SECURED = frozenset(_SECURED_ORDER)


@dataclass(frozen=True, slots=True)
class Demand:
    """Somebody asks for an amount; `reference` is the caller's name for who and what for."""

    reference: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Secured:
    """A claim with priority on the thing sold; what it does not get becomes ordinary."""

    reference: str
    amount: Money
    rank: Rank
    since: date
    """When the right was registered, or without registration when it arose."""
    seizure_order: int | None = None


@dataclass(frozen=True, slots=True)
class Arrears:
    """Tax that the debtor owed already, and since when."""

    reference: str
    amount: Money
    arose_on: date


@dataclass(frozen=True, slots=True)
class Ordinary:
    """A claim without priority: principal with ordinary interest, and 加倍迟延利息 apart."""

    reference: str
    amount: Money
    seizure_order: int | None = None
    """Place in the order of seizures; equal places share in proportion."""


@dataclass(frozen=True, slots=True)
class Estate:
    """All that the order of payment depends on."""

    proceeds: Money
    debtor_is_enterprise: bool
    seller_tax_rank: SellerTaxRank = SellerTaxRank.COST
    costs: tuple[Demand, ...] = ()
    seller_taxes: tuple[Demand, ...] = ()
    living_rent: tuple[Demand, ...] = ()
    secured: tuple[Secured, ...] = ()
    arrears: tuple[Arrears, ...] = ()
    ordinary: tuple[Ordinary, ...] = ()
    late_interest: tuple[Ordinary, ...] = ()
    surplus_to: str = "debtor"


@dataclass(frozen=True, slots=True)
class Line:
    """What one demand got, and the article that put it there."""

    rank: Rank
    reference: str
    asked: Money
    paid: Money
    basis: str

    @property
    def unpaid(self) -> Money:
        """What the demand did not get here."""
        return self.asked - self.paid


@dataclass(frozen=True, slots=True)
class _Tier:
    rank: Rank
    basis: str
    demands: tuple[Demand, ...]


@dataclass(slots=True)
class _Till:
    """What is left, and the lines written so far."""

    left: Money
    lines: list[Line] = field(default_factory=list)

    def pay(self, tiers: Iterable[_Tier]) -> None:
        for tier in tiers:
            asked = [demand.amount for demand in tier.demands]
            paid = _share(self.left, asked)
            for demand, amount in zip(tier.demands, paid, strict=True):
                self.lines.append(
                    Line(tier.rank, demand.reference, demand.amount, amount, tier.basis)
                )
            self.left -= total(paid)


def distribute(estate: Estate) -> tuple[Line, ...]:
    """Pay the estate out in the order of the law; the lines add up to the proceeds."""
    till = _Till(estate.proceeds)
    till.pay(_foremost(estate))
    till.pay(_with_priority(estate))
    ordinary = [*estate.ordinary, *_shortfalls(estate.secured, till.lines)]
    till.pay(_by_debtor(Rank.ORDINARY, ordinary, is_enterprise=estate.debtor_is_enterprise))
    late = estate.late_interest
    till.pay(_by_debtor(Rank.LATE_INTEREST, late, is_enterprise=estate.debtor_is_enterprise))
    if till.left > ZERO:
        surplus = Demand(estate.surplus_to, till.left)
        till.pay([_Tier(Rank.SURPLUS, BASIS[Rank.SURPLUS], (surplus,))])
    paid = total([line.paid for line in till.lines])
    invariant(paid == estate.proceeds, "the lines of a plan must add up to the proceeds")
    return tuple(till.lines)


def _foremost(estate: Estate) -> list[_Tier]:
    """Costs, taxes of the sale where the court deducts them first, rent to live on."""
    tiers = [(Rank.ENFORCEMENT_COST, estate.costs)]
    if estate.seller_tax_rank is SellerTaxRank.COST:
        tiers.append((Rank.SELLER_TAX, estate.seller_taxes))
    tiers.append((Rank.LIVING_RENT, estate.living_rent))
    return [_Tier(rank, BASIS[rank], demands) for rank, demands in tiers if demands]


def _with_priority(estate: Estate) -> list[_Tier]:
    """Secured claims in their order, arrears of tax set in by 征管法45.

    Arrears stand before the first security (construction apart) that arose later than they
    did, and otherwise behind all securities and before the ordinary claims.
    """
    groups = _secured_groups(estate.secured)
    tiers: list[_Tier] = []
    waiting = sorted(estate.arrears, key=lambda tax: tax.arose_on)
    for rank, since, demands in groups:
        if rank is not Rank.CONSTRUCTION:
            earlier = [tax for tax in waiting if tax.arose_on < since]
            waiting = [tax for tax in waiting if tax.arose_on >= since]
            tiers += _arrears_tier(earlier)
        tiers.append(_Tier(rank, BASIS[rank], demands))
    tiers += _arrears_tier(waiting)
    if estate.seller_tax_rank is SellerTaxRank.TAX_CLAIM and estate.seller_taxes:
        basis = f"{BASIS[Rank.SELLER_TAX]}; {BASIS[Rank.TAX_ARREARS]}"
        tiers.append(_Tier(Rank.SELLER_TAX, basis, estate.seller_taxes))
    return tiers


def _secured_groups(
    secured: Sequence[Secured],
) -> list[tuple[Rank, date, tuple[Demand, ...]]]:
    """Group what shares one place; `since` of a group is its latest right."""
    names = {(claim.rank, claim.reference) for claim in secured}
    invariant(len(names) == len(secured), "a secured claim stands in the estate once")
    places: dict[tuple[int, date], list[Secured]] = {}
    for claim in secured:
        is_dated = claim.rank is Rank.MORTGAGE
        place = (_SECURED_ORDER.index(claim.rank), claim.since if is_dated else date.min)
        places.setdefault(place, []).append(claim)
    return [
        (
            claims[0].rank,
            max(claim.since for claim in claims),
            tuple(Demand(claim.reference, claim.amount) for claim in claims),
        )
        for _, claims in sorted(places.items())
    ]


def _arrears_tier(arrears: Sequence[Arrears]) -> list[_Tier]:
    if not arrears:
        return []
    demands = tuple(Demand(tax.reference, tax.amount) for tax in arrears)
    return [_Tier(Rank.TAX_ARREARS, BASIS[Rank.TAX_ARREARS], demands)]


def _shortfalls(secured: Sequence[Secured], lines: Sequence[Line]) -> list[Ordinary]:
    """What the thing did not cover is an ordinary claim (民法典413)."""
    unpaid = {(line.rank, line.reference): line.unpaid for line in lines if line.rank in SECURED}
    return [
        Ordinary(claim.reference, unpaid[claim.rank, claim.reference], claim.seizure_order)
        for claim in secured
        if unpaid[claim.rank, claim.reference] > ZERO
    ]


def _by_debtor(rank: Rank, claims: Sequence[Ordinary], *, is_enterprise: bool) -> list[_Tier]:
    """One tier for all, or for an enterprise one tier for each place in the seizures."""
    order = BY_SEIZURE if is_enterprise else PRO_RATA
    basis = f"{BASIS[rank]}; {order}" if rank in BASIS else order
    places: dict[tuple[bool, int], list[Demand]] = {}
    for claim in claims:
        never_seized = claim.seizure_order is None
        place = (never_seized, claim.seizure_order or 0) if is_enterprise else (False, 0)
        places.setdefault(place, []).append(Demand(claim.reference, claim.amount))
    return [_Tier(rank, basis, tuple(demands)) for _, demands in sorted(places.items())]


def _share(left: Money, asked: Sequence[Money]) -> list[Money]:
    wanted = total(asked)
    if wanted <= left:
        return list(asked)
    return allocate(left, [amount.fen for amount in asked])
