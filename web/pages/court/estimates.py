"""The taxes that a sale at the starting price would carry, in sentences for the announcement."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from functools import lru_cache
from typing import Final

from auction.kernel.money import Money
from auction.law.taxes import Bearer, TaxKind
from auction.lots.asset import AssetKind
from auction.settlement.taxes import Seller, Taxed, TaxEstimate, TaxFacts, estimate

KIND_NAMES: Final = {
    TaxKind.VAT: "增值税",
    TaxKind.CITY_MAINTENANCE: "城市维护建设税",
    TaxKind.EDUCATION: "教育费附加和地方教育附加",
    TaxKind.LAND_VALUE: "土地增值税",
    TaxKind.INCOME: "个人所得税",
    TaxKind.STAMP: "印花税",
    TaxKind.DEED: "契税",
    TaxKind.VEHICLE_PURCHASE: "车辆购置税",
}
BEARER_NAMES: Final = {Bearer.SELLER: "被执行人承担", Bearer.BUYER: "买受人承担"}
_TAXED: Final = {
    AssetKind.HOME: Taxed.HOME,
    AssetKind.COMMERCIAL: Taxed.COMMERCIAL,
    AssetKind.LAND: Taxed.COMMERCIAL,
    AssetKind.VEHICLE: Taxed.VEHICLE,
    AssetKind.GOODS: Taxed.GOODS,
    AssetKind.EQUITY: Taxed.EQUITY,
}


@lru_cache(maxsize=1024)
def estimated(
    kind: AssetKind, price: Money, *, sold_on: date, is_enterprise: bool
) -> Sequence[TaxEstimate]:
    """Every tax as a range; nothing where the law of the thing is not known here.

    Remembered: every look at a listing asks the same, and it takes a sixth of the page's time.
    """
    taxed = _TAXED.get(kind)
    if taxed is None:
        return ()
    seller = Seller.GENERAL if is_enterprise else Seller.NATURAL
    return estimate(TaxFacts(price=price, sold_on=sold_on, taxed=taxed, seller=seller))


def sentences(taxes: Sequence[TaxEstimate]) -> list[str]:
    """One line a tax: kind, base, rate, amount, bearer, article (国税函8471: all must be shown)."""
    return [
        f"{KIND_NAMES[tax.kind]}：计税依据{_yuan(tax.base)}，税率{_rates(tax.rates)}，"
        f"税额{_range(tax)}，{BEARER_NAMES[tax.bearer]}({tax.basis})。"
        for tax in taxes
    ]


def _range(tax: TaxEstimate) -> str:
    if tax.low == tax.high:
        return _yuan(tax.high)
    return f"{_yuan(tax.low)}至{_yuan(tax.high)}"


def _rates(rates: Sequence[Fraction]) -> str:
    return "或".join(_percent(rate) for rate in rates)


def _percent(rate: Fraction) -> str:
    hundredths = round(rate * 10_000)
    return f"{hundredths // 100}.{hundredths % 100:02d}".rstrip("0").rstrip(".") + "%"


def _yuan(amount: Money) -> str:
    return f"{amount.fen // 100:,}.{amount.fen % 100:02d}元"
