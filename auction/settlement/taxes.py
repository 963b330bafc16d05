"""What taxes a sale is likely to carry and who bears each, estimated before the bureau says; pure.

Every figure is 预估: what the bureau assesses counts (网拍13(9), 30). A fact that is unknown is
tried both ways, and the estimate is the range between.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from fractions import Fraction
from itertools import product
from typing import assert_never

from auction.kernel.money import ZERO, Money, allocate
from auction.law.taxes import (
    LAND_VALUE_BANDS,
    LAND_VALUE_BASIS,
    Bearer,
    RateRow,
    TaxKind,
    rate_row,
    row_in_force,
)


class Taxed(StrEnum):
    """What is sold, as far as taxes tell it apart."""

    HOME = "home"
    COMMERCIAL = "commercial"
    """Shops, offices, factories and land."""
    VEHICLE = "vehicle"
    GOODS = "goods"
    EQUITY = "equity"


class Seller(StrEnum):
    """Who the debtor is to the tax law."""

    NATURAL = "natural"
    SMALL_SCALE = "small_scale"
    GENERAL = "general"


class City(StrEnum):
    """Where the seller sits, for 城市维护建设税."""

    URBAN = "urban"
    TOWN = "town"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxFacts:
    """What is known; None is unknown."""

    price: Money
    sold_on: date
    """The day decides which rate rows hold."""
    taxed: Taxed
    seller: Seller
    price_includes_vat: bool = True
    is_held_two_years: bool | None = None
    is_only_home_five_years: bool | None = None
    is_buyer_company: bool = False
    buyer_home_count: int | None = None
    """How many homes the buyer's family has with this one."""
    is_over_140_m2: bool | None = None
    city: City = City.URBAN
    cost: Money | None = None
    """What the seller once paid, with taxes and fees: the deduction of income tax."""
    land_value_deductions: Money | None = None
    """扣除项目 of land value tax; None: the local deemed rate."""


@dataclass(frozen=True, slots=True)
class TaxAmount:
    """One tax when every fact is known."""

    kind: TaxKind
    bearer: Bearer
    base: Money
    rate: Fraction
    amount: Money
    basis: str
    mark: str


@dataclass(frozen=True, slots=True)
class TaxEstimate:
    """One tax as a range; `low == high` when the facts decide it."""

    kind: TaxKind
    bearer: Bearer
    low: Money
    high: Money
    base: Money
    """Of the dearer case."""
    rates: tuple[Fraction, ...]
    basis: str
    mark: str


def estimate(facts: TaxFacts) -> tuple[TaxEstimate, ...]:
    """Return every tax that may be due, each between its least and its greatest amount."""
    cases = [exactly(known) for known in _completions(facts)]
    keys = dict.fromkeys((tax.kind, tax.bearer) for case in cases for tax in case)
    return tuple(_range(kind, bearer, cases) for kind, bearer in keys)


def _range(kind: TaxKind, bearer: Bearer, cases: list[tuple[TaxAmount, ...]]) -> TaxEstimate:
    found = [
        next((tax for tax in case if (tax.kind, tax.bearer) == (kind, bearer)), None)
        for case in cases
    ]
    due = [tax for tax in found if tax is not None]
    dearest = max(due, key=lambda tax: tax.amount)
    least = ZERO if None in found else min(tax.amount for tax in due)
    return TaxEstimate(
        kind,
        bearer,
        least,
        dearest.amount,
        dearest.base,
        tuple(sorted({tax.rate for tax in due})),
        dearest.basis,
        dearest.mark,
    )


