from datetime import date

from auction.kernel.money import Money
from auction.law.taxes import LAWFUL_BEARERS, TaxKind
from auction.lots.asset import AssetKind
from web.pages.court.estimates import KIND_NAMES, estimated, sentences

SOLD_ON = date(2026, 4, 3)


class TestTaxesOfAnAnnouncement:
    def test_every_line_names_kind_base_rate_amount_bearer_and_article(self) -> None:
        taxes = estimated(
            AssetKind.HOME, Money.yuan(1_000_000), sold_on=SOLD_ON, is_enterprise=False
        )
        lines = sentences(taxes)
        assert len(lines) == len(taxes) > 0
        for tax, line in zip(taxes, lines, strict=True):
            assert line.startswith(KIND_NAMES[tax.kind])
            assert "计税依据" in line
            assert "税率" in line
            assert ("被执行人承担" in line) is (tax.bearer.value == "seller")
            assert tax.basis in line
            assert tax.bearer in LAWFUL_BEARERS[tax.kind][0]

    def test_what_is_unknown_is_a_range(self) -> None:
        taxes = estimated(
            AssetKind.HOME, Money.yuan(1_000_000), sold_on=SOLD_ON, is_enterprise=False
        )
        deed = next(tax for tax in taxes if tax.kind is TaxKind.DEED)
        assert deed.low < deed.high
        assert "至" in sentences([deed])[0]

    def test_a_right_whose_taxes_are_not_known_has_no_lines(self) -> None:
        none = estimated(AssetKind.OTHER_RIGHT, Money(1), sold_on=SOLD_ON, is_enterprise=True)
        assert list(none) == []
