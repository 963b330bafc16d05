"""Facts are checked before a notice is issued: what is missing or ill-formed is named."""

import pytest

from auction.kernel.refusal import Refusal
from auction.notices.wording import TITLES, VERSION, NoticeKind, check_facts
from tests.auction.notices.facts import facts_for


@pytest.mark.parametrize("kind", NoticeKind)
def test_every_kind_has_title_version_and_facts_that_pass(kind: NoticeKind) -> None:
    assert TITLES[kind]
    assert VERSION[kind] >= 1
    check_facts(kind, facts_for(kind))


@pytest.mark.parametrize("kind", NoticeKind)
def test_every_missing_fact_is_named(kind: NoticeKind) -> None:
    for name in facts_for(kind):
        lacking = {key: value for key, value in facts_for(kind).items() if key != name}
        with pytest.raises(Refusal) as refused:
            check_facts(kind, lacking)
        assert refused.value.facts == {"kind": kind.value, "fact": name}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hammer_price_fen", "100"),
        ("hammer_price_fen", -1),
        ("hammer_price_fen", True),
        ("hammer_price_fen", 1.5),
        ("closed_at", "2026-11-23T10:00:00"),
        ("closed_at", "tomorrow"),
        ("buyer_name", "  "),
        ("buyer_name", None),
    ],
)
def test_an_ill_formed_fact_is_refused(name: str, value: object) -> None:
    kind = NoticeKind.SALE_CONFIRMATION
    with pytest.raises(Refusal, match=r"notice\.fact_wrong"):
        check_facts(kind, facts_for(kind) | {name: value})


@pytest.mark.parametrize("rows", [[], "text", [{"rank_name": "x"}], ["x"], None])
def test_ill_formed_rows_are_refused(rows: object) -> None:
    kind = NoticeKind.PLAN_SERVICE
    with pytest.raises(Refusal, match=r"notice\.fact_wrong"):
        check_facts(kind, facts_for(kind) | {"lines": rows})


@pytest.mark.parametrize("day", ["2026-13-01", "20261001", "2026-10-01T00:00:00+08:00", 5])
def test_an_ill_formed_date_is_refused(day: object) -> None:
    kind = NoticeKind.REPORT_SERVICE
    with pytest.raises(Refusal, match=r"notice\.fact_wrong"):
        check_facts(kind, facts_for(kind) | {"valued_on": day})
