import pytest

from auction.law.rulebook import BY_NAME, DEMONSTRATION, LAW, Rulebook
from web.i18n import Locale
from web.pages.law import rule_line, value_words


@pytest.mark.parametrize(
    ("key", "zh", "en"),
    [
        ("auction.reserve_ratio_first", "参考价的 70%", "70% of the reference price"),
        ("auction.deposit_ratio", "起拍价的 5%–20%", "5%–20% of the starting price"),
        ("auction.bid_window", "24 小时", "24 hours"),
        ("auction.second_round_within", "30 日", "30 days"),
        ("auction.extend_max_count", "不限", "unlimited"),
        ("auction.reserve_equals_start", "是", "yes"),
        ("interest.double_daily", "未付本金每日 0.0175%", "0.0175% of unpaid principal a day"),
        (
            "auction.increment_band",
            "按起拍价分档：100,000 元以下的，2%；1,000,000 元以下的，1%；超过以上数额的，0.5%",
            "by starting price: 2% up to 100,000 yuan; 1% up to 1,000,000 yuan; 0.5% above",
        ),
        ("penalty.fine_unit", "50,000–1,000,000 元", "50,000–1,000,000 yuan"),
    ],
)
def test_a_number_is_said_in_words(key: str, zh: str, en: str) -> None:
    rule = LAW.rule(key)
    assert (value_words(rule, Locale.ZH), value_words(rule, Locale.EN)) == (zh, en)


def test_the_demonstration_says_seconds() -> None:
    assert value_words(DEMONSTRATION.rule("auction.bid_window"), Locale.ZH).endswith("秒")


@pytest.mark.parametrize("book", BY_NAME.values(), ids=lambda book: book.name)
@pytest.mark.parametrize("locale", list(Locale))
def test_every_rule_has_its_words(book: Rulebook, locale: Locale) -> None:
    for rule in book:
        line = rule_line(rule, locale)
        said = f"{line.title} {line.value} {line.mark} {line.bound}"
        assert rule.key not in said
        assert "rule_" not in said