def _completions(facts: TaxFacts) -> Iterator[TaxFacts]:
    """Every way the unknown facts may turn out; an unknown cost lies between nothing and all."""
    held = _both(facts.is_held_two_years)
    only = _both(facts.is_only_home_five_years)
    large = _both(facts.is_over_140_m2)
    homes = (1, 2, 3) if facts.buyer_home_count is None else (facts.buyer_home_count,)
    deemed = facts.taxed in {Taxed.HOME, Taxed.GOODS, Taxed.VEHICLE}
    costs = (ZERO, facts.price) if facts.cost is None and not deemed else (facts.cost,)
    for two_years, only_home, over, count, cost in product(held, only, large, homes, costs):
        yield replace(
            facts,
            is_held_two_years=two_years,
            is_only_home_five_years=only_home,
            is_over_140_m2=over,
            buyer_home_count=count,
            cost=cost,
        )


def _both(known: bool | None) -> tuple[bool, ...]:
    return (True, False) if known is None else (known,)


def exactly(facts: TaxFacts) -> tuple[TaxAmount, ...]:
    """Return every tax that is due when all facts are known; nothing that comes to zero."""
    row = _vat_row(facts)
    base = _without_vat(facts, row)
    vat = row.rate * base if row else Fraction(0)
    taxes = [_tax(TaxKind.VAT, Bearer.SELLER, base, row)] if row else []
    deductible = _surcharges(facts, vat) + _land_value(facts, base) + _stamps(facts, base)
    of_seller = sum(tax.amount.fen for tax in deductible if tax.bearer is Bearer.SELLER)
    taxes += [*deductible, *_income(facts, base, Fraction(of_seller)), *_deed(facts, base)]
    return tuple(tax for tax in taxes if tax.amount > ZERO)


def _vat_row(facts: TaxFacts) -> RateRow | None:
    """The rate of 增值税, or none where the sale is exempt or outside it."""
    natural = facts.seller is Seller.NATURAL
    match facts.taxed:
        case Taxed.HOME if natural:
            key = "" if facts.is_held_two_years else "vat.home.natural.lt2y"
        case Taxed.HOME | Taxed.COMMERCIAL:
            general = facts.seller is Seller.GENERAL
            key = "vat.realty.general" if general else "vat.simple"
        case Taxed.VEHICLE:
            key = "" if natural else "vat.used_asset.levy"
        case Taxed.GOODS:
            general = facts.seller is Seller.GENERAL
            key = "" if natural else ("vat.goods.general" if general else "vat.simple")
        case Taxed.EQUITY:
            key = ""
        case _:
            assert_never(facts.taxed)
    return rate_row(key, facts.sold_on) if key else None


def _without_vat(facts: TaxFacts, row: RateRow | None) -> Fraction:
    """P/(1+r), exactly. The levy on used assets is 2 % of P/1.03."""
    price = Fraction(facts.price.fen)
    if row is None or not facts.price_includes_vat:
        return price
    divisor = rate_row("vat.simple", facts.sold_on) if row.key == "vat.used_asset.levy" else row
    return price / (1 + divisor.rate)


def _surcharges(facts: TaxFacts, vat: Fraction) -> list[TaxAmount]:
    """城建税, 教育费附加 and 地方教育附加 on the VAT; halved but for general taxpayers.

    The relief lapses on a day: a sale after it is estimated without it.
    """
    city = rate_row(f"city.{facts.city}", facts.sold_on)
    education = rate_row("education.both", facts.sold_on)
    half = row_in_force("six_tax_half", facts.sold_on)
    factor = Fraction(1) if half is None or facts.seller is Seller.GENERAL else half.rate
    whole = _fen(vat * (city.rate + education.rate) * factor)
    if whole == ZERO:
        return []
    weights = [int(city.rate * 10_000), int(education.rate * 10_000)]
    kinds = (TaxKind.CITY_MAINTENANCE, TaxKind.EDUCATION)
    return [
        TaxAmount(kind, Bearer.SELLER, _fen(vat), row.rate * factor, share, row.basis, row.mark)
        for kind, row, share in zip(kinds, (city, education), allocate(whole, weights), strict=True)
    ]


