"""What `make faults` says of a case that held and of one that did not."""

from tests.faults.course import Case, Outcome
from tests.faults.report import as_json, table, words
from tests.faults.servers import nothing

COUNTS = dict.fromkeys(("bids", "sendings", "acknowledged", "recorded", "accepted"), 7)
HELD = Outcome(Case("none", "no fault", nothing), COUNTS, {"closes": []}, 0.04, 0.1, 10.2, [])
LATE = ["it was closed 12 s after its end"]
BROKEN = Outcome(
    Case("cut_30", "live cut", nothing), COUNTS, {"once": [], "closes": LATE}, None, None, 39.0,
    ["seen twice"],
)  # fmt: skip
BROKEN_DOWN = Outcome(Case("art", "art", nothing), {}, {"played": ["no"]}, None, None, 1.0, [])


def test_the_table_has_a_row_a_case_and_names_what_broke() -> None:
    head, *rows = table([HELD, BROKEN, BROKEN_DOWN]).splitlines()
    assert head.split() == ["case", "took", "closed", "fault"]
    assert rows[0].split() == ["none", "held", "10", "s", "0.0", "s", "no", "fault"]
    assert rows[1].split()[:6] == ["cut_30", "FAILED", "39", "s", "never", "live"]
    assert rows[1].endswith("(broken: closes)")
    assert rows[2].split()[:4] == ["art", "FAILED", "1", "s"]


def test_a_case_is_told_with_what_broke_and_what_was_noted() -> None:
    told = words(BROKEN)
    assert "once ok, closes VIOLATED (1)" in told
    assert "    closes: it was closed 12 s after its end" in told
    assert "    seen twice" in told
    assert "end to closed never" in told
    assert "end to closed 0.04 s" in words(HELD)


def test_machines_are_told_the_violations() -> None:
    assert as_json(HELD)["violations"] == {}
    assert as_json(BROKEN)["violations"] == {"closes": LATE}
    assert as_json(BROKEN)["invariants"] == {"once": "ok", "closes": "VIOLATED"}
