"""Inboxes and desks: only the addressee reads and receives; wrong tax rows are all named."""

import pytest

from auction.kernel.settings import Settings
from auction.law.taxes import Bearer, TaxKind
from auction.notices.wording import NoticeKind
from auction.store.database import Database
from tests.web.browser import Browser
from tests.web.pages.test_verify import served
from web.forms import FormErrors
from web.pages.assist import _tax_lines


def row(kind: str, bearer: str, base: str, rate: str, amount: str) -> dict[str, str]:
    name = f"{kind}-{bearer}"
    return {f"{name}-base": base, f"{name}-rate": rate, f"{name}-amount": amount}


class TestTaxRows:
    def test_filled_rows_become_lines_and_empty_ones_do_not(self) -> None:
        (line,) = _tax_lines(
            row("deed", "buyer", "1,000,000.00", "3", "30000") | row("vat", "seller", "", "", "")
        )
        assert (line.kind, line.bearer) == (TaxKind.DEED, Bearer.BUYER)
        assert (line.base.fen, line.rate * 100, line.amount.fen) == (100_000_000, 3, 3_000_000)

    def test_no_row_means_no_tax(self) -> None:
        assert _tax_lines({}) == []

    @pytest.mark.parametrize("rate", ["-1", "101", "three", "NaN", "1e9", ""])
    def test_a_wrong_rate_is_named(self, rate: str) -> None:
        with pytest.raises(FormErrors) as wrong:
            _tax_lines(row("deed", "buyer", "100", rate, "3"))
        assert set(wrong.value.errors) == {"deed-buyer-rate"}

    def test_every_wrong_field_is_named_at_once(self) -> None:
        with pytest.raises(FormErrors) as wrong:
            _tax_lines(row("deed", "buyer", "x", "3", "") | row("vat", "seller", "1", "y", "1"))
        assert set(wrong.value.errors) == {
            "deed-buyer-base",
            "deed-buyer-amount",
            "vat-seller-rate",
        }

    def test_a_bearer_the_law_does_not_name_has_no_row(self) -> None:
        assert _tax_lines(row("deed", "seller", "100", "3", "3")) == []


class TestDesks:
    @pytest.mark.parametrize("path", ["/inbox", "/assist"])
    async def test_a_visitor_is_sent_to_sign_in(self, browser: Browser, path: str) -> None:
        answer = await browser.get(path)
        assert answer.status_code in {303, 403}
        assert "协助执行通知书" not in answer.text

    async def test_a_notice_of_others_does_not_exist(
        self, browser: Browser, database: Database, settings: Settings
    ) -> None:
        notice, _ = await served(database, settings, NoticeKind.TAX_COORDINATION)
        assert (await browser.get(f"/assist/{notice.id}")).status_code == 404
