"""Tax rates of a forced sale: each with its article, place, dates and how sure we are of it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from auction.kernel.refusal import invariant, unreachable


class TaxKind(StrEnum):
    """Taxes and surcharges that a transfer can carry."""

    VAT = "vat"
    CITY_MAINTENANCE = "city_maintenance"
    EDUCATION = "education"
    LAND_VALUE = "land_value"
    INCOME = "income"
    """个人所得税 of a natural seller."""
    STAMP = "stamp"
    DEED = "deed"
    VEHICLE_PURCHASE = "vehicle_purchase"


class Bearer(StrEnum):
    """Who owes a tax."""

    SELLER = "seller"
    BUYER = "buyer"


LAWFUL_BEARERS: dict[TaxKind, tuple[frozenset[Bearer], str]] = {
    TaxKind.VAT: (frozenset({Bearer.SELLER}), "增值税法3"),
    TaxKind.CITY_MAINTENANCE: (frozenset({Bearer.SELLER}), "城建税法1"),
    TaxKind.EDUCATION: (frozenset({Bearer.SELLER}), "征收教育费附加的暂行规定2"),
    TaxKind.LAND_VALUE: (frozenset({Bearer.SELLER}), "土增条例2"),
    TaxKind.INCOME: (frozenset({Bearer.SELLER}), "个税法1、2"),
    TaxKind.STAMP: (frozenset(Bearer), "印花税法1"),
    TaxKind.DEED: (frozenset({Bearer.BUYER}), "契税法1"),
    TaxKind.VEHICLE_PURCHASE: (frozenset({Bearer.BUYER}), "车辆购置税法1"),
}
"""网拍30: the party that the tax law names bears it; "the buyer bears all" is not allowed."""


@dataclass(frozen=True, slots=True)
class RateRow:
    """One rate: V and M as in the register; a local row is a default for a place to replace."""

    key: str
    rate: Fraction
    basis: str
    mark: str
    valid_from: date
    valid_to: date | None = None
    is_local: bool = False

    def holds_on(self, day: date) -> bool:
        """Whether the row is in force on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


_VAT_LAW = date(2026, 1, 1)
_BEFORE_VAT_LAW = date(2025, 12, 31)

ROWS: tuple[RateRow, ...] = (
    RateRow("vat.home.natural.lt2y", Fraction(3, 100), "财政部 税务总局公告2025年第17号", "M?",
            _VAT_LAW),
    RateRow("vat.home.natural.lt2y", Fraction(5, 100), "财税〔2016〕36号附件3", "M?",
            date(2016, 5, 1), _BEFORE_VAT_LAW),
    RateRow("vat.realty.general", Fraction(9, 100), "增值税法10(2)", "V", _VAT_LAW),
    RateRow("vat.simple", Fraction(3, 100), "增值税法11", "V", _VAT_LAW),
    RateRow("vat.goods.general", Fraction(13, 100), "增值税法10(1)", "V", _VAT_LAW),
    RateRow("vat.used_asset.levy", Fraction(2, 100), "财税〔2014〕57号", "M?", date(2014, 7, 1)),
    RateRow("city.urban", Fraction(7, 100), "城建税法4", "V", date(2021, 9, 1), is_local=True),
    RateRow("city.town", Fraction(5, 100), "城建税法4", "V", date(2021, 9, 1), is_local=True),
    RateRow("city.other", Fraction(1, 100), "城建税法4", "V", date(2021, 9, 1), is_local=True),
    RateRow("education.both", Fraction(5, 100), "教育费附加3%、地方教育附加2%", "M",
            date(2011, 1, 1)),
    RateRow("six_tax_half", Fraction(1, 2), "公告2023年第12号", "M", date(2023, 1, 1),
            date(2027, 12, 31)),
    RateRow("lat.deemed", Fraction(5, 100), "国税发〔2010〕53号", "M", date(2010, 5, 25),
            is_local=True),
    RateRow("iit.actual", Fraction(20, 100), "个税法3、6", "V", date(2019, 1, 1)),
    RateRow("iit.home.deemed", Fraction(1, 100), "国税发〔2006〕108号", "M", date(2006, 8, 1),
            is_local=True),
    RateRow("iit.auction.deemed", Fraction(3, 100), "国税发〔2007〕38号", "M", date(2007, 5, 1)),
    RateRow("stamp.realty", Fraction(5, 10000), "印花税法税目税率表", "M", date(2022, 7, 1)),
    RateRow("stamp.equity", Fraction(5, 10000), "印花税法税目税率表", "M", date(2022, 7, 1)),
    RateRow("stamp.goods", Fraction(3, 10000), "印花税法税目税率表", "M", date(2022, 7, 1)),
    RateRow("deed.statutory", Fraction(3, 100), "契税法3、4", "V", date(2021, 9, 1),
            is_local=True),
    RateRow("deed.home.small", Fraction(1, 100), "公告2024年第16号", "M", date(2024, 12, 1)),
    RateRow("deed.home1.large", Fraction(15, 1000), "公告2024年第16号", "M", date(2024, 12, 1)),
    RateRow("deed.home2.large", Fraction(2, 100), "公告2024年第16号", "M", date(2024, 12, 1)),
    RateRow("vehicle_purchase.used", Fraction(0), "车辆购置税法3", "V", date(2019, 7, 1)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class GainBand:
    """土地增值税 while the gain is at most `up_to` times the deductions (None: beyond)."""

    up_to: Fraction | None
    of_gain: Fraction
    of_deductions: Fraction


LAND_VALUE_BANDS: tuple[GainBand, ...] = (
    GainBand(Fraction(1, 2), Fraction(30, 100), Fraction(0)),
    GainBand(Fraction(1), Fraction(40, 100), Fraction(5, 100)),
    GainBand(Fraction(2), Fraction(50, 100), Fraction(15, 100)),
    GainBand(None, Fraction(60, 100), Fraction(35, 100)),
)
LAND_VALUE_BASIS = "土增条例7"
HOME_LARGE_ABOVE_M2 = 140
"""公告2024年第16号: homes up to 140 m² carry the lower deed rates."""


def rate_row(key: str, on: date) -> RateRow:
    """Return the row in force on a day; none is a gap in this table and a bug."""
    found = row_in_force(key, on)
    return found if found is not None else unreachable(f"no rate {key} on {on}")


def row_in_force(key: str, on: date) -> RateRow | None:
    """Return the row of a relief that lapses, or None on a day on which it does not hold."""
    found = [row for row in ROWS if row.key == key and row.holds_on(on)]
    invariant(len(found) <= 1, f"{len(found)} rates {key} on {on}")
    return found[0] if found else None
