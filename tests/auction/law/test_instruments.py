from datetime import date

import pytest

from auction.law.instruments import BY_SHORT_NAME, instrument_of
from auction.law.rulebook import LAW


@pytest.mark.parametrize(
    ("basis", "short", "since"),
    [
        ("网拍12", "网拍", date(2017, 1, 1)),
        ("参考价16(2)", "参考价", date(2018, 9, 1)),
        ("民诉解释508", "民诉解释", date(2022, 4, 10)),
        ("民诉法85", "民诉法", date(2024, 1, 1)),
        ("法明传〔2017〕455号", "法明传〔2017〕455号", None),
    ],
)
def test_a_citation_leads_to_its_instrument(basis: str, short: str, since: date | None) -> None:
    found = instrument_of(basis)
    assert found is not None
    assert (found.short, found.valid_from) == (short, since)


def test_the_longest_name_wins() -> None:
    found = instrument_of("物权编解释(一)20")
    assert found is BY_SHORT_NAME["物权编解释(一)"]


def test_what_is_no_citation_leads_nowhere() -> None:
    assert instrument_of("平台决定") is None


def test_every_instrument_is_cited_by_its_full_title_once() -> None:
    titles = [item.title for item in BY_SHORT_NAME.values()]
    assert len(set(titles)) == len(titles)


def test_the_law_s_online_auction_rules_cite_the_provisions_of_2016() -> None:
    found = instrument_of(LAW.basis("auction.bid_window"))
    assert found is not None
    assert "法释〔2016〕18号" in found.title