def _land_value(facts: TaxFacts, base: Fraction) -> list[TaxAmount]:
    """土地增值税 on realty; a natural person's home is exempt (财税〔2008〕137号)."""
    exempt = facts.taxed is Taxed.HOME and facts.seller is Seller.NATURAL
    if exempt or facts.taxed not in {Taxed.HOME, Taxed.COMMERCIAL}:
        return []
    if facts.land_value_deductions is None:
        return [
            _tax(TaxKind.LAND_VALUE, Bearer.SELLER, base, rate_row("lat.deemed", facts.sold_on))
        ]
    amount, rate = land_value_tax(base, Fraction(facts.land_value_deductions.fen))
    gain = max(base - facts.land_value_deductions.fen, Fraction(0))
    return [
        TaxAmount(
            TaxKind.LAND_VALUE, Bearer.SELLER, _fen(gain), rate, amount, LAND_VALUE_BASIS, "V"
        )
    ]


def land_value_tax(base: Fraction, deductions: Fraction) -> tuple[Money, Fraction]:
    """Return the tax on the gain by its bands (土增条例7), and the band's rate."""
    gain = base - deductions
    if gain <= 0:
        return ZERO, Fraction(0)
    band = next(
        band for band in LAND_VALUE_BANDS if band.up_to is None or gain <= band.up_to * deductions
    )
    return _fen(band.of_gain * gain - band.of_deductions * deductions), band.of_gain


def _income(facts: TaxFacts, base: Fraction, other_taxes: Fraction) -> list[TaxAmount]:
    """个人所得税 of a natural seller: on the gain, or deemed where the cost is not proven."""
    if facts.seller is not Seller.NATURAL or facts.taxed is Taxed.VEHICLE:
        return []
    if facts.taxed is Taxed.HOME and facts.is_only_home_five_years:
        return []  # 财税字〔1994〕20号
    if facts.cost is None:
        key = "iit.home.deemed" if facts.taxed is Taxed.HOME else "iit.auction.deemed"
        return [_tax(TaxKind.INCOME, Bearer.SELLER, base, rate_row(key, facts.sold_on))]
    gain = max(base - facts.cost.fen - other_taxes, Fraction(0))
    return [_tax(TaxKind.INCOME, Bearer.SELLER, gain, rate_row("iit.actual", facts.sold_on))]


def _stamps(facts: TaxFacts, base: Fraction) -> list[TaxAmount]:
    """印花税 on each side; none on a natural person's home or movables (财税〔2008〕137号)."""
    natural = facts.seller is Seller.NATURAL
    if natural and facts.taxed in {Taxed.HOME, Taxed.VEHICLE, Taxed.GOODS}:
        return []
    keys = {Taxed.EQUITY: "stamp.equity", Taxed.VEHICLE: "stamp.goods", Taxed.GOODS: "stamp.goods"}
    row = rate_row(keys.get(facts.taxed, "stamp.realty"), facts.sold_on)
    return [_tax(TaxKind.STAMP, bearer, base, row) for bearer in (Bearer.SELLER, Bearer.BUYER)]


def _deed(facts: TaxFacts, base: Fraction) -> list[TaxAmount]:
    """契税 of the buyer, on realty only."""
    if facts.taxed not in {Taxed.HOME, Taxed.COMMERCIAL}:
        return []
    row = rate_row(_deed_key(facts), facts.sold_on)
    return [_tax(TaxKind.DEED, Bearer.BUYER, base, row)]


def _deed_key(facts: TaxFacts) -> str:
    count = facts.buyer_home_count
    if facts.taxed is not Taxed.HOME or facts.is_buyer_company or count not in {1, 2}:
        return "deed.statutory"
    if not facts.is_over_140_m2:
        return "deed.home.small"
    return f"deed.home{count}.large"


def _tax(kind: TaxKind, bearer: Bearer, base: Fraction, row: RateRow) -> TaxAmount:
    return TaxAmount(kind, bearer, _fen(base), row.rate, _fen(base * row.rate), row.basis, row.mark)


def _fen(amount: Fraction) -> Money:
    """To the nearest fen, halves up."""
    return Money((2 * amount.numerator + amount.denominator) // (2 * amount.denominator))
