from datetime import UTC, date, datetime

import pytest

from auction.kernel.actor import Role
from auction.lots.lot import LotState
from web.i18n import Locale, translate
from web.views import (
    article_text,
    browser_text,
    day_text,
    environment,
    instant_text,
    package_of,
    said_text,
    spans_text,
    static,
    word,
)


class TestWords:
    def test_a_moment_is_written_in_beijing_time(self) -> None:
        moment = datetime(2026, 3, 2, 17, 30, 5, tzinfo=UTC)
        assert "2026年3月3日 01:30:05" in instant_text(moment, Locale.ZH)
        assert "3 Mar 2026 01:30:05" in instant_text(moment, Locale.EN)
        assert "01:30:00" in instant_text(moment.replace(second=0), Locale.ZH)
        assert 'datetime="2026-03-03T01:30:05+08:00"' in instant_text(moment, Locale.ZH)

    def test_nothing_is_a_dash(self) -> None:
        assert instant_text(None, Locale.ZH) == day_text(None, Locale.EN) == word(None, Locale.ZH)

    def test_a_day_is_written_as_people_write_it(self) -> None:
        assert day_text(date(2026, 11, 2), Locale.ZH) == "2026年11月2日"
        assert day_text(date(2026, 11, 2), Locale.EN) == "2 Nov 2026"

    def test_a_period_has_its_unit_in_words(self) -> None:
        assert spans_text("≥ 15 day", Locale.ZH) == "≥ 15 日"
        assert spans_text("≤ 2%", Locale.EN) == "≤ 2%"

    def test_one_is_not_many_in_english(self) -> None:
        assert spans_text("≥ 1 day", Locale.EN) == "≥ 1 day"
        assert spans_text("≥ 15 day", Locale.EN) == "≥ 15 days"
        assert translate(Locale.EN, "共 {n} 件", n=1) == "1 lot"
        assert translate(Locale.EN, "共 {n} 件", n=0) == "0 lots"
        assert translate(Locale.EN, "共 {n} 件", m=0) == "… …"

    @pytest.mark.parametrize(
        ("agent", "shown"),
        [
            ("Mozilla/5.0 (X11; Linux x86_64) Chrome/141.0 Safari/537.36", "Chrome · Linux"),
            (
                "Mozilla/5.0 (Linux; Android 15) Chrome/9 Safari/5 MicroMessenger/8",
                "WeChat · Android",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Version/17 Safari/605",
                "Safari · macOS",
            ),
            ("curl/8.5.0", "curl/8.5.0"),
        ],
    )
    def test_a_browser_is_called_as_its_owner_calls_it(self, agent: str, shown: str) -> None:
        assert browser_text(agent) == shown

    def test_a_term_that_ends_at_midnight_holds_until_the_day_before(self) -> None:
        shown = environment(Locale.EN).filters["last_day"]
        assert shown(datetime(2027, 9, 22, 16, tzinfo=UTC)) == "22 Sep 2027"
        assert shown(None) == "—"

    def test_a_state_has_its_word(self) -> None:
        assert word(Role.OFFICER, Locale.ZH) == "执行法官"
        assert word(Role.OFFICER, Locale.EN) == "Enforcement officer"

    def test_states_of_one_name_are_told_apart_by_their_package(self) -> None:
        assert (package_of(LotState), package_of(Role)) == ("lots", "kernel")

    @pytest.mark.parametrize(
        ("basis", "english"),
        [
            ("网拍17", "OAP 17"),
            ("网拍13(1)", "OAP 13(1)"),
            ("网拍20、27", "OAP 20, 27"),
            ("法发〔2017〕6号12", "Fafa [2017] No. 6 art. 12"),
        ],
    )
    def test_an_article_is_cited_by_the_short_name_of_its_law(
        self, basis: str, english: str
    ) -> None:
        assert article_text(basis, Locale.EN) == english
        assert article_text(basis, Locale.ZH) == basis


def test_a_said_cookie_that_we_did_not_make_says_nothing() -> None:
    assert said_text("not hex") == ""
    assert said_text("ff") == ""
    assert said_text("已保存".encode().hex()) == "已保存"


def test_the_address_of_a_static_file_names_its_content() -> None:
    assert static("site.css").startswith("/static/site.css?v=")
