from datetime import date

import pytest

from auction.law.rule import Mark, Rule, Span


def a_rule(**known: str) -> Rule:
    told = {"unit": "day", "bound": "min", "basis": "网拍12", "mark": "V"} | known
    return Rule("test.key", 15, **told)


def test_a_rule_holds_since_the_text_it_cites() -> None:
    assert a_rule().valid_from == date(2017, 1, 1)
    assert a_rule(basis="法明传〔2017〕455号").valid_from is None
    assert a_rule(basis="平台决定").valid_from is None


@pytest.mark.parametrize(
    ("mark", "kind"),
    [("V", Mark.VERIFIED), ("W-12+M", Mark.WEB), ("M?", Mark.FROM_MEMORY), ("D", Mark.DERIVED)],
)
def test_the_first_letter_of_a_mark_says_how_it_was_checked(mark: str, kind: Mark) -> None:
    assert a_rule(mark=mark).mark_kind is kind


@pytest.mark.parametrize(
    ("unit", "span"),
    [
        ("day after notice", Span.DAY),
        ("工作日", Span.COURT_DAY),
        ("second", Span.SECOND),
        ("fen", None),
        ("", None),
    ],
)
def test_a_unit_that_counts_time_is_a_span(unit: str, span: Span | None) -> None:
    assert a_rule(unit=unit).span is span
